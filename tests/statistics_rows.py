"""Many cases with their steps, written straight into the tables: what figures are counted from."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from databases import without_foreign_keys
from sqlalchemy import insert

from ipreg.models import (
    Alert,
    AlertState,
    Case,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CaseState,
    Filing,
    FilingState,
    Industry,
    Listing,
    Match,
    ObtainedKind,
    RightRecord,
)
from ipreg.runtime import Runtime

PLATFORMS, DISTRICTS = ("淘淘", "京拼", ""), ("罗湖", "福田", "南山", "=1+1", "")
START = datetime(2025, 12, 20, tzinfo=UTC)


def fill(runtime: Runtime, cases: int, *, seed: int = 1) -> None:
    """So many filings, listings, matches, alerts and cases, over some thirteen months around 2026."""
    chance = random.Random(seed)
    tables: dict[Any, list[dict[str, Any]]] = {
        one: [] for one in (Filing, RightRecord, Listing, Match, Alert, Case, CaseEvent)
    }
    for number in range(1, cases + 1):
        _one(chance, number, tables)
    with without_foreign_keys(runtime) as connection:
        for table, rows in tables.items():
            for start in range(0, len(rows), 5000):
                connection.execute(insert(table.__table__), rows[start : start + 5000])


def _one(chance: random.Random, number: int, tables: dict[Any, list[dict[str, Any]]]) -> None:
    at = START + timedelta(minutes=chance.randrange(400 * 24 * 60), microseconds=chance.randrange(10**6))
    industry, district = chance.choice(list(Industry)), chance.choice(DISTRICTS)
    platform, seller = chance.choice(PLATFORMS), chance.choice([None, *range(1, 40)])
    tables[Filing].append(
        {
            "id": number,
            "number": f"F{number}",
            "title": "t",
            "industry": industry,
            "creator": "c",
            "created_on": at.date(),
            "creators": [],
            "description": "",
            "district": district,
            "applicant_id": 1,
            "owner_id": 1,
            "version": 1,
            "manifest": "{}",
            "applicant_salt": "",
            "applicant_name": "",
            "applicant_email": "",
            "manifest_version": 1,
            "state": FilingState.OPEN,
            "row_version": 1,
            "request_key": f"r{number}",
            "filed_at": at - timedelta(days=9),
        }
    )
    tables[RightRecord].append(
        {
            "filing_id": number,
            "kind": chance.choice(list(ObtainedKind)),
            "number": str(number),
            "applied_on": at.date(),
            "granted_on": chance.choice([None, at.date()]),
            "account_id": 1,
            "request_key": f"k{number}",
            "recorded_at": at,
            "retracted_at": chance.choice([None, None, at]),
        }
    )
    tables[Listing].append(
        {
            "id": number,
            "platform": platform,
            "external_id": str(number),
            "title": "t",
            "first_seen_at": at,
            "last_seen_at": at,
        }
    )
    tables[Match].append(
        {
            "id": number,
            "filing_id": number,
            "view_id": 1,
            "listing_id": number,
            "probability": 0.9,
            "reason": {},
            "algorithm": "x",
            "found_at": at,
        }
    )
    tables[Alert].append(
        {
            "id": number,
            "match_id": number,
            "filing_id": number,
            "counterpart": f"s{number}",
            "applicant_id": 1,
            "probability": 0.9,
            "severity": 1,
            "platform": platform,
            "changed_at": at,
            "state": AlertState.CONFIRMED,
            "raised_at": at,
            "note": "",
            "row_version": 1,
        }
    )
    outcome = chance.choice([None, None, *CaseOutcome])
    steps = _steps(chance, at, outcome)
    decided = next((when for action, when in steps if action.startswith("decided")), None)
    tables[Case].append(
        {
            "id": number,
            "number": f"C{number}",
            "kind": CaseKind.LISTING,
            "alert_id": number,
            "match_id": number,
            "row_version": 1,
            "state": CaseState.DECIDED if outcome else CaseState.UNDER_REVIEW,
            "outcome": outcome,
            "decision_reason": "",
            "opened_at": at,
            "decided_at": decided,
            "changed_at": at,
            "severity": 1,
            "industry": industry,
            "platform": platform,
            "district": district,
            "right_kind": "",
            "seller_id": seller,
            "rank_at": at,
        }
    )
    tables[CaseEvent] += [
        {
            "case_id": number,
            "position": position,
            "at": when,
            "action": action,
            "note": "",
            "details": {},
            "actor_name": "",
            "part": "",
        }
        for position, (action, when) in enumerate(steps)
    ]


def _steps(chance: random.Random, at: datetime, outcome: CaseOutcome | None) -> list[tuple[str, datetime]]:
    """Opened, taken on, served, answered and decided, as far as it came."""
    names = ["opened", "assigned", "served", "responded"] + ([f"decided_{outcome.value}"] if outcome else [])
    found, now = [], at
    for name in names if outcome else names[: chance.randrange(1, 5)]:
        found.append((name, now))
        now += timedelta(seconds=chance.randrange(1, 20 * 86400))
    return found
