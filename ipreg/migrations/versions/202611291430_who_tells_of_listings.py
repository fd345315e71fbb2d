"""each change of a listing says who saw it, a listing follows one source, and sources can be removed

Revision ID: 202611291430
Revises: 202611291420
Create Date: 2026-11-29 14:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291430'
down_revision = '202611291420'
branch_labels = None
depends_on = None

_listings = sa.table(
    'listings', sa.column('source_id'), sa.column('last_seen_at'), sa.column('led_by_id'), sa.column('led_at')
)


def upgrade() -> None:
    with op.batch_alter_table('sources') as batch:
        batch.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('listings') as batch:
        batch.add_column(sa.Column('led_by_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('led_at', sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(batch.f('fk_listings_led_by_id_sources'), 'sources', ['led_by_id'], ['id'])
        batch.create_index(batch.f('ix_listings_led_by_id'), ['led_by_id'], unique=False)
    op.execute(sa.update(_listings).values(led_by_id=_listings.c.source_id, led_at=_listings.c.last_seen_at))
    with op.batch_alter_table('listing_changes') as batch:
        batch.add_column(sa.Column('source_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('run_id', sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f('fk_listing_changes_source_id_sources'), 'sources', ['source_id'], ['id'])
        batch.create_foreign_key(batch.f('fk_listing_changes_run_id_source_runs'), 'source_runs', ['run_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('listing_changes') as batch:
        batch.drop_constraint(batch.f('fk_listing_changes_run_id_source_runs'), type_='foreignkey')
        batch.drop_constraint(batch.f('fk_listing_changes_source_id_sources'), type_='foreignkey')
        batch.drop_column('run_id')
        batch.drop_column('source_id')
    with op.batch_alter_table('listings') as batch:
        batch.drop_index(batch.f('ix_listings_led_by_id'))
        batch.drop_constraint(batch.f('fk_listings_led_by_id_sources'), type_='foreignkey')
        batch.drop_column('led_at')
        batch.drop_column('led_by_id')
    with op.batch_alter_table('sources') as batch:
        batch.drop_column('removed_at')
