"""indexes by which an owner's newest alerts are counted

Revision ID: 202611251535
Revises: 202611251530
Create Date: 2026-11-25 15:30:00
"""

from alembic import op


revision = '202611251535'
down_revision = '202611251530'
branch_labels = None
depends_on = None
INDEXES = (
    ('ix_alerts_organization_raised', 'alerts', ['organization_id', 'raised_at']),
    ('ix_alerts_applicant_raised', 'alerts', ['applicant_id', 'raised_at']),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _columns in INDEXES:
        op.drop_index(name, table_name=table)
