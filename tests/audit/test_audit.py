"""The audit trail: rows that write themselves, a chain, and each way to tamper with it by the name it is called."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from databases import Databases
from scenery import PASSWORD, HandClock
from site_of_tests import Site
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ipreg import audit, auditcheck, cases, logkeys, workdays
from ipreg.cli import main
from ipreg.db import transaction, utc_now
from ipreg.models import Account, AuditHead, AuditKind, AuditRow, Case, CaseOutcome
from ipreg.models.audit import TRIGGER_STATEMENTS, TRIGGERS
from ipreg.runtime import Runtime
from ipreg.web.audithook import shortened
from jobs import audit as audit_job
from jobs import caseclocks, checkpoints, papers


def rows(runtime: Runtime) -> list[AuditRow]:
    with runtime.sessions() as session:
        return list(session.scalars(select(AuditRow).order_by(AuditRow.position)))


def fill(runtime: Runtime, clock: HandClock, *subjects: str) -> None:
    for subject in subjects:
        with transaction(runtime.sessions) as session:
            audit.record(session, actor="job:test", action="read", subject=subject, now=clock.move(seconds=1))


def faults(runtime: Runtime) -> list[str]:
    with runtime.sessions() as session:
        found = auditcheck.check(session, verifiers=logkeys.verifiers(session, first=runtime.log_key))
    return [one.code for one in found.faults]


# --- Rows that write themselves


def test_a_write_on_a_page_has_its_row_with_who_what_and_from_which_network(site: Site) -> None:
    client = site.sign_in("regulator")
    answer = client.post(
        f"/cases/{site.case}/assign", data={"row_version": "2"}, environ_base={"REMOTE_ADDR": "203.0.113.77"}
    )
    row = rows(site.runtime)[-1]
    told = json.loads(row.details)
    assert (row.kind, row.action, row.subject, row.result) == (
        AuditKind.WRITE,
        "casesteps.assign",
        site.case,
        "done",
    )
    with site.runtime.sessions() as session:
        officer = session.scalars(select(Account).where(Account.email == "regulator@ipreg.example")).one()
    assert row.actor == f"account:{officer.id}"
    assert (told["address"], told["method"]) == ("203.0.113.0/24", "POST")
    assert told["request"] == answer.headers["X-Request-Id"]
    assert f"changed Case {site.case}" in told["changes"]
    assert not [one for one in rows(site.runtime) if PASSWORD in one.details or "regulator@" in one.details]


def test_a_refused_write_has_a_row_of_its_own_kind_and_changes_nothing(site: Site) -> None:
    before = len(rows(site.runtime))
    assert site.sign_in("designer").post(f"/cases/{site.case}/assign").status_code == 403
    assert site.app.test_client().post(f"/cases/{site.case}/assign").status_code == 302
    added = [one for one in rows(site.runtime)[before:] if one.action == "casesteps.assign"]
    assert [(one.kind, one.result) for one in added] == [(AuditKind.REFUSED, "403"), (AuditKind.REFUSED, "302")]
    assert added[1].actor == "nobody"


def test_pages_that_are_only_looked_at_leave_no_row(site: Site) -> None:
    client = site.sign_in("enterprise")
    before = len(rows(site.runtime))
    for path in ("/", "/alerts", f"/cases/{site.case}", "/verify"):
        client.get(path, follow_redirects=True)
    assert len(rows(site.runtime)) == before


def test_what_is_rolled_back_leaves_no_row(runtime: Runtime, clock: HandClock) -> None:
    with pytest.raises(RuntimeError), transaction(runtime.sessions) as session:
        audit.record(session, actor="x", action="read", subject="s", now=clock())
        raise RuntimeError
    assert rows(runtime) == []


def test_a_read_told_of_in_a_session_that_only_reads_is_written_when_the_work_ends(
    runtime: Runtime, clock: HandClock
) -> None:
    with audit.acting("account:3", "reading"), runtime.sessions() as session:
        audit.record(session, actor="account:3", action="filings.sealed", subject="YB", now=clock())
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 0
    assert [(one.kind, one.subject) for one in rows(runtime)] == [(AuditKind.READ, "YB")]


def test_a_job_that_acts_for_somebody_says_so(site: Site, clock: HandClock) -> None:
    with audit.acting("job:deadlines", "deadlines"), transaction(site.runtime.sessions) as session:
        session.scalars(select(Case)).one().decision_reason = "x"
    last = rows(site.runtime)[-1]
    assert (last.actor, json.loads(last.details)) == ("job:deadlines", {"changes": [f"changed Case {site.case}"]})


def test_what_a_job_does_to_a_case_has_its_row_and_a_run_that_does_nothing_has_none(site: Site) -> None:
    later = utc_now() + timedelta(days=100)
    site.sign_in("regulator").post(f"/cases/{site.case}/assign", data={"row_version": "2"})
    before = len(rows(site.runtime))
    for _ in range(2):
        papers.run(site.runtime, clock=lambda: later)
        caseclocks.run(site.runtime, clock=lambda: later)
    added = [(one.kind, one.actor, one.action, one.subject) for one in rows(site.runtime)[before:]]
    assert added == [
        (AuditKind.WRITE, "job:papers", "papers.issue", site.case),
        (AuditKind.WRITE, "job:caseclocks", "caseclocks.look_at", site.case),
    ]
    page = site.sign_in("auditor").get(f"/audit?subject={site.case}").text
    assert "签发文书" in page and "期限预警或记录逾期" in page


def test_a_decision_is_committed_to_with_its_own_row(site: Site, clock: HandClock) -> None:
    why = "卖家已注销店铺，无法送达告知书。"
    with audit.acting("account:9", "cases.decide"), transaction(site.runtime.sessions) as session:
        case = session.scalars(select(Case)).one()
        officer = session.scalars(select(Account).where(Account.email == "regulator@ipreg.example")).one()
        cases.assign(session, case=case, officer=officer, row_version=case.row_version, now=clock())
        cases.decide(
            session,
            case=case,
            officer=officer,
            outcome=CaseOutcome.INFRINGING,
            reason=why,
            unheard=why,
            row_version=case.row_version,
            now=clock(),
        )
    with site.runtime.sessions() as session:
        checked = auditcheck.check_newest(session, verifiers=())
        assert checked.committed == checked.size and rows(site.runtime)[-1].action == "cases.decide"


def test_the_command_line_leaves_rows_too(
    runtime: Runtime, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in databases.environ(runtime.config.var).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPREG_PASSWORD", PASSWORD)
    run = CliRunner().invoke(main, ["account", "add", "auditor", "a@ipreg.example", "--name", "审计员"])
    assert run.exit_code == 0, run.output
    assert [(one.actor, one.action) for one in rows(runtime)] == [("command line", "account add")]
    checked = CliRunner().invoke(main, ["audit", "check"])
    assert (checked.exit_code, checked.output) == (0, "1 rows hold, 0 of them are committed to the log\n")


def test_writers_at_the_same_time_make_one_chain(runtime: Runtime, clock: HandClock) -> None:
    def write() -> None:
        for number in range(12):
            with transaction(runtime.sessions) as session:
                audit.record(session, actor="x", action="read", subject=str(number), now=clock())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.position for one in rows(runtime)] == list(range(48))
    assert faults(runtime) == []


def test_no_words_of_an_address_get_into_a_row(site: Site) -> None:
    client = site.sign_in("regulator")
    for number in ("=1+1", "@SUM(A1)", "AJ2026 x", "AJ" * 60):
        assert client.post(f"/cases/{number}/assign").status_code == 404
    refused = [one.subject for one in rows(site.runtime) if one.action == "casesteps.assign"]
    assert refused == [""] * 4


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("198.51.100.200", "198.51.100.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("", ""),
        (None, ""),
        ("x", ""),
    ],
)
def test_addresses_are_shortened(address: str | None, kept: str) -> None:
    assert shortened(address) == kept


# --- Tampering


def raw(*statements: str) -> Callable[[Runtime], None]:
    """With the database's own tool, by somebody who takes the triggers away and puts them back."""

    def tamper(runtime: Runtime) -> None:
        with without_triggers(runtime), runtime.sessions.kw["bind"].begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return tamper


@contextmanager
def without_triggers(runtime: Runtime) -> Iterator[None]:
    engine = runtime.sessions.kw["bind"]
    with engine.begin() as connection:
        for name in TRIGGERS:
            of_table = " ON audit_rows" if engine.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {name}{of_table}")
    yield
    with engine.begin() as connection:
        for statement in TRIGGER_STATEMENTS[engine.dialect.name]:
            connection.exec_driver_sql(statement)


def rewrite(runtime: Runtime, *, also_the_log: bool) -> None:
    """A thorough forger: edits row 2, and makes every later digest, the head, and even the log's entry fit."""
    raw("UPDATE audit_rows SET subject = 'forged' WHERE position = 2")(runtime)
    with without_triggers(runtime), transaction(runtime.sessions) as session:
        previous = audit.START
        for row in session.scalars(select(AuditRow).order_by(AuditRow.position)):
            row.previous = previous
            values = {name: getattr(row, name) for name in AuditRow.__table__.columns.keys()}  # noqa: SIM118
            row.digest = previous = audit.digest_of(values)
        head = session.scalars(select(AuditHead)).one()
        head.digest = previous
        if also_the_log:
            from ipreg.log import leaf_data

            entry = audit.latest_anchor(session)
            assert entry is not None
            entry.statement = entry.statement.replace(json.loads(entry.statement)["digest"], previous)
            entry.leaf = leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt)


_SWAP = (
    "UPDATE audit_rows SET position = 99 WHERE position = 1",
    "UPDATE audit_rows SET position = 1 WHERE position = 3",
    "UPDATE audit_rows SET position = 3 WHERE position = 99",
)
_COPY = (
    "INSERT INTO audit_rows SELECT 5, at, actor, kind, action, subject, result, details, previous, digest "
    "FROM audit_rows WHERE position = 4"
)
TAMPERING: dict[str, tuple[Callable[[Runtime], None], set[str]]] = {
    "edited": (raw("UPDATE audit_rows SET actor = 'account:9' WHERE position = 2"), {"audit_row_changed"}),
    "time edited": (raw("UPDATE audit_rows SET at = '2025-01-01' WHERE position = 2"), {"audit_row_changed"}),
    "details edited": (
        raw("UPDATE audit_rows SET details = '{\"a\":1}' WHERE position = 0"),
        {"audit_row_changed"},
    ),
    "taken out": (raw("DELETE FROM audit_rows WHERE position = 2"), {"audit_row_lost"}),
    "first taken out": (raw("DELETE FROM audit_rows WHERE position = 0"), {"audit_row_lost"}),
    "put in": (raw(_COPY), {"audit_chain_broken", "audit_row_changed", "audit_head_wrong"}),
    "swapped": (raw(*_SWAP), {"audit_chain_broken", "audit_row_changed"}),
    "cut off": (raw("DELETE FROM audit_rows WHERE position >= 3"), {"audit_head_wrong", "audit_cut_off"}),
    "emptied": (raw("DELETE FROM audit_rows"), {"audit_head_wrong", "audit_cut_off"}),
    "cut off with the head": (
        raw(
            "DELETE FROM audit_rows WHERE position >= 3",
            "UPDATE audit_head SET size = 3, digest = (SELECT digest FROM audit_rows WHERE position = 2)",
        ),
        {"audit_cut_off"},
    ),
    "head moved": (raw("UPDATE audit_head SET size = 4"), {"audit_head_wrong"}),
    "head gone": (raw("DELETE FROM audit_head"), {"audit_head_wrong"}),
    "rewritten": (lambda runtime: rewrite(runtime, also_the_log=False), {"audit_anchor_differs"}),
    "rewritten, log too": (
        lambda runtime: rewrite(runtime, also_the_log=True),
        {"audit_anchor_unproved", "log_hashes_changed"},
    ),
    "log's entry taken out": (
        raw("DELETE FROM log_entries WHERE subject = 'audit_head'"),
        {"log_head_wrong"},
    ),
}


@pytest.fixture
def trail(runtime: Runtime, clock: HandClock) -> Runtime:
    fill(runtime, clock, "a", "b", "c", "d", "e")
    assert audit_job.run(runtime, clock=clock) == 1
    assert audit_job.run(runtime, clock=clock) == 0
    checkpoints.run(runtime, clock=clock)
    return runtime


def test_an_untouched_trail_holds(trail: Runtime) -> None:
    assert faults(trail) == []


@pytest.mark.parametrize("name", TAMPERING)
def test_every_tampering_is_found_and_named(trail: Runtime, name: str) -> None:
    tamper, expected = TAMPERING[name]
    tamper(trail)
    assert set(faults(trail)) >= expected, name


@pytest.mark.parametrize("statement", ["UPDATE audit_rows SET actor = 'x'", "DELETE FROM audit_rows"])
def test_the_database_itself_refuses_to_change_rows(trail: Runtime, statement: str) -> None:
    with pytest.raises(DBAPIError, match="never changed"), trail.sessions.kw["bind"].begin() as connection:
        connection.exec_driver_sql(statement)
    assert len(rows(trail)) == 5


def test_a_trigger_that_was_taken_away_is_missed(trail: Runtime) -> None:
    with trail.sessions.kw["bind"].begin() as connection:
        of_table = " ON audit_rows" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER audit_rows_no_delete{of_table}")
    assert faults(trail) == ["audit_trigger_missing"]


# --- The page


def test_an_auditor_reads_filters_and_verifies_and_changes_nothing(site: Site) -> None:
    site.sign_in("regulator").post(f"/cases/{site.case}/assign", data={"row_version": "2"})
    client = site.sign_in("auditor")
    page = client.get("/audit").text
    assert "刚刚验证通过" in page and "分派案件" in page and site.case in page
    assert "分派案件" not in client.get("/audit?who=designer").text
    assert "分派案件" in client.get(f"/audit?who=regulator&subject={site.case}&kind=write").text
    assert "没有符合" in client.get("/audit?until=2020-01-01").text
    assert client.get("/audit?since=gestern").status_code == 400
    today = workdays.shanghai_day(utc_now())
    assert "分派案件" in client.get(f"/audit?since={today}&until={today}").text, (
        "days are those that the page shows"
    )
    assert "没有符合" in client.get(f"/audit?since={today + timedelta(days=1)}").text
    assert "casesteps.assign" in client.get("/audit.csv?kind=write").text
    assert "刚刚验证通过" in client.get("/audit/check").text
    assert client.get(f"/cases/{site.case}").status_code == 200
    assert client.post(f"/cases/{site.case}/assign", data={"row_version": "3"}).status_code == 403


def test_a_page_over_a_trail_that_was_tampered_with_says_so(site: Site) -> None:
    client = site.sign_in("auditor")
    raw("UPDATE audit_rows SET actor = 'account:2' WHERE position = 0")(site.runtime)
    assert "审计记录被篡改" in client.get("/audit").text
