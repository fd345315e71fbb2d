"""Cases from before the state machine come through the migration with their history."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from ipreg import schema
from ipreg.db import make_engine

BEFORE, AFTER = "202611242325", "202611242340"
AT = "'2026-03-02 09:00:00.000000'"
ROWS = f"""
insert into accounts (id, email, password_hash, name, role, locale, created_at, failed_sign_ins)
  values (1, 'a@ipreg.example', '', '林晓', 'designer', 'zh', {AT}, 0);
insert into stored_files (sha256, sm3, size, media_type, width, height, created_at)
  values ('aa', 'bb', 1, 'image/png', 1, 1, {AT});
insert into filings (id, number, title, industry, creator, created_on, description, applicant_id, version, filed_at,
  manifest, applicant_salt, request_key)
  values (1, 'YB1', '外套', 'leather', '林晓', '2026-01-01', '', 1, 1, {AT}, '', '', '');
insert into filing_views (id, filing_id, position, kind, filename, sha256) values (1, 1, 0, 'front', 'a', 'aa');
insert into listings (id, platform, external_id, address, title, seller, price, currency, first_seen_at,
  last_seen_at)
  values (1, '淘淘', '1', '', '外套', '小铺', '', '', {AT}, {AT});
insert into matches (id, filing_id, view_id, listing_id, probability, reason, algorithm, found_at)
  values (1, 1, 1, 1, 0.9, '{{}}', 'x', {AT});
insert into alerts (id, match_id, state, raised_at, note, row_version) values (1, 1, 'confirmed', {AT}, '', 1);
insert into cases (id, number, alert_id, state, officer_id, outcome, decision_reason, opened_at, decided_at,
  row_version)
  values (1, 'AJ1', 1, 'decided', 1, 'infringing', 'so', {AT}, {AT}, 3);
insert into case_events (id, case_id, position, at, actor_id, action, note, log_index)
  values (1, 1, 0, {AT}, 1, 'opened', '', 7)
"""


def test_old_cases_are_kept(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), BEFORE)
    with engine.begin() as connection:
        for row in ROWS.split(";"):
            connection.execute(text(row.replace(":", "\\:")))
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), AFTER)
    with engine.begin() as connection:
        kept = connection.execute(
            text("select number, state, outcome, match_id, industry, platform, row_version from cases")
        )
        assert kept.one() == ("AJ1", "decided", "infringing", 1, "leather", "淘淘", 3)
        events = connection.execute(text("select action, log_index, part, details from case_events"))
        assert events.one() == ("opened", 7, "", "{}")
    engine.dispose()
