"""drafts and batches

Revision ID: 202611250130
Revises: 202611250119
Create Date: 2026-11-25 01:30:00
"""

import sqlalchemy as sa
from alembic import op


revision = '202611250130'
down_revision = '202611250119'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('batches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('checking', 'checked', 'filing', 'done', name='batchstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_batches_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches')),
    sa.UniqueConstraint('account_id', 'digest', name=op.f('uq_batches_account_id_digest'))
    )
    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_batches_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_batches_state'), ['state'], unique=False)

    op.create_table('batch_rows',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'good', 'bad', 'filed', name='rowstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('faults', sa.JSON(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_batch_rows_batch_id_batches')),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_batch_rows_filing_id_filings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_rows')),
    sa.UniqueConstraint('batch_id', 'line', name=op.f('uq_batch_rows_batch_id_line'))
    )
    op.create_table('drafts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('request_key', sa.String(length=64), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_drafts_account_id_accounts')),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_drafts_filing_id_filings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drafts')),
    sa.UniqueConstraint('request_key', name=op.f('uq_drafts_request_key'))
    )
    with op.batch_alter_table('drafts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_drafts_account_id'), ['account_id'], unique=False)

    op.create_table('draft_files',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('front', 'back', 'left', 'right', 'top', 'bottom', 'perspective', 'in_use', 'detail', name='viewkind', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('looked_by', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_draft_files_draft_id_drafts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_files')),
    sa.UniqueConstraint('draft_id', 'sha256', name=op.f('uq_draft_files_draft_id_sha256'))
    )
    with op.batch_alter_table('draft_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_files_looked_by'), ['looked_by'], unique=False)

    op.create_table('draft_findings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft_file_id', sa.Integer(), nullable=False),
    sa.Column('view_id', sa.Integer(), nullable=True),
    sa.Column('picture_id', sa.Integer(), nullable=True),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('reason', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['draft_file_id'], ['draft_files.id'], name=op.f('fk_draft_findings_draft_file_id_draft_files')),
    sa.ForeignKeyConstraint(['picture_id'], ['listing_pictures.id'], name=op.f('fk_draft_findings_picture_id_listing_pictures')),
    sa.ForeignKeyConstraint(['view_id'], ['filing_views.id'], name=op.f('fk_draft_findings_view_id_filing_views')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_findings'))
    )
    with op.batch_alter_table('draft_findings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_findings_draft_file_id'), ['draft_file_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('draft_findings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_findings_draft_file_id'))

    op.drop_table('draft_findings')
    with op.batch_alter_table('draft_files', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_files_looked_by'))

    op.drop_table('draft_files')
    with op.batch_alter_table('drafts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_drafts_account_id'))

    op.drop_table('drafts')
    op.drop_table('batch_rows')
    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_batches_state'))
        batch_op.drop_index(batch_op.f('ix_batches_account_id'))

    op.drop_table('batches')
