"""What filings become at the offices: rights, their clocks, packages for an application."""

from __future__ import annotations

from typing import Any

from ipreg.api import rightshapes
from ipreg.client.files import File, parts
from ipreg.client.part import Part


class Rights(Part):
    """Of ``Client``."""

    def rights(self, number: str) -> rightshapes.Rights:
        """The clocks of a filing, the most urgent first, and its recorded rights."""
        return self._at.get(f"/filings/{number}/rights", rightshapes.Rights)

    def record_right(
        self, filing: str, paper: File | None = None, *, key: str | None = None, **stated: Any
    ) -> rightshapes.RightRecord:
        """Records a right or an application; ``stated`` are the fields of ``NewRight``: kind, number, ..."""
        sent = parts("right", rightshapes.NewRight(**stated), {"paper": [] if paper is None else [paper]})
        return self._at.post(f"/filings/{filing}/rights", rightshapes.RightRecord, key, files=sent)

    def retract_right(self, number: str, record_id: int) -> rightshapes.Rights:
        """Takes a wrong record back; both stay in the log."""
        return self._at.post(f"/filings/{number}/rights/{record_id}/retract", rightshapes.Rights)

    def right_paper(self, number: str, record_id: int) -> bytes:
        """The paper that was shown with a record."""
        return self._at.read(f"/filings/{number}/rights/{record_id}/paper")

    def rights_calendar(self, number: str) -> bytes:
        """The clocks as a calendar file (RFC 5545)."""
        return self._at.read(f"/filings/{number}/calendar")

    def set_reminders(self, *, wanted: bool) -> None:
        """Whether you are reminded before clocks of your designs end."""
        self._at.put("/reminders", rightshapes.RemindersSet, rightshapes.Reminders(wanted=wanted))

    def package_texts(self, number: str) -> rightshapes.WrittenTexts:
        """What was written for the packages."""
        return self._at.get(f"/filings/{number}/package-texts", rightshapes.WrittenTexts)

    def write_package_texts(self, number: str, written: rightshapes.PackageTexts) -> rightshapes.WrittenTexts:
        """Writes the texts of all packages anew."""
        return self._at.put(f"/filings/{number}/package-texts", rightshapes.WrittenTexts, written)

    def package(self, number: str, kind: rightshapes.PackageKind) -> rightshapes.Package:
        """How far a package is, and what is missing."""
        return self._at.get(f"/filings/{number}/packages/{kind}", rightshapes.Package)

    def package_zip(self, number: str, kind: rightshapes.PackageKind) -> bytes:
        """A package for an office, a ZIP, as far as it is."""
        return self._at.read(f"/filings/{number}/packages/{kind}/zip")
