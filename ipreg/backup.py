"""A whole installation in one file, taken while it runs, and put back: database, files, keys and log.

The database is read as it was at one moment, the files after it: they never change, and each was on the disk before
the row that names it. The file is a plain tar with a list of SHA-256 digests at its end, so that strangers can open
and check it with ``tar`` and ``sha256sum``, years later, without us.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from sqlalchemy import Engine, make_url

from ipreg import auditcheck, dbcopy, logcheck, logkeys, schema
from ipreg.config import Config
from ipreg.db import make_engine
from ipreg.errors import ConfigError
from ipreg.files import held, write_whole
from ipreg.runtime import RESTORING, Runtime, files_of, open_runtime, restore_cut_off

FORMAT = "ipreg-backup/1"
DATABASE, VAULT_KEYS, ABOUT, SUMS = "database.sqlite3", "vault-keys", "BACKUP.json", "SHA256SUMS"
METRICS = "metrics"
_LEFT_OUT = ("thumbnails", "mail", METRICS, "near")
"""What is made anew when it is needed, or was given to somebody already."""
_PART, _SNAPSHOT = ".ipreg-backup-", ".backup-"
"""How the names of a file and a folder begin that are there only while a backup is taken."""


@dataclass(frozen=True)
class Restored:
    """How many files came back, and what the checks of log and audit trail found."""

    files: int
    log: logcheck.Checked
    audit: auditcheck.Checked

    @property
    def whole(self) -> bool:
        return not self.log.differences and not self.audit.faults


# --- Taking one


def write(config: Config, target: Path, *, now: datetime) -> int:
    """Writes the backup and returns how many files it holds; ``target`` is there whole or not at all.

    Raises ``ConfigError`` where ``target`` exists or lies in the folder that is saved.
    """
    target = target.absolute()
    if target.exists() or target.is_relative_to(config.var):
        raise ConfigError([f"{target}: exists already, or lies inside of the folder that is to be saved"])
    try:
        _take_leftovers_away(target.parent, config.var)
        return _write(config, target, now)
    except OSError as fault:
        raise ConfigError([f"{fault.filename or target}: {fault.strerror}; no backup was made"]) from fault


def _write(config: Config, target: Path, now: datetime) -> int:
    part = target.with_name(f"{_PART}{target.name}.part")
    try:
        # Opened by the owner only: the keys are in it.
        part.touch(mode=0o600, exist_ok=True)
        with held(part), tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
            count = _Writer(archive).everything(config, now)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return count


def _take_leftovers_away(*folders: Path) -> None:
    """What a backup that was killed had begun, which may be as large as the database. What is held is at work."""
    for folder in folders:
        for place in [*folder.glob(f"{_PART}*.part"), *folder.glob(f"{_SNAPSHOT}*")]:
            with held(place) as mine:
                if mine:
                    shutil.rmtree(place) if place.is_dir() else place.unlink()


@contextmanager
def _own_folder(config: Config) -> Iterator[Path]:
    """A folder beside the database, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=config.var, prefix=_SNAPSHOT) as folder, held(Path(folder)):
        yield Path(folder)


class _Writer:
    """Adds files to the archive and remembers their digests."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._sums: list[str] = []

    def everything(self, config: Config, now: datetime) -> int:
        with _own_folder(config) as folder:
            database = folder / DATABASE
            _snapshot(config.database_url, database)
            self._file(DATABASE, database)
        for name, place in _files(config):
            try:
                self._file(name, place)
            except FileNotFoundError:
                continue  # a draft or an export that was taken away meanwhile
        about = {"format": FORMAT, "made_at": now.isoformat(), "schema": schema.newest(), "origin": config.origin}
        self._text(ABOUT, json.dumps(about, indent=2) + "\n")
        count = len(self._sums)
        self._text(SUMS, "".join(self._sums))
        return count

    def _file(self, name: str, place: Path) -> None:
        with place.open("rb") as file:
            info = self._archive.gettarinfo(arcname=name, fileobj=file)
            reading = _Digesting(file)
            self._archive.addfile(info, reading)
        self._sums.append(f"{reading.digest.hexdigest()}  {name}\n")

    def _text(self, name: str, text: str) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(text.encode()), 0o600
        self._archive.addfile(info, io.BytesIO(text.encode()))
        self._sums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n")


class _Digesting:
    """A file that is digested as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _snapshot(url: str, place: Path) -> None:
    """The database as it is now, as one SQLite file, whichever database it is."""
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            _vacuum(_file_of(url), place)
        else:
            _copy(engine, f"sqlite:///{place}")
    finally:
        engine.dispose()


def _vacuum(database: str, place: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{quote(database)}?mode=rw", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(place),))
    except sqlite3.Error as fault:
        raise ConfigError([f"{database}: {fault}; no backup was made"]) from fault


def _copy(source: Engine, target: str) -> None:
    engine = make_engine(target)
    try:
        dbcopy.copy(source, engine)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def _file_of(url: str) -> str:
    return str(make_url(url).database)


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    """What is to be saved beside the database, by its name in the archive."""
    for folder, folders, names in os.walk(config.var):
        inside = Path(folder).relative_to(config.var)
        folders[:] = sorted(
            one for one in folders if not one.startswith(".") and str(inside / one) not in _LEFT_OUT
        )
        for name in sorted(names):
            place = Path(folder) / name
            if not name.startswith(".") and not name.endswith(".lock") and not _of_the_database(config, place):
                yield f"var/{(inside / name).as_posix()}", place
    yield from _far_files(config)
    if config.vault_keys is not None:
        yield VAULT_KEYS, config.vault_keys


def _far_files(config: Config) -> Iterator[tuple[str, Path]]:
    """Those of an object store, under the names that they would have in a folder."""
    if config.files_url:
        files = files_of(config)
        for name in sorted(files.names()):
            if (place := files.find(name)) is not None:
                yield f"var/{name}", place


def _of_the_database(config: Config, place: Path) -> bool:
    """SQLite's file, and those that it keeps beside it."""
    parsed = make_url(config.database_url)
    return parsed.get_backend_name() == "sqlite" and str(place).startswith(str(parsed.database))


# --- Putting it back


def restore(config: Config, source: Path) -> Restored:
    """Puts everything where ``config`` says, which must be empty, and checks it as a stranger would.

    Raises ``ConfigError`` where a place is not empty, or where the archive is not whole; then nothing is left.
    """
    part = _begin(config.var)
    with held(part) as mine:
        if not mine:
            raise ConfigError([f"{config.var}: another restore is at work there"])
        try:
            count = _unpack(source, part)
            _put_database(part / DATABASE, config)
        except BaseException:
            shutil.rmtree(part)
            raise
        _put_files(part, config)
    return check(open_runtime(config), count)


def _begin(var: Path) -> Path:
    """The folder that everything is unpacked into. One that a killed restore left holds nothing that is in use."""
    part, there = var / RESTORING, sorted(one.name for one in var.iterdir()) if var.exists() else []
    if RESTORING in there and set(there) <= {RESTORING, METRICS}:  # a server that was refused may have counted that
        _take_away_unless_held(part, var)
    elif RESTORING in there:
        raise ConfigError([restore_cut_off(var)])
    elif there:
        raise ConfigError([f"{var} is not empty: a restore never writes over anything"])
    try:
        part.mkdir(parents=True, mode=0o700)
    except OSError as fault:
        raise ConfigError([f"{part}: {fault.strerror}"]) from fault
    return part


def _take_away_unless_held(part: Path, var: Path) -> None:
    with held(part) as mine:
        if not mine:
            raise ConfigError([f"{var}: another restore is at work there"])
        shutil.rmtree(part)


def check(runtime: Runtime, files: int) -> Restored:
    """The checks of ``ipreg log check`` and ``ipreg audit check``."""
    with runtime.sessions() as session:
        keys = logkeys.verifiers(session, first=runtime.log_key)
        witnesses = [one.cosigner for one in runtime.config.witnesses]
        found = Restored(
            files,
            logcheck.check_log(session, runtime.store, verifiers=keys, witnesses=witnesses),
            auditcheck.check(session, verifiers=keys),
        )
    runtime.sessions.kw["bind"].dispose()
    return found


def _unpack(source: Path, part: Path) -> int:
    """All members, compared with their digests; returns how many files there are."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                if not member.isreg():
                    raise ConfigError([f"{source}: {member.name} is no plain file"])
                archive.extract(member, part, filter="data")
                found[member.name] = _digest_of(part / member.name)
    except (tarfile.TarError, OSError) as fault:
        raise ConfigError([f"{source}: {fault}"]) from fault
    if SUMS not in found or ABOUT not in found:
        raise ConfigError([f"{source} is not whole: its end is missing"])
    lines = (part / SUMS).read_text("utf-8").splitlines()
    named = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    del found[SUMS]
    wrong = sorted(name for name in {*named, *found} if named.get(name) != found.get(name))
    if wrong:
        raise ConfigError([f"{source}: {name} is not what was saved" for name in wrong[:20]])
    if (said := json.loads((part / ABOUT).read_text("utf-8"))["format"]) != FORMAT:
        raise ConfigError([f"{source}: of the format {said!r}, which this release does not read"])
    return len(found)


def _digest_of(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put_database(place: Path, config: Config) -> None:
    """The saved database, brought up to this release, where the configuration says."""
    saved = make_engine(f"sqlite:///{place}")
    try:
        schema.upgrade(saved)
        if not config.database_url.startswith("sqlite"):
            _copy(saved, config.database_url)
            return
        with saved.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        saved.dispose()
    target = Path(_file_of(config.database_url))
    if target.exists():
        raise ConfigError([f"{target} exists: a restore never writes over anything"])
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(place, target)


def _put_far_files(saved: Path, config: Config) -> None:
    files = files_of(config)
    for folder in (saved / "files", saved / "vault"):
        for place in sorted(folder.rglob("*")):
            if place.is_file():
                files.write(place.relative_to(saved).as_posix(), _pieces(place))
        shutil.rmtree(folder, ignore_errors=True)


def _pieces(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _put_files(part: Path, config: Config) -> None:
    saved, keys = part / "var", part / VAULT_KEYS
    if config.files_url:
        _put_far_files(saved, config)
    for place in saved.iterdir() if saved.exists() else ():
        place.rename(config.var / place.name)
    (config.var / "secrets").chmod(0o700)
    target = config.vault_keys or config.var / "secrets" / "vault-keys"
    if keys.exists() and not target.exists():
        write_whole(target, [keys.read_bytes()])
        target.chmod(0o600)
    shutil.rmtree(part)
