"""An officer's desk: views of the queue, days away, drafts of reasons; captured evidence; the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from ipreg.api import deskshapes, reportshapes, shapes
from ipreg.client.part import Part


class Desk(Part):
    """Of ``Client``."""

    def saved_views(self) -> list[deskshapes.SavedView]:
        """Your saved views of the queue, by name."""
        return list(self._at.pages("/cases/views", deskshapes.SavedView))

    def save_view(self, name: str, **asked: Any) -> deskshapes.SavedView:
        """Keeps a view under a name; ``asked`` are the fields of ``CaseFilter``: tab, state, ..."""
        wish = deskshapes.NewSavedView(name=name, filter=shapes.CaseFilter(**asked))
        return self._at.post("/cases/views", deskshapes.SavedView, json=wish.model_dump(mode="json"))

    def forget_view(self, view_id: int) -> None:
        """Forgets a saved view."""
        self._at.delete(f"/cases/views/{view_id}")

    def absences(self) -> list[deskshapes.Absence]:
        """Your days away, in order."""
        return list(self._at.pages("/absences", deskshapes.Absence))

    def new_absence(self, deputy: int, from_on: date, until_on: date) -> deskshapes.Absence:
        """Days, both included, on which a deputy acts in your cases."""
        body = deskshapes.NewAbsence(deputy=deputy, from_on=from_on, until_on=until_on)
        return self._at.post("/absences", deskshapes.Absence, json=body.model_dump(mode="json"))

    def end_absence(self, absence_id: int) -> None:
        """Takes days away back."""
        self._at.delete(f"/absences/{absence_id}")

    def revoke_links(self, number: str) -> None:
        """No link of the case opens anything any more."""
        self._at.delete(f"/cases/{number}/links")

    def draft_reasons(self, number: str, outcome: shapes.CaseOutcome, language: Literal["zh", "en"] = "zh") -> str:
        """Reasons for a decision to begin with, with gaps."""
        asked = {"outcome": outcome, "language": language}
        return self._at.get(f"/cases/{number}/reasons", deskshapes.Reasons, asked).text

    def audit_trail(self, **asked: Any) -> Iterator[deskshapes.AuditRow]:
        """The audit trail, the newest first; ``asked`` are the fields of ``AuditAsked``: who, action, since, ..."""
        wanted = deskshapes.AuditAsked(**asked).model_dump(mode="json", exclude_unset=True)
        return self._at.pages("/audit", deskshapes.AuditRow, wanted)

    # --- Captured evidence

    def evidence(self, of: int | str) -> list[reportshapes.Evidence]:
        """The listings' pages as they were captured, of an alert (its id) or of a case (its number)."""
        return list(self._at.pages(f"{_place(of)}/evidence", reportshapes.Evidence))

    def evidence_file(self, of: int | str, capture_id: int, position: int) -> bytes:
        """A file of captured evidence."""
        return self._at.read(f"{_place(of)}/evidence/{capture_id}/files/{position}")


def _place(of: int | str) -> str:
    return f"/alerts/{of}" if isinstance(of, int) else f"/cases/{of}"
