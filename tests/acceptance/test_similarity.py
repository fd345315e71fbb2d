"""A designer and an enterprise look for copies of their pictures, by the installed command, without a database."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from similarity_goods import DESIGNS, in_a_corner, jpeg, photo, recoloured, with_banner

SAMPLE = Path(__file__).parent.parent.parent / "ipreg" / "sample"


def ipreg(*words: str | Path, lang: str = "en_GB.UTF-8") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LANG": lang, "IPREG_VAR": "/nonexistent/never/made"}
    command = [sys.executable, "-m", "ipreg", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Another colour, mirrored, in the corner of a listing's picture."""
    path = tmp_path / "listing.jpg"
    path.write_bytes(jpeg(in_a_corner(recoloured(photo(6).transpose(Image.Transpose.FLIP_LEFT_RIGHT)), photo(9))))
    return path


def test_two_pictures_are_compared_and_the_reason_is_told(copy: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "overlay.jpg"
    told = ipreg("compare", DESIGNS[6], copy, "--overlay", drawing)
    assert told.returncode == 0, told.stderr
    chance, _, word = told.stdout.splitlines()[0].partition("\t")
    assert float(chance) > 0.8
    assert word
    assert "mirrored" in told.stdout
    assert "lower left" in told.stdout
    with Image.open(drawing) as drawn:
        assert drawn.size == (1292, 640)


def test_the_reason_is_told_in_chinese(copy: Path) -> None:
    assert "镜像" in ipreg("compare", DESIGNS[6], copy, lang="zh_CN.UTF-8").stdout


def test_two_strangers_under_the_same_banner(tmp_path: Path) -> None:
    for number in (0, 1):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(with_banner(photo(number))))
    told = ipreg("compare", tmp_path / "0.jpg", tmp_path / "1.jpg")
    assert float(told.stdout.split("\t")[0]) < 0.5


def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("not a picture")
    told = ipreg("compare", DESIGNS[0], tmp_path / "note.jpg")
    assert told.returncode == 1
    assert "note.jpg" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_model_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.onnx").write_bytes(b"no model")
    monkeypatch.setenv("IPREG_EMBEDDING_MODEL", str(tmp_path / "other.onnx"))
    told = ipreg("compare", DESIGNS[0], DESIGNS[1])
    assert told.returncode == 1
    assert "IPREG_EMBEDDING_MODEL" in told.stderr and "other.onnx" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_folder_of_listings_is_searched_for_copies(tmp_path: Path) -> None:
    output = tmp_path / "found.csv"
    told = ipreg("search", SAMPLE / "listings", "--registry", SAMPLE / "designs", "--output", output)
    assert told.returncode == 0, told.stderr
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["query", "source", "score"]
    per_query: dict[str, list[float]] = {}
    for row in rows:
        per_query.setdefault(row["query"], []).append(float(row["score"]))
    assert max(map(len, per_query.values())) <= 10
    sure = [query for query, scores in per_query.items() if max(scores) > 0.8]
    assert len(sure) >= 20
