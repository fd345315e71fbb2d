"""What a job is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ipreg.runtime import Runtime


@dataclass(frozen=True)
class Job:
    """``run`` is called every ``seconds``, never twice at once, and says how much it did.

    Where there is a ``kept``, the schedule calls that instead: it may leave something for its next turn.
    """

    name: str
    seconds: int
    run: Callable[[Runtime], object]
    kept: Callable[[Runtime], object] | None = None
