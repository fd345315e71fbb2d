"""case state machine

Revision ID: 202611242340
Revises: 202611242325
Create Date: 2026-11-24 23:25:53.341161
"""

import sqlalchemy as sa
from alembic import op


revision = '202611242340'
down_revision = '202611242325'
branch_labels = None
depends_on = None

# Cases from before have no clocks; in the queue they stand by the day they were opened, decided ones at its end.
CASES = """
INSERT INTO cases (id, number, kind, alert_id, match_id, state, officer_id, outcome, decision_reason, opened_at,
    decided_at, changed_at, severity, industry, platform, district, right_kind, seller_id, rank_at, row_version)
SELECT kept.id, kept.number, 'listing', kept.alert_id, alerts.match_id, kept.state, kept.officer_id, kept.outcome,
    kept.decision_reason, kept.opened_at, kept.decided_at, COALESCE(kept.decided_at, kept.opened_at), 1,
    filings.industry, COALESCE(listings.platform, ''), '', '', listings.seller_id,
    CASE WHEN kept.state = 'decided' THEN '2900-01-01 00:00:00.000000' ELSE kept.opened_at END, kept.row_version
FROM cases_kept AS kept
JOIN alerts ON alerts.id = kept.alert_id
JOIN matches ON matches.id = alerts.match_id
JOIN filings ON filings.id = matches.filing_id
LEFT JOIN listings ON listings.id = matches.listing_id
"""
EVENTS = """
INSERT INTO case_events (id, case_id, position, at, actor_id, action, note, log_index)
SELECT id, case_id, position, at, actor_id, action, note, log_index FROM case_events_kept
"""


def upgrade() -> None:
    # Both tables are made anew: SQLite can't change a check or a NOT NULL, and can't drop a table that others name.
    for table in ('case_events', 'cases'):
        op.execute(f'CREATE TABLE {table}_kept AS SELECT * FROM {table}')
        op.drop_table(table)

    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.Enum('listing', 'conflict', name='casekind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=True),
    sa.Column('match_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('flagged', 'not_accepted', 'accepted', 'under_review', 'notice_issued', 'awaiting_response', 'response_received', 'no_response', 'hearing', 'decision_proposed', 'decided', 'remedies', 'appealed', 'closed', 'withdrawn', 'merged', name='casestate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.Enum('infringing', 'not_infringing', 'insufficient', 'settled', name='caseoutcome', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('industry', sa.Enum('clothing', 'furniture', 'watches', 'jewellery', 'underwear', 'leather', 'eyewear', 'cosmetics', 'crafts', name='industry', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('platform', sa.String(length=100), nullable=False),
    sa.Column('district', sa.String(length=100), nullable=False),
    sa.Column('right_kind', sa.String(length=32), nullable=False),
    sa.Column('seller_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rank_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_cases_alert_id_alerts')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['accounts.id'], name=op.f('fk_cases_changed_by_id_accounts')),
    sa.ForeignKeyConstraint(['match_id'], ['matches.id'], name=op.f('fk_cases_match_id_matches')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['cases.id'], name=op.f('fk_cases_merged_into_id_cases')),
    sa.ForeignKeyConstraint(['officer_id'], ['accounts.id'], name=op.f('fk_cases_officer_id_accounts')),
    sa.ForeignKeyConstraint(['seller_id'], ['sellers.id'], name=op.f('fk_cases_seller_id_sellers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('alert_id', name=op.f('uq_cases_alert_id')),
    sa.UniqueConstraint('match_id', name=op.f('uq_cases_match_id')),
    sa.UniqueConstraint('number', name=op.f('uq_cases_number'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cases_district'), ['district'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_industry'), ['industry'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_merged_into_id'), ['merged_into_id'], unique=False)
        batch_op.create_index('ix_cases_officer_rank', ['officer_id', 'rank_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_platform'), ['platform'], unique=False)
        batch_op.create_index('ix_cases_queue', ['rank_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_seller_id'), ['seller_id'], unique=False)
        batch_op.create_index('ix_cases_state_rank', ['state', 'rank_at', 'id'], unique=False)

    op.create_table('case_clocks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('acceptance', 'handling', 'response', 'remedy', 'appeal', name='clockkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('rule', sa.String(length=32), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted_from', sa.Date(), nullable=False),
    sa.Column('days_left', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pause_reason', sa.Text(), nullable=False),
    sa.Column('extended_days', sa.Integer(), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('warned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expired_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_clocks_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_clocks'))
    )
    with op.batch_alter_table('case_clocks', schema=None) as batch_op:
        batch_op.create_index('ix_case_clocks_case_kind', ['case_id', 'kind'], unique=False)
        batch_op.create_index('ix_case_clocks_running', ['stopped_at', 'due_at'], unique=False)

    op.create_table('case_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('part', sa.String(length=16), server_default='', nullable=False),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('details', sa.JSON(), server_default='{}', nullable=False),
    sa.Column('log_index', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_case_events_actor_id_accounts')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_events_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_events')),
    sa.UniqueConstraint('case_id', 'position', name=op.f('uq_case_events_case_id_position')),
    sa.UniqueConstraint('log_index', name=op.f('uq_case_events_log_index'))
    )
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('supervisor', sa.Boolean(), server_default='0', nullable=False))

    op.execute(CASES)
    op.execute(EVENTS)
    for table in ('case_events', 'cases'):
        op.drop_table(f'{table}_kept')


def downgrade() -> None:
    raise NotImplementedError('the old tables have no place for what the new ones know')
