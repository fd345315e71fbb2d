"""files of drafts and ZIPs of batches under keys of their own

Revision ID: 202611250450
Revises: 202611250430
Create Date: 2026-11-25 04:50:00
"""

import sqlalchemy as sa
from alembic import op


revision = '202611250450'
down_revision = '202611250430'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('drafts', 'batches'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('vault_key_id', sa.Integer(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f'fk_{table}_vault_key_id_vault_keys'), 'vault_keys', ['vault_key_id'], ['id'])


def downgrade() -> None:
    for table in ('batches', 'drafts'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f'fk_{table}_vault_key_id_vault_keys'), type_='foreignkey')
            batch_op.drop_column('vault_key_id')
