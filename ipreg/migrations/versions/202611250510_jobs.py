"""the table of jobs, and who keeps the schedule

Revision ID: 202611250510
Revises: 202611250455
Create Date: 2026-11-25 05:05:00
"""

import sqlalchemy as sa
from alembic import op

revision = '202611250510'
down_revision = '202611250455'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('job_states',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('took', sa.Double(), nullable=True),
    sa.Column('result', sa.Enum('done', 'failed', 'cut', name='jobresult', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done', sa.Integer(), nullable=True),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_states'))
    )
    op.create_table('leases',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('holder', sa.String(length=200), nullable=False),
    sa.Column('beat', sa.Integer(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )


def downgrade() -> None:
    op.drop_table('leases')
    op.drop_table('job_states')
