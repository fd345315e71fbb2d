"""One of several processes does what only one may do: it holds a lease in the database and keeps renewing it.

Nobody compares clocks of two machines: who waits watches whether the holder's ``beat`` still grows, by a clock of
his own that never jumps. What a holder does at the moment it is deposed is harmless all the same, because each step
of ours is unique in the database.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from ipreg.models import Lease

PATIENCE = 40.0
"""Seconds without a beat after which a holder counts as dead."""
GIVES_UP = 30.0
"""Seconds without a renewal of its own after which a holder must no longer act as one."""


def here() -> str:
    """A name for this process that no other has: the machine, its space of process numbers, the number, a word."""
    return f"{_place()}:{os.getpid()}:{secrets.token_hex(4)}"


class Candidate:
    """A process that would hold the lease ``name``; ``monotonic`` gives seconds."""

    def __init__(self, name: str, holder: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name, self.holder, self._monotonic = name, holder, monotonic
        self._seen, self._since = ("", -1), 0.0

    def hold(self, session: Session, *, now: datetime) -> bool:
        """Renews the lease, or takes it where it is free or its holder is dead. Whether we have it now."""
        row = session.get(Lease, self.name, populate_existing=True)
        if row is None:
            session.add(Lease(name=self.name, holder=self.holder, beat=1, seen_at=now))
            session.flush()
            return True
        if row.holder not in ("", self.holder) and not self._is_dead(row):
            return False
        taken = session.execute(
            update(Lease)
            .where(Lease.name == self.name, Lease.holder == row.holder, Lease.beat == row.beat)
            .values(holder=self.holder, beat=row.beat + 1, seen_at=now)
            .execution_options(synchronize_session=False)
        )
        return cast("CursorResult[Any]", taken).rowcount == 1

    def release(self, session: Session) -> None:
        """Nobody has to wait for us."""
        session.execute(update(Lease).where(Lease.name == self.name, Lease.holder == self.holder).values(holder=""))

    def _is_dead(self, row: Lease) -> bool:
        if (row.holder, row.beat) != self._seen:
            self._seen, self._since = (row.holder, row.beat), self._monotonic()
        return _is_gone(row.holder) or self._monotonic() - self._since >= PATIENCE


def _is_gone(holder: str) -> bool:
    """Whether it was a process of this machine that is there no more: then nobody needs to wait."""
    place, _, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if place != _place() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # somebody else's, but there
    return False


def _place() -> str:
    """Two containers may share the machine's name; their process numbers are then of different spaces."""
    space = ""
    with suppress(OSError):
        boot, numbers = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
        space = boot.read_text()[:8] + str(numbers.readlink())[5:-1]
    return f"{socket.gethostname()}/{space}".replace(":", ".")
