"""appeals handed in, and the time to judge them

Revision ID: 202611251600
Revises: 202611251535
Create Date: 2026-11-25 22:52:00
"""

from alembic import op


revision = '202611251600'
down_revision = '202611251535'
branch_labels = None
depends_on = None

_CLOCKS = ('acceptance', 'handling', 'response', 'remedy', 'appeal')
_KINDS = ('statement', 'counter_notice', 'evidence')


NEW_WORDS = {'case_clocks.kind': ('review',), 'case_submissions.kind': ('appeal',)}


def _allow(table: str, name: str, values: tuple[str, ...]) -> None:
    allowed = ', '.join(f"'{value}'" for value in values)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f'ck_{table}_{name}'), type_='check')
        batch_op.create_check_constraint(op.f(f'ck_{table}_{name}'), f'kind IN ({allowed})')


def upgrade() -> None:
    _allow('case_clocks', 'clockkind', (*_CLOCKS, 'review'))
    _allow('case_submissions', 'submissionkind', (*_KINDS, 'appeal'))


def downgrade() -> None:
    op.execute("DELETE FROM case_clocks WHERE kind = 'review'")
    op.execute("UPDATE case_submissions SET kind = 'statement' WHERE kind = 'appeal'")
    _allow('case_clocks', 'clockkind', _CLOCKS)
    _allow('case_submissions', 'submissionkind', _KINDS)
