"""the zone in which an account reads times

Revision ID: 202611250430
Revises: 202611250105
Create Date: 2026-11-25 04:30:00
"""

import sqlalchemy as sa
from alembic import op


revision = '202611250430'
down_revision = '202611250105'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('time_zone', sa.String(length=64), server_default='Asia/Shanghai', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('time_zone')
