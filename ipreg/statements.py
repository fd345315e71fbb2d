"""From what people type, in a form or a row of a table, to what they state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ipreg import locarno
from ipreg.designform import Creator, DesignForm, faults_of, read_words
from ipreg.errors import CallerError
from ipreg.models import Disclosure, Industry, RightKind

Faults = dict[str, CallerError]
_OFFERED = 6  # classes that a word may mean
_SHARE = re.compile(r"\d{1,3}(\.\d{1,2})?")
_STAND_IN = date(2000, 1, 1)  # for a day at fault, so that the other fields are checked all the same


def read_form(values: Mapping[str, Any], now: datetime) -> tuple[DesignForm, Faults]:
    """The form that ``values`` (texts by field, ``creators`` as pairs of name and share) describe, and for every
    field at fault what is wrong. The form is only good where no field is."""
    faults: Faults = {}
    form = DesignForm(
        title=_text(values, "title"),
        industry=_industry(values, faults),
        creator=_text(values, "creator"),
        creators=_creators(values.get("creators") or [], faults),
        created_on=_day(values, "created_on", faults, needed=True) or _STAND_IN,
        description="\n".join(_text(values, "description").splitlines()),  # a line end of any program
        locarno_class=_locarno(values, faults),
        rights_wanted=_rights(values, faults),
        disclosure=_disclosure(values, faults),
        first_disclosed_on=_day(values, "first_disclosed_on", faults),
        keywords=read_words(_text(values, "keywords")),
        materials=read_words(_text(values, "materials")),
        colours=read_words(_text(values, "colours")),
        district=_text(values, "district"),
    )
    if values.get("sealed") not in (None, "", "yes"):
        faults["sealed"] = CallerError("choice_wrong", field="sealed")
    for fault in faults_of(form, now):
        faults.setdefault(fault.field or "", fault)
    return form, faults


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    return found.strip() if isinstance(found, str) else ""


def _industry(values: Mapping[str, Any], faults: Faults) -> Industry:
    given = _text(values, "industry")
    if given not in list(Industry):
        faults["industry"] = CallerError("choice_wrong", field="industry")
        return Industry.CLOTHING
    return Industry(given)


def _locarno(values: Mapping[str, Any], faults: Faults) -> str | None:
    """A class by its number, by the line of the list that people pick it from, or by goods of one class."""
    given = _text(values, "locarno_class")
    found = locarno.find(given)
    if given and found is None:
        several = "; ".join(one.line for one in locarno.search(given)[:_OFFERED])
        code = "locarno_several" if several else "locarno_unknown"
        faults["locarno_class"] = CallerError(code, field="locarno_class", classes=several)
    return found


def _rights(values: Mapping[str, Any], faults: Faults) -> tuple[RightKind, ...]:
    given = values.get("rights_wanted") or ()
    unknown = [one for one in given if one not in list(RightKind)]
    if unknown:
        faults["rights_wanted"] = CallerError("right_unknown", field="rights_wanted", name=unknown[0][:50])
    return tuple(RightKind(one) for one in given if one not in unknown)


def _disclosure(values: Mapping[str, Any], faults: Faults) -> Disclosure | None:
    given = _text(values, "disclosure")
    if not given:
        return None
    if given not in list(Disclosure):
        faults["disclosure"] = CallerError("choice_wrong", field="disclosure")
        return None
    return Disclosure(given)


def _day(values: Mapping[str, Any], name: str, faults: Faults, *, needed: bool = False) -> date | None:
    given = _text(values, name)
    if not given:
        if needed:
            faults[name] = CallerError("field_empty", field=name)
        return None
    plain = given.replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").rstrip("日")
    try:
        year, month, day = (int(part) for part in plain.split("-"))
        return date(year, month, day)
    except ValueError:
        faults[name] = CallerError("date_wrong", field=name)
        return None


def _creators(given: Sequence[Sequence[str]], faults: Faults) -> tuple[Creator, ...]:
    found = []
    for name, share in given:
        share = share.strip().rstrip("%％").strip()
        if not name.strip() and not share:
            continue
        if share and not _SHARE.fullmatch(share):
            faults["creator"] = CallerError("share_wrong", field="creator", share=share[:20])
            share = ""
        found.append(Creator(name.strip(), Decimal(share) if share else None))
    return tuple(found)
