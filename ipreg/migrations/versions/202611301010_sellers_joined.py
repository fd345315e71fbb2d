"""two shops can be said to be one seller; pictures that show the same are known as such

Revision ID: 202611301010
Revises: 202611301000
Create Date: 2026-11-30 10:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611301010'
down_revision = '202611301000'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'seller_links',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('office', sa.String(length=40), nullable=False),
        sa.Column('key', sa.String(length=100), nullable=True),
        sa.Column('one_id', sa.Integer(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=False),
        sa.Column('same', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('undone_by_id', sa.Integer(), nullable=True),
        sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['one_id'], ['sellers.id'], name=op.f('fk_seller_links_one_id_sellers')),
        sa.ForeignKeyConstraint(['other_id'], ['sellers.id'], name=op.f('fk_seller_links_other_id_sellers')),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_seller_links_account_id_accounts')),
        sa.ForeignKeyConstraint(['undone_by_id'], ['accounts.id'], name=op.f('fk_seller_links_undone_by_id_accounts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seller_links')),
        sa.UniqueConstraint('key', name=op.f('uq_seller_links_key')),
    )
    op.create_index(op.f('ix_seller_links_one_id'), 'seller_links', ['one_id'])
    op.create_index(op.f('ix_seller_links_other_id'), 'seller_links', ['other_id'])
    op.create_table(
        'first_pictures',
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['sha256'], ['stored_files.sha256'], name=op.f('fk_first_pictures_sha256_stored_files')),
        sa.PrimaryKeyConstraint('sha256', name=op.f('pk_first_pictures')),
    )
    with op.batch_alter_table('listing_pictures') as batch:
        batch.add_column(sa.Column('shows', sa.String(length=64), nullable=True))
        batch.create_index(batch.f('ix_listing_pictures_shows'), ['shows'])
    with op.batch_alter_table('listings') as batch:
        batch.create_index(batch.f('ix_listings_title'), ['title'])


def downgrade() -> None:
    with op.batch_alter_table('listings') as batch:
        batch.drop_index(batch.f('ix_listings_title'))
    with op.batch_alter_table('listing_pictures') as batch:
        batch.drop_index(batch.f('ix_listing_pictures_shows'))
        batch.drop_column('shows')
    op.drop_table('first_pictures')
    op.drop_table('seller_links')
