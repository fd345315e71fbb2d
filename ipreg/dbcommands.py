"""``ipreg db``: one database into another."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from ipreg import dbcopy
from ipreg.db import make_engine


def commands(group: type[click.Group]) -> click.Group:
    """The group, to be added to the command line."""

    @click.group(cls=group)
    def db() -> None:
        """The database itself."""

    @db.command("copy")
    @click.argument("source", metavar="FROM")
    @click.argument("target", metavar="TO")
    def copy(source: str, target: str) -> None:
        """Copy everything from one database address into another, which must be empty.

        \b
        ipreg db copy sqlite:////srv/ipreg/ipreg.sqlite3 postgresql://ipreg@db.example/ipreg

        Stop the web processes and the scheduler first: what is written meanwhile stays behind. Every table is
        counted and digested on both sides; the target keeps nothing where one differs. What a copy that was killed
        left in the target is taken away by the next.
        """
        engines = [_existing(source), _engine(target)]
        try:
            found = dbcopy.copy(*engines, tell=lambda one: click.echo(f"{one.rows}\t{one.digest[:16]}\t{one.name}"))
        finally:
            for one in engines:
                one.dispose()
        click.echo(f"{sum(one.rows for one in found)} rows in {len(found)} tables are the same on both sides")

    return db


def _engine(address: str) -> Engine:
    try:
        kind = make_url(address).get_backend_name()
    except ArgumentError:
        kind = ""
    if kind not in ("sqlite", "postgresql", "postgres"):
        raise click.BadParameter("an address is wanted, sqlite:////... or postgresql://...")
    return make_engine(address)


def _existing(address: str) -> Engine:
    """SQLite would make the file that is asked for."""
    engine = _engine(address)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise click.BadParameter(f"there is no file {engine.url.database}")
    return engine
