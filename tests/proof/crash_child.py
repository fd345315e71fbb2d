"""A process that appends, signs and stamps, and dies at the step it is told: ``crash_child.py STEP``.

It dies by ``os._exit``: no cleaning up, no rollback, as at a power cut as far as a process can.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from ipreg import log, stamping
from ipreg.authority import EmbeddedAuthority
from ipreg.config import Config
from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime, open_runtime
from jobs import checkpoints, timestamps

DIED = 17
# In the order in which they come.
STEPS = (
    "before the head moves", "after the head moved", "after the entry was written", "before the entry's commit",
    "after the entry's commit", "after the checkpoint was signed", "after the checkpoint's commit",
    "after the stamp was claimed", "after the authority answered", "after the answer was verified",
    "before the stamp's commit", "after the stamp's commit",
)  # fmt: skip


def die(*_: object, **__: object) -> Any:
    os._exit(DIED)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*words: Any, **named: Any) -> Any:
        function(*words, **named)
        die()

    return wrapped


def append(runtime: Runtime, note: str) -> None:
    with transaction(runtime.sessions) as session:
        log.append_entry(session, kind="test", subject="s", statement={"note": note}, now=utc_now())


@contextlib.contextmanager
def dying_in_commit(step: str, first: str, second: str, third: str) -> Any:
    """Dies in the next commit that wrote something, where ``step`` is one of the three moments."""
    if step == first:
        event.listen(Session, "after_flush", die)
    if step == second:
        event.listen(Session, "before_commit", die)
    if step == third:
        event.listen(Session, "after_commit", lambda session: session.in_nested_transaction() or die())
    yield


def main(step: str) -> None:
    runtime = open_runtime(Config.from_env(os.environ))
    patches: dict[str, tuple[object, str, Callable[..., Any]]] = {
        "before the head moves": (log, "_move_head", die),
        "after the head moved": (log, "_move_head", after(log._move_head)),
        "after the stamp was claimed": (EmbeddedAuthority, "answer", die),
        "after the authority answered": (EmbeddedAuthority, "answer", after(EmbeddedAuthority.answer)),
        "after the answer was verified": (stamping, "verify_answer", after(stamping.verify_answer)),
        "before the stamp's commit": (stamping, "to_pem", after(stamping.to_pem)),
    }
    if step in patches:
        setattr(*patches[step])
    with dying_in_commit(
        step, "after the entry was written", "before the entry's commit", "after the entry's commit"
    ):
        append(runtime, "killed")
    with dying_in_commit(step, "after the checkpoint was signed", "", "after the checkpoint's commit"):
        checkpoints.run(runtime)
    timestamps.run(runtime)
    if step == "after the stamp's commit":
        die()


if __name__ == "__main__":
    main(sys.argv[1])
