"""licences begin on their first day, and each has its own rows of shops

Revision ID: 202611251630
Revises: 202611251620
Create Date: 2026-11-25 16:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611251630'
down_revision = '202611251620'
branch_labels = None
depends_on = None

_agreements = sa.table('agreements', sa.column('id', sa.Integer), sa.column('kind', sa.String))
_sellers = sa.table(
    'allowed_sellers', sa.column('note', sa.Text), sa.column('filing_id'), sa.column('agreement_id')
)


def upgrade() -> None:
    with op.batch_alter_table('agreements') as batch:
        batch.add_column(sa.Column('started_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('allowed_sellers') as batch:
        batch.add_column(sa.Column('agreement_id', sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f('fk_allowed_sellers_agreement_id_agreements'), 'agreements', ['agreement_id'], ['id']
        )
        batch.create_index(batch.f('ix_allowed_sellers_agreement_id'), ['agreement_id'], unique=False)
    _forget_rows_of_licences()


def _forget_rows_of_licences() -> None:
    """Rows by licences were found by their note, shared between licences and left behind by transfers. They go, and
    the job ``openings`` makes them anew within a minute, for every licence that runs. Licences that run are begun."""
    notes = sa.select(sa.literal('licence ') + sa.cast(_agreements.c.id, sa.String)).where(
        _agreements.c.kind == 'licence'
    )
    op.execute(sa.delete(_sellers).where(_sellers.c.note.in_(notes), _sellers.c.filing_id.is_not(None)))


def downgrade() -> None:
    op.execute(sa.delete(_sellers).where(_sellers.c.agreement_id.is_not(None)))
    with op.batch_alter_table('allowed_sellers') as batch:
        batch.drop_index(batch.f('ix_allowed_sellers_agreement_id'))
        batch.drop_constraint(batch.f('fk_allowed_sellers_agreement_id_agreements'), type_='foreignkey')
        batch.drop_column('agreement_id')
    with op.batch_alter_table('agreements') as batch:
        batch.drop_column('started_at')
