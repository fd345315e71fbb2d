"""``ipreg log check``: each way to change the past, one row a test, and what the check calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from databases import Databases, without_foreign_keys
from papers import open_copy
from scenery import HandClock
from site_of_tests import Site, build_site
from sqlalchemy import select, text

from ipreg import cases, logkeys
from ipreg.cli import main
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.logcheck import Checked, check_log
from ipreg.models import Account, Case, CaseOutcome, Filing
from ipreg.runtime import Runtime, open_runtime
from jobs import checkpoints, timestamps


@pytest.fixture(scope="module")
def registry_of_tests(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    """A filing, a case with three steps, checkpoints and a time stamp; made once, each test gets a copy."""
    var, clock = tmp_path_factory.mktemp("decided") / "var", HandClock()
    var.mkdir()
    databases.make(var)
    runtime = open_runtime(Config.from_env(databases.environ(var)))
    made = build_site(runtime, clock)
    with transaction(runtime.sessions) as session:
        case = session.scalars(select(Case)).one()
        officer = session.scalars(select(Account).where(Account.email == "regulator@ipreg.example")).one()
        cases.assign(session, case=case, officer=officer, row_version=case.row_version, now=clock())
        cases.decide(
            session,
            case=case,
            officer=officer,
            outcome=CaseOutcome.INFRINGING,
            reason="图案、廓形与备案一致，仅作镜像处理。",
            unheard="展会次日闭幕，来不及告知。",
            row_version=case.row_version,
            now=clock(),
        )
    checkpoints.run(runtime, clock=clock)
    timestamps.run(runtime, clock=clock)
    for one in (runtime, made.app.extensions["ipreg"]):
        one.sessions.kw["bind"].dispose()
    return var, made


@pytest.fixture
def decided(registry_of_tests: tuple[Path, Site]) -> Site:
    return registry_of_tests[1]


@pytest.fixture
def runtime(registry_of_tests: tuple[Path, Site], databases: Databases, tmp_path: Path) -> Iterator[Runtime]:
    opened = open_copy(registry_of_tests[0], databases, tmp_path / "var")
    yield opened
    opened.sessions.kw["bind"].dispose()
    databases.drop(tmp_path / "var")


def check(runtime: Runtime) -> Checked:
    with runtime.sessions() as session:
        return check_log(session, runtime.store, verifiers=logkeys.verifiers(session, first=runtime.log_key))


def test_an_untouched_registry_agrees_with_its_log(runtime: Runtime, decided: Site) -> None:
    found = check(runtime)
    assert (found.size, found.differences) == (5, ())


def sql(statement: str, **values: object) -> Callable[[Runtime], None]:
    def tamper(runtime: Runtime) -> None:
        """With the database's own tool, which asks for no foreign keys."""
        with without_foreign_keys(runtime) as connection:
            assert connection.execute(text(statement), values).rowcount > 0

    return tamper


def on_file(edit: Callable[[Path], None]) -> Callable[[Runtime], None]:
    def tamper(runtime: Runtime) -> None:
        with runtime.sessions() as session:
            digest = session.scalars(select(Filing)).one().views[0].sha256
        edit(runtime.store.path(digest))

    return tamper


FORGED = "update log_entries set statement = replace(statement, '云纹', '素色'), {} where \"index\" = 0"
TAMPERINGS: list[tuple[str, set[str], Callable[[Runtime], None]]] = [
    ("a filing's title", {"check_fields_changed"}, sql("update filings set title = '别的'")),
    ("a filing's creator", {"check_fields_changed"}, sql("update filings set creator = '别人'")),
    ("a filing's description", {"check_fields_changed"}, sql("update filings set description = 'x'")),
    ("a filing's day of creation", {"check_fields_changed"}, sql("update filings set created_on = '2020-01-01'")),
    ("a filing's time", {"check_fields_changed"},
     sql("update filings set filed_at = '2020-01-01 00:00:00.000000'")),
    ("a filing's owner", {"check_fields_changed"}, sql("update filings set applicant_id = applicant_id + 1")),
    ("a filing's enterprise", {"check_fields_changed"}, sql("update filings set organization_id = null")),
    ("a filing's number", {"check_row_missing", "check_entry_missing", "check_fields_changed"},
     sql("update filings set number = 'D2026-1'")),
    ("a filing's manifest", {"check_manifest_changed"},
     sql("update filings set manifest = replace(manifest, '2', '3')")),
    ("a filing's place in the log", {"check_index_changed", "check_entry_missing"},
     sql("update filings set log_index = 3")),
    ("a filing out of the log", {"check_index_changed", "check_entry_missing"},
     sql("update filings set log_index = null")),
    ("a picture's view", {"check_fields_changed"}, sql("update filing_views set kind = 'back'")),
    ("a picture's name", {"check_fields_changed"}, sql("update filing_views set filename = 'b.jpg'")),
    ("a picture taken away", {"check_fields_changed"}, sql("delete from filing_views")),
    ("a picture exchanged", {"check_fields_changed"},
     sql("update filing_views set sha256 = (select sha256 from listing_pictures limit 1)")),
    ("a file's SM3", {"check_fields_changed"}, sql("update stored_files set sm3 = replace(sm3, 'a', 'b')")),
    ("a file's size", {"check_fields_changed"}, sql("update stored_files set size = size + 1")),
    ("a file's bytes", {"check_file_changed"},
     on_file(lambda place: place.write_bytes(place.read_bytes() + b"\0"))),
    ("a file lost", {"check_file_missing"}, on_file(lambda place: place.unlink())),
    ("a step's note", {"check_fields_changed"}, sql("update case_events set note = '已撤回' where position = 0")),
    ("a step's actor", {"check_fields_changed"}, sql("update case_events set actor_id = 1 where position = 1")),
    ("a step's time", {"check_fields_changed"},
     sql("update case_events set at = '2020-01-01 00:00:00.000000' where position = 1")),
    ("a step's action", {"check_fields_changed", "check_decision_changed"},
     sql("update case_events set action = 'decided_not_infringing' where position = 3")),
    ("a step taken away", {"check_row_missing"}, sql("delete from case_events where position = 1")),
    ("the decision taken away", {"check_row_missing", "check_decision_changed"},
     sql("delete from case_events where position = 3")),
    ("a step out of the log", {"check_index_changed", "check_entry_missing"},
     sql("update case_events set log_index = null where position = 1")),
    ("a case's number", {"check_row_missing", "check_entry_missing"}, sql("update cases set number = 'C2026-1'")),
    ("a case's outcome", {"check_decision_changed"}, sql("update cases set outcome = 'not_infringing'")),
    ("a case's reason", {"check_decision_changed"}, sql("update cases set decision_reason = '不构成侵权。'")),
    ("a case reopened", {"check_decision_changed"}, sql("update cases set state = 'under_review'")),
    ("a statement", {"log_statement_changed", "check_fields_changed", "check_manifest_changed"},
     sql(FORGED.format("kind = kind"))),
    ("a statement with its filing", {"log_statement_changed", "check_manifest_changed"},
     lambda runtime: (sql(FORGED.format("kind = kind"))(runtime),
                      sql("update filings set title = replace(title, '云纹', '素色')")(runtime))[0]),
    ("a leaf", {"log_statement_changed"},
     sql("update log_entries set leaf = :new where \"index\" = 0", new=b"{}")),
    ("a salt", {"log_statement_changed"},
     sql("update log_entries set salt = :new where \"index\" = 0", new=bytes(32))),
    ("an entry taken away", {"log_entry_lost", "check_entry_missing"},
     sql("delete from log_entries where \"index\" = 1")),
    ("the last entry taken away", {"log_head_wrong", "check_entry_missing"},
     sql("delete from log_entries where \"index\" = 4")),
    ("an entry's subject", {"check_row_missing", "check_entry_missing"},
     sql("update log_entries set subject = 'D2026-1' where \"index\" = 0")),
    ("a hash", {"log_hashes_changed"}, sql("update log_nodes set hash = :hash where level = 1", hash=bytes(32))),
    ("a hash taken away", {"log_hashes_changed"}, sql("delete from log_nodes where level = 2")),
    ("the head", {"log_head_wrong"}, sql("update log_head set size = size + 1")),
    ("a checkpoint's signature", {"note_signature_wrong", "check_token"},
     sql("update log_checkpoints set note = substr(note, 1, length(note) - 10) || :end", end="AAAAAAAA=\n")),
    ("a time stamp", {"check_token"}, sql("update log_time_stamps set answer = :answer", answer=bytes(100))),
    ("a time stamp's time", {"check_token"},
     sql("update log_time_stamps set gen_time = '2020-01-01 00:00:00.000000'")),
    ("a time stamp's certificates", {"check_token"}, sql("update log_time_stamps set certificates = ''")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "codes", "tamper"), TAMPERINGS, ids=[one[0] for one in TAMPERINGS])
def test_each_change_of_the_past_is_named(
    runtime: Runtime, decided: Site, what: str, codes: set[str], tamper: Callable[[Runtime], None]
) -> None:
    tamper(runtime)
    found = check(runtime)
    assert {one.code for one in found.differences} == codes


def test_the_command_names_all_of_them_in_words(runtime: Runtime, databases: Databases, decided: Site) -> None:
    sql("update filings set title = '别的', creator = '别人'")(runtime)
    sql("update cases set outcome = 'not_infringing'")(runtime)
    env = {**databases.environ(runtime.config.var), "LANG": "C"}
    done = CliRunner().invoke(main, ["log", "check"], env=env)
    assert done.exit_code == 1
    assert f"log entry 0\tcheck_fields_changed\t{decided.filing}" in done.stderr and "creator, title" in done.stderr
    assert f"{decided.case}: state, outcome or reason" in done.stderr and "2 differences" in done.stderr
    chinese = CliRunner().invoke(main, ["log", "check"], env={**env, "LANG": "zh_CN.UTF-8"})
    assert "数据库内容与登记时不一致" in chinese.stderr
