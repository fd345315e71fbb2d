"""the format of a case event's log entry: the third names no addresses

Revision ID: 202611251525
Revises: 202611251520
Create Date: 2026-11-25 15:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251525'
down_revision = '202611251520'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('case_events', sa.Column('form', sa.SmallInteger(), nullable=False, server_default='2'))
    op.execute("UPDATE case_events SET form = 1 WHERE part = ''")


def downgrade() -> None:
    with op.batch_alter_table('case_events') as batch:
        batch.drop_column('form')
