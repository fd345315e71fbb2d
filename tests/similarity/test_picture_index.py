"""The index of pictures, and the search of folders that stands on it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from similarity_goods import DESIGNS, in_a_corner, jpeg, photo

from similarity import fingerprint
from similarity.image import PictureError
from similarity.search import Row, Unread, new_index, search_folders, write_rows


def test_a_copy_is_found_by_its_key_until_it_is_removed() -> None:
    index = new_index()
    for number in range(8):
        index.add(f"design-{number}", fingerprint(jpeg(photo(number))))
    asked = fingerprint(jpeg(ImageOps.mirror(photo(5)), 50))
    assert index.search(asked)[0].key == "design-5"
    index.remove("design-5")
    assert "design-5" not in index
    assert all(one.verdict.probability < 0.5 for one in index.search(asked))
    with pytest.raises(KeyError):
        index.remove("design-5")


def test_blank_pictures_are_held_but_never_found() -> None:
    index = new_index()
    blank = fingerprint(jpeg(Image.new("RGB", (300, 300), "white")))
    index.add("blank", blank)
    index.add("design", fingerprint(jpeg(photo(0))))
    assert len(index) == 2
    assert index.search(blank) == []
    assert [one.key for one in index.search(fingerprint(jpeg(photo(1))))] == ["design"]


def test_a_design_asks_for_sighted_pictures() -> None:
    from similarity import PictureIndex, algorithm, embedding, views

    index = PictureIndex(algorithm(), embedding.model().dimensions, views=views.MOST)
    index.add("listing", fingerprint(jpeg(in_a_corner(photo(4), photo(9)))))
    index.add("other", fingerprint(jpeg(photo(11))))
    found = index.search(fingerprint(jpeg(photo(4))), asked_is_registered=True)
    assert found[0].key == "listing"


def test_another_algorithm_is_refused() -> None:
    from similarity import PictureIndex

    index = PictureIndex("another/1", 256)
    with pytest.raises(ValueError, match="can't be compared"):
        index.add("design", fingerprint(jpeg(photo(0))))


def test_folders_are_searched_and_what_cant_be_read_is_reported(tmp_path: Path) -> None:
    registry, queries = tmp_path / "registry", tmp_path / "queries"
    registry.mkdir()
    queries.mkdir()
    for design in DESIGNS[:6]:
        shutil.copy(design, registry)
    (queries / "copy.jpg").write_bytes(jpeg(ImageOps.mirror(photo(2)), 60))
    (queries / "innocent.jpg").write_bytes(jpeg(photo(20)))
    (queries / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    unread: list[Unread] = []
    steps: list[tuple[str, int, int]] = []
    rows = list(
        search_folders(
            queries,
            registry,
            processes=1,
            report=unread.append,
            step=lambda label, done, total: steps.append((label, done, total)),
        )
    )
    surest = max(rows, key=lambda row: row.score)
    assert (surest.query, surest.source) == ("copy", DESIGNS[2].stem)
    assert surest.score > 0.9
    assert all(row.score < 0.5 for row in rows if row.query == "innocent")
    assert [(one.path.name, type(one.fault)) for one in unread] == [("broken.jpg", PictureError)]
    assert steps[-1] == ("queries", 3, 3)
    assert ("registry", 6, 6) in steps


def test_a_search_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    output = tmp_path / "found.csv"
    assert write_rows([Row("q", "s", 0.5)], output) == 1

    def broken():  # type: ignore[no-untyped-def]
        yield Row("q", "s", 0.9)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_rows(broken(), output)
    with output.open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"query": "q", "source": "s", "score": "0.500000"}]
    assert [one.name for one in tmp_path.iterdir()] == ["found.csv"]
