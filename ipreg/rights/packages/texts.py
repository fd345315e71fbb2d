"""What the applicant writes for the packages, and what is still missing before an office would take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from ipreg.errors import CallerError
from ipreg.models import Account, Filing, PackageText, ViewKind
from ipreg.plaintext import has_controls
from ipreg.rights.records import require_owner

N_ = str  # marks a text for extraction
LONG, SHORT = 2000, 200
SIX = (ViewKind.FRONT, ViewKind.BACK, ViewKind.LEFT, ViewKind.RIGHT, ViewKind.TOP, ViewKind.BOTTOM)


class PackageKind(StrEnum):
    PATENT = "patent"
    WORKS = "works"
    HAGUE = "hague"


class Omitted(StrEnum):
    """Why a view is left out; the brief description has to say it (专利审查指南 part I chapter 3, 4.3)."""

    SAME = "same"
    MIRRORED = "mirrored"
    UNSEEN = "unseen"


class WorkKind(StrEnum):
    """Kinds of work that designs fall under (Copyright Law, art. 3)."""

    FINE_ART = "fine_art"
    PHOTOGRAPH = "photograph"
    PRODUCT_DRAWING = "product_drawing"
    MODEL = "model"
    OTHER = "other"


class Belongs(StrEnum):
    """Whose the copyright is, as the registration form asks (权利归属方式)."""

    PERSON = "person"
    TOGETHER = "together"
    ORGANISATION = "organisation"
    EMPLOYED = "employed"
    ORDERED = "ordered"


@dataclass(frozen=True)
class Texts:
    """What the filing does not say and an office asks for; every field may be empty while it is not written yet."""

    product_name: str = ""
    product_use: str = ""
    essentials: str = ""
    best_view: ViewKind | None = None
    flat: bool = False
    colours_claimed: bool = False
    omitted: Mapping[ViewKind, Omitted] = field(default_factory=dict)
    work_kind: WorkKind = WorkKind.FINE_ART
    belongs: Belongs | None = None
    purpose: str = ""
    process: str = ""
    originality: str = ""
    made_in: str = ""
    published_in: str = ""
    name_en: str = ""
    description_en: str = ""


_LIMITS = {
    "product_name": SHORT, "product_use": LONG, "essentials": LONG, "purpose": LONG, "process": LONG,
    "originality": LONG, "made_in": SHORT, "published_in": SHORT, "name_en": SHORT, "description_en": LONG,
}  # fmt: skip


@dataclass(frozen=True)
class Lack:
    """Something that an office would ask for. ``needed``: without it the office refuses or asks back."""

    text: str
    views: tuple[ViewKind, ...] = ()
    needed: bool = True


def texts_of(session: Session, filing: Filing) -> Texts:
    """What was written so far; the filing's own words where nothing was."""
    kept = session.get(PackageText, filing.id)
    return _read(kept.texts if kept else {"product_name": filing.title, "made_in": filing.district})


def keep_texts(session: Session, *, filing: Filing, account: Account, texts: Texts, now: datetime) -> None:
    """Keeps what was written. Raises ``CallerError`` with the ``field`` that is too long."""
    require_owner(account, filing)
    for name, most in _LIMITS.items():
        value = getattr(texts, name)
        if len(value) > most:
            raise CallerError("field_too_long", field=name, most=most)
        if has_controls(value):
            raise CallerError("field_control_characters", field=name)
    kept = session.get(PackageText, filing.id)
    if kept is None:
        session.add(PackageText(filing_id=filing.id, texts=_stored(texts), changed_at=now))
    else:
        kept.texts, kept.changed_at = _stored(texts), now
    session.flush()


def lacks_of(filing: Filing, texts: Texts, kind: PackageKind) -> list[Lack]:
    """What is missing for this package, the views first."""
    find = {PackageKind.PATENT: _patent, PackageKind.WORKS: _works, PackageKind.HAGUE: _hague}[kind]
    return list(find(filing, texts))


def best_view(filing: Filing, texts: Texts) -> ViewKind:
    """The view that is published: the chosen one, else the perspective, else the front, else the first."""
    shown = [view.kind for view in filing.views]
    wanted = (texts.best_view, ViewKind.PERSPECTIVE, ViewKind.FRONT)
    return next((one for one in wanted if one is not None and one in shown), shown[0])


def _patent(filing: Filing, texts: Texts) -> Iterator[Lack]:
    shown = {view.kind for view in filing.views}
    wanted: Sequence[ViewKind] = (ViewKind.FRONT, ViewKind.BACK) if texts.flat else SIX
    absent = tuple(view for view in wanted if view not in shown and view not in texts.omitted)
    if absent:
        yield Lack(N_("Missing. Add them by an amendment, or say why they are left out."), absent)
    if not texts.flat and ViewKind.PERSPECTIVE not in shown:
        yield Lack(N_("A solid thing is usually shown in perspective too."), (ViewKind.PERSPECTIVE,))
    yield from _doubled(filing)
    if not texts.product_name:
        yield Lack(N_("Say what the product is called."))
    if not texts.product_use:
        yield Lack(N_("Say what the product is for."))
    if not texts.essentials:
        yield Lack(N_("Say what is essential: shape, pattern, colour, or which of them together, and where."))
    if not filing.locarno_class:
        yield Lack(N_("The filing names no Locarno class; the office will choose one."), needed=False)


def _doubled(filing: Filing) -> Iterator[Lack]:
    """Two fronts of one design can't be; those are designs of their own, or views in use."""
    kinds = [view.kind for view in filing.views]
    for view in (*SIX, ViewKind.PERSPECTIVE):
        if kinds.count(view) > 1:
            text = N_("There are several pictures of this view. Keep one for each design that you apply for.")
            yield Lack(text, (view,), needed=view is not ViewKind.PERSPECTIVE)


def _works(filing: Filing, texts: Texts) -> Iterator[Lack]:
    for value, text in (
        (texts.purpose, N_("Say why the work was made.")),
        (texts.process, N_("Say how it was made, from idea to finished work, and with which tools.")),
        (texts.originality, N_("Say what in it is your own choice and expression.")),
        (texts.belongs, N_("Say whose the copyright is.")),
        (texts.made_in, N_("Say in which city it was finished.")),
    ):
        if not value:
            yield Lack(text)
    if filing.first_disclosed_on is not None and not texts.published_in:
        yield Lack(N_("Say where it was first published."))


def _hague(filing: Filing, texts: Texts) -> Iterator[Lack]:
    if not texts.name_en:
        yield Lack(N_("Give the product's name in English."))
    if not filing.locarno_class:
        yield Lack(N_("The filing names no Locarno class; the application needs one."))
    if len({view.kind for view in filing.views} & {*SIX, ViewKind.PERSPECTIVE}) < 2:
        yield Lack(N_("One view alone is often refused abroad; show it from several sides."), needed=False)
    if not texts.description_en:
        text = N_("Some countries need a description, among them China, Romania and Viet Nam.")
        yield Lack(text, needed=False)


def _stored(texts: Texts) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(texts, name).strip() for name in _LIMITS}
    values["best_view"] = texts.best_view
    values["omitted"] = {str(view): str(why) for view, why in texts.omitted.items()}
    values |= {"flat": texts.flat, "colours_claimed": texts.colours_claimed}
    values |= {"work_kind": str(texts.work_kind), "belongs": texts.belongs}
    return values


def _read(kept: Mapping[str, Any]) -> Texts:
    return Texts(
        **{name: str(kept.get(name, "")) for name in _LIMITS},
        best_view=ViewKind(kept["best_view"]) if kept.get("best_view") else None,
        flat=bool(kept.get("flat")),
        colours_claimed=bool(kept.get("colours_claimed")),
        omitted={ViewKind(view): Omitted(why) for view, why in kept.get("omitted", {}).items()},
        work_kind=WorkKind(kept.get("work_kind", WorkKind.FINE_ART)),
        belongs=Belongs(kept["belongs"]) if kept.get("belongs") else None,
    )
