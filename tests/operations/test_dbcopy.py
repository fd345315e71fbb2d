"""One database into another: SQLite to PostgreSQL and back; nothing is lost, and what is in use is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from databases import PostgresDatabases
from scenery import HandClock, design_form, one_picture
from site_of_tests import Site
from sqlalchemy import JSON, Connection, func, insert, inspect, select, text, update

from ipreg import auditcheck, dbcopy, logkeys, registry, schema
from ipreg.cli import main
from ipreg.db import make_engine, transaction
from ipreg.logcheck import check_log
from ipreg.models import Account, Base, Case, Filing, Listing, Match
from ipreg.runtime import Runtime, open_runtime


def copy(source: str, target: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["db", "copy", source, target])
    return done.exit_code, done.output


def sums(url: str) -> list[dbcopy.TableSum]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = dbcopy.sums(connection)
    engine.dispose()
    return found


@pytest.fixture
def moved(site: Site, other_databases: PostgresDatabases) -> str:
    """The address of a PostgreSQL database into which the site's was copied."""
    with site.runtime.sessions.kw["bind"].begin() as connection:
        _merge_a_case_into_a_later_one(connection)
    target = other_databases.empty()
    code, told = copy(site.runtime.config.database_url, target)
    assert code == 0, told
    assert "1\t" in told and f"in {len(Base.metadata.sorted_tables)} tables are the same on both sides" in told
    return target


def _merge_a_case_into_a_later_one(connection: Connection) -> None:
    """The one row that refers to a row which comes after it."""
    again(connection, Listing, external_id="2")
    again(connection, Match, listing_id=2)
    again(connection, Case, number="AJ2026-0000002-X", match_id=2, alert_id=None)
    connection.execute(update(Case.__table__).where(Case.id == 1).values(merged_into_id=2))


def again(connection: Connection, kind: type[Base], **other: object) -> None:
    """The first row once more, but for ``other``."""
    first = connection.execute(select(kind.__table__)).mappings().first()
    assert first is not None and first["id"] == 1
    connection.execute(insert(kind.__table__), {**first, "id": 2, **other})


def test_everything_arrives_and_the_registry_goes_on_where_it_stood(
    site: Site, moved: str, clock: HandClock
) -> None:
    source = site.runtime.config
    assert sums(moved) == sums(source.database_url)
    there = open_runtime(replace(source, database_url=moved))
    with there.sessions() as session:
        verifiers = logkeys.verifiers(session, first=there.log_key)
        assert check_log(session, there.store, verifiers=verifiers).differences == ()
        assert auditcheck.check(session, verifiers=verifiers).faults == ()
        before = session.scalar(select(func.max(Filing.id)))
    assert before == 1 and files_another(there, clock) == 2
    there.sessions.kw["bind"].dispose()


def files_another(runtime: Runtime, clock: HandClock) -> int:
    with transaction(runtime.sessions) as session:
        designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        return registry.register_design(
            session, runtime.store, applicant=designer, form=design_form(), pictures=one_picture(2),
            request_key="another", now=clock(),
        ).id  # fmt: skip


def test_and_back_into_a_file(moved: str, tmp_path: Path) -> None:
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    code, told = copy(moved, back)
    assert code == 0, told
    assert sums(back) == sums(moved)


def test_a_database_that_holds_anything_is_left_alone(site: Site, other_databases: PostgresDatabases) -> None:
    target = other_databases.empty()
    engine = make_engine(target)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebodys (id INTEGER)"))
    code, told = copy(site.runtime.config.database_url, target)
    assert code == 1 and "not empty" in told and "somebodys" in told
    assert inspect(engine).get_table_names() == ["somebodys"]
    engine.dispose()


def test_what_can_not_be_kept_is_named_and_the_target_stays_empty(
    site: Site, other_databases: PostgresDatabases
) -> None:
    """SQLite minds no lengths."""
    if site.runtime.config.database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL does not let it in")
    with site.runtime.sessions.kw["bind"].begin() as connection:
        connection.execute(text("UPDATE accounts SET name = :long"), {"long": "长" * 5000})
    target = other_databases.empty()
    code, told = copy(site.runtime.config.database_url, target)
    assert code == 1 and "accounts, one of the rows 1 to" in told
    engine = make_engine(target)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_what_a_killed_copy_left_is_taken_away_by_the_next(
    site: Site, other_databases: PostgresDatabases, tmp_path: Path
) -> None:
    """Its tables are there, and a mark that nothing else is; on either kind of database."""
    source = site.runtime.config.database_url
    for target in (other_databases.empty(), f"sqlite:///{tmp_path / 'target.sqlite3'}"):
        engine = make_engine(target)
        schema.upgrade(engine)
        code, told = copy(source, target)
        assert code == 1 and "not empty" in told  # somebody's own
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE ipreg_copy_unfinished (mark INTEGER)"))
        code, told = copy(source, target)
        assert code == 0, told
        assert "ipreg_copy_unfinished" not in inspect(engine).get_table_names()
        engine.dispose()
        assert sums(target) == sums(source)


def test_wrong_addresses_are_told_in_words(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'nowhere.sqlite3'}"
    code, told = copy(nowhere, "postgresql://ipreg@/ipreg")
    assert code == 2 and "there is no file" in told and not (tmp_path / "nowhere.sqlite3").exists()
    (tmp_path / "nowhere.sqlite3").touch()
    code, told = copy(nowhere, "/srv/ipreg")
    assert code == 2 and "an address is wanted" in told
    environ = {"LANG": "zh", "IPREG_VAR": str(tmp_path), "IPREG_DATABASE_URL": f"postgresql:///?host={tmp_path}"}
    done = CliRunner().invoke(main, ["init"], env=environ)
    assert done.exit_code == 1 and "数据库暂时没有响应" in done.output


def test_an_outdated_source_is_brought_up_to_date_first(tmp_path: Path) -> None:
    (tmp_path / "nothing.sqlite3").touch()
    code, told = copy(f"sqlite:///{tmp_path / 'nothing.sqlite3'}", f"sqlite:///{tmp_path / 'target.sqlite3'}")
    assert code == 1 and "ipreg init" in told


def test_no_json_column_may_be_empty() -> None:
    """SQL's NULL and JSON's are both None to us: a copy could not tell them apart."""
    columns = [one for table in Base.metadata.sorted_tables for one in table.columns]
    assert not [str(one) for one in columns if isinstance(one.type, JSON) and one.nullable]
