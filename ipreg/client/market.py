"""Where listings come from: sources, listings that are pushed, single ones that are reported; and sellers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from ipreg.api import reportshapes, shapes, sourceshapes
from ipreg.client.files import File, parts
from ipreg.client.part import Part

AT_ONCE = 1000
"""So many rows one push takes."""


class Market(Part):
    """Of ``Client``."""

    _sleep: Callable[[float], None]

    def push(self, rows: Iterable[Mapping[str, Any]], *, source: int | None = None) -> list[shapes.Pushed]:
        """Pushes listings, a thousand at a time; a result for each row. ``source``: with a personal token."""
        found, batch = [], list[Mapping[str, Any]]()
        for row in rows:
            batch.append(row)
            if len(batch) == AT_ONCE:
                found.append(self._push(batch, source))
                batch = []
        return [*found, self._push(batch, source)] if batch else found

    def _push(self, rows: Sequence[Mapping[str, Any]], source: int | None) -> shapes.Pushed:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        place = "/listings" if source is None else f"/listings?source={source}"
        headers = {"Content-Type": "application/x-ndjson"}
        # The same rows are the same import: their digest is the key.
        return self._at.post(
            place, shapes.Pushed, hashlib.sha256(lines).hexdigest(), content=lines, headers=headers
        )

    def import_state(self, import_id: int) -> shapes.Import:
        """How far an import is."""
        return self._at.get(f"/imports/{import_id}", shapes.Import)

    def retry_import(self, import_id: int) -> shapes.Import:
        """Rows that were refused for their pictures are tried again."""
        return self._at.post(f"/imports/{import_id}/retry", shapes.Import)

    def wait_for_import(self, import_id: int, *, seconds: float = 600, every: float = 2) -> shapes.Import:
        """The import when it is over, or as it stands after so many seconds."""
        waited = 0.0
        while True:
            found = self.import_state(import_id)
            if found.state in ("done", "failed") or waited >= seconds:
                return found
            self._sleep(every)
            waited += every

    def sources(self) -> list[shapes.Source]:
        """Your sources of listings; ``push`` takes the id of one of the kind "push"."""
        return list(self._at.pages("/sources", shapes.Source))

    def source(self, source_id: int) -> sourceshapes.SourceDetail:
        """One source: its settings, and how it is doing."""
        return self._at.get(f"/sources/{source_id}", sourceshapes.SourceDetail)

    def new_source(self, wish: sourceshapes.NewSource, *, key: str | None = None) -> sourceshapes.SourceDetail:
        """A new feed, crawl, or source that you push to."""
        return self._at.post("/sources", sourceshapes.SourceDetail, key, json=wish.model_dump(mode="json"))

    def steer_source(
        self, source_id: int, act: Literal["pause", "resume", "run", "retry"]
    ) -> sourceshapes.SourceDetail:
        """Pauses it, goes on, runs it at once, or tries refused pages again."""
        return self._at.post(f"/sources/{source_id}/{act}", sourceshapes.SourceDetail)

    def change_source(self, source_id: int, wish: sourceshapes.SourceChange) -> sourceshapes.SourceDetail:
        """Changes a source's settings, as a whole."""
        return self._at.put(f"/sources/{source_id}", sourceshapes.SourceDetail, wish)

    def remove_source(self, source_id: int) -> None:
        """Takes a source away; its listings stay."""
        self._at.delete(f"/sources/{source_id}")

    def try_address(self, address: str, *, scripts: bool = False) -> reportshapes.Look:
        """Looks at one address, once, as a crawl would."""
        body = reportshapes.TryAddress(address=address, scripts=scripts).model_dump(mode="json")
        return self._at.post("/sources/try", reportshapes.Look, json=body)

    def source_token(self, source_id: int) -> str:
        """A new token for pushing to it; the one before it no longer holds."""
        return self._at.post(f"/sources/{source_id}/token", sourceshapes.SourceToken).token

    def source_runs(self, source_id: int) -> Iterator[sourceshapes.SourceRun]:
        """Its runs, the newest first."""
        return self._at.pages(f"/sources/{source_id}/runs", sourceshapes.SourceRun)

    def refused_pages(self, source_id: int) -> list[sourceshapes.RefusedPage]:
        """Pages that a crawl could not use, the newest first."""
        return list(self._at.pages(f"/sources/{source_id}/refused-pages", sourceshapes.RefusedPage))

    def listings(self) -> Iterator[shapes.Listing]:
        """Listings that your sources brought, the newest first."""
        return self._at.pages("/listings", shapes.Listing)

    def listing(self, listing_id: int) -> shapes.Listing:
        """One listing."""
        return self._at.get(f"/listings/{listing_id}", shapes.Listing)

    def listing_picture(self, listing_id: int, position: int) -> bytes:
        """A picture of a listing, in the order of its ``pictures``."""
        return self._at.read(f"/listings/{listing_id}/pictures/{position}")

    # --- Reports and sellers

    def reports(self) -> Iterator[reportshapes.Report]:
        """What you reported, the newest first."""
        return self._at.pages("/reports", reportshapes.Report)

    def report(self, report_id: int) -> reportshapes.Report:
        """One report: what came of it."""
        return self._at.get(f"/reports/{report_id}", reportshapes.Report)

    def new_report(
        self,
        address: str = "",
        picture: File | None = None,
        *,
        title: str = "",
        note: str = "",
        key: str | None = None,
    ) -> reportshapes.Report:
        """Reports one address, or one picture with what it shows in ``title``."""
        form = reportshapes.NewReport(address=address, title=title, note=note)
        sent = parts("report", form, {"picture": [] if picture is None else [picture]})
        return self._at.post("/reports", reportshapes.Report, key, files=sent)

    def retry_report(self, report_id: int) -> reportshapes.Report:
        """A refused report is tried again."""
        return self._at.post(f"/reports/{report_id}/retry", reportshapes.Report)

    def seller(self, seller_id: int) -> reportshapes.Seller:
        """What you may know of a seller."""
        return self._at.get(f"/sellers/{seller_id}", reportshapes.Seller)

    def link_seller(self, seller_id: int, link: reportshapes.NewSellerLink) -> reportshapes.SellerLink:
        """Says that two shops are one seller, or two."""
        return self._at.post(
            f"/sellers/{seller_id}/links", reportshapes.SellerLink, json=link.model_dump(mode="json")
        )

    def unlink_seller(self, seller_id: int, link_id: int) -> None:
        """What was said of two shops does not count any more."""
        self._at.delete(f"/sellers/{seller_id}/links/{link_id}")
