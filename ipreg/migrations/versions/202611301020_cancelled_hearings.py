"""a hearing that does not take place has its paper, too

Revision ID: 202611301020
Revises: 202611301010
Create Date: 2026-11-30 10:20:00
"""

from alembic import op

revision = '202611301020'
down_revision = '202611301010'
branch_labels = None
depends_on = None

NEW_WORDS = {'case_papers.kind': ('cancellation',)}
_KINDS = ('acceptance', 'non_acceptance', 'notice', 'hearing', 'decision')


def _allow(values: tuple[str, ...]) -> None:
    allowed = ', '.join(f"'{value}'" for value in values)
    with op.batch_alter_table('case_papers', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_case_papers_paperkind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_case_papers_paperkind'), f'kind IN ({allowed})')


def upgrade() -> None:
    _allow((*_KINDS, 'cancellation'))


def downgrade() -> None:
    op.execute("UPDATE case_papers SET kind = 'hearing' WHERE kind = 'cancellation'")
    _allow(_KINDS)
