"""which messaging service a channel goes by

Revision ID: 202611251510
Revises: 202611251500
Create Date: 2026-11-25 15:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251510'
down_revision = '202611251500'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('channels', sa.Column('service', sa.String(length=16), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('channels') as batch:
        batch.drop_column('service')
