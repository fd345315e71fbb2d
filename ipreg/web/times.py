"""How a time is shown to a reader: in the zone of his account, else as clocks in Beijing show it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask import Flask
from flask_babel import get_locale, gettext
from flask_login import current_user
from markupsafe import Markup

from ipreg.accounts import zones
from ipreg.models.accounts import HOME_ZONE


def install(app: Flask) -> None:
    app.jinja_env.filters.update(moment=moment, exact=exact, clock=clock)
    app.jinja_env.globals.update(zone_word=zone_word, zone_choices=zone_choices)


def zone() -> ZoneInfo:
    """The reader's."""
    return ZoneInfo(current_user.account.time_zone if current_user.is_authenticated else HOME_ZONE)


def clock(value: datetime) -> str:
    """To the minute, in the reader's zone, without markup: what a choice in a list or a title holds."""
    return value.astimezone(zone()).strftime("%Y-%m-%d %H:%M")


def moment(value: datetime) -> Markup:
    """As ``clock``; the machine's form and a hover tell the exact time in UTC."""
    return _marked(value, clock(value))


def exact(value: datetime) -> Markup:
    """To the second, zone named, UTC beside it: where law hangs on it, it must not depend on who reads it."""
    local = value.astimezone(zone()).strftime("%Y-%m-%d %H:%M:%S")
    return _marked(value, f"{local} {zone_word()}") + Markup(
        ' <small class="text-body-secondary">{}</small>'
    ).format(_utc(value))


def _marked(value: datetime, shown: str) -> Markup:
    at = value.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at, _utc(value), shown)


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def zone_word(name: str = "") -> str:
    """The name of a zone, of the reader's own where none is given, in his language."""
    name = name or zone().key
    if name == HOME_ZONE:
        return str(gettext("Beijing time"))
    return get_timezone_location(name, locale=get_locale() or "zh")


def zone_choices() -> tuple[tuple[str, str], ...]:
    """Name and words of every zone that an account may choose, Beijing's first."""
    return _choices(str(get_locale()))


@lru_cache(maxsize=2)  # as many as there are languages
def _choices(locale: str) -> tuple[tuple[str, str], ...]:
    named = [(name, get_timezone_location(name, locale=locale)) for name in zones() if name != HOME_ZONE]
    first = (HOME_ZONE, str(gettext("Beijing time")))
    return (first, *sorted(named, key=lambda one: one[0]))
