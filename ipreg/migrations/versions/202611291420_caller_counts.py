"""callers of the API without a personal token have an allowance too

Revision ID: 202611291420
Revises: 202611291410
Create Date: 2026-11-29 14:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291420'
down_revision = '202611291410'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'caller_counts',
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('busy_until_ms', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_caller_counts')),
    )
    op.create_index(op.f('ix_caller_counts_busy_until_ms'), 'caller_counts', ['busy_until_ms'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_caller_counts_busy_until_ms'), table_name='caller_counts')
    op.drop_table('caller_counts')
