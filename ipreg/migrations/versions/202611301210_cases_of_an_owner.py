"""an owner's cases are counted from indexes alone

Revision ID: 202611301210
Revises: 202611301040
Create Date: 2026-11-30 12:10:00
"""

from alembic import op

revision = '202611301210'
down_revision = '202611301040'
branch_labels = None
depends_on = None

# Each takes the place of one of the first column alone.
_LONGER = (
    ('ix_filings_owner', 'filings', 'owner_id'),
    ('ix_filings_owner_organization', 'filings', 'owner_organization_id'),
    ('ix_matches_filing', 'matches', 'filing_id'),
)


def upgrade() -> None:
    for name, table, column in _LONGER:
        op.create_index(name, table, [column, 'id'], unique=False)
        op.drop_index(f'ix_{table}_{column}', table_name=table)
    counted = ['match_id', 'id', 'kind', 'state', 'officer_id', 'due_at']
    op.create_index('ix_cases_counted', 'cases', counted, unique=False)


def downgrade() -> None:
    op.drop_index('ix_cases_counted', table_name='cases')
    for name, table, column in reversed(_LONGER):
        op.create_index(f'ix_{table}_{column}', table, [column], unique=False)
        op.drop_index(name, table_name=table)
