"""Goods are made after a design and photographed anew: they are recognised, and said to be for a person to look
at."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from similarity import designs, fingerprint, judge
from similarity.designindex import DesignIndex, FoundDesign
from similarity.designs import Kind, design_print, tell_apart

PICTURES = Path(__file__).parent / "same_design"


def ipreg(*words: str | Path, lang: str = "en_GB.UTF-8") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LANG": lang, "IPREG_VAR": "/nonexistent/never/made"}
    command = [sys.executable, "-m", "ipreg", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, str]]:
    with (PICTURES / "truth.csv").open(newline="") as file:
        return {row["query"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def found(truth: dict[str, dict[str, str]]) -> dict[str, list[FoundDesign]]:
    """What each new picture is found as."""
    views: dict[str, list[tuple[str, designs.DesignPrint]]] = {}
    for path in sorted((PICTURES / "registry").glob("*.jpg")):
        views.setdefault(path.stem.split("__")[0], []).append((path.stem, design_print(path.read_bytes())))
    index = DesignIndex(designs.model().id, designs.model().dimensions)
    for key, shown in views.items():
        index.add(key, shown)
    return {one: index.search(design_print((PICTURES / "queries" / f"{one}.jpg").read_bytes())) for one in truth}


def test_goods_photographed_anew_are_found(
    found: dict[str, list[FoundDesign]], truth: dict[str, dict[str, str]]
) -> None:
    shown = [one for one in truth if truth[one]["source"]]
    first = [[row.key for row in found[one][:1]] == [truth[one]["source"]] for one in shown]
    staged = [right for one, right in zip(shown, first, strict=True) if truth[one]["level"] == "staged"]
    assert sum(first) >= 0.9 * len(first)
    assert sum(staged) >= 0.8 * len(staged)


def test_what_is_shown_for_a_look_is_mostly_right(
    found: dict[str, list[FoundDesign]], truth: dict[str, dict[str, str]]
) -> None:
    looks = [
        one.key == truth[asked]["source"]
        for asked, rows in found.items()
        for one in rows
        if tell_apart(None, one.verdict).kind is Kind.NEW_PHOTOGRAPH
    ]
    assert len(looks) >= 40
    assert sum(looks) >= 0.95 * len(looks)


def test_no_new_photograph_is_certain(found: dict[str, list[FoundDesign]]) -> None:
    assert max(one.verdict.same for rows in found.values() for one in rows) < 0.99


@pytest.fixture(scope="module")
def sure(found: dict[str, list[FoundDesign]], truth: dict[str, dict[str, str]]) -> tuple[Path, list[Path]]:
    """A new picture that is recognised with ease, and the filed views of its design, the nearest not the first."""
    known = sorted(
        (one for one in truth if truth[one]["level"] == "staged" and found[one] and truth[one]["source"]),
        key=lambda one: -found[one][0].verdict.same,
    )
    for asked in known:
        query = PICTURES / "queries" / f"{asked}.jpg"
        filed = sorted((PICTURES / "registry").glob(f"{truth[asked]['source']}__*.jpg"))
        filed.sort(key=lambda path, nearest=found[asked][0].view: path.stem == nearest)  # type: ignore[misc]
        copied = [judge(fingerprint(path.read_bytes()), fingerprint(query.read_bytes())) for path in filed]
        if max(one.probability for one in copied) < 0.3:  # some angles are so near a filed view that both agree
            return query, filed
    raise AssertionError("each new picture was taken for a copy")


def test_the_command_says_what_it_is_and_marks_the_parts(sure: tuple[Path, list[Path]], tmp_path: Path) -> None:
    asked, filed = sure
    views = [word for path in filed[1:] for word in ("--view", path)]
    told = ipreg("compare", filed[0], asked, *views, "--overlay", tmp_path / "parts.jpg")
    assert told.returncode == 0, told.stderr
    chance, words, nearest = told.stdout.splitlines()[-1].split("\t")
    assert 0.5 < float(chance) < 0.99
    assert words == "the same design photographed anew, it seems: look at this"
    assert nearest == filed[-1].name
    with Image.open(tmp_path / "parts.jpg") as drawn:
        assert drawn.size == (1292, 640)
    chinese = ipreg("compare", filed[0], asked, *views, lang="zh_CN.UTF-8")
    assert "请人工查看" in chinese.stdout.splitlines()[-1]


def test_a_folder_is_searched_for_copies_and_for_goods(sure: tuple[Path, list[Path]], tmp_path: Path) -> None:
    asked, filed = sure
    registry, queries = tmp_path / "registry", tmp_path / "queries"
    registry.mkdir()
    queries.mkdir()
    others = sorted(path for path in (PICTURES / "registry").glob("*__front.jpg") if path.stem != filed[0].stem)[:4]
    for path in [*filed, *others]:
        shutil.copy(path, registry / path.name)
    shutil.copy(asked, queries / "anew.jpg")
    with Image.open(others[0]) as image:
        image.convert("L").save(queries / "copy.jpg", quality=70)
    output = tmp_path / "found.csv"
    told = ipreg("search", queries, "--registry", registry, "--output", output, "--kinds", "--processes", "1")
    assert told.returncode == 0, told.stderr
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    first = {
        asked: max((row for row in rows if row["query"] == asked), key=lambda row: float(row["score"]))
        for asked in ("anew", "copy")
    }
    assert (first["anew"]["source"].split("__")[0], first["anew"]["kind"]) == (
        filed[0].stem.split("__")[0],
        "new_photograph",
    )
    assert (first["copy"]["source"], first["copy"]["kind"]) == (others[0].stem, "copy")
    assert float(first["copy"]["score"]) > 0.9 > float(first["anew"]["score"]) > 0.3
