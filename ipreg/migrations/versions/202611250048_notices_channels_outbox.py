"""notices, channels, and an outbox for all messages

Revision ID: 202611250048
Revises: 202611250047
Create Date: 2026-11-25 00:21:00
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op


revision = '202611250048'
down_revision = '202611250047'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channels',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('email', 'webhook', 'dingtalk', 'wecom', 'feishu', 'apprise', name='channelkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('single', sa.String(length=16), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('old_secret', sa.Text(), nullable=False),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('rhythm', sa.Enum('immediate', 'hourly', 'daily', 'weekly', name='rhythm', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('quiet_from', sa.Integer(), nullable=True),
    sa.Column('quiet_to', sa.Integer(), nullable=True),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('active', 'paused', 'dead', name='channelstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(account_id IS NULL) <> (organization_id IS NULL)', name=op.f('ck_channels_one_owner')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_channels_account_id_accounts')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_channels_organization_id_organizations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channels')),
    sa.UniqueConstraint('account_id', 'single', name=op.f('uq_channels_account_id_single'))
    )
    with op.batch_alter_table('channels', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_channels_organization_id'), ['organization_id'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_notices_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('account_id', 'key', name=op.f('uq_notices_account_id_key'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_inbox', ['account_id', 'read_at', 'id'], unique=False)
        batch_op.create_index('ix_notices_path', ['account_id', 'path'], unique=False)

    old = _old_deliveries()
    op.drop_table('deliveries')
    op.create_table('deliveries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'parked', 'withdrawn', name='deliverystate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('give_up_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_fault', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['channel_id'], ['channels.id'], name=op.f('fk_deliveries_channel_id_channels')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('message_id', name=op.f('uq_deliveries_message_id'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_deliveries_due', ['state', 'next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_deliveries_channel_id'), ['channel_id'], unique=False)

    op.create_table('outgoing_notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('delivery_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['channel_id'], ['channels.id'], name=op.f('fk_outgoing_notices_channel_id_channels')),
    sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_outgoing_notices_delivery_id_deliveries')),
    sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_outgoing_notices_notice_id_notices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outgoing_notices')),
    sa.UniqueConstraint('channel_id', 'key', name=op.f('uq_outgoing_notices_channel_id_key'))
    )
    with op.batch_alter_table('outgoing_notices', schema=None) as batch_op:
        batch_op.create_index('ix_outgoing_notices_due', ['delivery_id', 'channel_id', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_outgoing_notices_notice_id'), ['notice_id'], unique=False)
    _fill(old)


def downgrade() -> None:
    op.drop_table('outgoing_notices')
    op.drop_table('deliveries')
    op.drop_table('notices')
    op.drop_table('channels')
    op.create_table('deliveries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'parked', name='deliverystate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_fault', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_deliveries_account_id_accounts')),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_deliveries_alert_id_alerts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('alert_id', 'account_id', 'channel', name=op.f('uq_deliveries_alert_id_account_id_channel')),
    sa.UniqueConstraint('message_id', name=op.f('uq_deliveries_message_id'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_deliveries_due', ['state', 'next_try_at'], unique=False)


def _old_deliveries() -> list[dict[str, Any]]:
    rows = op.get_bind().execute(sa.text('SELECT * FROM deliveries ORDER BY id'))
    return [dict(row._mapping) for row in rows]


def _fill(old: list[dict[str, Any]]) -> None:
    """What waits goes on waiting, with its id and its tries; what went out stays on record."""
    at = datetime.now(UTC)
    tables = sa.MetaData()
    tables.reflect(op.get_bind(), only=['channels', 'notices', 'deliveries', 'outgoing_notices'])
    channels, notices, deliveries, outgoing = (
        tables.tables[name] for name in ('channels', 'notices', 'deliveries', 'outgoing_notices')
    )
    for account in sorted({row["account_id"] for row in old}):
        op.get_bind().execute(channels.insert().values(
            id=account, account_id=account, kind='email', single='email', name='', address='', secret='',
            old_secret='', locale='', rhythm='immediate', hour=9, weekday=0, time_zone='Asia/Shanghai',
            state='active', failures=0, fault='', created_at=at,
        ))
    for row in old:
        kept = {name: row[name] for name in ('id', 'message_id', 'state', 'tries', 'last_fault')}
        times = {name: _time(row[name]) for name in ('next_try_at', 'created_at', 'sent_at')}
        op.get_bind().execute(deliveries.insert().values(
            channel_id=row['account_id'], give_up_at=times['created_at'] + timedelta(days=3), **kept, **times,
        ))
        key = f"alert-{row['alert_id']}"
        op.get_bind().execute(notices.insert().values(
            id=row['id'], account_id=row['account_id'], kind='alert_waits', values={}, key=key,
            path=f"/alerts/{row['alert_id']}", created_at=times['created_at'],
            read_at=None if row['state'] == 'waiting' else times['created_at'],
        ))
        op.get_bind().execute(outgoing.insert().values(
            notice_id=row['id'], channel_id=row['account_id'], key=key, created_at=times['created_at'],
            due_at=times['created_at'], delivery_id=row['id'],
        ))


def _time(value: Any) -> Any:
    # SQLite gives a raw query's times back as text.
    return datetime.fromisoformat(value) if isinstance(value, str) else value
