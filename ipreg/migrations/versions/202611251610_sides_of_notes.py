"""which side of a conflict a shared note is for: what an owner wrote is for his own

Revision ID: 202611251610
Revises: 202611251600
Create Date: 2026-11-25 15:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251610'
down_revision = '202611251600'
branch_labels = None
depends_on = None

# As access.owns_filing has it, for the earlier filing; who does not own that wrote for the later one.
_OWNERS = """
UPDATE case_notes SET side = CASE WHEN EXISTS (
  SELECT 1 FROM cases JOIN matches ON matches.id = cases.match_id JOIN filings ON filings.id = matches.filing_id
  JOIN accounts ON accounts.id = case_notes.author_id
  WHERE cases.id = case_notes.case_id AND (filings.owner_id = accounts.id OR (
    filings.owner_organization_id = accounts.organization_id
    AND accounts.organization_role IN ('owner', 'filer', 'viewer')))
) THEN 'owner' ELSE 'respondent' END
WHERE author_id IN (SELECT id FROM accounts WHERE role IN ('designer', 'enterprise'))
"""


def upgrade() -> None:
    op.add_column('case_notes', sa.Column('side', sa.String(length=16), nullable=False, server_default=''))
    op.execute(_OWNERS)


def downgrade() -> None:
    with op.batch_alter_table('case_notes') as batch:
        batch.drop_column('side')
