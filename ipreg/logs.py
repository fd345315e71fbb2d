"""What the processes write down: one JSON object a line if the settings ask for it, with the request it belongs to.

No line holds what people sent: no parameters of queries, no query strings, no addresses of people.
"""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, event

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The number of the request that this thread answers: the audit trail has the same."""
_queries = logging.getLogger("ipreg.queries")
_LONGEST = 2000


class JsonLines(logging.Formatter):
    """Time, level, logger, message, request; what was given as ``extra={"fields": {...}}``; a fault's trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST.get():
            line["request"] = request
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(kind: str) -> None:
    """``json`` or ``text``, to the standard error output."""
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if kind == "json" else plain)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    if kind == "json":
        logging.getLogger("ipreg").setLevel(logging.INFO)


def watch_queries(engine: Engine, *, slower_than: float) -> None:
    """Writes down each query that takes longer than so many seconds, without its values."""

    def before(connection: Any, *_: Any) -> None:
        connection.info["asked_at"] = time.perf_counter()

    def after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        took = time.perf_counter() - connection.info["asked_at"]
        if took >= slower_than:
            fields = {"ms": round(took * 1000), "statement": " ".join(statement.split())[:_LONGEST]}
            _queries.warning("slow query: %(ms)d ms: %(statement)s", fields, extra={"fields": fields})

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
