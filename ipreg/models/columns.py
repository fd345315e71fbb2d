"""Column kinds that several tables share."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Dialect, Enum, Text
from sqlalchemy.types import TypeDecorator


def enum_column(kind: type[StrEnum]) -> Enum:
    """An enum kept by value as text with a check, so that it reads the same on every database."""
    return Enum(
        kind,
        native_enum=False,
        values_callable=lambda members: [member.value for member in members],
        length=32,
        validate_strings=True,
        create_constraint=True,
        name=kind.__name__.lower(),
    )


class WordList(TypeDecorator[tuple[str, ...]]):
    """Words, one a line: plain text, so that ``LIKE`` finds Chinese in it on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        if any("\n" in word or not word for word in value or ()):
            raise ValueError("a word is one line, and not empty")
        return "\n".join(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(value.split("\n")) if value else ()
