"""Runs the migrations on the connection that ``ipreg.schema`` hands over, or on the configured database."""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from ipreg.config import Config
from ipreg.db import UtcDateTime, make_engine
from ipreg.models import Base


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration must not change when our code does, so our own column type is written as what it is in SQL."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with make_engine(Config.from_env(os.environ).database_url).begin() as connection:
        run(connection)
