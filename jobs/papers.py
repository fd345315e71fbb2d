"""Signed papers for the steps of cases that have one, each once."""

from __future__ import annotations

from ipreg.casework import papers
from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many papers were issued."""
    with runtime.sessions() as session:
        found = papers.waiting(session)
    return sum(papers.issue(runtime, one, clock=clock) for one in found)
