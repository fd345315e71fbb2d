"""What a request has written for good, and what the audit trail says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from ipreg.models import AuditRow
from ipreg.runtime import Runtime

_WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
TRAIL = {"audit_rows", "audit_head"}


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables that anything in this process wrote to inside and committed; the trail's own aside."""
    done: set[str] = set()
    begun: dict[int, set[str]] = {}

    def note(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if found := _WRITE.match(statement):
            begun.setdefault(id(connection), set()).add(found[1])

    def keep(connection: Connection) -> None:
        done.update(begun.pop(id(connection), set()) - TRAIL)

    def forget(connection: Connection) -> None:
        begun.pop(id(connection), None)

    listeners = (("after_cursor_execute", note), ("commit", keep), ("rollback", forget))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield done
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def rows_since(runtime: Runtime, size: int) -> list[AuditRow]:
    """The rows from position ``size`` on."""
    with runtime.sessions() as session:
        wanted = select(AuditRow).where(AuditRow.position >= size).order_by(AuditRow.position)
        return list(session.scalars(wanted))
