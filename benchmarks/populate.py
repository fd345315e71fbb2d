"""A registry as a city has it after some years: by default 100,000 filings, 1,000,000 listings, 100,000 cases.

    python benchmarks/populate.py FOLDER [--url postgresql://...] [--filings N] [--listings N] [--cases N]

FOLDER is to be ``IPREG_VAR``; the database is SQLite in it, or the empty one at --url. The same numbers give
the same rows, but for salts and for times, which count back from now. Everything that a page shows is there:
every filing has a picture of its own on disk, its version and a true entry of the transparency log under a signed
checkpoint (``ipreg log check`` holds); copies are sold by 50,000 sellers, raise alerts and become cases whose
steps are logged too. All accounts have the password ``correct horse battery``: enterprise1@load.example (owns a
fifth of all), designer1..., officer1..., administrator, auditor.

Fingerprints are left out: every picture counts as compared, and the load is that of pages.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bulk import Bulk, Row, filling
from PIL import Image, ImageDraw

from ipreg import log, matching, schema
from ipreg.accounts import PasswordHasher
from ipreg.casework import law
from ipreg.casework.machine import event_statement
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.digests import digests
from ipreg.manifest import NEWEST, manifest
from ipreg.models import (
    Account,
    Alert,
    AlertEvent,
    AlertMatch,
    AlertRecipient,
    AlertState,
    Case,
    CaseClock,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CaseState,
    ClockKind,
    EventKind,
    Filing,
    FilingState,
    FilingTerm,
    FilingVersion,
    FilingView,
    Industry,
    Listing,
    ListingPicture,
    ListingSighting,
    LogEntry,
    LogHead,
    LogNode,
    Match,
    Notice,
    ObtainedKind,
    Organization,
    OrganizationRole,
    RightRecord,
    RightsDiary,
    Role,
    Seller,
    StoredFile,
    ViewKind,
)
from ipreg.models.terms import terms, text_of
from ipreg.numbers import CASE, FILING, make_number
from ipreg.rights import records
from ipreg.runtime import Runtime, open_runtime
from ipreg.tlog import merkle
from ipreg.workdays import shanghai_day

PASSWORD = "correct horse battery"
ORGANIZATIONS, DESIGNERS, OFFICERS, SELLERS, PLATFORMS, DISTRICTS = 200, 2_000, 20, 50_000, 12, 11
TITLES = (
    "云纹外套",
    "竹节腕表",
    "青花耳环",
    "流光眼镜",
    "折纸沙发",
    "织锦手袋",
    "梅兰胸针",
    "海浪泳装",
    "漆器茶盘",
)
COLOURS = ("靛蓝", "朱红", "月白", "墨黑", "藤黄")
COMPARED_BY = matching.comparison()
REASON = "图案与备案设计一致。"
OPEN = (CaseState.FLAGGED, CaseState.ACCEPTED, CaseState.UNDER_REVIEW, CaseState.AWAITING_RESPONSE)
STEPS = {
    CaseState.FLAGGED: ("opened",),
    CaseState.ACCEPTED: ("opened", "accepted"),
    CaseState.UNDER_REVIEW: ("opened", "accepted", "assigned"),
    CaseState.AWAITING_RESPONSE: ("opened", "accepted", "assigned", "notice_issued", "served"),
    CaseState.NOT_ACCEPTED: ("opened", "not_accepted"),
    CaseState.DECIDED: ("opened", "accepted", "assigned", "decided"),
    CaseState.CLOSED: ("opened", "accepted", "assigned", "decided", "closed"),
}


def mix(n: int, salt: int, below: int) -> int:
    """A number below ``below`` that looks drawn by lot and is the same every time."""
    return ((n * 2_654_435_761 + salt * 40_503 * 65_537) >> 7) % 4_294_967_291 % below


def canonical(value: object) -> str:
    """RFC 8785 for what has no fractions and plain names, ten times as fast as for everything."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass
class Plan:
    """How much of everything, and when now is."""

    filings: int
    listings: int
    cases: int
    pictures: int = 500
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def alerts(self) -> int:
        return min(2 * self.cases, self.listings)

    def filed_at(self, n: int) -> datetime:
        """In order, over the two years that ended a year ago."""
        return self.now - timedelta(days=1095) + timedelta(days=730) * (n / self.filings)

    def raised_at(self, n: int) -> datetime:
        """In order, over the year that ends an hour ago."""
        return self.now - timedelta(days=364) + timedelta(days=360) * (n / self.alerts)


@dataclass
class LogRows:
    """Entries and the hashes over them, as ``ipreg.log.append_entries`` makes them."""

    entries: list[Row] = field(default_factory=list)
    nodes: list[Row] = field(default_factory=list)
    hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    size: int = 0

    def append(self, kind: str, subject: str, statement: str, at: datetime) -> int:
        salt = os.urandom(log.SALT_SIZE)
        commitment = hashlib.sha256(salt + statement.encode()).hexdigest()
        leaf = canonical({"format": log.LEAF_FORMAT, "kind": kind, "commitment": commitment}).encode()
        index, self.size = self.size, self.size + 1
        self.entries.append(
            {"index": index, "kind": kind, "subject": subject, "statement": statement, "salt": salt, "leaf": leaf,
             "created_at": at}
        )  # fmt: skip
        for level, position, node in merkle.completed_nodes(
            index, merkle.hash_leaf(leaf), lambda *at: self.hashes[at]
        ):
            self.hashes[level, position] = node
            self.nodes.append({"level": level, "position": position, "hash": node})
        return index

    def write(self, bulk: Bulk) -> None:
        bulk.put(LogEntry, self.entries)
        bulk.put(LogNode, self.nodes)
        self.entries, self.nodes = [], []


# --- People


def organization(n: int, plan: Plan) -> Row:
    return {
        "id": n,
        "name": f"企业 {n}",
        "join_code": f"LOAD{n:08d}",
        "created_at": plan.now - timedelta(days=1100),
    }


def people(plan: Plan) -> Iterator[Row]:
    """Enterprises have the ids of their organizations, designers those after; then the authority's people."""
    hashed = PasswordHasher().hash(PASSWORD)

    def one(n: int, name: str, role: Role, member: OrganizationRole | None = None, of: int | None = None) -> Row:
        return {
            "id": n, "email": f"{name}@load.example", "password_hash": hashed, "name": name, "role": role,
            "organization_id": of, "organization_role": member, "created_at": plan.now - timedelta(days=1100),
            "locked_until": None, "email_verified_at": plan.now - timedelta(days=1100), "erased_at": None,
            "supervisor": name == "officer1",
        }  # fmt: skip

    for n in range(1, ORGANIZATIONS + 1):
        yield one(n, f"enterprise{n}", Role.ENTERPRISE, OrganizationRole.OWNER, n)
    for n in range(1, DESIGNERS + 1):
        yield one(ORGANIZATIONS + n, f"designer{n}", Role.DESIGNER, OrganizationRole.FILER, _house(n))
    first = ORGANIZATIONS + DESIGNERS
    for n in range(1, OFFICERS + 1):
        yield one(first + n, f"officer{n}", Role.REGULATOR)
    yield one(first + OFFICERS + 1, "administrator", Role.ADMINISTRATOR)
    yield one(first + OFFICERS + 2, "auditor", Role.AUDITOR)


def _house(designer: int) -> int:
    """The organization of a designer: the first has a fifth of all."""
    return 1 if designer % 5 == 0 else 2 + mix(designer, 1, ORGANIZATIONS - 1)


def _designer(n: int) -> int:
    """Who filed design ``n``, 1 to DESIGNERS."""
    return 1 + mix(n, 2, DESIGNERS)


# --- Designs


def pool(count: int) -> list[bytes]:
    """Drawn goods; a filing's own picture is one of these with a comment of its own inside."""
    made = []
    for n in range(count):
        image = Image.new("RGB", (300, 360), (200 + mix(n, 3, 55), 200 + mix(n, 4, 55), 200 + mix(n, 5, 55)))
        pen = ImageDraw.Draw(image)
        for shape in range(14):
            x, y = mix(n, 100 + shape, 260), mix(n, 200 + shape, 320)
            size = 20 + mix(n, 300 + shape, 110)
            fill = tuple(mix(n, 400 + 3 * shape + channel, 230) for channel in range(3))
            draw = pen.ellipse if shape % 2 else pen.rectangle
            draw((x, y, x + size, y + size), fill=fill)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=70)
        made.append(out.getvalue())
    return made


def marked(picture: bytes, n: int) -> bytes:
    """The same picture as another file: a comment of 12 letters after the first two bytes."""
    return picture[:2] + b"\xff\xfe\x00\x0e" + f"{n:012d}".encode() + picture[2:]


class Pictures:
    """Files under their digests, and their rows. Not brought to the disk one by one: all can be made again."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder, self._now = folder / "files", now
        self._made: set[str] = set()

    def keep(self, data: bytes) -> Row:
        found = digests(data)
        name = found.sha256
        place = self._folder / name[:2] / name[2:4]
        if name[:4] not in self._made:
            place.mkdir(parents=True, exist_ok=True)
            self._made.add(name[:4])
        (place / name).write_bytes(data)
        return {"sha256": name, "sm3": found.sm3, "size": len(data), "media_type": "image/jpeg", "width": 300,
                "height": 360, "created_at": self._now}  # fmt: skip


def filing(n: int, plan: Plan, file: Row) -> Row:
    """The filing's row; its manifest and log entry are added by ``enter``."""
    designer = _designer(n)
    house, account = _house(designer), ORGANIZATIONS + designer
    at, creator = plan.filed_at(n), f"设计师{designer}"
    return {
        "id": n, "number": make_number(FILING, year=at.year, serial=n), "title": f"{TITLES[n % 9]} {n}",
        "industry": list(Industry)[mix(n, 6, len(Industry))], "creator": creator,
        "creators": [{"name": creator, "share": None}], "created_on": (at - timedelta(days=9)).date(),
        "description": "", "locarno_class": None, "rights_wanted": (), "disclosure": None,
        "first_disclosed_on": None, "keywords": (COLOURS[n % 5],), "materials": (), "colours": (),
        "district": f"区{mix(n, 7, DISTRICTS)}", "applicant_id": account, "organization_id": house, "version": 1,
        "filed_at": at, "manifest_version": NEWEST, "applicant_salt": os.urandom(32).hex(),
        "applicant_name": f"designer{designer}", "applicant_email": f"designer{designer}@load.example",
        "organization_name": f"企业 {house}", "request_key": f"load-{n}", "state": FilingState.OPEN,
        "owner_id": account, "owner_organization_id": house, "vault_key_id": None, "opens_at": None,
        "amended_at": None, "withdrawn_at": None, "files_destroyed_at": None, "file": file,
    }  # fmt: skip


def enter(row: Row, entries: LogRows) -> None:
    """The manifest that the real filing would have, and its entry in the log."""
    view = SimpleNamespace(kind=ViewKind.FRONT, filename="front.jpg", file=SimpleNamespace(**row["file"]))
    row["manifest"] = canonical(manifest(SimpleNamespace(**row, views=[view], design_files=[])))  # type: ignore[arg-type]
    row["log_index"] = entries.append("filing", row["number"], row["manifest"], row["filed_at"])


def designs(bulk: Bulk, plan: Plan, pictures: Pictures, drawn: list[bytes], entries: LogRows) -> None:
    """Filings with view, version, terms and diary, some thousand at a time."""
    for start in range(1, plan.filings + 1, 5_000):
        numbers = range(start, min(start + 5_000, plan.filings + 1))
        rows = [filing(n, plan, pictures.keep(marked(drawn[n % len(drawn)], n))) for n in numbers]
        for row in rows:
            enter(row, entries)
        bulk.put(StoredFile, (row["file"] for row in rows))
        bulk.put(Filing, rows)
        bulk.put(FilingView, (_view(row) for row in rows))
        bulk.put(FilingVersion, (_version(row) for row in rows))
        bulk.put(FilingTerm, (one for row in rows for one in _terms(row)))
        bulk.put(RightsDiary, ({"filing_id": row["id"], "look_on": None} for row in rows))
        bulk.put(RightRecord, (_right(row, plan, entries) for row in rows if row["id"] % 10 == 0))
        entries.write(bulk)


def _view(row: Row) -> Row:
    return {
        "id": row["id"], "filing_id": row["id"], "version": 1, "position": 0, "kind": ViewKind.FRONT,
        "filename": "front.jpg", "sha256": row["file"]["sha256"], "compared_by": COMPARED_BY,
    }  # fmt: skip


def _version(row: Row) -> Row:
    return {
        "id": row["id"], "filing_id": row["id"], "version": 1, "filed_at": row["filed_at"],
        "filed_by_id": row["applicant_id"], "manifest": row["manifest"], "log_index": row["log_index"],
        "request_key": row["request_key"],
    }  # fmt: skip


def _terms(row: Row) -> Iterator[Row]:
    for term in terms(text_of(row["title"], row["creator"], row["keywords"])):
        yield {"term": term, "filing_id": row["id"]}


def _right(row: Row, plan: Plan, entries: LogRows) -> Row:
    n = row["id"]
    made = {
        "id": n, "filing_id": n, "kind": list(ObtainedKind)[n // 10 % len(ObtainedKind)], "number": f"ZL{n:012d}",
        "office": "", "applied_on": row["filed_at"].date(),
        "granted_on": (row["filed_at"] + timedelta(days=90)).date(), "document_sha256": None, "public": False,
        "account_id": row["applicant_id"], "request_key": f"right-{n}",
        "recorded_at": plan.raised_at(plan.alerts * n // plan.filings), "retracted_at": None,
        "retracted_index": None,
    }  # fmt: skip
    about = SimpleNamespace(number=row["number"])
    statement = records.statement_of(SimpleNamespace(**made, filing=about, document=None))  # type: ignore[arg-type]
    return made | {"log_index": entries.append("right", row["number"], canonical(statement), made["recorded_at"])}


# --- The market


def _seller(n: int) -> int:
    """Of listing ``n``: different for all copies of one design; every 97th is of one of ten great shops."""
    return 1 + (mix(n, 8, 10) if n % 97 == 0 else (n * 7 + n // 50_000 * 3) % SELLERS)


def sellers(plan: Plan) -> Iterator[Row]:
    for n in range(1, SELLERS + 1):
        yield {
            "id": n, "platform": f"平台{n % PLATFORMS}", "key": f"id:{n}", "name": f"店{n}", "shop_id": str(n),
            "first_seen_at": plan.now - timedelta(days=400), "last_seen_at": plan.now - timedelta(days=1),
        }  # fmt: skip


def listings(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.listings + 1):
        seller, at = _seller(n), plan.raised_at(n % plan.alerts) - timedelta(minutes=3)
        yield {
            "id": n, "platform": f"平台{seller % PLATFORMS}", "external_id": str(n), 
            "title": f"{TITLES[n % 9]} 新款 {n}",
            "address": f"https://shop{seller}.example/{n}", "seller": f"店{seller}", "seller_id": seller,
            "price": str(20 + mix(n, 9, 900)), "currency": "CNY", "first_seen_at": at,
            "last_seen_at": plan.now - timedelta(days=mix(n, 10, 30)), "gone_at": None,
        }  # fmt: skip


def listing_pictures(plan: Plan, own: list[str], stock: list[str]) -> Iterator[Row]:
    """A copy shows the design's own picture, anything else one of the pool."""
    for n in range(1, plan.listings + 1):
        digest = own[_copied(n, plan)] if n <= plan.alerts else stock[mix(n, 11, len(stock))]
        yield {"id": n, "listing_id": n, "position": 0, "sha256": digest, "compared_by": COMPARED_BY,
               "gone_at": None}  # fmt: skip


def sightings(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.listings + 1):
        at = plan.raised_at(n % plan.alerts)
        yield {"id": n, "listing_id": n, "account_id": ORGANIZATIONS + DESIGNERS + 1 + n % OFFICERS,
               "first_seen_at": at, "last_seen_at": at}  # fmt: skip


def _copied(n: int, plan: Plan) -> int:
    """The design that listing ``n`` copies; all designs are copied in turn."""
    return 1 + mix(n % plan.filings, 12, plan.filings)


# --- Alerts and cases


def _is_case(n: int, plan: Plan) -> bool:
    return n % 2 == 0 and n // 2 <= plan.cases


def matches(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.alerts + 1):
        design = _copied(n, plan)
        yield {
            "id": n, "filing_id": design, "view_id": design, "listing_id": n, "picture_id": n,
            "later_filing_id": None, "later_view_id": None, "probability": 0.8 + mix(n, 13, 200) / 1000,
            "reason": {"likeness": 0.9}, "algorithm": COMPARED_BY, "found_at": plan.raised_at(n),
            "considered": True,
        }  # fmt: skip


def alerts(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.alerts + 1):
        designer, seller, at = _designer(_copied(n, plan)), _seller(n), plan.raised_at(n)
        state = AlertState.CONFIRMED if _is_case(n, plan) else (AlertState.OPEN, AlertState.DISMISSED)[n // 2 % 2]
        decided = state is not AlertState.OPEN
        yield {
            "id": n, "filing_id": _copied(n, plan), "counterpart": f"seller:{seller}",
            "round": 1 + (n - 1) // plan.filings,
            "match_id": n, "applicant_id": ORGANIZATIONS + designer, "organization_id": _house(designer),
            "seller_id": seller, "platform": f"平台{seller % PLATFORMS}", "price": 20 + mix(n, 9, 900),
            "currency": "CNY", "probability": 0.8 + mix(n, 13, 200) / 1000, "calibration_id": None,
            "severity": mix(n, 14, 101), "severity_reasons": [], "state": state, "raised_at": at, "changed_at": at,
            "snoozed_until": None, "assigned_to_id": None,
            "decided_at": at + timedelta(hours=5) if decided else None,
            "decided_by_id": ORGANIZATIONS + designer if decided else None,
            "dismiss_reason": "not_similar" if state is AlertState.DISMISSED else None, "action_id": None,
        }  # fmt: skip


def alert_events(plan: Plan) -> Iterator[Row]:
    """Raised; the decided ones are decided five hours later."""
    none = dict.fromkeys(
        ("action_id", "before_state", "before_reason", "before_snoozed_until", "before_assigned_to_id",
         "before_decided_at", "before_decided_by_id")
    )  # fmt: skip
    for n in range(1, plan.alerts + 1):
        at = plan.raised_at(n)
        yield {
            "id": 2 * n,
            "alert_id": n,
            "kind": EventKind.RAISED,
            "at": at,
            "actor_id": None,
            "match_id": n,
            **none,
        }
        if _is_case(n, plan):
            actor = ORGANIZATIONS + _designer(_copied(n, plan))
            decided = {"kind": EventKind.CONFIRMED, "at": at + timedelta(hours=5), "actor_id": actor}
            yield {"id": 2 * n + 1, "alert_id": n, "match_id": n, **decided, **none}


def alert_matches(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.alerts + 1):
        yield {"id": n, "alert_id": n, "match_id": n, "added_at": plan.raised_at(n), "probability": 0.9}


def recipients(plan: Plan) -> Iterator[Row]:
    """The designer, who has looked at four of five; his enterprise's owner, who has looked at half."""
    for n in range(1, plan.alerts + 1):
        designer, at = _designer(_copied(n, plan)), plan.raised_at(n)
        for place, (account, seen) in enumerate(
            ((ORGANIZATIONS + designer, n % 5), (_house(designer), n // 5 % 2))
        ):
            yield {"id": 2 * n + place, "alert_id": n, "account_id": account,
                   "read_at": at + timedelta(hours=1) if seen else None, "tell_at": None}  # fmt: skip


def notices(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.alerts + 1):
        at = plan.raised_at(n)
        yield {
            "id": n, "account_id": ORGANIZATIONS + _designer(_copied(n, plan)), "kind": "alert",
            "values": {"likelihood": {"say": "Probably"}, "title": TITLES[n % 9], "place": f"平台{n % PLATFORMS}"},
            "path": f"/alerts/{n}", "key": f"alert-{n}", "created_at": at,
            "read_at": at + timedelta(hours=1) if n % 5 else None,
        }  # fmt: skip


def _state(n: int) -> CaseState:
    if n % 10 == 0:
        return OPEN[mix(n, 15, 4)]
    return (CaseState.DECIDED, CaseState.DECIDED, CaseState.CLOSED, CaseState.NOT_ACCEPTED)[mix(n, 16, 4)]


def case(n: int, plan: Plan) -> Row:
    """The case of alert 2n, opened five hours after it was raised."""
    alert, state = 2 * n, _state(n)
    design, opened = _copied(2 * n, plan), plan.raised_at(2 * n) + timedelta(hours=5)
    ended, decided = n % 10 != 0, state in (CaseState.DECIDED, CaseState.CLOSED)
    due = opened + timedelta(days=10 if state is CaseState.FLAGGED else 90)
    officer = ORGANIZATIONS + DESIGNERS + 1 + mix(n, 17, OFFICERS)
    return {
        "id": n, "number": make_number(CASE, year=opened.year, serial=n), "kind": CaseKind.LISTING,
        "alert_id": alert,
        "match_id": alert, "state": state, "officer_id": None if state is CaseState.FLAGGED else officer,
        "outcome": (CaseOutcome.INFRINGING, CaseOutcome.NOT_INFRINGING)[mix(n, 18, 2)] if decided else None,
        "decision_reason": REASON if decided else "", "opened_at": opened,
        "decided_at": opened + timedelta(days=3) if decided else None,
        "changed_at": opened + timedelta(days=len(STEPS[state]) - 1), "changed_by_id": officer,
        "merged_into_id": None,
        "severity": (1, 1, 1, 2, 3)[mix(n, 19, 5)], "industry": list(Industry)[mix(design, 6, len(Industry))],
        "platform": f"平台{_seller(alert) % PLATFORMS}", "district": f"区{mix(design, 7, DISTRICTS)}",
        "right_kind": "", "seller_id": _seller(alert), "due_at": None if ended else due,
        "rank_at": datetime(3000, 1, 1, tzinfo=UTC) - (opened - datetime(2000, 1, 1, tzinfo=UTC)) if ended else due,
    }  # fmt: skip


def case_events(rows: list[Row], plan: Plan, entries: LogRows) -> list[Row]:
    """Each case's steps a day apart, in order of time, so that the log is too."""
    said = []
    for row in rows:
        owner = _designer(_copied(row["alert_id"], plan))
        for position, step in enumerate(STEPS[row["state"]]):
            account = ORGANIZATIONS + owner if position == 0 else row["changed_by_id"]
            name = f"designer{owner}" if position == 0 else f"officer{account - ORGANIZATIONS - DESIGNERS}"
            action = f"decided_{row['outcome'].value}" if step == "decided" else step
            said.append(
                {"case_id": row["id"], "position": position, "at": row["opened_at"] + timedelta(days=position),
                 "actor_id": account, "action": action, "note": REASON if position else "", "details": {},
                 "part": "", "actor_name": "", "number": row["number"], "form": 3, "who": name,
                 "design": _copied(row["alert_id"], plan)}
            )  # fmt: skip
    said.sort(key=lambda one: one["at"])
    for event in said:
        design = event["design"]
        filed = make_number(FILING, year=plan.filed_at(design).year, serial=design)
        about = SimpleNamespace(number=event["number"], match=SimpleNamespace(filing=SimpleNamespace(number=filed)))
        statement = canonical(event_statement(about, SimpleNamespace(**event)))  # type: ignore[arg-type]
        event["log_index"] = entries.append("case_event", event["number"], statement, event["at"])
    return said


def _clock(row: Row) -> Row:
    running = row["due_at"] is not None
    kind = ClockKind.ACCEPTANCE if row["state"] is CaseState.FLAGGED else ClockKind.HANDLING
    rule = law.rule_for(kind, kind=CaseKind.LISTING, right="")
    return {
        "id": row["id"], "case_id": row["id"], "kind": kind, "rule": rule, "started_at": row["opened_at"],
        "counted_from": shanghai_day(row["opened_at"]), "days_left": law.PERIODS[rule].days,
        "due_on": shanghai_day(row["due_at"]) if running else None, "due_at": row["due_at"], "paused_at": None,
        "stopped_at": None if running else row["changed_at"], "warned_at": row["opened_at"],
        "expired_told_at": row["opened_at"], "escalated_at": row["opened_at"],
    }  # fmt: skip


def casework(bulk: Bulk, plan: Plan, entries: LogRows) -> None:
    rows = [case(n, plan) for n in range(1, plan.cases + 1)]
    bulk.put(Case, rows)
    bulk.put(CaseEvent, case_events(rows, plan, entries))
    bulk.put(CaseClock, (_clock(row) for row in rows))
    entries.write(bulk)


# --- All of it


def populate(runtime: Runtime, plan: Plan, tell: Callable[[str], None] = lambda _text: None) -> int:
    """Fills the migrated, empty database; how many rows were written."""
    started, entries = time.monotonic(), LogRows()

    def done(what: str) -> None:
        tell(f"{time.monotonic() - started:6.1f} s  {what}")

    drawn, pictures = pool(plan.pictures), Pictures(runtime.config.var, plan.now)
    with filling(runtime.sessions.kw["bind"]) as bulk:
        bulk.put(Organization, (organization(n, plan) for n in range(1, ORGANIZATIONS + 1)))
        bulk.put(Account, people(plan))
        bulk.put(StoredFile, stock := [pictures.keep(one) for one in drawn])
        designs(bulk, plan, pictures, drawn, entries)
        done(f"{plan.filings:,} filings, pictures on disk")
        own = [""] + [
            hashlib.sha256(marked(drawn[n % len(drawn)], n)).hexdigest() for n in range(1, plan.filings + 1)
        ]
        bulk.put(Seller, sellers(plan))
        bulk.put(Listing, listings(plan))
        bulk.put(ListingPicture, listing_pictures(plan, own, [one["sha256"] for one in stock]))
        bulk.put(ListingSighting, sightings(plan))
        done(f"{plan.listings:,} listings")
        for model, rows in (
            (Match, matches), (Alert, alerts), (AlertMatch, alert_matches), (AlertEvent, alert_events),
            (AlertRecipient, recipients), (Notice, notices),
        ):  # fmt: skip
            bulk.put(model, rows(plan))
        done(f"{plan.alerts:,} alerts")
        casework(bulk, plan, entries)
        bulk.put(LogHead, [{"id": 1, "size": entries.size, "last_at": plan.now - timedelta(hours=1)}])
        done(f"{plan.cases:,} cases, {entries.size:,} entries in the log")
    with transaction(runtime.sessions) as session:
        log.sign_checkpoint(session, signer=runtime.log_key, now=plan.now)
    done(f"{bulk.rows:,} rows in all, indexed and analysed")
    return bulk.rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="")
    for name, many in (("filings", 100_000), ("listings", 1_000_000), ("cases", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=many)
    given: Any = parser.parse_args()
    settings = {"IPREG_VAR": str(given.folder), **({"IPREG_DATABASE_URL": given.url} if given.url else {})}
    runtime = open_runtime(Config.from_env(settings))
    schema.upgrade(runtime.sessions.kw["bind"])
    populate(runtime, Plan(given.filings, given.listings, given.cases), lambda line: print(line, flush=True))


if __name__ == "__main__":
    sys.exit(main())
