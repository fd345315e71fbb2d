"""alerts say what was recognised, watches from when goods photographed anew are shown

Revision ID: 202611291345
Revises: 202611251630
Create Date: 2026-11-29 13:45:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291345'
down_revision = '202611251630'
branch_labels = None
depends_on = None
KINDS = sa.Enum('copy', 'new_photograph', 'similar', name='matchkind', native_enum=False, length=32, create_constraint=True)
_matches = sa.table('matches', sa.column('id', sa.Integer), sa.column('kind', sa.String))


def upgrade() -> None:
    for table in ('alerts', 'alert_matches'):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column('kind', KINDS, server_default='copy', nullable=False))
        _take_over(table)
    op.add_column('watches', sa.Column('look', sa.Double(), nullable=True))


def _take_over(table: str) -> None:
    """The kind of the match, where it is not the usual one."""
    changed = sa.table(table, sa.column('match_id', sa.Integer), sa.column('kind', sa.String))
    other = sa.select(_matches.c.id).where(_matches.c.kind != 'copy')
    kind = sa.select(_matches.c.kind).where(_matches.c.id == changed.c.match_id).scalar_subquery()
    op.execute(sa.update(changed).where(changed.c.match_id.in_(other)).values(kind=kind))


def downgrade() -> None:
    with op.batch_alter_table('watches') as batch:
        batch.drop_column('look')
    for table in ('alert_matches', 'alerts'):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'ck_{table}_matchkind'), type_='check')
            batch.drop_column('kind')
