"""roles in an enterprise, and the names that accounts bore before

Revision ID: 202611242325
Revises: 202611242215
Create Date: 2026-11-24 23:25:00
"""

import sqlalchemy as sa
from alembic import op


revision = '202611242325'
down_revision = '202611242215'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('former_names',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_former_names_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_names'))
    )
    with op.batch_alter_table('former_names', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_former_names_account_id'), ['account_id'], unique=False)
    roles = sa.Enum(
        'owner', 'filer', 'viewer', 'contributor', name='organizationrole', native_enum=False, create_constraint=True,
        length=32,
    )
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('organization_role', roles, nullable=True))
    # Until now an enterprise's own accounts decided everything, and designers saw what they filed.
    op.execute("update accounts set organization_role = 'owner' where organization_id is not null and role = 'enterprise'")
    op.execute(
        "update accounts set organization_role = 'contributor' where organization_id is not null and role <> 'enterprise'"
    )


def downgrade() -> None:
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('organization_role')
    op.drop_table('former_names')
