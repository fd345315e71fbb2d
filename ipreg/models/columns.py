"""Column kinds that several tables share."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Enum


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
