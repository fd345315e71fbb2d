"""What a program can do at the registry, one method an operation of the API."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Literal

import httpx

from ipreg.api import shapes
from ipreg.client.casework import Casework
from ipreg.client.desk import Desk
from ipreg.client.drafting import Drafting
from ipreg.client.faults import ApiMissingError
from ipreg.client.files import File, parts, read
from ipreg.client.keeping import Keeping
from ipreg.client.legal import LegalLetters
from ipreg.client.market import Market
from ipreg.client.rights import Rights
from ipreg.client.transport import Sleep, Transport
from ipreg.client.watching import Watching


class Client(Casework, Desk, Drafting, Keeping, LegalLetters, Market, Rights, Watching):
    """``Client("https://registry.example", "ipreg-pat-...")``; without a token only what is public.

    Use it in a ``with`` block, or ``close`` it. Errors are ``ApiError`` and its kinds, and ``ApiUnreachableError``.
    Lists are iterators that ask for the next page when it is needed. ``language`` is that of texts: zh or en.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        *,
        language: Literal["zh", "en"] = "en",
        timeout: float = 60.0,
        tries: int = 5,
        sleep: Sleep = time.sleep,
    ) -> None:
        headers = {"Accept-Language": language, "User-Agent": "ipreg.client/1"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._sleep = sleep
        http = httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=timeout)
        self._at = Transport(http, tries=tries, sleep=sleep)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._at.close()

    def whoami(self) -> shapes.Whoami:
        """Whose token it is, and what it may be used for."""
        return self._at.get("/me", shapes.Whoami)

    # --- Filings

    def filings(
        self,
        q: str = "",
        *,
        industry: shapes.Industry | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Iterator[shapes.FilingBrief]:
        """Your designs, the newest first."""
        asked = {"q": q, "industry": industry, "since": since, "until": until}
        return self._at.pages("/filings", shapes.FilingBrief, asked)

    def filing(self, number: str) -> shapes.Filing:
        """One filing."""
        return self._at.get(f"/filings/{number}", shapes.Filing)

    def versions(self, number: str) -> list[shapes.FilingVersion]:
        """All versions of a filing, the first first."""
        return self._at.get(f"/filings/{number}/versions", shapes.FilingVersions).items

    def file_design(
        self,
        form: shapes.FilingForm,
        pictures: Sequence[File],
        design_files: Sequence[File] = (),
        *,
        key: str | None = None,
    ) -> shapes.Filing:
        """Files a design; ``form.views`` says which view each of the ``pictures`` shows.

        With a ``key`` of your own (an order number, say) it is filed once, however often your program is started.
        """
        return self._at.post("/filings", shapes.Filing, key, files=_parts(form, pictures, design_files))

    def amend(
        self,
        number: str,
        form: shapes.Amendment,
        pictures: Sequence[File] = (),
        design_files: Sequence[File] = (),
        *,
        key: str | None = None,
    ) -> shapes.Filing:
        """Files the next version. ``ApiConflictError`` where another was filed since ``form.seen_version``."""
        parts = _parts(form, pictures, design_files)
        return self._at.post(f"/filings/{number}/versions", shapes.Filing, key, files=parts)

    def certificate(self, number: str, *, version: int | None = None) -> bytes:
        """The certificate, a PDF."""
        return self._at.read(f"/filings/{number}/certificate", {"version": version})

    def bundle(self, number: str, *, version: int | None = None) -> bytes:
        """The evidence bundle, a ZIP: the originals, and all that proves them."""
        return self._at.read(f"/filings/{number}/bundle", {"version": version})

    def picture(self, number: str, position: int) -> bytes:
        """The original of a picture of the newest version."""
        return self._at.read(f"/filings/{number}/views/{position}")

    def version_picture(self, number: str, version: int, position: int) -> bytes:
        """The original of a picture of any version."""
        return self._at.read(f"/filings/{number}/versions/{version}/views/{position}")

    def design_file(self, number: str, position: int) -> bytes:
        """A file of the design that shows no view."""
        return self._at.read(f"/filings/{number}/files/{position}")

    # --- Verification, without a token

    def verify(self, number: str, file: File | None = None, *, version: int | None = None) -> shapes.Record:
        """The public record of a filing; with a file, whether it is part of it. The file itself is not sent."""
        digest = _digest(file) if file is not None else None
        return self._at.get(f"/verify/{number}", shapes.Record, {"digest": digest, "version": version})

    def find_file(self, file: File) -> shapes.Record | None:
        """The earliest filing that holds this very file, or None. The file itself is not sent."""
        try:
            return self._at.get("/verify", shapes.Record, {"digest": _digest(file)})
        except ApiMissingError:
            return None

    def log(self) -> shapes.LogState:
        """Where the transparency log stands."""
        return self._at.get("/log", shapes.LogState)

    # --- Matches

    def matches(
        self, *, filing: str = "", kind: shapes.MatchKind | None = None, least: float | None = None
    ) -> Iterator[shapes.Match]:
        """What looks like your designs, the newest first; ``kind``: what was recognised."""
        return self._at.pages("/matches", shapes.Match, {"filing": filing, "kind": kind, "least": least})

    # --- Alerts

    def alerts(self, **asked: Any) -> Iterator[shapes.AlertBrief]:
        """Your alerts, the gravest first; ``asked`` are the fields of ``AlertsAsked``: state, design, since, ..."""
        wanted = shapes.AlertsAsked(**asked).model_dump(mode="json", exclude_unset=True)
        return self._at.pages("/alerts", shapes.AlertBrief, wanted)

    def alert(self, alert_id: int) -> shapes.Alert:
        """One alert with its evidence and history."""
        return self._at.get(f"/alerts/{alert_id}", shapes.Alert)

    def colleagues(self) -> list[shapes.Person]:
        """To whom alerts can be assigned."""
        return list(self._at.pages("/alerts/colleagues", shapes.Person))

    def confirm(self, alert: shapes.AlertBrief, *, note: str = "", to_regulator: bool = True) -> shapes.Alert:
        """It is a copy. Raises ``ApiConflictError`` where somebody was faster than you, as all that follow do."""
        body = shapes.Confirm(row_version=alert.row_version, note=note, to_regulator=to_regulator)
        return self._act(alert, "confirm", body)

    def dismiss(self, alert: shapes.AlertBrief, reason: shapes.DismissReason, *, note: str = "") -> shapes.Alert:
        """It is none, or none to act on."""
        return self._act(alert, "dismiss", shapes.Dismiss(row_version=alert.row_version, reason=reason, note=note))

    def reopen(self, alert: shapes.AlertBrief) -> shapes.Alert:
        """Takes the decision back."""
        return self._act(alert, "reopen", shapes.Seen(row_version=alert.row_version))

    def snooze(self, alert: shapes.AlertBrief, until: datetime) -> shapes.Alert:
        """Out of the inbox until then."""
        return self._act(alert, "snooze", shapes.Snooze(row_version=alert.row_version, until=until))

    def wake(self, alert: shapes.AlertBrief) -> shapes.Alert:
        """Back into the inbox."""
        return self._act(alert, "wake", shapes.Seen(row_version=alert.row_version))

    def assign(self, alert: shapes.AlertBrief, account: int | None) -> shapes.Alert:
        """To a colleague's account, or to nobody."""
        return self._act(alert, "assign", shapes.Assign(row_version=alert.row_version, account=account))

    def comment(self, alert: shapes.AlertBrief, text: str) -> shapes.Alert:
        """A remark for those who see the alert."""
        return self._act(alert, "comment", shapes.Comment(text=text))

    def hand_over(self, alert: shapes.AlertBrief, *, note: str = "") -> shapes.Alert:
        """A confirmed alert goes to the regulator."""
        return self._act(alert, "hand-over", shapes.HandOver(note=note))

    def leave_out(self, alert: shapes.AlertBrief, match_id: int) -> shapes.Alert:
        """One listing is no copy, while the alert's others are."""
        return self._act(alert, f"listings/{match_id}/leave-out", shapes.Seen(row_version=alert.row_version))

    def take_in(self, alert: shapes.AlertBrief, match_id: int) -> shapes.Alert:
        """It is one of the alert's listings again."""
        return self._act(alert, f"listings/{match_id}/take-in", shapes.Seen(row_version=alert.row_version))

    def undo(self, alert: shapes.Alert) -> int:
        """Takes your last act on it back, where ``alert.undo`` says that this can be; how many alerts it was on."""
        return self._at.post(f"/alerts/actions/{alert.undo}/undo", shapes.Undone).alerts

    def bulk(self, body: shapes.Bulk) -> shapes.BulkResult:
        """The same for many alerts, with a result for each."""
        return self._at.post("/alerts/bulk", shapes.BulkResult, json=body.model_dump(mode="json"))

    def _act(self, alert: shapes.AlertBrief, what: str, body: shapes.Asked) -> shapes.Alert:
        return self._at.post(f"/alerts/{alert.id}/{what}", shapes.Alert, json=body.model_dump(mode="json"))

    # --- Cases and figures

    def cases(self, **asked: Any) -> Iterator[shapes.CaseBrief]:
        """Cases that you see, the most urgent first; ``asked`` are the fields of ``CasesAsked``: tab, state, ..."""
        wanted = shapes.CasesAsked(**asked).model_dump(mode="json", exclude_unset=True)
        return self._at.pages("/cases", shapes.CaseBrief, wanted)

    def case(self, number: str) -> shapes.Case:
        """One case, with the steps you may take."""
        return self._at.get(f"/cases/{number}", shapes.Case)

    def take_step(
        self, case: shapes.CaseBrief, action: str, *, documents: Sequence[File] = (), **brings: Any
    ) -> shapes.Case:
        """Takes one of ``Case.steps``; ``brings`` are the fields of ``Step``: reason, outcome, officer, ..."""
        body = shapes.Step(row_version=case.row_version, **brings)
        form = parts("step", body, {"documents": documents})
        return self._at.post(f"/cases/{case.number}/steps/{action}", shapes.Case, files=form)

    def statistics(self, year: int | None = None, **asked: Any) -> shapes.Figures:
        """The figures of a year, exact; for officials. ``asked``: industry, district, platform."""
        return self._at.get("/statistics", shapes.Figures, {"year": year, **asked})

    def public_figures(self, year: int | None = None) -> shapes.Figures:
        """The figures of a year as they are public."""
        return self._at.get("/figures", shapes.Figures, {"year": year})


def _parts(
    form: shapes.Stated, pictures: Sequence[File], design_files: Sequence[File]
) -> list[tuple[str, tuple[Any, ...]]]:
    return parts("filing", form, {"pictures": pictures, "design_files": design_files})


def _digest(file: File) -> str:
    return hashlib.sha256(read(file)[1]).hexdigest()
