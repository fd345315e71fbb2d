"""figures of many alerts, counted ahead

Revision ID: 202611251520
Revises: 202611251510
Create Date: 2026-11-25 15:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251520'
down_revision = '202611251510'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alert_figures',
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_alert_figures_account_id_accounts'),
    sa.PrimaryKeyConstraint('key', name='pk_alert_figures')
    )
    op.create_index('ix_alert_figures_account_id', 'alert_figures', ['account_id'])


def downgrade() -> None:
    op.drop_table('alert_figures')
