"""What was fetched, as a WARC 1.1 file (ISO 28500) that any web archive can replay. No I/O."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ipreg.sightings.fetch import Answer, target_of
from ipreg.sightings.webpage import origin_of


def write_warc(
    answers: Iterable[Answer], *, screenshot: bytes | None, address: str, facts: dict[str, object], now: datetime
) -> bytes:
    """Request and response of each answer, the screenshot, and ``facts`` (names resolved, times) as metadata."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    date = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"software": "ipreg", "format": "WARC File Format 1.1", "description": f"evidence of {address}"}
    _write(writer, writer.create_warcinfo_record("evidence.warc.gz", about))
    for answer in answers:
        _write_exchange(writer, answer, date)
    if screenshot is not None:
        _write(
            writer,
            writer.create_warc_record(
                f"urn:screenshot:{_uri(address)}",
                "resource",
                payload=io.BytesIO(screenshot),
                warc_content_type="image/png",
                warc_headers_dict={"WARC-Date": date},
            ),
        )
    _write(
        writer,
        writer.create_warc_record(
            _uri(address),
            "metadata",
            payload=io.BytesIO(json.dumps(facts, ensure_ascii=False, indent=1).encode()),
            warc_content_type="application/json",
            warc_headers_dict={"WARC-Date": date},
        ),
    )
    return out.getvalue()


def _write_exchange(writer: WARCWriter, answer: Answer, date: str) -> None:
    named = {"WARC-Date": date}
    if answer.hops and answer.hops[-1].server:
        named["WARC-IP-Address"] = answer.hops[-1].server
    # The body is stored as it was sent but for the chunks of the transfer, which the length replaces.
    headers = [one for one in answer.headers if one[0] not in ("transfer-encoding", "content-length")]
    headers.append(("content-length", str(len(answer.raw))))
    response = writer.create_warc_record(
        _uri(answer.address),
        "response",
        payload=io.BytesIO(answer.raw),
        http_headers=StatusAndHeaders(f"{answer.status} {answer.reason}".strip(), headers, protocol="HTTP/1.1"),
        warc_headers_dict=named,
    )
    asked = StatusAndHeaders(f"GET {target_of(answer.address)} HTTP/1.1", list(answer.asked), is_http_request=True)
    request = writer.create_warc_record(
        _uri(answer.address), "request", http_headers=asked, warc_headers_dict={"WARC-Date": date}
    )
    writer.write_request_response_pair(request, response)
    for record in (request, response):
        _close(record)


def _uri(address: str) -> str:
    """The format wants a URI: what of an address is not ASCII is escaped, as it was when it was asked for."""
    return origin_of(address) + target_of(address)


def _write(writer: WARCWriter, record: Any) -> None:
    writer.write_record(record)
    _close(record)


def _close(record: Any) -> None:
    """The library buffers bodies in temporary files and leaves them open."""
    if record.raw_stream is not None:
        record.raw_stream.close()
