"""What the pages of cases say beyond plain names: days, filters, lists of choices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask

from ipreg.models import Account, CasePaper
from ipreg.web import words
from ipreg.web.language import say
from ipreg.workdays import is_published, shanghai_day


def install(app: Flask) -> None:
    app.jinja_env.filters.update(last_day=last_day, twice=twice)
    app.jinja_env.tests.update(provisional=is_provisional)
    app.jinja_env.globals.update(said=said, filter_word=filter_word, paper_word=paper_word)


def last_day(due_at: datetime) -> date:
    """The last day of a period that is over at ``due_at``."""
    return shanghai_day(due_at - timedelta(seconds=1))


def is_provisional(day: date) -> bool:
    """Whether the day may move: nobody knows yet on which days of its year offices are open."""
    return not is_published(day.year)


def twice(text: str) -> tuple[str, str]:
    """A choice that is called as it is."""
    return text, text


def said(names: Mapping[Any, str]) -> list[tuple[str, str]]:
    """The choices of a list, in the reader's language."""
    return [(value.value if isinstance(value, StrEnum) else str(value), say(text)) for value, text in names.items()]


def paper_word(paper: CasePaper) -> str:
    """What the paper is called: a hearing's new day is told by another one than the first."""
    moved = any(one.id == paper.event_id and one.action == "hearing_moved" for one in paper.case.events)
    return say(words.HEARING_MOVED if moved else words.PAPERS[paper.kind])


def filter_word(name: str, value: str, officers: list[Account]) -> str:
    """A filter's value in the reader's language."""
    if name == "officer":
        return next((one.name for one in officers if str(one.id) == value), say("nobody"))
    names: dict[str, Mapping[Any, str]] = {
        "kind": words.CASE_KINDS,
        "state": words.CASE_STATES,
        "industry": words.INDUSTRIES,
        "outcome": words.OUTCOMES,
        "right": words.RIGHTS,
        "severity": {str(level): text for level, text in words.SEVERITIES.items()},
    }
    return say(names.get(name, {}).get(value, value))
