"""indexes on the times by which figures are counted

Revision ID: 202611250520
Revises: 202611250510
Create Date: 2026-11-25 05:20:00
"""

from alembic import op


revision = '202611250520'
down_revision = '202611250510'
branch_labels = None
depends_on = None
INDEXES = (
    ('ix_filings_filed', 'filings', ['filed_at']),
    ('ix_alerts_raised', 'alerts', ['raised_at']),
    ('ix_cases_opened', 'cases', ['opened_at']),
    ('ix_cases_decided', 'cases', ['decided_at']),
    ('ix_case_events_action', 'case_events', ['action', 'case_id', 'at']),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _columns in INDEXES:
        op.drop_index(name, table_name=table)
