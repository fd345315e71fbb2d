"""A run of a feed source: the feed is had from its address, file or folder, and handed to the imports."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, UpstreamError
from ipreg.models import FeedImport, RunState, Source, SourceKind, SourceRun
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.feeds import FEED_ENDINGS, MAX_FEED_BYTES, accept_feed
from ipreg.sightings.fetch import Fetcher
from ipreg.sightings.listings import see_all_again
from ipreg.sightings.sources import begin_run, end_run, feed_settings

MAX_FOLDER_FILES = 200
MAX_FOLDER_BYTES = 4 * MAX_FEED_BYTES
STILL_WRITTEN = timedelta(seconds=10)
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Had:
    """The feeds that are new, and what to keep in mind for the next run.

    ``soon``: there is more, which is still being written or was too much at once. ``fault``: of a file that can't
    be read, which takes nothing from the others.
    """

    feeds: list[tuple[str, bytes, Path | None]]
    memory: dict[str, Any] = field(default_factory=dict)
    soon: bool = False
    fault: CallerError | None = None


def collect(runtime: Runtime, source_id: int, *, clock: Clock) -> None:
    """Begins a run of the source; it ends with its last import, or at once where nothing is new or it fails."""
    with transaction(runtime.sessions) as session:
        source = session.get_one(Source, source_id)
        run_id = begin_run(session, source=source, now=clock()).id
    try:
        _hand_in(runtime, source_id, run_id, _had(runtime, source, clock()), clock())
    except Exception as error:
        fault = fault_of(error, f"feed of source {source_id}")
        with transaction(runtime.sessions) as session:
            run = session.get_one(SourceRun, run_id)
            end_run(session, run=run, now=clock(), fault=fault.code, values=dict(fault.values))


def end_orphans(session: Session, *, now: datetime) -> int:
    """Runs that were cut off before they handed in a feed are over, or their sources would never be due; how many.

    Only for who knows that no ``collect`` is under way.
    """
    handed_in = select(FeedImport.id).where(FeedImport.run_id == SourceRun.id)
    wanted = (
        select(SourceRun)
        .join(Source)
        .where(SourceRun.state == RunState.RUNNING, Source.kind == SourceKind.FEED, ~handed_in.exists())
    )
    orphans = list(session.scalars(wanted))
    for run in orphans:
        end_run(session, run=run, now=now, fault="run_interrupted")
    return len(orphans)


def _hand_in(runtime: Runtime, source_id: int, run_id: int, had: Had, now: datetime) -> None:
    with transaction(runtime.sessions) as session:
        source = session.get_one(Source, source_id)
        run = session.get_one(SourceRun, run_id)
        source.memory = {**source.memory, **had.memory}
        for name, data, folder in had.feeds:
            try:
                accept_feed(
                    session,
                    runtime.config,
                    account=source.account,
                    filename=name,
                    data=data,
                    pictures_folder=folder,
                    source=source,
                    run=run,
                    now=now,
                )
            except CallerError as error:
                end_run(session, run=run, now=now, fault=error.code, values=dict(error.values))
        if had.fault is not None:
            end_run(session, run=run, now=now, fault=had.fault.code, values=dict(had.fault.values))
        elif not had.feeds and run.state is RunState.RUNNING:
            end_run(session, run=run, now=now)
            run.detail = "settling" if had.soon else "unchanged"
            if source.settings.get("complete") and not had.soon:
                see_all_again(session, source_id=source_id, now=now)
        if had.soon:
            source.next_run_at = now + SOON


def _had(runtime: Runtime, source: Source, now: datetime) -> Had:
    location = feed_settings(source).location
    if location.startswith(("http://", "https://")):
        return _from_address(runtime, source, location)
    place = _inside(runtime, location)
    if place.is_dir():
        return _from_folder(source, place, now)
    if not place.is_file():
        raise CallerError("feed_file_missing", name=location[:100])
    return _from_file(source, place)


def _from_address(runtime: Runtime, source: Source, address: str) -> Had:
    asked = {}
    if source.memory.get("etag"):
        asked["If-None-Match"] = str(source.memory["etag"])
    elif source.memory.get("last_modified"):
        asked["If-Modified-Since"] = str(source.memory["last_modified"])
    with Fetcher(allow_private=runtime.config.allow_private_addresses, total=120.0) as fetcher:
        answer = fetcher.get(address, max_bytes=MAX_FEED_BYTES, headers=asked)
    if answer.status == 304:
        return Had([])
    if answer.status != 200:
        raise UpstreamError("fetch_status", address=address, status=answer.status)
    digest = hashlib.sha256(answer.body).hexdigest()
    memory = {
        "etag": answer.header("etag")[:300],
        "last_modified": answer.header("last-modified")[:100],
        "digest": digest,
    }
    if digest == source.memory.get("digest"):
        return Had([], memory)
    name = answer.address.partition("?")[0].rstrip("/").rpartition("/")[2] or "feed"
    return Had([(name, answer.body, None)], memory)


def _from_file(source: Source, place: Path) -> Had:
    data = _read(place)
    digest = hashlib.sha256(data).hexdigest()
    if digest == source.memory.get("digest"):
        return Had([])
    return Had([(place.name, data, place.parent)], {"digest": digest})


def _from_folder(source: Source, folder: Path, now: datetime) -> Had:
    """Each file of the folder that is a feed and was not read as it is now; of a complete feed all its files, once
    one is new or gone: what only an old one names is still there."""
    known: dict[str, str] = source.memory.get("files", {})
    complete = bool(source.settings.get("complete"))
    states, writing = _settled(folder, now)
    new = [name for name, state in states.items() if known.get(name, "").partition(" ")[0] != state]
    if not new and (not complete or set(known) <= set(states)):
        return Had([], soon=writing)
    read = _read_files(folder, list(states) if complete else new)
    marks = {name: hashlib.sha256(data).hexdigest()[:32] for name, data in read.files.items()}
    changed = [name for name in marks if known.get(name, "").partition(" ")[2] != marks[name]]
    if complete and (changed or set(known) != set(states)):
        changed = list(marks)
    kept = {name: known[name] for name in known if name in states} | {
        name: f"{states[name]} {mark}" for name, mark in marks.items()
    }
    feeds: list[tuple[str, bytes, Path | None]] = [(name, read.files[name], folder) for name in changed]
    return Had(feeds, {"files": kept}, writing or read.more, read.fault)


@dataclass
class _Read:
    """What could be read of a folder; ``more`` where it was too much at once."""

    files: dict[str, bytes] = field(default_factory=dict)
    more: bool = False
    fault: CallerError | None = None


def _read_files(folder: Path, names: list[str]) -> _Read:
    found, size = _Read(), 0
    for name in names:
        if len(found.files) == MAX_FOLDER_FILES or size > MAX_FOLDER_BYTES:
            found.more = True
            break
        try:
            found.files[name] = _read(folder / name)
        except OSError:  # gone meanwhile, or not ours to read
            found.fault = CallerError("feed_file_missing", name=name[:100])
        except CallerError as error:
            found.fault = error
        size += len(found.files.get(name, b""))
    return found


def _settled(folder: Path, now: datetime) -> tuple[dict[str, str], bool]:
    """The feeds in the folder, each with size and time, and whether others are still being written."""
    endings = (*(ending for kind in FEED_ENDINGS for ending in kind), ".zip")
    settled: dict[str, str] = {}
    writing = False
    for place in sorted(folder.iterdir())[:10_000]:
        if not place.name.lower().endswith(endings) or not place.resolve().is_relative_to(folder.resolve()):
            continue
        with suppress(OSError):
            told = place.stat()
            if 0 <= now.timestamp() - told.st_mtime < STILL_WRITTEN.total_seconds():
                writing = True
            elif place.is_file():
                settled[place.name] = f"{told.st_size}-{told.st_mtime_ns}"
    return settled, writing


def _inside(runtime: Runtime, location: str) -> Path:
    root = runtime.config.feeds_folder or runtime.config.var / "feeds"
    place = (root / location).resolve()
    if not place.is_relative_to(root.resolve()):
        raise CallerError("feed_file_missing", name=location[:100])
    return place


def _read(place: Path) -> bytes:
    if place.stat().st_size > MAX_FEED_BYTES:
        raise CallerError("feed_too_large", megabytes=MAX_FEED_BYTES // 2**20)
    return place.read_bytes()
