"""A route of the API as data: who may ask, what is sent and answered. Route and description are made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint
from pydantic import BaseModel
from werkzeug.wrappers import Response

from ipreg.models import Role, Scope
from ipreg.web.rules import public

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """``roles`` empty: open to anybody, without a token. ``errors`` are further statuses than those of all routes.

    ``raw``: the media types of a body that is no JSON of ours. ``files``: the names of the parts of a form that are
    files, beside the part ``part`` with the JSON; ``plain``: the JSON alone will do. ``media``: what is answered,
    where it is no JSON. ``secret``: the answer is kept for its idempotency key encrypted. ``large``: the body is
    read piece by piece, with ``calls.sent_file``.
    """

    method: str
    rule: str
    name: str
    tag: str
    summary: str
    description: str = ""
    scope: Scope | None = None
    roles: frozenset[Role] = frozenset()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    raw: tuple[str, ...] = ()
    part: str = "filing"
    files: tuple[str, ...] = ()
    needed_files: tuple[str, ...] = ()
    plain: bool = False
    answer: type[BaseModel] | None = None
    media: str = JSON
    status: int = 200
    errors: tuple[int, ...] = ()
    once: bool = True
    secret: bool = False
    large: bool = False
    source_token: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def paged(self) -> bool:
        return self.query is not None and "cursor" in self.query.model_fields


@dataclass
class Routes:
    """The operations of one blueprint, in the order in which they are described."""

    blueprint: Blueprint
    tag: str
    operations: list[Operation] = field(default_factory=list)

    def get(self, rule: str, summary: str, **more: Any) -> Callable[[View], View]:
        """A route that reads."""
        return self._route("GET", rule, summary, more)

    def post(self, rule: str, summary: str, **more: Any) -> Callable[[View], View]:
        """A route that writes."""
        return self._route("POST", rule, summary, more)

    def put(self, rule: str, summary: str, **more: Any) -> Callable[[View], View]:
        """A route that writes the whole of something anew."""
        return self._route("PUT", rule, summary, more)

    def delete(self, rule: str, summary: str, **more: Any) -> Callable[[View], View]:
        """A route that takes something away; nothing is left to answer with."""
        return self._route("DELETE", rule, summary, {"status": 204, **more})

    def _route(self, method: str, rule: str, summary: str, more: dict[str, Any]) -> Callable[[View], View]:
        def register(view: View) -> View:
            made = Operation(
                method=method,
                rule=f"/api/v1{rule}",
                name=view.__name__,
                tag=self.tag,
                summary=summary,
                **{**more, "roles": frozenset(more.get("roles", ()))},
            )
            self.operations.append(made)
            self.blueprint.add_url_rule(
                made.rule, endpoint=made.name, view_func=_called(made, view), methods=[method]
            )
            return view

        return register


def _called(operation: Operation, view: Callable[..., Any]) -> Callable[..., Response]:
    from ipreg.api.calls import call

    @public  # not by a browser's session, but by a token: see ``calls``
    @wraps(view)
    def run(**path: Any) -> Response:
        return call(operation, view, path)

    return run
