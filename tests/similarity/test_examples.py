"""The examples in the docstrings of ``similarity`` do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import similarity

MODULES = [similarity.__name__, *(f"similarity.{one.name}" for one in pkgutil.iter_modules(similarity.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
