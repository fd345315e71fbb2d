"""Drafts with the check for what is alike, and batches of designs."""

from __future__ import annotations

from collections.abc import Sequence

from ipreg.api import draftshapes, shapes
from ipreg.client.files import File, parts, read
from ipreg.client.part import Part


class Drafting(Part):
    """Of ``Client``."""

    def drafts(self) -> list[draftshapes.DraftBrief]:
        """Your drafts, the last touched first."""
        return list(self._at.pages("/drafts", draftshapes.DraftBrief))

    def new_draft(
        self,
        form: shapes.FilingForm,
        pictures: Sequence[File],
        design_files: Sequence[File] = (),
        *,
        key: str | None = None,
    ) -> draftshapes.Draft:
        """A draft, which is compared with what is known; ask for it until it is ``compared``."""
        sent = parts("filing", form, {"pictures": pictures, "design_files": design_files})
        return self._at.post("/drafts", draftshapes.Draft, key, files=sent)

    def draft(self, draft_id: int) -> draftshapes.Draft:
        """One draft, with what is alike to it."""
        return self._at.get(f"/drafts/{draft_id}", draftshapes.Draft)

    def file_draft(self, draft_id: int) -> shapes.Filing:
        """Files a draft; filed already, it is the same filing."""
        return self._at.post(f"/drafts/{draft_id}/file", shapes.Filing)

    def discard_draft(self, draft_id: int) -> None:
        """Discards a draft with its files."""
        self._at.delete(f"/drafts/{draft_id}")

    def batches(self) -> list[draftshapes.BatchBrief]:
        """Your last fifty batches, the newest first."""
        return list(self._at.pages("/batches", draftshapes.BatchBrief))

    def batch_template(self) -> bytes:
        """The template of a batch's table, a CSV."""
        return self._at.read("/batches/template")

    def new_batch(self, file: File, *, key: str | None = None) -> draftshapes.Batch:
        """Many designs at once, in a ZIP; ask for the batch until it is ``checked``."""
        headers = {"Content-Type": "application/zip"}
        return self._at.post("/batches", draftshapes.Batch, key, content=read(file)[1], headers=headers)

    def batch(self, batch_id: int) -> draftshapes.Batch:
        """One batch, with a result for each row."""
        return self._at.get(f"/batches/{batch_id}", draftshapes.Batch)

    def file_batch(self, batch_id: int) -> draftshapes.Batch:
        """Files all good rows of a checked batch, in the background."""
        return self._at.post(f"/batches/{batch_id}/file", draftshapes.Batch)

    def discard_batch(self, batch_id: int) -> None:
        """Forgets a batch; what it has filed stays filed."""
        self._at.delete(f"/batches/{batch_id}")
