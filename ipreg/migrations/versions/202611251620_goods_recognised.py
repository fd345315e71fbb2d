"""matches say what was recognised, pictures by what their goods were compared

Revision ID: 202611251620
Revises: 202611251610
Create Date: 2026-11-25 16:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251620'
down_revision = '202611251610'
branch_labels = None
depends_on = None
KINDS = sa.Enum('copy', 'new_photograph', 'similar', name='matchkind', native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    with op.batch_alter_table('matches') as batch_op:
        batch_op.add_column(sa.Column('kind', KINDS, server_default='copy', nullable=False))
    for table in ('filing_views', 'listing_pictures'):
        op.add_column(table, sa.Column('goods_by', sa.String(length=64), nullable=True))
        op.create_index(op.f(f'ix_{table}_goods_by'), table, ['goods_by'], unique=False)


def downgrade() -> None:
    for table in ('listing_pictures', 'filing_views'):
        op.drop_index(op.f(f'ix_{table}_goods_by'), table_name=table)
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column('goods_by')
    with op.batch_alter_table('matches') as batch_op:
        batch_op.drop_constraint(op.f('ck_matches_matchkind'), type_='check')
        batch_op.drop_column('kind')
