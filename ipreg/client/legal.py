"""Letters to sellers and platforms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ipreg.api import lettershapes, shapes
from ipreg.client.files import File, parts
from ipreg.client.part import Part


class LegalLetters(Part):
    """Of ``Client``."""

    def letters(self, **asked: Any) -> Iterator[lettershapes.LetterBrief]:
        """Your letters, those with the nearest day first; ``asked``: ``state``, ``kind``."""
        return self._at.pages("/letters", lettershapes.LetterBrief, asked)

    def letter(self, number: str) -> lettershapes.LegalLetter:
        """One letter."""
        return self._at.get(f"/letters/{number}", lettershapes.LegalLetter)

    def new_letter(
        self, alert_id: int, form: lettershapes.NewLetter, files: Sequence[File] = (), *, key: str | None = None
    ) -> lettershapes.LegalLetter:
        """Draws a letter up from an alert, with annexes."""
        sent = parts("letter", form, {"files": files})
        return self._at.post(f"/alerts/{alert_id}/letters", lettershapes.LegalLetter, key, files=sent)

    def make_letter(self, number: str) -> lettershapes.LegalLetter:
        """Makes the papers, where that could not be done at first."""
        return self._at.post(f"/letters/{number}/make", lettershapes.LegalLetter)

    def mail_letter(self, letter: lettershapes.LetterBrief, email: str) -> lettershapes.LegalLetter:
        """Sends it by e-mail, with its annexes."""
        body = lettershapes.MailLetter(email=email, row_version=letter.row_version).model_dump(mode="json")
        return self._at.post(f"/letters/{letter.number}/mail", lettershapes.LegalLetter, json=body)

    def letter_step(
        self, letter: lettershapes.LetterBrief, action: str, files: Sequence[File] = (), **said: Any
    ) -> lettershapes.LegalLetter:
        """Writes down one of ``LegalLetter.steps``; ``said`` are the fields of ``LetterStep``: on, way, ..."""
        body = lettershapes.LetterStep(row_version=letter.row_version, **said)
        sent = parts("step", body, {"files": files})
        return self._at.post(f"/letters/{letter.number}/steps/{action}", lettershapes.LegalLetter, files=sent)

    def hand_letter_over(self, number: str) -> shapes.Case:
        """Its alert goes to the regulator, with all its letters."""
        return self._at.post(f"/letters/{number}/hand-over", shapes.Case)

    def letter_file(self, number: str, position: int) -> bytes:
        """A file of a letter."""
        return self._at.read(f"/letters/{number}/files/{position}")

    def letter_texts(
        self, kind: lettershapes.LetterKind, *, version: int | None = None
    ) -> lettershapes.LetterTexts:
        """Your texts of a kind of letter, or an earlier version of them."""
        return self._at.get(f"/letter-texts/{kind}", lettershapes.LetterTexts, {"version": version})

    def write_letter_texts(self, seen: lettershapes.LetterTexts, zh: str, en: str) -> lettershapes.LetterTexts:
        """Writes them anew. ``ApiConflictError`` where a colleague was faster than ``seen``."""
        body = lettershapes.NewLetterTexts(text_zh=zh, text_en=en, seen_version=seen.version)
        return self._at.put(f"/letter-texts/{seen.kind}", lettershapes.LetterTexts, body)

    def letter_zip(self, number: str) -> bytes:
        """Everything to hand in, a ZIP."""
        return self._at.read(f"/letters/{number}/zip")
