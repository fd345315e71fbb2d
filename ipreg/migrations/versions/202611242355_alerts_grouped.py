"""alerts grouped watches calibrations

Revision ID: 202611242355
Revises: 202611242340
Create Date: 2026-11-24 23:21:18.510678
"""

import sqlalchemy as sa
from alembic import op


revision = '202611242355'
down_revision = '202611242340'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alert_actions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('request_key', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('raised', 'listing_added', 'picture_added', 'likelier', 'price', 'title', 'seller', 'pictures', 'gone', 'back', 'woken', 'came_back', 'confirmed', 'dismissed', 'reopened', 'snoozed', 'assigned', 'commented', 'handed_over', 'undone', name='eventkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('undo_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_alert_actions_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_actions')),
    sa.UniqueConstraint('account_id', 'request_key', name=op.f('uq_alert_actions_account_id_request_key'))
    )
    op.create_table('calibrations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('algorithm', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('active', 'retired', 'refused', name='calibrationstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('weights', sa.JSON(), nullable=False),
    sa.Column('learnt_from', sa.Integer(), nullable=False),
    sa.Column('held_back', sa.Integer(), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('newest_decision_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('switched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('switched_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(organization_id IS NULL) <> (account_id IS NULL)', name=op.f('ck_calibrations_one_owner')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_calibrations_account_id_accounts')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_calibrations_organization_id_organizations')),
    sa.ForeignKeyConstraint(['switched_by_id'], ['accounts.id'], name=op.f('fk_calibrations_switched_by_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calibrations')),
    sa.UniqueConstraint('account_id', 'version', name=op.f('uq_calibrations_account_id_version')),
    sa.UniqueConstraint('organization_id', 'version', name=op.f('uq_calibrations_organization_id_version'))
    )
    with op.batch_alter_table('calibrations', schema=None) as batch_op:
        batch_op.create_index('ix_calibrations_state', ['state'], unique=False)

    op.create_table('saved_filters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('query', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_saved_filters_account_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filters')),
    sa.UniqueConstraint('account_id', 'name', name=op.f('uq_saved_filters_account_id_name'))
    )
    op.create_table('watches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('scope', sa.Enum('all', 'industry', 'filings', name='watchscope', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('industry', sa.Enum('clothing', 'furniture', 'watches', 'jewellery', 'underwear', 'leather', 'eyewear', 'cosmetics', 'crafts', name='industry', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('threshold', sa.Double(), nullable=True),
    sa.Column('platforms', sa.JSON(), nullable=False),
    sa.Column('regions', sa.JSON(), nullable=False),
    sa.Column('least_price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('most_price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('quiet_from', sa.Integer(), nullable=True),
    sa.Column('quiet_until', sa.Integer(), nullable=True),
    sa.Column('zone', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(organization_id IS NULL) <> (account_id IS NULL)', name=op.f('ck_watches_one_owner')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_watches_account_id_accounts')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_watches_organization_id_organizations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watches'))
    )
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watches_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_watches_organization_id'), ['organization_id'], unique=False)

    op.create_table('allowed_sellers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('filing_id', sa.Integer(), nullable=True),
    sa.Column('tie', sa.Enum('licensed', 'own', name='sellertie', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('mark', sa.Enum('shop', 'address', 'name', name='sellermark', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('platform', sa.String(length=100), nullable=False),
    sa.Column('pattern', sa.String(length=300), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(organization_id IS NULL) <> (account_id IS NULL)', name=op.f('ck_allowed_sellers_one_owner')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_allowed_sellers_account_id_accounts')),
    sa.ForeignKeyConstraint(['added_by_id'], ['accounts.id'], name=op.f('fk_allowed_sellers_added_by_id_accounts')),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_allowed_sellers_filing_id_filings')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_allowed_sellers_organization_id_organizations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allowed_sellers')),
    sa.UniqueConstraint('key', name=op.f('uq_allowed_sellers_key'))
    )
    with op.batch_alter_table('allowed_sellers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_allowed_sellers_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_allowed_sellers_filing_id'), ['filing_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_allowed_sellers_organization_id'), ['organization_id'], unique=False)

    op.create_table('watch_filings',
    sa.Column('watch_id', sa.Integer(), nullable=False),
    sa.Column('filing_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_watch_filings_filing_id_filings')),
    sa.ForeignKeyConstraint(['watch_id'], ['watches.id'], name=op.f('fk_watch_filings_watch_id_watches')),
    sa.PrimaryKeyConstraint('watch_id', 'filing_id', name=op.f('pk_watch_filings'))
    )
    with op.batch_alter_table('watch_filings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watch_filings_filing_id'), ['filing_id'], unique=False)

    op.create_table('watch_recipients',
    sa.Column('watch_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_watch_recipients_account_id_accounts')),
    sa.ForeignKeyConstraint(['watch_id'], ['watches.id'], name=op.f('fk_watch_recipients_watch_id_watches')),
    sa.PrimaryKeyConstraint('watch_id', 'account_id', name=op.f('pk_watch_recipients'))
    )
    op.create_table('match_pairs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('match_id', sa.Integer(), nullable=False),
    sa.Column('view_id', sa.Integer(), nullable=False),
    sa.Column('seen', sa.String(length=64), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['match_id'], ['matches.id'], name=op.f('fk_match_pairs_match_id_matches')),
    sa.ForeignKeyConstraint(['view_id'], ['filing_views.id'], name=op.f('fk_match_pairs_view_id_filing_views')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_pairs')),
    sa.UniqueConstraint('match_id', 'view_id', 'seen', name=op.f('uq_match_pairs_match_id_view_id_seen'))
    )
    with op.batch_alter_table('match_pairs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_match_pairs_seen'), ['seen'], unique=False)

    op.create_table('alert_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('raised', 'listing_added', 'picture_added', 'likelier', 'price', 'title', 'seller', 'pictures', 'gone', 'back', 'woken', 'came_back', 'confirmed', 'dismissed', 'reopened', 'snoozed', 'assigned', 'commented', 'handed_over', 'undone', name='eventkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('action_id', sa.Integer(), nullable=True),
    sa.Column('match_id', sa.Integer(), nullable=True),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('before_state', sa.Enum('open', 'confirmed', 'dismissed', name='alertstate', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('before_reason', sa.Enum('mine', 'licensed', 'not_similar', 'other', name='dismissreason', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('before_snoozed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('before_assigned_to_id', sa.Integer(), nullable=True),
    sa.Column('before_decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('before_decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['action_id'], ['alert_actions.id'], name=op.f('fk_alert_events_action_id_alert_actions')),
    sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_alert_events_actor_id_accounts')),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_alert_events_alert_id_alerts')),
    sa.ForeignKeyConstraint(['match_id'], ['matches.id'], name=op.f('fk_alert_events_match_id_matches')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_events'))
    )
    with op.batch_alter_table('alert_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_events_action_id'), ['action_id'], unique=False)
        batch_op.create_index('ix_alert_events_alert', ['alert_id', 'id'], unique=False)

    op.create_table('alert_matches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('match_id', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('pictures', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_alert_matches_alert_id_alerts')),
    sa.ForeignKeyConstraint(['match_id'], ['matches.id'], name=op.f('fk_alert_matches_match_id_matches')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_matches')),
    sa.UniqueConstraint('match_id', name=op.f('uq_alert_matches_match_id'))
    )
    with op.batch_alter_table('alert_matches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_matches_alert_id'), ['alert_id'], unique=False)

    with op.batch_alter_table('alert_recipients', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tell_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_alert_recipients_due', ['tell_at'], unique=False)

    with op.batch_alter_table('captures', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_captures_alert_id'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_captures_alert_id_listing_id'), ['alert_id', 'listing_id'])

    with op.batch_alter_table('listing_changes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('considered', sa.Boolean(), server_default='0', nullable=False))
        batch_op.create_index(batch_op.f('ix_listing_changes_considered'), ['considered'], unique=False)

    with op.batch_alter_table('listings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('region', sa.String(length=100), server_default='', nullable=False))

    with op.batch_alter_table('matches', schema=None) as batch_op:
        batch_op.add_column(sa.Column('considered', sa.Boolean(), server_default='0', nullable=False))
        batch_op.create_index(batch_op.f('ix_matches_considered'), ['considered'], unique=False)

    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('filing_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('counterpart', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('round', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('applicant_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('organization_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('seller_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('platform', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True))
        batch_op.add_column(sa.Column('currency', sa.String(length=3), nullable=True))
        batch_op.add_column(sa.Column('listing_count', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('probability', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('calibration_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('severity', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('severity_reasons', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('evidence', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('assigned_to_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('action_id', sa.Integer(), nullable=True))

    _fill()
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.alter_column('filing_id', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('counterpart', existing_type=sa.String(length=40), nullable=False)
        batch_op.alter_column('round', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('applicant_id', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('platform', existing_type=sa.String(length=100), nullable=False)
        batch_op.alter_column('currency', existing_type=sa.String(length=3), nullable=False)
        batch_op.alter_column('listing_count', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('probability', existing_type=sa.Double(), nullable=False)
        batch_op.alter_column('severity', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('severity_reasons', existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column('evidence', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('changed_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_index(batch_op.f('ix_alerts_state'))
        batch_op.create_index(batch_op.f('ix_alerts_action_id'), ['action_id'], unique=False)
        batch_op.create_index('ix_alerts_applicant', ['applicant_id', 'state', 'severity', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alerts_assigned_to_id'), ['assigned_to_id'], unique=False)
        batch_op.create_index('ix_alerts_organization', ['organization_id', 'state', 'severity', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alerts_seller_id'), ['seller_id'], unique=False)
        batch_op.create_index('ix_alerts_sleeping', ['state', 'snoozed_until'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_alerts_filing_id_counterpart_round'), ['filing_id', 'counterpart', 'round'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_filing_id_filings'), 'filings', ['filing_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_assigned_to_id_accounts'), 'accounts', ['assigned_to_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_calibration_id_calibrations'), 'calibrations', ['calibration_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_seller_id_sellers'), 'sellers', ['seller_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_action_id_alert_actions'), 'alert_actions', ['action_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_organization_id_organizations'), 'organizations', ['organization_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_alerts_applicant_id_accounts'), 'accounts', ['applicant_id'], ['id'])


def _fill() -> None:
    """Each alert had one match. Of one seller's alerts on a design the first takes up what comes from now on."""
    op.execute("""
        UPDATE alerts SET round = 1, listing_count = 1, evidence = 1, severity_reasons = '[]', currency = '',
            changed_at = COALESCE(decided_at, raised_at),
            filing_id = (SELECT m.filing_id FROM matches m WHERE m.id = alerts.match_id),
            probability = (SELECT m.probability FROM matches m WHERE m.id = alerts.match_id),
            severity = (SELECT CAST(ROUND((m.probability - 0.5) * 100) AS INTEGER) FROM matches m
                        WHERE m.id = alerts.match_id),
            platform = COALESCE((SELECT l.platform FROM matches m JOIN listings l ON l.id = m.listing_id
                                 WHERE m.id = alerts.match_id), ''),
            seller_id = (SELECT l.seller_id FROM matches m JOIN listings l ON l.id = m.listing_id
                         WHERE m.id = alerts.match_id),
            counterpart = (SELECT CASE WHEN m.listing_id IS NULL THEN 'filing:' || m.later_filing_id
                           ELSE 'listing:' || m.listing_id END FROM matches m WHERE m.id = alerts.match_id)
    """)
    op.execute("""
        UPDATE alerts SET severity = CASE WHEN severity < 0 THEN 0 ELSE severity END,
            applicant_id = (SELECT f.applicant_id FROM filings f WHERE f.id = alerts.filing_id),
            organization_id = (SELECT f.organization_id FROM filings f WHERE f.id = alerts.filing_id)
    """)
    op.execute("""
        UPDATE alerts SET counterpart = 'seller:' || seller_id WHERE id IN
            (SELECT MIN(id) FROM alerts WHERE seller_id IS NOT NULL GROUP BY filing_id, seller_id)
    """)
    op.execute("""
        INSERT INTO alert_matches (alert_id, match_id, added_at, probability, pictures)
        SELECT a.id, a.match_id, a.raised_at, m.probability, 1 FROM alerts a JOIN matches m ON m.id = a.match_id
    """)
    op.execute("""
        INSERT INTO match_pairs (match_id, view_id, seen, probability, found_at)
        SELECT m.id, m.view_id, COALESCE(p.sha256, v.sha256), m.probability, m.found_at FROM matches m
        LEFT JOIN listing_pictures p ON p.id = m.picture_id LEFT JOIN filing_views v ON v.id = m.later_view_id
    """)
    op.execute("UPDATE matches SET considered = TRUE WHERE id IN (SELECT match_id FROM alerts)")
    op.execute("UPDATE listing_changes SET considered = TRUE")


def downgrade() -> None:
    with op.batch_alter_table('matches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_matches_considered'))
        batch_op.drop_column('considered')

    with op.batch_alter_table('listings', schema=None) as batch_op:
        batch_op.drop_column('region')

    with op.batch_alter_table('listing_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_listing_changes_considered'))
        batch_op.drop_column('considered')

    with op.batch_alter_table('captures', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_captures_alert_id_listing_id'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_captures_alert_id'), ['alert_id'])

    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_alerts_applicant_id_accounts'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_organization_id_organizations'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_action_id_alert_actions'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_seller_id_sellers'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_calibration_id_calibrations'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_assigned_to_id_accounts'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_alerts_filing_id_filings'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_alerts_filing_id_counterpart_round'), type_='unique')
        batch_op.drop_index('ix_alerts_sleeping')
        batch_op.drop_index(batch_op.f('ix_alerts_seller_id'))
        batch_op.drop_index('ix_alerts_organization')
        batch_op.drop_index(batch_op.f('ix_alerts_assigned_to_id'))
        batch_op.drop_index('ix_alerts_applicant')
        batch_op.drop_index(batch_op.f('ix_alerts_action_id'))
        batch_op.create_index(batch_op.f('ix_alerts_state'), ['state'], unique=False)
        batch_op.drop_column('action_id')
        batch_op.drop_column('assigned_to_id')
        batch_op.drop_column('snoozed_until')
        batch_op.drop_column('changed_at')
        batch_op.drop_column('evidence')
        batch_op.drop_column('severity_reasons')
        batch_op.drop_column('severity')
        batch_op.drop_column('calibration_id')
        batch_op.drop_column('probability')
        batch_op.drop_column('listing_count')
        batch_op.drop_column('currency')
        batch_op.drop_column('price')
        batch_op.drop_column('platform')
        batch_op.drop_column('seller_id')
        batch_op.drop_column('organization_id')
        batch_op.drop_column('applicant_id')
        batch_op.drop_column('round')
        batch_op.drop_column('counterpart')
        batch_op.drop_column('filing_id')

    with op.batch_alter_table('alert_recipients', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_recipients_due')
        batch_op.drop_column('tell_at')

    with op.batch_alter_table('alert_matches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_matches_alert_id'))

    op.drop_table('alert_matches')
    with op.batch_alter_table('alert_events', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_events_alert')
        batch_op.drop_index(batch_op.f('ix_alert_events_action_id'))

    op.drop_table('alert_events')
    with op.batch_alter_table('match_pairs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_match_pairs_seen'))

    op.drop_table('match_pairs')
    op.drop_table('watch_recipients')
    with op.batch_alter_table('watch_filings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watch_filings_filing_id'))

    op.drop_table('watch_filings')
    with op.batch_alter_table('allowed_sellers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_allowed_sellers_organization_id'))
        batch_op.drop_index(batch_op.f('ix_allowed_sellers_filing_id'))
        batch_op.drop_index(batch_op.f('ix_allowed_sellers_account_id'))

    op.drop_table('allowed_sellers')
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watches_organization_id'))
        batch_op.drop_index(batch_op.f('ix_watches_account_id'))

    op.drop_table('watches')
    op.drop_table('saved_filters')
    with op.batch_alter_table('calibrations', schema=None) as batch_op:
        batch_op.drop_index('ix_calibrations_state')

    op.drop_table('calibrations')
    op.drop_table('alert_actions')
