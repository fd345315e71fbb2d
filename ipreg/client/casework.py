"""Work on a case: what is handed in, papers, notes, tasks, complaints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ipreg.api import partyshapes, shapes
from ipreg.client.files import File, parts
from ipreg.client.part import Part


class Casework(Part):
    """Of ``Client``."""

    def submissions(self, number: str) -> list[partyshapes.Submission]:
        """What was handed in, as far as it is for you."""
        return list(self._at.pages(f"/cases/{number}/submissions", partyshapes.Submission))

    def hand_in(
        self, number: str, form: partyshapes.NewSubmission, files: Sequence[File] = (), *, key: str | None = None
    ) -> partyshapes.Submission:
        """Hands a statement in, with evidence; the answer is the receipt."""
        sent = parts("submission", form, {"files": files})
        return self._at.post(f"/cases/{number}/submissions", partyshapes.Submission, key, files=sent)

    def submission_file(self, number: str, serial: int, position: int) -> bytes:
        """A file that was handed in; position 0 is the text."""
        return self._at.read(f"/cases/{number}/submissions/{serial}/files/{position}")

    def papers(self, number: str) -> list[partyshapes.CasePaper]:
        """The papers that were issued, as far as they are for you."""
        return list(self._at.pages(f"/cases/{number}/papers", partyshapes.CasePaper))

    def paper(self, number: str, paper_id: int) -> bytes:
        """A paper, a PDF. A party that reads it for the first time has been served with it."""
        return self._at.read(f"/cases/{number}/papers/{paper_id}")

    def case_document(self, number: str, position: int, which: int) -> bytes:
        """A document of a step; for officials."""
        return self._at.read(f"/cases/{number}/documents/{position}/{which}")

    def case_bundle(self, number: str) -> bytes:
        """The whole case, a ZIP, as far as it is for you, with its proofs."""
        return self._at.read(f"/cases/{number}/bundle")

    def issue_notice(self, number: str, form: partyshapes.NewNotice) -> partyshapes.RespondentLink:
        """Issues the notice where the case is ready for it, and a one-time link for the other side."""
        body = form.model_dump(mode="json")
        return self._at.post(f"/cases/{number}/notice", partyshapes.RespondentLink, json=body)

    def open_for_case(self, number: str, *, filing: str, reason: str) -> shapes.Case:
        """An officer looks into a sealed filing of his case."""
        body = partyshapes.OpenSealed(filing=filing, reason=reason).model_dump(mode="json")
        return self._at.post(f"/cases/{number}/sealed", shapes.Case, json=body)

    def notes(self, number: str) -> list[partyshapes.CaseNote]:
        """The notes that are for you, the oldest first."""
        return list(self._at.pages(f"/cases/{number}/notes", partyshapes.CaseNote))

    def add_note(self, number: str, text: str, **more: Any) -> partyshapes.CaseNote:
        """A remark; ``more``: ``shared``, or ``side``."""
        body = partyshapes.NewCaseNote(text=text, **more).model_dump(mode="json")
        return self._at.post(f"/cases/{number}/notes", partyshapes.CaseNote, json=body)

    def tasks(self, number: str) -> list[partyshapes.CaseTask]:
        """What is to be done, open tasks first."""
        return list(self._at.pages(f"/cases/{number}/tasks", partyshapes.CaseTask))

    def add_task(self, number: str, text: str, assignee: int, due_on: date | None = None) -> partyshapes.CaseTask:
        """Something to do for a case; ``assignee`` is an officer's id."""
        body = partyshapes.NewCaseTask(text=text, assignee=assignee, due_on=due_on).model_dump(mode="json")
        return self._at.post(f"/cases/{number}/tasks", partyshapes.CaseTask, json=body)

    def finish_task(self, number: str, task_id: int) -> partyshapes.CaseTask:
        """A task is done."""
        return self._at.post(f"/cases/{number}/tasks/{task_id}/done", partyshapes.CaseTask)

    def case_bulk(self, body: partyshapes.CaseBulk) -> partyshapes.CaseBulkResult:
        """Many cases assigned, or merged into the oldest, with a result for each."""
        return self._at.post("/cases/bulk", partyshapes.CaseBulkResult, json=body.model_dump(mode="json"))

    def complain(
        self, number: str, form: partyshapes.NewComplaint, picture: File, files: Sequence[File] = ()
    ) -> shapes.Case:
        """Complains of goods that you saw yourself; ``number`` is that of your filing."""
        sent = parts("complaint", form, {"picture": [picture], "files": files})
        return self._at.post(f"/filings/{number}/complaints", shapes.Case, files=sent)
