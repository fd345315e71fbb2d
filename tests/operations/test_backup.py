"""A backup that is taken while people work, and a stranger who puts it back from docs/operations.md."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from databases import Databases, PostgresDatabases
from scenery import HandClock, design_form, draw_picture
from site_of_tests import Site
from sqlalchemy import func, select

from ipreg import backup, registry
from ipreg.cli import main
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.errors import ConfigError
from ipreg.files import held
from ipreg.models import Account, Filing, FilingView, ViewKind
from ipreg.runtime import Runtime, open_runtime
from jobs import checkpoints

DOCS = Path(__file__).parent.parent.parent / "docs" / "operations.md"


def file_another(runtime: Runtime, clock: HandClock, serial: int, *, sealed: bool = False) -> str:
    with transaction(runtime.sessions) as session:
        designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        picture = registry.Picture(ViewKind.FRONT, "a.png", draw_picture(serial, (96, 96), "PNG"))
        return registry.register_design(
            session, runtime.store, applicant=designer, form=design_form(f"外套 {serial}"), pictures=[picture],
            request_key=f"more-{serial}", sealed=sealed, now=clock(),
        ).number  # fmt: skip


def filings(runtime: Runtime) -> int:
    with runtime.sessions() as session:
        return session.scalar(select(func.count()).select_from(Filing)) or 0


@pytest.fixture
def saved(site: Site, clock: HandClock, tmp_path: Path) -> Path:
    """Taken while somebody files without a pause; one filing is sealed."""
    file_another(site.runtime, clock, 100, sealed=True)
    stop = threading.Event()

    def work() -> None:
        serial = 200
        while not stop.is_set():
            serial += 1
            file_another(site.runtime, clock, serial)
            checkpoints.run(site.runtime, clock=clock)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        backup.write(site.runtime.config, tmp_path / "saved.tar", now=clock())
    finally:
        stop.set()
        thread.join()
    return tmp_path / "saved.tar"


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, other_databases: PostgresDatabases, tmp_path: Path) -> Config:
    """An empty place on another machine, on either database."""
    place = {"IPREG_VAR": str(tmp_path / "elsewhere")}
    if request.param == "postgresql":
        place["IPREG_DATABASE_URL"] = other_databases.empty()
    return Config.from_env(place)


def test_what_was_saved_while_people_worked_comes_back_whole_and_goes_on(
    saved: Path, site: Site, elsewhere: Config, clock: HandClock
) -> None:
    found = backup.restore(elsewhere, saved)
    assert (found.log.differences, found.audit.faults) == ((), ())
    again = open_runtime(elsewhere)
    before = filings(again)
    assert 2 <= before <= filings(site.runtime)
    assert str(again.log_key.verifier) == str(site.runtime.log_key.verifier)
    file_another(again, clock, 900)
    checkpoints.run(again, clock=clock)
    assert filings(again) == before + 1 and backup.check(again, 0).whole
    modes = {oct((elsewhere.var / "secrets" / name).stat().st_mode)[-3:] for name in ("", "log-key", "vault-keys")}
    assert modes == {"700", "600"}


def test_a_stranger_checks_it_with_tar_and_sha256sum(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "opened").mkdir()
    subprocess.run(["tar", "-xf", saved], cwd=tmp_path / "opened", check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "opened", check=True)
    assert oct(saved.stat().st_mode)[-3:] == "600"


def cut_before_its_end(data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return data[: archive.getmember("SHA256SUMS").offset]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (cut_before_its_end, "its end is missing"),
        (lambda data: data[: len(data) // 2], "unexpected end of data"),
        (lambda data: data.replace(b"IHDR", b"IHDX", 1), "is not what was saved"),
        (lambda data: b"no archive" + data[10:], "saved.tar"),
    ],
    ids=["cut", "halved", "changed", "something else"],
)
def test_a_damaged_one_is_refused_and_nothing_is_put_anywhere(
    saved: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], told: str
) -> None:
    saved.write_bytes(spoil(saved.read_bytes()))
    config = Config.from_env({"IPREG_VAR": str(tmp_path / "elsewhere")})
    with pytest.raises(ConfigError, match=told):
        backup.restore(config, saved)
    assert list(config.var.iterdir()) == []


def test_a_stranger_puts_it_back_by_typing_what_the_docs_say(
    site: Site, databases: Databases, tmp_path: Path
) -> None:
    """In processes of their own, as on a new machine; the folder is another one."""
    words = re.findall(r"```sh\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    take, put_back = (one.replace("/backup/", f"{tmp_path}/") for one in words)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    here = {**os.environ, **databases.environ(site.runtime.config.var), "PATH": path}
    subprocess.run(["sh", "-euc", take], env=here, check=True)
    there = {**here, "IPREG_VAR": str(tmp_path / "there"), "IPREG_DATABASE_URL": ""}
    told = subprocess.run(["sh", "-euc", put_back], env=there, check=True, capture_output=True, text=True).stdout
    assert re.search(r"\d+ files, 2 log entries, \d+ audit rows hold", told), told


def test_nothing_is_ever_written_over(saved: Path, site: Site, clock: HandClock) -> None:
    with pytest.raises(ConfigError, match="not empty"):
        backup.restore(site.runtime.config, saved)
    with pytest.raises(ConfigError, match="exists already"):
        backup.write(site.runtime.config, saved, now=clock())
    with pytest.raises(ConfigError, match="inside"):
        backup.write(site.runtime.config, site.runtime.config.var / "x.tar", now=clock())


def test_what_a_killed_backup_left_goes_with_the_next_one(site: Site, tmp_path: Path, clock: HandClock) -> None:
    """A copy of the database and half an archive; those of a backup that is at work stay."""
    places = tmp_path / ".ipreg-backup-yesterday.tar.part", site.runtime.config.var / ".backup-yesterday"
    busy = tmp_path / ".ipreg-backup-now.tar.part"
    places[0].write_bytes(b"half")
    busy.write_bytes(b"half")
    places[1].mkdir()
    (places[1] / "database.sqlite3").write_bytes(b"much")
    with held(busy) as mine:
        assert mine
        backup.write(site.runtime.config, tmp_path / "saved.tar", now=clock())
    assert not any(one.exists() for one in places) and busy.exists()


def test_without_a_place_to_write_to_the_backup_says_so(site: Site, tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.*No such file.*no backup was made"):
        backup.write(site.runtime.config, tmp_path / "nowhere" / "saved.tar", now=clock())


def test_a_restore_that_was_killed_early_is_simply_begun_again(
    saved: Path, elsewhere: Config, clock: HandClock
) -> None:
    half = elsewhere.var / ".restoring" / "var"
    half.mkdir(parents=True)
    (half / "log-key").write_text("half")
    with pytest.raises(ConfigError, match="cut off"):  # nobody may make new keys and an empty database there
        open_runtime(elsewhere)
    with held(elsewhere.var / ".restoring"), pytest.raises(ConfigError, match="another restore is at work"):
        backup.restore(elsewhere, saved)
    assert backup.restore(elsewhere, saved).whole
    assert not (elsewhere.var / ".restoring").exists()


def test_a_restore_that_was_killed_at_its_end_says_what_to_do(saved: Path, tmp_path: Path) -> None:
    config = Config.from_env({"IPREG_VAR": str(tmp_path / "elsewhere")})
    for name in (".restoring", "files"):
        (config.var / name).mkdir(parents=True)
    with pytest.raises(ConfigError, match="Take away everything in that folder"):
        backup.restore(config, saved)
    assert sorted(one.name for one in config.var.iterdir()) == [".restoring", "files"]


def test_what_was_tampered_with_before_is_named_after_the_restore(site: Site, saved: Path, tmp_path: Path) -> None:
    """By somebody who knows how to make the sums fit."""
    opened = tmp_path / "opened"
    with tarfile.open(saved) as archive:
        archive.extractall(opened, filter="data")
    with site.runtime.sessions() as session:
        digest = session.scalars(select(FilingView.sha256).order_by(FilingView.id)).first()
    next((opened / "var" / "files").rglob(str(digest))).write_bytes(b"another")
    names = [line.partition("  ")[2] for line in (opened / "SHA256SUMS").read_text().splitlines()]
    sums = subprocess.run(["sha256sum", *names], cwd=opened, check=True, capture_output=True, text=True).stdout
    (opened / "SHA256SUMS").write_text(sums)
    with tarfile.open(tmp_path / "forged.tar", "w") as archive:
        for name in [*names, "SHA256SUMS"]:
            archive.add(opened / name, arcname=name)
    done = CliRunner().invoke(
        main, ["restore", str(tmp_path / "forged.tar")], env={"IPREG_VAR": str(tmp_path / "new"), "LANG": "C"}
    )
    assert done.exit_code == 1 and "check_file_changed" in done.stderr, done.output
