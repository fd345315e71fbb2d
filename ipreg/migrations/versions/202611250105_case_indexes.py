"""indexes of the queue

Revision ID: 202611250105
Revises: 202611250130
Create Date: 2026-11-25 01:05:00
"""

from alembic import op


revision = '202611250105'
down_revision = '202611250130'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_officer_rank')
        batch_op.create_index('ix_cases_officer_state', ['officer_id', 'state', 'rank_at', 'id'], unique=False)
        batch_op.create_index('ix_cases_due', ['due_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_due')
        batch_op.drop_index('ix_cases_officer_state')
        batch_op.create_index('ix_cases_officer_rank', ['officer_id', 'rank_at', 'id'], unique=False)
