"""``ipreg vault``: the keys that wrap the keys of sealed filings."""

from __future__ import annotations

from collections.abc import Callable

import click

from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime


def commands(group: type[click.Group], opened: Callable[[], Runtime]) -> click.Group:
    """The group; ``opened`` opens the runtime as every command does."""

    @click.group(cls=group)
    def vault() -> None:
        """The keys that wrap the keys of sealed filings."""

    @vault.command("keys")
    def keys() -> None:
        """The wrapping keys, the one in use first."""
        for one in opened().store.keyring.all_keys():
            click.echo(f"{one.id}\t{one.made_at.isoformat()}")

    @vault.command("rotate")
    def rotate() -> None:
        """Make a new wrapping key and wrap every filing's key with it. What is encrypted stays as it is."""
        from ipreg.sealing import rewrap_all

        runtime = opened()
        runtime.store.keyring.ready(utc_now())
        made = runtime.store.keyring.add(utc_now())
        click.echo(f"{made.id}\t{rewrap_all(runtime, clock=utc_now)} filings")

    @vault.command("rewrap")
    def rewrap() -> None:
        """Wrap with the first key what is still wrapped by another; for a keyring that you changed yourself."""
        from ipreg.sealing import rewrap_all

        click.echo(f"{rewrap_all(opened(), clock=utc_now)} filings")

    @vault.command("drop-key")
    @click.argument("key_id")
    def drop_key(key_id: str) -> None:
        """Take an old wrapping key out for ever; refused while anything is wrapped by it."""
        from ipreg.sealing import drop_wrapping_key

        runtime = opened()
        with transaction(runtime.sessions) as session:
            drop_wrapping_key(session, runtime.store, key_id=key_id, now=utc_now())

    return vault


def new_key_file() -> click.Command:
    """``ipreg vault-key-file``: makes the file that ``IPREG_VAULT_KEYS`` then names; needs no database."""

    @click.command("vault-key-file")
    @click.argument("place", type=click.Path(dir_okay=False))
    def make(place: str) -> None:
        """Make a file with one new wrapping key, for IPREG_VAULT_KEYS."""
        from pathlib import Path

        from ipreg.vault.keyring import Keyring

        target = Path(place)
        if target.exists():
            raise click.ClickException(f"{place} is there already")
        click.echo(Keyring(target).ready(utc_now())[0].id)

    return make
