"""which messaging service a channel goes by

Revision ID: 202611250530
Revises: 202611250520
Create Date: 2026-11-25 05:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611250530'
down_revision = '202611250520'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('channels', sa.Column('service', sa.String(length=16), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('channels') as batch:
        batch.drop_column('service')
