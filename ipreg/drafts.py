"""Drafts: a filing is entered step by step, saved as it is, and filed once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, filekinds, registry
from ipreg.config import Config
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Account, Draft, DraftFile, Filing, VaultKey, ViewKind
from ipreg.registry import Attached, Picture
from ipreg.statements import read_form
from ipreg.storage import Shelf, Store
from similarity.image import PictureError, decode

MOST = 50
"""So many open drafts an account has at most; the list of them needs no pages."""
_BEIJING = timezone(timedelta(hours=8))
_LONGEST = 20_000
# What people call their files, in the languages they come in.
_GUESSES = {
    ViewKind.FRONT: r"front|正面|主视|前",
    ViewKind.BACK: r"back|rear|背面|后视|反面",
    ViewKind.LEFT: r"left|左",
    ViewKind.RIGHT: r"right|右",
    ViewKind.TOP: r"\btop\b|俯视|顶",
    ViewKind.BOTTOM: r"bottom|仰视|底",
    ViewKind.PERSPECTIVE: r"perspective|3d|立体",
    ViewKind.IN_USE: r"in.?use|worn|使用|模特|上身",
    ViewKind.DETAIL: r"detail|close|局部|细节",
}
_WORKING_FILES = frozenset({"application/pdf", "image/svg+xml", "image/vnd.adobe.photoshop", filekinds.ILLUSTRATOR})


def start(session: Session, *, account: Account, now: datetime) -> Draft:
    """An empty draft: the one that is there still, or a new one. Raises ``CallerError`` (``drafts_too_many``)."""
    access.require_filer(account)
    known = open_drafts(session, account=account)
    for one in known:
        if not one.values and not one.files:
            return one
    if len(known) >= MOST:
        raise CallerError("drafts_too_many", most=MOST)
    made = Draft(
        account=account, values={}, revision=0, request_key=secrets.token_hex(16), created_at=now, updated_at=now
    )
    session.add(made)
    session.flush()
    return made


def open_drafts(session: Session, *, account: Account) -> list[Draft]:
    """Those not filed yet, the last touched first."""
    wanted = select(Draft).where(Draft.account_id == account.id, Draft.filing_id.is_(None))
    return list(session.scalars(wanted.order_by(Draft.updated_at.desc(), Draft.id.desc())))


def begun(session: Session, *, account: Account) -> list[Draft]:
    """Of the open drafts those that hold anything."""
    return [one for one in open_drafts(session, account=account) if one.values or one.files]


def get(session: Session, *, draft_id: int, account: Account) -> Draft:
    """The account's draft, filed or not; ``MissingError`` otherwise."""
    found = session.get(Draft, draft_id)
    if found is None or found.account_id != account.id:
        raise MissingError("draft_missing")
    return found


def save(session: Session, *, draft: Draft, values: Mapping[str, Any], revision: int, now: datetime) -> None:
    """Keeps fields as they were typed. Raises ``ConflictError`` (``changed_meanwhile``) where another tab has
    changed one of them since ``revision``."""
    _require_open(draft)
    changed = {name: value for name, value in values.items() if draft.values.get(name, type(value)()) != value}
    if not changed:
        return
    if revision != draft.revision:
        raise ConflictError("changed_meanwhile")
    if any(len(str(value)) > _LONGEST for value in changed.values()):
        raise CallerError("field_too_long", field=next(iter(changed)), most=_LONGEST)
    draft.values = {**draft.values, **changed}
    draft.revision += 1
    draft.updated_at = now
    session.flush()


@dataclass(frozen=True)
class Looked:
    """A file that was looked at: its bytes, its media type, and whether it can be shown."""

    data: bytes
    media_type: str
    shown: bool


def look(config: Config, data: bytes) -> Looked:
    """Looks at a file before it is taken in; this may take a second and needs no transaction.

    Raises ``CallerError`` with the codes of ``PictureError`` and ``filekinds.kind_of``. A broken picture is told as
    such, and not as an unknown kind.
    """
    filekinds.refuse_harmful(data)
    try:
        decode(data, side=640, max_bytes=config.max_file_bytes, max_pixels=config.max_pixels)
    except PictureError as fault:
        if fault.code in ("picture_empty", "picture_too_large", "picture_broken", "picture_too_many_pixels"):
            raise CallerError(fault.code, field="pictures", **fault.values) from fault
        return Looked(data, filekinds.kind_of(data), False)
    return Looked(data, filekinds.kind_of(data), True)


def key_for(store: Store, draft: Draft | None, now: datetime) -> tuple[VaultKey, Shelf]:
    """The key of the draft's shelf and the shelf itself, or a new one, to put files there before ``add_file``."""
    key = (draft.vault_key if draft is not None else None) or store.key_ahead(now=now)
    return key, store.sealed_shelf(key)


def add_file(
    session: Session,
    store: Store,
    config: Config,
    *,
    draft: Draft,
    filename: str,
    looked: Looked,
    key: VaultKey | None = None,
    now: datetime,
) -> DraftFile:
    """Takes one file in, as the view that its name speaks of, or as a design file. The same file again is the same.

    ``key`` is what ``key_for`` gave, where the file lies on that shelf already.

    Raises ``CallerError`` (``pictures_too_many``, ``design_files_too_many``).
    """
    _require_open(draft)
    if draft.vault_key is None:
        draft.vault_key = key or store.new_key(session, now=now)
    digest = shelf_of(store, draft).put(looked.data)
    known = next((one for one in draft.files if one.sha256 == digest), None)
    if known is not None:
        return known
    made = DraftFile(
        position=max((one.position for one in draft.files), default=-1) + 1,
        kind=_guess(draft, filename) if looked.shown and not _is_working_file(draft, looked) else None,
        filename=registry.base_name(filename),
        sha256=digest,
        size=len(looked.data),
        media_type=looked.media_type,
        shown=looked.shown,
    )
    _require_room(config, [*draft.files, made])
    draft.files.append(made)
    draft.updated_at = now
    session.flush()
    return made


def arrange(
    session: Session, config: Config, *, draft: Draft, order: Sequence[int], kinds: Mapping[int, str], now: datetime
) -> None:
    """Puts the files in order (ids; those not named follow) and says which view each shows ("" for none)."""
    _require_open(draft)
    places = {file_id: place for place, file_id in enumerate(order)}
    for place, file in enumerate(sorted(draft.files, key=lambda one: (places.get(one.id, 999), one.position))):
        file.position = place
        asked = kinds.get(file.id)
        if asked is not None:
            file.kind = ViewKind(asked) if file.shown and asked in list(ViewKind) else None
    _require_room(config, draft.files)
    draft.updated_at = now
    session.flush()
    session.expire(draft, ["files"])


def move(session: Session, *, draft: Draft, file_id: int, by: int, now: datetime) -> None:
    """One place up (-1) or down (1)."""
    _require_open(draft)
    files = list(draft.files)
    at = next((place for place, one in enumerate(files) if one.id == file_id), None)
    if at is not None and 0 <= at + by < len(files):
        files[at], files[at + by] = files[at + by], files[at]
    for place, one in enumerate(files):
        one.position = place
    draft.updated_at = now
    session.flush()
    session.expire(draft, ["files"])


def remove_file(session: Session, *, draft: Draft, file_id: int, now: datetime) -> None:
    """Takes one file out again. Its bytes go with the draft."""
    _require_open(draft)
    draft.files = [one for one in draft.files if one.id != file_id]
    draft.updated_at = now
    session.flush()


def discard(session: Session, *, draft: Draft, now: datetime) -> None:
    """The draft is gone, and the key of its files; a job takes them away (``ipreg.sealing.sweep``)."""
    _require_open(draft)
    _end_key(draft, now)
    session.delete(draft)
    session.flush()


def _end_key(draft: Draft, now: datetime) -> None:
    if draft.vault_key is not None:
        draft.vault_key.ended_at, draft.vault_key = now, None


def faults(draft: Draft, now: datetime) -> dict[str, CallerError]:
    """What keeps the draft from being filed, by field; empty where nothing does."""
    found = read_form(draft.values, now)[1]
    if not draft.values.get("disclosure"):
        found["disclosure"] = CallerError("choice_wrong", field="disclosure")
    try:
        opening_of(draft.values, now)
    except CallerError as fault:
        found["opens_on"] = fault
    if not any(one.kind for one in draft.files):
        found["pictures"] = CallerError("pictures_none", field="pictures")
    return found


def opening_of(values: Mapping[str, Any], now: datetime) -> datetime | None:
    """When a sealed filing opens: the beginning of that day in China. Raises ``CallerError`` (``opens_on``)."""
    given, sealed = values.get("opens_on") or "", bool(values.get("sealed"))
    if not given or not sealed:
        return None
    try:
        at = datetime.combine(date.fromisoformat(given), time(), _BEIJING)
    except ValueError as fault:
        raise CallerError("date_wrong", field="opens_on") from fault
    return registry.checked_opening(at, sealed=sealed, now=now)


def file_draft(
    session: Session,
    store: Store,
    config: Config,
    *,
    draft: Draft,
    sealed_ahead: VaultKey | None = None,
    now: datetime,
) -> Filing:
    """Files it; twice is once. ``sealed_ahead`` is what ``putting`` gave. Raises the first of ``faults``."""
    if draft.filing is not None:
        return draft.filing
    for fault in faults(draft, now).values():
        raise fault
    shelf = shelf_of(store, draft)
    filing = registry.register_design(
        session,
        store,
        applicant=draft.account,
        form=read_form(draft.values, now)[0],
        pictures=[Picture(one.kind, one.filename, shelf.get(one.sha256)) for one in draft.files if one.kind],
        design_files=[Attached(one.filename, shelf.get(one.sha256)) for one in draft.files if not one.kind],
        request_key=draft.request_key,
        max_views=config.max_views,
        sealed=bool(draft.values.get("sealed")),
        sealed_ahead=sealed_ahead,
        opens_at=opening_of(draft.values, now),
        now=now,
    )
    draft.filing, draft.values, draft.files = filing, {}, []
    _end_key(draft, now)
    session.flush()
    return filing


def putting(store: Store, draft: Draft, now: datetime) -> Callable[[], VaultKey | None]:
    """What brings the draft's files to where they will lie when it is filed, and gives a sealed shelf's key.

    To be called outside of any transaction: a store may be slow. Nothing is done for a filed or faulty draft.
    """
    if draft.filing is not None or faults(draft, now):
        return lambda: None
    shelf, digests = shelf_of(store, draft), [one.sha256 for one in draft.files]
    sealed = bool(draft.values.get("sealed"))

    def put() -> VaultKey | None:
        contents = (shelf.get(one) for one in digests)
        if sealed:
            return store.seal_ahead(contents, now=now)
        store.put_ahead(contents)
        return None

    return put


def shelf_of(store: Store, draft: Draft) -> Shelf:
    """Where the draft's files lie: encrypted and apart from what is filed, so that what is discarded is gone."""
    if draft.vault_key is None:
        raise MissingError("draft_missing")
    return store.sealed_shelf(draft.vault_key)


def _require_open(draft: Draft) -> None:
    if draft.filing_id is not None:
        raise ConflictError("draft_filed")


def _require_room(config: Config, files: Sequence[DraftFile]) -> None:
    views = sum(1 for one in files if one.kind)
    if views > config.max_views:
        raise CallerError("pictures_too_many", field="pictures", most=config.max_views)
    if len(files) - views > registry.MAX_DESIGN_FILES:
        raise CallerError("design_files_too_many", field="pictures", most=registry.MAX_DESIGN_FILES)


def _is_working_file(draft: Draft, looked: Looked) -> bool:
    """Drawings and layered files are the work behind the pictures, where there are pictures."""
    return looked.media_type in _WORKING_FILES and any(one.kind for one in draft.files)


def _guess(draft: Draft, filename: str) -> ViewKind:
    """The view that the name speaks of, or the next that is missing."""
    taken = {one.kind for one in draft.files}
    named = (kind for kind, pattern in _GUESSES.items() if re.search(pattern, filename, re.IGNORECASE))
    free = (kind for kind in ViewKind if kind not in taken)
    return next(named, None) or next(free, ViewKind.DETAIL)
