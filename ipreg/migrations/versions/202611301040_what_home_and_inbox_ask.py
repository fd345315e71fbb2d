"""what home and the inbox ask for is found in an index: the newest notices, the platforms of one's alerts

Revision ID: 202611301040
Revises: 202611301020
Create Date: 2026-11-30 10:40:00
"""

from alembic import op

revision = '202611301040'
down_revision = '202611301020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_notices_account', 'notices', ['account_id', 'id'], unique=False)
    for owner in ('organization', 'applicant'):
        op.create_index(f'ix_alerts_{owner}_platform', 'alerts', [f'{owner}_id', 'platform'], unique=False)


def downgrade() -> None:
    for owner in ('applicant', 'organization'):
        op.drop_index(f'ix_alerts_{owner}_platform', table_name='alerts')
    op.drop_index('ix_notices_account', table_name='notices')
