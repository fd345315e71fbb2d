"""What is enclosed with a letter: the proof of the filing, both sides' pictures, captured pages, rights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ipreg import bundle, certificate
from ipreg.db import Clock
from ipreg.errors import MissingError
from ipreg.models import Alert, Capture, CaptureState, Filing, LegalLetter, Match
from ipreg.response.form import of_dict
from ipreg.response.steps import shelf_of
from ipreg.rights.records import records_of
from ipreg.runtime import Runtime
from ipreg.sightings.capture import captures_of
from ipreg.storage import Shelf, Store

N_ = str  # marks a text for extraction
MOST_BYTES = 60 * 2**20
"""All annexes together; what goes beyond is listed with its digest and not enclosed."""
CERTIFICATE, BUNDLE = N_("Certificate of the filing, signed"), N_("Proof bundle of the filing, checked offline")
FILED, SEEN = N_("Picture of the filed design"), N_("Picture of the listing")
CAPTURED, RIGHT, OWN = N_("Captured page of the listing"), N_("Paper of a right"), N_("Paper of the sender")
_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "application/pdf": ".pdf"}
_SUFFIXES = {"page": ".html"}
Found = tuple[str, str, str, bytes]
Wanted = tuple[str, str, str, Shelf, str]
"""What, name, media type, and the bytes or where they lie."""


@dataclass(frozen=True)
class Annex:
    """``data`` is None where it is listed and not enclosed."""

    what: str
    name: str
    media_type: str
    sha256: str
    size: int
    data: bytes | None

    def listed(self) -> dict[str, Any]:
        """How it stands in the facts."""
        return {
            "what": self.what,
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "enclosed": self.data is not None,
        }


def collect(runtime: Runtime, letter_id: int, *, clock: Clock) -> list[Annex]:
    """All annexes in their order. Call it with no transaction open: an authority may be asked.

    Raises ``ConflictError`` or ``UpstreamError`` as the certificate and the bundle do.
    """
    with runtime.sessions() as session:
        letter = session.get_one(LegalLetter, letter_id)
        form, filing_id = of_dict(letter.form), letter.filing_id
    proofs: list[Found] = []
    if form.proofs:
        paper = certificate.obtain(runtime, filing_id, clock=clock)
        whole = bundle.build(runtime, filing_id, with_applicant=True, clock=clock)
        proofs = [
            (CERTIFICATE, "certificate.pdf", "application/pdf", paper),
            (BUNDLE, "proof-bundle.zip", "application/zip", whole),
        ]
    with runtime.sessions() as session:
        letter = session.get_one(LegalLetter, letter_id)
        held = _held(session, runtime.store, letter)
        return list(_bounded([*proofs, *_kept(held)]))


def pictures(
    session: Session, store: Store, matches: Sequence[Match], wanted: Sequence[dict[str, Any]]
) -> dict[str, bytes]:
    """The JPEGs that the papers show, by the names in the facts' pairs."""
    found: dict[str, bytes] = {}
    for pair in wanted:
        one = matches[int(pair["left"].removeprefix("filed-").removesuffix(".jpg")) - 1]
        assert one.picture is not None
        with suppress(MissingError):  # one that is no longer kept is left out rather than the letter
            filed = store.shelf(one.filing.vault_key).thumbnail(one.view.sha256, 960)
            found |= {pair["left"]: filed, pair["right"]: store.thumbnail(one.picture.sha256, 960)}
    return found


def _kept(wanted: Iterator[Wanted]) -> Iterator[Found]:
    """The bytes of what is still kept."""
    for what, name, kind, shelf, digest in wanted:
        with suppress(MissingError):
            yield what, name, kind, shelf.get(digest)


def _held(session: Session, store: Store, letter: LegalLetter) -> Iterator[Wanted]:
    form, alert = of_dict(letter.form), letter.alert
    matches = [session.get_one(Match, match_id) for match_id in form.matches]
    yield from _both_sides(store, letter.filing, matches)
    if form.captures:
        yield from _captured(session, store, alert, matches)
    for serial, record in enumerate(records_of(session, letter.filing), 1):
        if record.document is not None:
            kind = record.document.media_type
            name = f"right-{serial:02d}{_EXTENSIONS.get(kind, '.bin')}"
            yield RIGHT, name, kind, store, record.document.sha256
    for file in letter.files:
        if file.role == "annex" and file.event_position == 0 and file.given_name:
            yield OWN, file.name, file.media_type, shelf_of(store, letter), file.sha256


def _both_sides(store: Store, filing: Filing, matches: Sequence[Match]) -> Iterator[Wanted]:
    shelf = store.shelf(filing.vault_key)
    for view in filing.views:
        kind = view.file.media_type
        yield FILED, f"filed-{view.position + 1:02d}{_EXTENSIONS.get(kind, '')}", kind, shelf, view.sha256
    for serial, one in enumerate(matches, 1):
        if one.picture is not None:
            kind = one.picture.file.media_type
            yield SEEN, f"listing-{serial:02d}{_EXTENSIONS.get(kind, '')}", kind, store, one.picture.sha256


def _captured(session: Session, store: Store, alert: Alert, matches: Sequence[Match]) -> Iterator[Wanted]:
    held = captures_of(session, alert)
    for serial, one in enumerate(matches, 1):
        work: Capture | None = held.get(one.listing_id or 0)
        if work is None or work.state is CaptureState.WAITING:
            continue
        for file in work.files:
            name = f"captured-{serial:02d}-{file.name}{_SUFFIXES.get(file.name, '')}"
            yield CAPTURED, name, file.media_type, store, file.sha256


def _bounded(found: Sequence[Found]) -> Iterator[Annex]:
    total, seen = 0, set[str]()
    for what, name, kind, data in found:
        digest = hashlib.sha256(data).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        enclosed = total + len(data) <= MOST_BYTES
        total += len(data) if enclosed else 0
        place = name if what == OWN else f"annex-{len(seen):02d}-{name}"
        yield Annex(what, place, kind, digest, len(data), data if enclosed else None)
