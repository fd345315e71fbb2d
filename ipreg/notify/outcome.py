"""What can be wrong with a message on its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Why a message did not go out. ``final``: trying again can't help. ``gone``: nothing can ever arrive there."""

    words: str
    final: bool = False
    gone: bool = False
