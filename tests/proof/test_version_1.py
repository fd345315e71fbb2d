"""What was filed before the manifest grew: rows, log, bundle of version 1 hold for ever.

``vectors/version-1`` was made by the product itself, at the revision 202611242215 of its tables: two filings of a
designer, the database's dump, their files, the log's key and the second one's bundle.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ipreg import bundle, schema, verifier
from ipreg.amending import version_of
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.logcheck import check_log
from ipreg.models import Filing
from ipreg.runtime import Runtime, open_runtime
from ipreg.tlog.note import Verifier

OLD = Path(__file__).parent / "vectors" / "version-1"


@pytest.fixture
def registry(tmp_path: Path) -> Runtime:
    """The old database, brought up to date, and its files."""
    opened = open_runtime(Config.from_env({"IPREG_VAR": str(tmp_path)}))
    with sqlite3.connect(tmp_path / "ipreg.sqlite3") as database:
        database.executescript((OLD / "registry.sql").read_text("utf-8"))
    database.close()
    for place in (OLD / "files").iterdir():
        opened.store.put(place.read_bytes())
    schema.upgrade(opened.sessions.kw["bind"])
    schema.check(opened.sessions.kw["bind"])
    return opened


def test_old_rows_agree_with_their_log_entries_after_the_upgrade(registry: Runtime) -> None:
    key = Verifier.parse((OLD / "log-key").read_text().strip())
    with registry.sessions() as session:
        checked = check_log(session, registry.store, verifiers=[key])
    assert (checked.size, checked.differences) == (2, ())


def test_a_rename_after_the_upgrade_changes_nothing_for_old_rows(registry: Runtime) -> None:
    with transaction(registry.sessions) as session:
        filing = session.get_one(Filing, 2)
        filing.applicant.name = filing.applicant.email = "renamed@ipreg.example"
        assert filing.organization is not None
        filing.organization.name = "别的名称"
    test_old_rows_agree_with_their_log_entries_after_the_upgrade(registry)
    with registry.sessions() as session:
        assert (
            bundle._applicant(version_of(session, session.get_one(Filing, 2), 1))
            == _old_bundle()[verifier.APPLICANT]
        )


def test_an_old_bundle_verifies(tmp_path: Path) -> None:
    shutil.copy(OLD / "bundle.zip", tmp_path / "old.zip")
    report = verifier.verify_bundle(
        tmp_path / "old.zip", keys=[verifier.Key.parse((OLD / "log-key").read_text().strip())]
    )
    assert report.title == "云纹外套 1" and len(report.stamps) == 1


def test_a_file_of_an_old_bundle_has_the_name_of_its_day() -> None:
    assert "originals/02-detail.bin" in _old_bundle()
    assert verifier.original_name(1, "detail", "image/svg+xml", verifier.FIRST_FORMAT) == "originals/02-detail.bin"
    assert verifier.original_name(1, "detail", "image/svg+xml") == "originals/02-detail.svg"


def _old_bundle() -> dict[str, bytes]:
    return verifier.read_zip((OLD / "bundle.zip").read_bytes())
