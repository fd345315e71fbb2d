"""The index of vectors against a model that compares everything, through adding, removing, saving and loading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from numpy.typing import NDArray

from similarity import vectors
from similarity.vectors import MAX_VIEWS, IndexFileError, VectorIndex

DIM = 24
MODEL = "test/1"
Rows = NDArray[np.float64]


def draw(seed: int, count: int, dim: int = DIM) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def check_answer(index: VectorIndex, held: dict[str, Rows], asked: Rows, limit: int) -> None:
    """Every score is right and belongs to the views that are named, and no better key was left out."""
    right = {key: float((asked @ rows.T).max()) for key, rows in held.items() if len(rows)}
    hits = index.query(asked, limit)
    assert len(hits) == len({hit.key for hit in hits}) == min(limit, len(right))
    for hit in hits:
        assert hit.score == pytest.approx(right[hit.key], abs=2e-3)
        assert asked[hit.query_view] @ held[hit.key][hit.view] == pytest.approx(hit.score, abs=2e-3)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores == pytest.approx(sorted(right.values(), reverse=True)[:limit], abs=2e-3)


class IndexMachine(RuleBasedStateMachine):
    """Hypothesis drives both; ``exact_below`` is so low that the way passes the switch many times."""

    keys = st.sampled_from([f"设计-{n}" for n in range(30)])
    seeds = st.integers(0, 2**32 - 1)

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "vectors"
        self.index = VectorIndex(DIM, model=MODEL, exact_below=40)
        self.held: dict[str, Rows] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(key=keys, seed=seeds, count=st.integers(0, 6))
    def add(self, key: str, seed: int, count: int) -> None:
        self.held[key] = draw(seed, count)
        self.index.add(key, self.held[key])

    @rule(seed=seeds)
    def add_many(self, seed: int) -> None:
        for number in range(30):
            self.add(f"设计-{number}", seed + number, 1 + (seed + number) % 6)

    @rule(key=keys)
    def remove(self, key: str) -> None:
        if key in self.held:
            self.index.remove(key)
            del self.held[key]
        else:
            with pytest.raises(KeyError):
                self.index.remove(key)

    @rule(seed=seeds, count=st.integers(1, 10), limit=st.integers(1, 40))
    def ask(self, seed: int, count: int, limit: int) -> None:
        check_answer(self.index, self.held, draw(seed, count), limit)

    @precondition(lambda self: any(len(rows) for rows in self.held.values()))
    @rule(seed=seeds)
    def ask_for_a_held_one(self, seed: int) -> None:
        key = sorted(key for key, rows in self.held.items() if len(rows))[0]
        asked = self.held[key][:1] + draw(seed, 1) * 0.05
        check_answer(self.index, self.held, asked / np.linalg.norm(asked), 3)

    @rule()
    def save_and_load(self) -> None:
        self.index.save(self.path)
        self.index = VectorIndex.load(self.path, DIM, model=MODEL, exact_below=40)

    @invariant()
    def holds_the_same(self) -> None:
        assert len(self.index) == len(self.held)
        assert set(self.index) == set(self.held)
        assert self.index.vector_count == sum(len(rows) for rows in self.held.values())
        for key in list(self.held)[:3]:
            assert key in self.index
            np.testing.assert_allclose(self.index.vectors(key), self.held[key], atol=1e-3)


IndexMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_any_order_of_changes_and_questions = IndexMachine.TestCase


def filled(count: int, dim: int = DIM, **more: int) -> VectorIndex:
    index = VectorIndex(dim, model=MODEL, **more)
    for number, row in enumerate(draw(5, count, dim)):
        index.add(str(number), row[None])
    return index


def test_many_vectors_are_found_by_their_codes_as_by_comparing_all() -> None:
    exact, quick = filled(20_000, 64), filled(20_000, 64, exact_below=4_000)
    asked = draw(6, 60, 64)
    found = [({h.key for h in exact.query(q[None])}, {h.key for h in quick.query(q[None])}) for q in asked]
    assert np.mean([len(right & ours) / 20 for right, ours in found]) >= 0.99
    assert [h.score for h in quick.query(asked[:1], 1)] == [h.score for h in exact.query(asked[:1], 1)]


def test_a_model_whose_vectors_all_point_one_way_is_searched_longer() -> None:
    """2 bits a coordinate tell such vectors apart badly; the index measures that and looks into more of them."""
    rows = draw(2, 6_000, 64) * 0.25 + draw(3, 1, 64)
    exact, quick = VectorIndex(64, model=MODEL), VectorIndex(64, model=MODEL, exact_below=5_000)
    for number, row in enumerate(rows):
        exact.add(str(number), row[None])
        quick.add(str(number), row[None])
    asked = draw(4, 60, 64) * 0.25 + draw(3, 1, 64)
    found = [({h.key for h in exact.query(q[None])}, {h.key for h in quick.query(q[None])}) for q in asked]
    assert np.mean([len(right & ours) / 20 for right, ours in found]) >= 0.99


def test_what_is_left_of_a_crowd_is_found_after_most_of_it_was_removed() -> None:
    """All codes near the query belong to removed pictures: the index must look further, not come back short."""
    index = filled(9_000, exact_below=4_000)
    centre = draw(8, 1)
    crowd = centre + draw(9, 2_500) * 0.02
    for number, row in enumerate(crowd):
        index.add(f"crowd-{number}", row[None])
    for number in range(2_499):
        index.remove(f"crowd-{number}")
    hits = index.query(centre, 20)
    assert hits[0].key == "crowd-2499"
    assert len(hits) == 20


def test_the_switch_can_be_passed_both_ways() -> None:
    index = filled(3_000, exact_below=2_000)
    for number in range(2_500):
        index.remove(str(number))
    rows = draw(5, 3_000)
    assert index.query(rows[2_750][None], 1)[0].key == "2750"
    for number in range(2_500):
        index.add(str(number), rows[number][None])
    assert index.query(rows[17][None], 1)[0].key == "17"
    assert len(index) == 3_000


def test_stored_codes_need_no_scale() -> None:
    rows = draw(1, 4)
    codes = np.rint(rows / np.abs(rows).max(axis=1, keepdims=True) * 127).astype(np.int8)
    index = VectorIndex(DIM, model=MODEL)
    index.add("codes", codes)
    np.testing.assert_allclose(index.vectors("codes"), rows, atol=0.004)
    assert index.query(codes[2:3])[0].view == 2


def test_the_lowest_code_is_not_turned_round() -> None:
    index = VectorIndex(2, model=MODEL)
    index.add("lowest", np.array([[-128, 0]], np.int8))
    assert index.vectors("lowest").tolist() == [[-1.0, 0.0]]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, DIM)),
        np.full((1, DIM), np.nan),
        np.full((1, DIM), np.inf),
        np.ones((1, DIM + 1)),
        np.ones(DIM),
        np.ones((MAX_VIEWS + 1, DIM)),
    ],
)
def test_what_is_no_vector_is_refused_and_changes_nothing(wrong: Rows) -> None:
    index = filled(10)
    with pytest.raises(ValueError, match="vector"):
        index.add("3", wrong)
    assert index.query(draw(5, 10)[3:4], 1)[0].key == "3"
    assert (len(index), index.vector_count) == (10, 10)


def test_blank_pictures_are_held_and_never_found() -> None:
    index = VectorIndex(DIM, model=MODEL)
    index.add("blank", np.zeros((0, DIM)))
    assert "blank" in index
    assert index.query(draw(1, 3)) == []
    assert index.query(np.zeros((0, DIM))) == []


def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(10)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(vectors.os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            index.add("3", draw(77, 1))
    assert index.query(draw(5, 10)[3:4], 1)[0].key == "3"
    index.add("3", draw(77, 1))
    assert index.query(draw(77, 1), 1)[0].key == "3"


# The file


def saved(folder: Path) -> Path:
    path = folder / "vectors"
    index = filled(50)
    index.add("several", draw(3, 5))
    index.save(path)
    return path


def test_every_shorter_file_is_refused(tmp_path: Path) -> None:
    data = saved(tmp_path).read_bytes()
    short = tmp_path / "short"
    for size in [*range(0, 400), *range(400, len(data), 97), len(data) - 1]:
        short.write_bytes(data[:size])
        with pytest.raises(IndexFileError):
            VectorIndex.load(short, DIM, model=MODEL)


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = saved(tmp_path).read_bytes()
    changed = tmp_path / "changed"
    for at in [*range(0, 400), *range(400, len(data), 61)]:
        changed.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        with pytest.raises(IndexFileError):
            VectorIndex.load(changed, DIM, model=MODEL)


@pytest.mark.parametrize("data", [b"", b"ipreg-index/1\n" + b"x" * 100, b"\x89PNG\r\n", os.urandom(5_000)])
def test_foreign_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(data)
    with pytest.raises(IndexFileError):
        VectorIndex.load(path, DIM, model=MODEL)


def test_a_longer_file_another_model_and_another_dimension_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(IndexFileError, match="test/1"):
        VectorIndex.load(path, DIM, model="test/2")
    with pytest.raises(IndexFileError, match="24"):
        VectorIndex.load(path, DIM * 2, model=MODEL)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(IndexFileError):
        VectorIndex.load(path, DIM, model=MODEL)


def test_a_failed_save_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vectors.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        filled(5).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import sys, numpy as np
from pathlib import Path
from similarity.vectors import VectorIndex
index, number = VectorIndex(24, model="test/1"), 0
print("ready", flush=True)
while True:
    index.add(str(number), np.random.default_rng(number).standard_normal((200, 24))[:64])
    index.save(Path(sys.argv[1]))
    number += 1
    if number == 5:
        print("saving", flush=True)
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert [child.stdout.readline(), child.stdout.readline()] == [b"ready\n", b"saving\n"]
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        index = VectorIndex.load(path, 24, model=MODEL)
        assert len(index) >= 5
        assert index.vector_count == 64 * len(index)


def test_threads_may_ask_while_another_one_changes() -> None:
    index = filled(1_500, exact_below=1_000)
    rows, faults, over = draw(5, 1_500), list[BaseException](), threading.Event()

    def ask() -> None:
        try:
            while not over.is_set():
                assert index.query(rows[:4], 5)[0].score == pytest.approx(1, abs=1e-3)
        except BaseException as fault:
            faults.append(fault)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for number in range(1_500, 3_500):
        index.add(str(number), draw(number, 2))
        if number % 3:
            index.remove(str(number))
    over.set()
    for asker in askers:
        asker.join()
    assert faults == []
    assert len(index) == 1_500 + len([n for n in range(1_500, 3_500) if not n % 3])
