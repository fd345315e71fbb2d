"""what a filing states: class, rights, disclosure, words, files; its version; names as on the day of filing

Revision ID: 202611250005
Revises: 202611242357
Create Date: 2026-11-25 00:05:00
"""

from typing import Any

import sqlalchemy as sa
from alembic import op


revision = '202611250005'
down_revision = '202611242357'
branch_labels = None
depends_on = None

# What the rows that are there already are given; from then on every column has its value from the service.
FILLED: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    'creators': (sa.JSON(), "'[]'"),
    'rights_wanted': (sa.Text(), "''"),
    'keywords': (sa.Text(), "''"),
    'materials': (sa.Text(), "''"),
    'colours': (sa.Text(), "''"),
    'district': (sa.String(length=100), "''"),
    'manifest_version': (sa.Integer(), '1'),
    'applicant_name': (sa.String(length=200), '(SELECT name FROM accounts WHERE accounts.id = applicant_id)'),
    'applicant_email': (sa.String(length=254), '(SELECT email FROM accounts WHERE accounts.id = applicant_id)'),
    'organization_name': (
        sa.String(length=200),
        "COALESCE((SELECT name FROM organizations WHERE organizations.id = organization_id), '')",
    ),
}
DISCLOSURES = ('none', 'emergency', 'recognised_exhibition', 'prescribed_meeting', 'against_will', 'marketplace',
               'exhibition', 'social_media', 'publication', 'other')


def upgrade() -> None:
    op.create_table('design_files',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_design_files_filing_id_filings')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_files.sha256'], name=op.f('fk_design_files_sha256_stored_files')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_design_files')),
    sa.UniqueConstraint('filing_id', 'position', name=op.f('uq_design_files_filing_id_position')),
    sa.UniqueConstraint('filing_id', 'sha256', name=op.f('uq_design_files_filing_id_sha256'))
    )
    with op.batch_alter_table('design_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_design_files_sha256'), ['sha256'], unique=False)
    for name, (kind, _) in FILLED.items():
        op.add_column('filings', sa.Column(name, kind, nullable=True))
    op.execute('UPDATE filings SET ' + ', '.join(f'{name} = {value}' for name, (_, value) in FILLED.items()))
    with op.batch_alter_table('filings', schema=None) as batch_op:
        for name, (kind, _) in FILLED.items():
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.alter_column('creator', existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=False)
        batch_op.add_column(sa.Column('locarno_class', sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column('disclosure', sa.Enum(*DISCLOSURES, name='disclosure', native_enum=False,
                                      create_constraint=True, length=32), nullable=True))
        batch_op.add_column(sa.Column('first_disclosed_on', sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f('ix_filings_locarno_class'), ['locarno_class'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_filings_locarno_class'))
        batch_op.alter_column('creator', existing_type=sa.Text(), type_=sa.String(length=200), existing_nullable=False)
        for name in ('first_disclosed_on', 'disclosure', 'locarno_class', *FILLED):
            batch_op.drop_column(name)
    op.drop_table('design_files')
