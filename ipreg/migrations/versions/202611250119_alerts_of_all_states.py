"""alerts of all states in their order

Revision ID: 202611250119
Revises: 202611250049
Create Date: 2026-11-25 00:46:00
"""

from alembic import op


revision = '202611250119'
down_revision = '202611250049'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_alerts_organization_all', 'alerts', ['organization_id', 'severity', 'id'], unique=False)
    op.create_index('ix_alerts_applicant_all', 'alerts', ['applicant_id', 'severity', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_alerts_applicant_all', table_name='alerts')
    op.drop_index('ix_alerts_organization_all', table_name='alerts')
