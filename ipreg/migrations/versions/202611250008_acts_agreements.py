"""acts, agreements, openings in cases

Revision ID: 202611250008
Revises: 202611250007
Create Date: 2026-11-24 23:38:54.224863
"""

import sqlalchemy as sa
from alembic import op


revision = '202611250008'
down_revision = '202611250007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('agreements',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('transfer', 'licence', name='agreementkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.Column('giver_id', sa.Integer(), nullable=False),
    sa.Column('taker_email', sa.String(length=254), nullable=False),
    sa.Column('taker_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.Enum('offered', 'accepted', 'refused', 'withdrawn', 'expired', 'ended', name='agreementstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('licence_kind', sa.Enum('exclusive', 'sole', 'ordinary', name='licencekind', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('territory', sa.String(length=200), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('shops', sa.Text(), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('request_key', sa.String(length=64), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_agreements_filing_id_filings')),
    sa.ForeignKeyConstraint(['giver_id'], ['accounts.id'], name=op.f('fk_agreements_giver_id_accounts')),
    sa.ForeignKeyConstraint(['taker_id'], ['accounts.id'], name=op.f('fk_agreements_taker_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreements')),
    sa.UniqueConstraint('giver_id', 'request_key', name=op.f('uq_agreements_giver_id_request_key'))
    )
    with op.batch_alter_table('agreements', schema=None) as batch_op:
        batch_op.create_index('ix_agreements_due', ['state', 'expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_agreements_filing_id'), ['filing_id'], unique=False)
        batch_op.create_index('ix_agreements_one_transfer_waits', ['filing_id'], unique=True, sqlite_where=sa.text("kind = 'transfer' AND state = 'offered'"), postgresql_where=sa.text("kind = 'transfer' AND state = 'offered'"))
        batch_op.create_index(batch_op.f('ix_agreements_taker_email'), ['taker_email'], unique=False)
        batch_op.create_index(batch_op.f('ix_agreements_taker_id'), ['taker_id'], unique=False)

    op.create_table('filing_acts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('parties', sa.JSON(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('salt', sa.String(length=64), nullable=False),
    sa.Column('log_index', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_filing_acts_filing_id_filings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing_acts')),
    sa.UniqueConstraint('filing_id', 'position', name=op.f('uq_filing_acts_filing_id_position')),
    sa.UniqueConstraint('log_index', name=op.f('uq_filing_acts_log_index'))
    )
    op.create_table('case_openings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_openings_case_id_cases')),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_case_openings_filing_id_filings')),
    sa.ForeignKeyConstraint(['officer_id'], ['accounts.id'], name=op.f('fk_case_openings_officer_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_openings')),
    sa.UniqueConstraint('filing_id', 'case_id', 'officer_id', name=op.f('uq_case_openings_filing_id_case_id_officer_id'))
    )
    with op.batch_alter_table('case_openings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_openings_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_openings_officer_id'), ['officer_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('case_openings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_openings_officer_id'))
        batch_op.drop_index(batch_op.f('ix_case_openings_case_id'))

    op.drop_table('case_openings')
    op.drop_table('filing_acts')
    with op.batch_alter_table('agreements', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_agreements_taker_id'))
        batch_op.drop_index(batch_op.f('ix_agreements_taker_email'))
        batch_op.drop_index('ix_agreements_one_transfer_waits', sqlite_where=sa.text("kind = 'transfer' AND state = 'offered'"), postgresql_where=sa.text("kind = 'transfer' AND state = 'offered'"))
        batch_op.drop_index(batch_op.f('ix_agreements_filing_id'))
        batch_op.drop_index('ix_agreements_due')

    op.drop_table('agreements')
