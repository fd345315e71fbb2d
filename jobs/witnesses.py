"""The newest checkpoint to every configured witness."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.witnesses import Cosigned, submit_newest, witnesses_of


def run(runtime: Runtime, *, clock: Clock = utc_now) -> Cosigned:
    """How many witnesses cosigned, and how many are asked again."""
    return submit_newest(runtime, witnesses_of(runtime), clock=clock)
