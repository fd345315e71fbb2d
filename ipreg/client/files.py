"""Files to send: where they lie, or their names and bytes, as the parts of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipreg.api.shapes import Asked

File = Path | tuple[str, bytes]
"""A file to send: where it lies, or its name and its bytes."""


def parts(name: str, form: Asked, files: Mapping[str, Sequence[File]]) -> list[tuple[str, tuple[Any, ...]]]:
    """The JSON, which has no file name, in the part ``name``, and the files in theirs."""
    given = [(part, read(one)) for part, several in files.items() for one in several]
    return [(name, (None, form.model_dump_json(), "application/json")), *given]


def read(file: File) -> tuple[str, bytes]:
    """Its name and its bytes."""
    return (file.name, file.read_bytes()) if isinstance(file, Path) else file
