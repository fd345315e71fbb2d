"""an owner's figures are counted by the weeks of the reader's clock: kept for each zone

Revision ID: 202611301000
Revises: 202611291450
Create Date: 2026-11-30 10:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611301000'
down_revision = '202611291450'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _lengthen(40, 110)


def downgrade() -> None:
    _lengthen(110, 40)


def _lengthen(before: int, after: int) -> None:
    op.execute('DELETE FROM alert_figures')  # they are counted again
    with op.batch_alter_table('alert_figures') as batch:
        batch.alter_column('key', existing_type=sa.String(before), type_=sa.String(after), existing_nullable=False)
