"""notices of a hearing are papers, too; documents of steps are not kept for ever

Revision ID: 202611291400
Revises: 202611291345
Create Date: 2026-11-29 14:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291400'
down_revision = '202611291345'
branch_labels = None
depends_on = None

NEW_WORDS = {'case_papers.kind': ('hearing',)}
_KINDS = ('acceptance', 'non_acceptance', 'notice', 'decision')


def _allow(values: tuple[str, ...]) -> None:
    allowed = ', '.join(f"'{value}'" for value in values)
    with op.batch_alter_table('case_papers', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_case_papers_paperkind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_case_papers_paperkind'), f'kind IN ({allowed})')


def upgrade() -> None:
    _allow((*_KINDS, 'hearing'))
    op.add_column('cases', sa.Column('documents_erased_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE case_papers SET kind = 'notice' WHERE kind = 'hearing'")
    _allow(_KINDS)
    with op.batch_alter_table('cases') as batch:
        batch.drop_column('documents_erased_at')
