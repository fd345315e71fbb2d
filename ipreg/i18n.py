"""Words in the reader's language, for mails and the command line as well as for pages."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations"
LOCALES = ("zh", "en")


@cache
def _words(locale: str) -> dict[str, str]:
    place = FOLDER / locale / "LC_MESSAGES" / "messages.po"
    if not place.is_file():
        return {}
    with place.open("rb") as file:
        catalog = read_po(file)
    return {
        message.id: message.string
        for message in catalog
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string
    }


def translator(locale: str) -> Callable[[str], str]:
    """A function from English source text to the text in ``locale``; what has no translation stays English."""
    words = _words(locale)
    return lambda text: words.get(text, text)


def compile_catalogs() -> None:
    """Makes the binary catalogs that Flask-Babel reads, where they are missing or older than their source."""
    for source in FOLDER.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file)
        part = target.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            write_mo(file, catalog)
        part.replace(target)
