"""Requests that are tried again where that can help, and are safe to try again."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from ipreg.api.shapes import Page
from ipreg.client.faults import ApiUnreachableError, fault_of

Shape = TypeVar("Shape", bound=BaseModel)
BUSY = (429, 502, 503, 504)
LONGEST_WAIT = 120.0
Sleep = Callable[[float], None]


class Transport:
    """Speaks HTTP with one server for one token.

    What the server is too busy for (429, 503) is tried again after the time that it names, what did not get through
    after a growing while; at most ``tries`` times. Every write has an idempotency key of its own, which stays the
    same however often it is tried: it is done once.
    """

    def __init__(self, http: httpx.Client, *, tries: int, sleep: Sleep = time.sleep) -> None:
        self._http = http
        self._tries = tries
        self._sleep = sleep

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def get(self, path: str, shape: type[Shape], asked: Mapping[str, Any] | None = None) -> Shape:
        """Reads one thing."""
        return shape.model_validate_json(self.read(path, asked))

    def read(self, path: str, asked: Mapping[str, Any] | None = None) -> bytes:
        """Reads a file as it is."""
        return self._send("GET", path, params=_plain(asked)).content

    def pages(self, path: str, item: type[Shape], asked: Mapping[str, Any] | None = None) -> Iterator[Shape]:
        """Every item of a list, page by page as they are needed."""
        given = _plain(asked)
        while True:
            page = self.get(path, Page[item], given)  # type: ignore[valid-type]
            yield from page.items
            if page.next is None:
                return
            given = {**given, "cursor": page.next}

    def post(self, path: str, shape: type[Shape], key: str | None = None, **content: Any) -> Shape:
        """Writes, once; ``content`` is httpx's: ``json``, or ``data`` and ``files``, or ``content``."""
        return shape.model_validate_json(self._write("POST", path, key, **content))

    def put(self, path: str, shape: type[Shape], body: BaseModel) -> Shape:
        """Writes the whole of something anew."""
        return shape.model_validate_json(self._write("PUT", path, None, json=body.model_dump(mode="json")))

    def delete(self, path: str) -> None:
        """Takes something away."""
        self._write("DELETE", path, None)

    def _write(self, method: str, path: str, key: str | None, **content: Any) -> bytes:
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), **content.pop("headers", {})}
        return self._send(method, path, headers=headers, **content).content

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        for trial in range(1, self._tries + 1):
            try:
                answer = self._http.request(method, f"/api/v1{path}", **more)
            except httpx.TransportError as fault:
                if trial == self._tries:
                    raise ApiUnreachableError(str(fault)) from fault
                self._sleep(_growing(trial))
                continue
            if answer.status_code not in BUSY or trial == self._tries:
                break
            self._sleep(min(_asked_for(answer, trial), LONGEST_WAIT))
        if answer.is_error:
            raise fault_of(answer)
        return answer


def _plain(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Parameters of an address; what is None is left out, and days are written as days."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in (asked or {}).items()
        if value is not None and value != ""
    }


def _asked_for(answer: httpx.Response, trial: int) -> float:
    """How long the server wants to be left alone (RFC 9110, 10.2.3: seconds, or a time)."""
    given = answer.headers.get("Retry-After", "")
    if given.isdecimal():
        return float(given)
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return _growing(trial)


def _growing(trial: int) -> float:
    """Twice as long each time, and never all programs at the same moment."""
    return float(2 ** (trial - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
