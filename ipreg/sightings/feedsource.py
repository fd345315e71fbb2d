"""A run of a feed source: the feed is had from its address, file or folder, and handed to the imports."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
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
from ipreg.sightings.sources import begin_run, end_run, feed_settings

MAX_FOLDER_FILES = 200


@dataclass(frozen=True)
class Had:
    """The feeds that are new, and what to keep in mind for the next run."""

    feeds: list[tuple[str, bytes, Path | None]]
    memory: dict[str, Any] = field(default_factory=dict)


def collect(runtime: Runtime, source_id: int, *, clock: Clock) -> None:
    """Begins a run of the source; it ends with its last import, or at once where nothing is new or it fails."""
    with transaction(runtime.sessions) as session:
        source = session.get_one(Source, source_id)
        run_id = begin_run(session, source=source, now=clock()).id
    try:
        _hand_in(runtime, source_id, run_id, _had(runtime, source), clock())
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
        if not had.feeds and run.state is RunState.RUNNING:
            end_run(session, run=run, now=now)
            run.detail = "unchanged"


def _had(runtime: Runtime, source: Source) -> Had:
    location = feed_settings(source).location
    if location.startswith(("http://", "https://")):
        return _from_address(runtime, source, location)
    place = _inside(runtime, location)
    if place.is_dir():
        return _from_folder(source, place)
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


def _from_folder(source: Source, folder: Path) -> Had:
    """Each file of the folder that is a feed and was not read as it is now."""
    seen: dict[str, str] = dict(source.memory.get("files", {}))
    endings = (*(ending for kind in FEED_ENDINGS for ending in kind), ".zip")
    found: list[tuple[str, bytes, Path | None]] = []
    for place in sorted(folder.iterdir())[:10_000]:
        if not place.is_file() or not place.name.lower().endswith(endings):
            continue
        state = f"{place.stat().st_size}-{place.stat().st_mtime_ns}"
        if seen.get(place.name) == state:
            continue
        seen[place.name] = state
        found.append((place.name, _read(place), folder))
        if len(found) == MAX_FOLDER_FILES:
            break
    return Had(found, {"files": seen})


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
