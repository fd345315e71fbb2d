"""The texts of letters: an owner's own versions, their placeholders, and how a text is filled.

A placeholder is ``{name}`` in English or Chinese. A text is filled in one pass: braces in a listing's title stay
what they are. ``{{`` and ``}}`` stand for the braces themselves.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import Account, LegalLetterKind, LegalText
from ipreg.response.standard import standard
from ipreg.warning.owners import Owner, may_manage

N_ = str  # marks a text for extraction
LEAST, MOST = 40, 8000
PLACEHOLDERS: dict[str, tuple[str, str]] = {
    "holder": ("权利人", N_("The right holder's name")),
    "addressee": ("收件方", N_("To whom the letter goes")),
    "platform": ("平台", N_("The platform of the listings")),
    "seller": ("卖家", N_("The seller's name on the platform")),
    "design": ("设计名称", N_("The title of the filed design")),
    "filing": ("备案号", N_("The number of the filing")),
    "filed_at": ("备案时间", N_("When it was filed")),
    "rights": ("权利依据", N_("The rights relied on, with their numbers")),
    "listings": ("商品清单", N_("The listings, one a line")),
    "listing_count": ("商品数", N_("How many listings")),
    "measures": ("要求", N_("What is asked for, one a line")),
    "answer_by": ("答复期限", N_("The day by which an answer is asked for")),
    "date": ("日期", N_("The day of the letter")),
    "letter": ("函号", N_("The number of the letter")),
}
"""English name, Chinese name, and what it stands for."""
NEEDED: dict[LegalLetterKind, tuple[str, ...]] = {
    LegalLetterKind.WARNING: ("listings", "measures"),
    LegalLetterKind.NOTICE: ("listings", "measures", "rights"),
}
"""A text without these would say nothing."""
_NAMES = {chinese: name for name, (chinese, _) in PLACEHOLDERS.items()} | {name: name for name in PLACEHOLDERS}
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,60})\}|[{}]")


@dataclass(frozen=True)
class Texts:
    """What holds now: ``version`` 0 is the standard text."""

    zh: str
    en: str
    version: int


def owner_key(owner: Owner) -> str:
    """How an owner stands in ``LegalText.owner``."""
    if owner.organization_id is not None:
        return f"organization:{owner.organization_id}"
    return f"account:{owner.account_id}"


def texts_of(session: Session, owner: Owner, kind: LegalLetterKind, version: int | None = None) -> Texts:
    """The owner's newest or given version; the standard text where he has none."""
    mine = select(LegalText).where(LegalText.owner == owner_key(owner), LegalText.kind == kind)
    if version is not None:
        mine = mine.where(LegalText.version == version)
    found = session.scalar(mine.order_by(LegalText.version.desc()).limit(1))
    return Texts(found.text_zh, found.text_en, found.version) if found else Texts(*standard(kind), 0)


def versions_of(session: Session, owner: Owner, kind: LegalLetterKind) -> list[LegalText]:
    """All versions, the newest first."""
    wanted = select(LegalText).where(LegalText.owner == owner_key(owner), LegalText.kind == kind)
    return list(session.scalars(wanted.order_by(LegalText.version.desc()).limit(200)))


def save(
    session: Session,
    *,
    owner: Owner,
    kind: LegalLetterKind,
    account: Account,
    text_zh: str,
    text_en: str,
    seen: int,
    now: datetime,
) -> LegalText | None:
    """A new version; None where nothing changed. ``seen`` is the version that was edited.

    Raises ``CallerError`` with the field, ``ConflictError`` (``legal_text_changed``) where a colleague was faster.
    """
    if not may_manage(account, owner):
        raise PermissionDeniedError("viewer_only_sees")
    zh, en = (checked(kind, text, field) for text, field in ((text_zh, "text_zh"), (text_en, "text_en")))
    now_held = texts_of(session, owner, kind)
    if (zh, en) == (checked(kind, now_held.zh, ""), checked(kind, now_held.en, "")):
        return None
    if seen != now_held.version:
        raise ConflictError("legal_text_changed")
    key = owner_key(owner)
    last = session.scalar(select(func.max(LegalText.version)).where(LegalText.owner == key, LegalText.kind == kind))
    made = LegalText(
        owner=key,
        kind=kind,
        version=1 + (last or 0),
        text_zh=zh,
        text_en=en,
        account_id=account.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def checked(kind: LegalLetterKind, text: str, field: str) -> str:
    """The text with clean line ends; raises ``CallerError`` naming what is wrong in it."""
    clean = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not LEAST <= len(clean) <= MOST:
        raise CallerError("reason_length", field=field, least=LEAST, most=MOST)
    if any(ord(letter) < 32 and letter != "\n" for letter in clean):
        raise CallerError("field_control_characters", field=field)
    used = set()
    for found in _PIECE.finditer(clean):
        used.add(_name(found, clean, field))
    for name in NEEDED[kind]:
        if name not in used:
            raise CallerError(
                "placeholder_needed", field=field, name=f"{{{name}}}", chinese=f"{{{PLACEHOLDERS[name][0]}}}"
            )
    return clean


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its placeholders filled, for a text that was checked."""

    def put(found: re.Match[str]) -> str:
        piece = found.group(0)
        if piece in ("{{", "}}"):
            return piece[0]
        return values[_NAMES[(found.group(1) or "").strip()]]

    return _PIECE.sub(put, text)


def _name(found: re.Match[str], text: str, field: str) -> str | None:
    piece, line = found.group(0), text.count("\n", 0, found.start()) + 1
    if piece in ("{{", "}}"):
        return None
    if found.group(1) is None:
        raise CallerError("placeholder_brace", field=field, line=line)
    name = found.group(1).strip()
    if name in _NAMES:
        return _NAMES[name]
    near = difflib.get_close_matches(name, list(_NAMES), n=1, cutoff=0.4)
    code = "placeholder_unknown_near" if near else "placeholder_unknown"
    raise CallerError(code, field=field, name=f"{{{name}}}", line=line, near=f"{{{near[0]}}}" if near else "")
