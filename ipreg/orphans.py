"""Files that no row refers to: a transaction that failed leaves what it had put into the store before.

They go in two steps, each a day after what was before it, so that no request loses a file that it is about to
refer to. First a file that is a day old and that nothing names is put aside, where it is still found: whoever asks
for it, or files the same content, brings it back. A day later it is looked for once more in the whole database, by
which time every request that may have seen it is long over; what is named now is brought back, what is not is
removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Enum,
    LargeBinary,
    Numeric,
    String,
    cast,
    func,
    select,
)
from sqlalchemy.orm import Session

from ipreg.models import Base, VaultKey
from ipreg.objects import ASIDE
from ipreg.runtime import Runtime

AFTER = timedelta(days=1)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_TEXT = (Boolean, Date, DateTime, Enum, LargeBinary, Numeric)
_AT_ONCE = 1000
_MOVED_AT_ONCE = 16
"""An object store answers many callers as fast as one."""


@dataclass(frozen=True)
class Swept:
    """Names of files: put aside, brought back because something names them after all, and removed."""

    aside: list[str]
    back: list[str]
    removed: list[str]


def sweep(runtime: Runtime, *, now: datetime, only_say: bool = False) -> Swept:
    """Both steps, over the whole store. With ``only_say`` nothing is moved. Reads the whole database."""
    files, before = runtime.store.files, (now - AFTER).timestamp()
    held = _old(files.aged("files"), before) + _old(files.aged("vault"), before)
    aside = [one.removeprefix(f"{ASIDE}/") for one in _old(files.aged(ASIDE), before)]
    with runtime.sessions() as session:
        needed = named(session, [*held, *aside])
    found = Swept(
        [one for one in held if one not in needed],
        [one for one in aside if one in needed],
        [one for one in aside if one not in needed],
    )
    if only_say:
        return found
    with ThreadPoolExecutor(_MOVED_AT_ONCE, thread_name_prefix="sweep") as pool:
        moves: list[Future[Any]] = [pool.submit(files.put_aside, name) for name in found.aside]
        moves += [pool.submit(files.bring_back, name) for name in found.back]
        moves += [pool.submit(files.remove, f"{ASIDE}/{name}") for name in found.removed]
    for move in moves:
        move.result()
    return found


def named(session: Session, names: Iterable[str]) -> set[str]:
    """Those of ``names`` that a row refers to: shelves by their key, other files by their digest.

    Every text of every table is looked through, so that no table can be forgotten here.
    """
    sealed = {name: name.split("/")[1] for name in names if name.startswith("vault/")}
    digests = {name: name.rpartition("/")[2] for name in names if name not in sealed}
    tokens = set(session.scalars(select(VaultKey.token))) if sealed else set()
    missing = set(digests.values())
    for text in _texts(session):
        if not missing:
            break
        missing.difference_update(_DIGEST.findall(text))
    return {one for one, token in sealed.items() if token in tokens} | {
        one for one, digest in digests.items() if digest not in missing
    }


def _texts(session: Session) -> Iterator[str]:
    """Every text of the database that is long enough for a digest."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if (text := _as_text(column)) is not None:
                wanted = select(text).where(func.length(text) >= 64).execution_options(yield_per=_AT_ONCE)
                yield from session.scalars(wanted)


def _as_text(column: ColumnElement[object]) -> ColumnElement[str] | None:
    kind = getattr(column.type, "impl_instance", column.type)
    short = isinstance(kind, String) and kind.length is not None and kind.length < 64
    return None if short or isinstance(kind, _NO_TEXT) or kind.python_type is int else cast(column, String)


def _old(aged: Iterable[tuple[str, float]], before: float) -> list[str]:
    return sorted(name for name, written in aged if written < before)
