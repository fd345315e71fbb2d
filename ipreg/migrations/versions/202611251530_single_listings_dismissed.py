"""a listing of an alert that was dismissed alone

Revision ID: 202611251530
Revises: 202611251525
Create Date: 2026-11-25 15:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251530'
down_revision = '202611251525'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('alert_matches', sa.Column('dismissed_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('alert_matches') as batch:
        batch.drop_column('dismissed_at')
