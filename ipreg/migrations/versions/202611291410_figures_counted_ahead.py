"""figures of a large registry, counted ahead

Revision ID: 202611291410
Revises: 202611291400
Create Date: 2026-11-29 14:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291410'
down_revision = '202611291400'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'counted_figures',
        sa.Column('key', sa.String(length=700), nullable=False),
        sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_counted_figures')),
    )


def downgrade() -> None:
    op.drop_table('counted_figures')
