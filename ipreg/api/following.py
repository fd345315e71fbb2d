"""What may be asked next with what a write made (OpenAPI's links): programs find it, and tests walk it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ipreg.api.operation import Operation

_MAKES = (201, 202)
_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_LAST = re.compile(r"/([a-z-]+)$")


def links_of(made: Operation, operations: Iterable[Operation]) -> dict[str, Any]:
    """Links from the answer of ``made`` to what is done to the thing that it made, by the operations' names."""
    last = _LAST.search(made.rule)
    if made.status not in _MAKES or made.answer is None or last is None:
        return {}
    others = list(operations)
    # A letter is written under its alert and then has an address of its own: where nothing lies below, by the name.
    below = _under(made, made.rule, others) or _under(made, f"/api/v1/{last[1]}", others)
    return {name: {"operationId": name, "parameters": values} for name, values in below.items()}


def _under(made: Operation, rule: str, others: Iterable[Operation]) -> dict[str, dict[str, str]]:
    found = {}
    for one in others:
        if one.rule.startswith(f"{rule}/<"):
            values = _values(made, one)
            if values is not None:
                found[one.name] = values
    return found


def _values(made: Operation, following: Operation) -> dict[str, str] | None:
    """Where each part of the address comes from; None where one is in neither request nor answer."""
    asked, answered = set(_PART.findall(made.rule)), {} if made.answer is None else made.answer.model_fields
    found = {}
    for name in _PART.findall(following.rule):
        field = "id" if name.endswith("_id") else name
        if name in asked:
            found[f"path.{name}"] = f"$request.path.{name}"
        elif field in answered:
            found[f"path.{name}"] = f"$response.body#/{field}"
        else:
            return None
    return found
