"""sealed files, versions, owners

Revision ID: 202611250007
Revises: 202611250006
Create Date: 2026-11-24 23:20:52.905773
"""

import sqlalchemy as sa
from alembic import op


revision = '202611250007'
down_revision = '202611250006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('vault_keys',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('wrapped_by', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('swept_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vault_keys')),
    sa.UniqueConstraint('token', name=op.f('uq_vault_keys_token'))
    )
    with op.batch_alter_table('vault_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vault_keys_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_vault_keys_wrapped_by'), ['wrapped_by'], unique=False)

    op.create_table('filing_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filed_by_id', sa.Integer(), nullable=False),
    sa.Column('manifest', sa.Text(), nullable=False),
    sa.Column('log_index', sa.Integer(), nullable=False),
    sa.Column('request_key', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filed_by_id'], ['accounts.id'], name=op.f('fk_filing_versions_filed_by_id_accounts')),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_filing_versions_filing_id_filings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing_versions')),
    sa.UniqueConstraint('filing_id', 'request_key', name=op.f('uq_filing_versions_filing_id_request_key')),
    sa.UniqueConstraint('filing_id', 'version', name=op.f('uq_filing_versions_filing_id_version')),
    sa.UniqueConstraint('log_index', name=op.f('uq_filing_versions_log_index'))
    )
    with op.batch_alter_table('certificates', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('sealed', sa.Boolean(), nullable=True))
    op.execute("UPDATE certificates SET version = 1, sealed = false")
    with op.batch_alter_table('certificates', schema=None) as batch_op:
        batch_op.alter_column('version', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('sealed', existing_type=sa.Boolean(), nullable=False)
        batch_op.drop_constraint(batch_op.f('uq_certificates_filing_id'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_certificates_filing_id_version_sealed'), ['filing_id', 'version', 'sealed'])

    with op.batch_alter_table('filing_views', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=True))
    op.execute("UPDATE filing_views SET version = 1")
    with op.batch_alter_table('filing_views', schema=None) as batch_op:
        batch_op.alter_column('version', existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint(batch_op.f('uq_filing_views_filing_id_position'), type_='unique')
        batch_op.drop_constraint(batch_op.f('uq_filing_views_filing_id_sha256'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_filing_views_filing_id_version_position'), ['filing_id', 'version', 'position'])
        batch_op.create_unique_constraint(batch_op.f('uq_filing_views_filing_id_version_sha256'), ['filing_id', 'version', 'sha256'])

    with op.batch_alter_table('design_files', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=True))
    op.execute("UPDATE design_files SET version = 1")
    with op.batch_alter_table('design_files', schema=None) as batch_op:
        batch_op.alter_column('version', existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint(batch_op.f('uq_design_files_filing_id_position'), type_='unique')
        batch_op.drop_constraint(batch_op.f('uq_design_files_filing_id_sha256'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_design_files_filing_id_version_position'), ['filing_id', 'version', 'position'])
        batch_op.create_unique_constraint(batch_op.f('uq_design_files_filing_id_version_sha256'), ['filing_id', 'version', 'sha256'])

    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('state', sa.Enum('open', 'sealed', 'withdrawn', name='filingstate', native_enum=False, create_constraint=True, length=32), nullable=True))
        batch_op.add_column(sa.Column('row_version', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('owner_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('owner_organization_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('vault_key_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('amended_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('files_destroyed_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE filings SET state = 'open', owner_id = applicant_id, owner_organization_id = organization_id, row_version = 1")
    op.execute(
        "INSERT INTO filing_versions (filing_id, version, filed_at, filed_by_id, manifest, log_index, request_key) "
        "SELECT id, version, filed_at, applicant_id, manifest, log_index, request_key FROM filings"
    )
    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.alter_column('row_version', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('state', existing_type=sa.String(32), nullable=False)
        batch_op.alter_column('owner_id', existing_type=sa.Integer(), nullable=False)
        batch_op.create_index(batch_op.f('ix_filings_opens_at'), ['opens_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_filings_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_filings_owner_organization_id'), ['owner_organization_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_filings_state'), ['state'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_filings_vault_key_id'), ['vault_key_id'])
        batch_op.create_foreign_key(batch_op.f('fk_filings_owner_id_accounts'), 'accounts', ['owner_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_filings_owner_organization_id_organizations'), 'organizations', ['owner_organization_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_filings_vault_key_id_vault_keys'), 'vault_keys', ['vault_key_id'], ['id'])

    with op.batch_alter_table('picture_fingerprints', schema=None) as batch_op:
        batch_op.add_column(sa.Column('vault_key_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_picture_fingerprints_vault_key_id'), ['vault_key_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_picture_fingerprints_vault_key_id_vault_keys'), 'vault_keys', ['vault_key_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('picture_fingerprints', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_picture_fingerprints_vault_key_id_vault_keys'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_picture_fingerprints_vault_key_id'))
        batch_op.drop_column('vault_key_id')

    with op.batch_alter_table('filings', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_filings_vault_key_id_vault_keys'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_filings_owner_organization_id_organizations'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_filings_owner_id_accounts'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_filings_vault_key_id'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_filings_state'))
        batch_op.drop_index(batch_op.f('ix_filings_owner_organization_id'))
        batch_op.drop_index(batch_op.f('ix_filings_owner_id'))
        batch_op.drop_index(batch_op.f('ix_filings_opens_at'))
        batch_op.drop_column('files_destroyed_at')
        batch_op.drop_column('withdrawn_at')
        batch_op.drop_column('amended_at')
        batch_op.drop_column('opens_at')
        batch_op.drop_column('vault_key_id')
        batch_op.drop_column('owner_organization_id')
        batch_op.drop_column('row_version')
        batch_op.drop_column('owner_id')
        batch_op.drop_column('state')

    with op.batch_alter_table('design_files', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_design_files_filing_id_version_sha256'), type_='unique')
        batch_op.drop_constraint(batch_op.f('uq_design_files_filing_id_version_position'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_design_files_filing_id_sha256'), ['filing_id', 'sha256'])
        batch_op.create_unique_constraint(batch_op.f('uq_design_files_filing_id_position'), ['filing_id', 'position'])
        batch_op.drop_column('version')

    with op.batch_alter_table('filing_views', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_filing_views_filing_id_version_sha256'), type_='unique')
        batch_op.drop_constraint(batch_op.f('uq_filing_views_filing_id_version_position'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_filing_views_filing_id_sha256'), ['filing_id', 'sha256'])
        batch_op.create_unique_constraint(batch_op.f('uq_filing_views_filing_id_position'), ['filing_id', 'position'])
        batch_op.drop_column('version')

    with op.batch_alter_table('certificates', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_certificates_filing_id_version_sealed'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_certificates_filing_id'), ['filing_id'])
        batch_op.drop_column('sealed')
        batch_op.drop_column('version')

    op.drop_table('filing_versions')
    with op.batch_alter_table('vault_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_vault_keys_wrapped_by'))
        batch_op.drop_index(batch_op.f('ix_vault_keys_ended_at'))

    op.drop_table('vault_keys')
