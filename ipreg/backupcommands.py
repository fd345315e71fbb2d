"""``ipreg backup`` and ``ipreg restore``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from ipreg import backup
from ipreg.config import Config
from ipreg.db import utc_now
from ipreg.messages import message_for

_FILE = click.Path(dir_okay=False, path_type=Path)


def take_command() -> click.Command:
    """``ipreg backup``, to be added to the command line."""

    @click.command("backup")
    @click.argument("target", metavar="FILE", type=_FILE)
    def take(target: Path) -> None:
        """Save database, files, keys and log into FILE (a tar), while everything runs.

        FILE holds the keys too: keep it as you keep them.
        """
        count = backup.write(Config.from_env(os.environ), target, now=utc_now())
        click.echo(f"{count} files, {target.stat().st_size / 2**20:.1f} MB in {target}")

    return take


def restore_command(say: Callable[[], Callable[[str], str]]) -> click.Command:
    """``ipreg restore``; ``say`` gives the language of the messages."""

    @click.command("restore")
    @click.argument("source", metavar="FILE", type=_FILE)
    def put_back(source: Path) -> None:
        """Put a backup where the settings say (IPREG_VAR and the database must be empty), and check all of it."""
        found = backup.restore(Config.from_env(os.environ), source)
        for difference in found.log.differences:
            click.echo(f"{difference.code}\t{message_for(difference.code, difference.values, say())}", err=True)
        for fault in found.audit.faults:
            click.echo(f"{fault.code}\t{message_for(fault.code, fault.values, say())}", err=True)
        if not found.whole:
            raise click.ClickException("everything is back, and the checks found what is said above")
        click.echo(f"{found.files} files, {found.log.size} log entries, {found.audit.size} audit rows hold")

    return put_back
