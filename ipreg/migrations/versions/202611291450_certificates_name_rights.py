"""a certificate names the public rights of its day: another one after each change of them

Revision ID: 202611291450
Revises: 202611291430
Create Date: 2026-11-29 14:50:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611291450'
down_revision = '202611291430'
branch_labels = None
depends_on = None

_BEFORE = ['filing_id', 'version', 'sealed']


def upgrade() -> None:
    with op.batch_alter_table('certificates') as batch:
        batch.add_column(sa.Column('rights', sa.String(length=64), server_default='', nullable=False))
        batch.drop_constraint(batch.f('uq_certificates_filing_id_version_sealed'), type_='unique')
        batch.create_unique_constraint(
            batch.f('uq_certificates_filing_id_version_sealed_rights'), [*_BEFORE, 'rights']
        )


def downgrade() -> None:
    op.execute("DELETE FROM certificates WHERE rights != ''")
    with op.batch_alter_table('certificates') as batch:
        batch.drop_constraint(batch.f('uq_certificates_filing_id_version_sealed_rights'), type_='unique')
        batch.create_unique_constraint(batch.f('uq_certificates_filing_id_version_sealed'), _BEFORE)
        batch.drop_column('rights')
