"""the audit trail, and the auditor

Revision ID: 202611242357
Revises: 202611242355
Create Date: 2026-11-24 23:57:00
"""

import sqlalchemy as sa
from alembic import op


revision = '202611242357'
down_revision = '202611242355'
branch_labels = None
depends_on = None

_BEFORE = ('designer', 'enterprise', 'regulator', 'administrator')
_SQLITE = [
    f"CREATE TRIGGER audit_rows_no_{verb.lower()} BEFORE {verb} ON audit_rows "
    "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
    for verb in ('UPDATE', 'DELETE')
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION audit_rows_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$",
] + [
    f"CREATE TRIGGER audit_rows_no_{verb.lower()} BEFORE {verb} ON audit_rows "
    "FOR EACH ROW EXECUTE FUNCTION audit_rows_refuse()"
    for verb in ('UPDATE', 'DELETE')
]


def _roles(*names: str) -> sa.Enum:
    return sa.Enum(*names, name='role', native_enum=False, create_constraint=False, length=32)


def _allow(names: tuple[str, ...]) -> None:
    """Which roles an account may have: a check constraint, named as the first migration named it."""
    allowed = ', '.join(f"'{name}'" for name in names)
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_accounts_role'), type_='check')
        batch_op.create_check_constraint(op.f('ck_accounts_role'), f'role IN ({allowed})')


def upgrade() -> None:
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_head_single_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.execute(f"INSERT INTO audit_head (id, size, digest) VALUES (1, 0, '{'0' * 64}')")
    op.create_table('audit_rows',
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('write', 'refused', 'read', name='auditkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=128), nullable=False),
    sa.Column('result', sa.String(length=32), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_audit_rows'))
    )
    for name, columns in (('action', ['action', 'position']), ('actor', ['actor', 'position']), ('at', ['at']), ('kind', ['kind', 'position']), ('subject', ['subject', 'position'])):
        op.create_index(f'ix_audit_rows_{name}', 'audit_rows', columns, unique=False)
    for statement in {'sqlite': _SQLITE, 'postgresql': _POSTGRES}.get(op.get_bind().dialect.name, []):
        op.execute(statement)
    _allow((*_BEFORE, 'auditor'))


def downgrade() -> None:
    op.drop_table('audit_rows')
    op.drop_table('audit_head')
    _allow(_BEFORE)
