"""What an applicant states about a design, and the limits of each statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ipreg import workdays
from ipreg.errors import CallerError
from ipreg.models import Disclosure, Industry, RightKind
from ipreg.plaintext import has_controls, is_blank

TITLE, DESCRIPTION, NAME, DISTRICT, WORD, WORDS, CREATORS = 200, 5000, 200, 60, 40, 20, 20
EARLIEST = date(1900, 1, 1)
_SHARE = re.compile(r"(.*?)[\s(（]*(\d{1,3}(?:\.\d{1,2})?)\s*[%％]\s*[)）]?")
_CLASS = re.compile(r"(0[1-9]|[12]\d|3[0-2])(-\d{2})?")


@dataclass(frozen=True)
class Creator:
    """One who made the design; ``share`` in percent, None where none is stated."""

    name: str
    share: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """The stored form; the share as text, for there are no decimals in canonical JSON."""
        return {"name": self.name, "share": None if self.share is None else plain(self.share)}


@dataclass(frozen=True)
class DesignForm:
    """What the applicant states about the design.

    ``creator`` is one line of names, from which ``creators`` are read where none are given. ``disclosure`` None:
    not stated, which is another thing than ``Disclosure.NONE``, not shown yet.
    """

    title: str
    industry: Industry
    creator: str
    created_on: date
    description: str = ""
    creators: tuple[Creator, ...] = ()
    locarno_class: str | None = None
    rights_wanted: tuple[RightKind, ...] = ()
    disclosure: Disclosure | None = None
    first_disclosed_on: date | None = None
    keywords: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    district: str = ""


def check_form(form: DesignForm, now: datetime) -> DesignForm:
    """The form with its texts trimmed; raises ``CallerError`` for the first field at fault."""
    for fault in faults_of(form, now):
        raise fault
    return trimmed(form)


def trimmed(form: DesignForm) -> DesignForm:
    """The form as it is kept: one spelling of what says the same."""
    creators = form.creators or read_creators(form.creator)
    return replace(
        form,
        title=" ".join(form.title.split()),
        creator=form.creator.strip() or "、".join(one.name.strip() for one in creators),
        creators=tuple(replace(one, name=" ".join(one.name.split())) for one in creators),
        description=form.description.strip(),
        locarno_class=form.locarno_class or None,
        rights_wanted=tuple(kind for kind in RightKind if kind in form.rights_wanted),
        keywords=_once(form.keywords),
        materials=_once(form.materials),
        colours=_once(form.colours),
        district=" ".join(form.district.split()),
    )


def faults_of(form: DesignForm, now: datetime) -> Iterator[CallerError]:
    """All that is wrong, each with the ``field`` it belongs to, in the form's order."""
    yield from _text(form.title, "title", TITLE)
    yield from _creators(form)
    yield from _dates(form, now)
    yield from _text(form.description, "description", DESCRIPTION, needed=False)
    if form.locarno_class and not _CLASS.fullmatch(form.locarno_class):
        yield CallerError("choice_wrong", field="locarno_class")
    for field in ("keywords", "materials", "colours"):
        yield from _words(getattr(form, field), field)
    yield from _text(form.district, "district", DISTRICT, needed=False)


def read_creators(line: str) -> tuple[Creator, ...]:
    """Names parted by commas or line ends, each with a share where it has one.

    >>> [str(one.share) for one in read_creators("林晓 60%、周宁（40％）")]
    ['60', '40']
    """
    found = []
    for part in re.split(r"[,，、\n]", line):
        if name := part.strip():
            stated = _SHARE.fullmatch(name)
            found.append(Creator(stated[1].strip(), Decimal(stated[2])) if stated and stated[1] else Creator(name))
    return tuple(found)


def read_words(text: str) -> tuple[str, ...]:
    """Words parted by commas, semicolons or line ends, each once.

    >>> read_words("云纹， 刺绣;云纹")
    ('云纹', '刺绣')
    """
    return _once(re.split(r"[,，、;；\r\n]", text))


def plain(share: Decimal) -> str:
    """A share as people write it: no trailing zeros, no exponent."""
    text = f"{share:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))


def _text(value: str, field: str, most: int, *, needed: bool = True) -> Iterator[CallerError]:
    value = value.strip()
    if needed and is_blank(value):
        yield CallerError("field_empty", field=field)
    elif len(value) > most:
        yield CallerError("field_too_long", field=field, most=most)
    elif has_controls(value):
        yield CallerError("field_control_characters", field=field)


def _creators(form: DesignForm) -> Iterator[CallerError]:
    creators = form.creators or read_creators(form.creator)
    if not creators:
        yield CallerError("field_empty", field="creator")
        return
    if len(creators) > CREATORS:
        yield CallerError("creators_too_many", field="creator", most=CREATORS)
        return
    for one in creators:
        for fault in _text(one.name, "creator", NAME):
            yield fault
            return
    shares = [one.share for one in creators if one.share is not None]
    if shares and len(shares) < len(creators):
        yield CallerError("shares_incomplete", field="creator")
        return
    total = sum(shares, Decimal(0))
    # Three thirds are 99.99.
    if shares and (min(shares) <= 0 or abs(total - 100) > Decimal("0.01") * len(shares)):
        yield CallerError("shares_not_whole", field="creator", sum=plain(total))


def _dates(form: DesignForm, now: datetime) -> Iterator[CallerError]:
    last = workdays.shanghai_day(now).toordinal()
    if form.created_on.toordinal() > last:
        yield CallerError("created_on_future", field="created_on")
    elif form.created_on < EARLIEST:
        yield CallerError("date_too_early", field="created_on")
    shown, kind = form.first_disclosed_on, form.disclosure
    if shown is None:
        if kind not in (None, Disclosure.NONE):
            yield CallerError("disclosure_without_day", field="first_disclosed_on")
    elif kind in (None, Disclosure.NONE):
        yield CallerError("disclosure_without_kind", field="disclosure")
    elif shown.toordinal() > last:
        yield CallerError("first_disclosed_future", field="first_disclosed_on")
    elif shown < form.created_on:
        yield CallerError("disclosed_before_created", field="first_disclosed_on")


def _words(words: Sequence[str], field: str) -> Iterator[CallerError]:
    if len(words) > WORDS:
        yield CallerError("words_too_many", field=field, most=WORDS)
        return
    for word in words:
        for fault in _text(" ".join(word.split()), field, WORD, needed=False):
            values = {**fault.values, "word": word[:20]}
            code = "word_too_long" if fault.code == "field_too_long" else fault.code
            yield CallerError(code, field=field, **values)
            return
