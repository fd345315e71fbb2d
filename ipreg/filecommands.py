"""``ipreg files``: the store of files."""

from __future__ import annotations

from collections.abc import Callable

import click

from ipreg.db import utc_now
from ipreg.runtime import Runtime


def commands(group: type[click.Group], opened: Callable[[], Runtime]) -> click.Group:
    """The group; ``opened`` opens the runtime as every command does."""

    @click.group(cls=group)
    def files() -> None:
        """The files of filings, listings and papers."""

    @files.command("sweep")
    @click.option("--only-say", is_flag=True, help="Move and remove nothing.")
    def sweep(only_say: bool) -> None:
        """Take files away that nothing refers to, left by writes that failed.

        What is a day old and named by no row is put aside; what has been aside for a day, and is named by no row
        still, is removed. Run it every night, while everything runs. The whole database is read.
        """
        from ipreg import orphans

        found = orphans.sweep(opened(), now=utc_now(), only_say=only_say)
        for what, names in (("put aside", found.aside), ("brought back", found.back), ("removed", found.removed)):
            for name in names:
                click.echo(f"{what}\t{name}")
        click.echo(f"{len(found.aside)} put aside, {len(found.back)} brought back, {len(found.removed)} removed")

    return files
