"""Design prints, their index, and the verdict of three kinds."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from similarity_goods import DESIGNS, jpeg

from similarity import Verdict, designs
from similarity.designindex import DesignIndex, FoundDesign
from similarity.designs import (
    DesignPrint,
    DesignPrintError,
    DesignVerdict,
    Kind,
    design_print,
    judge_design,
    likeness,
    tell_apart,
)
from similarity.index import Found
from similarity.parts import corresponding
from similarity.search import _merged
from similarity.verdict import Reason

BLANK = jpeg(Image.new("RGB", (200, 200), "white"))


@pytest.fixture(scope="module")
def prints() -> list[DesignPrint]:
    return [design_print(path.read_bytes()) for path in DESIGNS[:8]]


@pytest.fixture(scope="module")
def index(prints: list[DesignPrint]) -> DesignIndex:
    made = DesignIndex(designs.model().id, designs.model().dimensions)
    for at in range(4):
        made.add(f"design {at}", [(f"{at}a", prints[2 * at]), (f"{at}b", prints[2 * at + 1])])
    return made


def test_a_print_comes_back_as_it_was_stored(prints: list[DesignPrint]) -> None:
    again = DesignPrint.from_bytes(prints[0].to_bytes())
    assert (again.model, again.blank) == (prints[0].model, False)
    assert (again.vector == prints[0].vector).all()
    assert len(prints[0].to_bytes()) < 300


@given(st.binary(max_size=400))
def test_other_bytes_are_no_print(data: bytes) -> None:
    with pytest.raises(DesignPrintError):
        DesignPrint.from_bytes(data)


def test_a_print_that_was_cut_short_is_refused(prints: list[DesignPrint]) -> None:
    with pytest.raises(DesignPrintError):
        DesignPrint.from_bytes(prints[0].to_bytes()[:-1])


def test_a_picture_of_nothing_shows_no_design(prints: list[DesignPrint], index: DesignIndex) -> None:
    blank = design_print(BLANK)
    assert blank.blank
    assert judge_design([blank], blank).same == 0.0
    assert judge_design(prints, blank).similar == 0.0
    assert index.search(blank) == []


def test_views_of_another_model_are_left_out(prints: list[DesignPrint]) -> None:
    foreign = DesignPrint("other/1", blank=False, vector=prints[3].vector)
    assert judge_design([foreign], prints[3]).same == 0.0
    assert judge_design([foreign, prints[3]], prints[3]).nearest == 1


def test_all_views_stand_for_the_design(index: DesignIndex, prints: list[DesignPrint]) -> None:
    for at in range(8):
        first = index.search(prints[at])[0]
        assert (first.key, first.view) == (f"design {at // 2}", f"{at // 2}{'ab'[at % 2]}")


def test_what_is_left_out_is_not_found(index: DesignIndex, prints: list[DesignPrint]) -> None:
    assert "design 1" not in [one.key for one in index.search(prints[2], without=["design 1"])]


def test_a_design_that_was_removed_is_not_found(prints: list[DesignPrint]) -> None:
    made = DesignIndex(designs.model().id, designs.model().dimensions)
    made.add("one", [("a", prints[0]), ("blank", design_print(BLANK))])
    assert made.views("one") == ["a"]
    made.remove("one")
    assert "one" not in made and made.search(prints[0]) == []


def test_the_index_refuses_another_model(index: DesignIndex, prints: list[DesignPrint]) -> None:
    foreign = DesignPrint("other/1", blank=False, vector=prints[0].vector)
    with pytest.raises(ValueError, match="other/1"):
        index.search(foreign)
    with pytest.raises(ValueError, match="new"):
        index.add("new", [("a", foreign)])


@pytest.mark.parametrize(
    ("copied", "same", "similar", "kind"),
    [
        (0.9, 0.95, 0.97, Kind.COPY),
        (0.3, 0.7, 0.8, Kind.NEW_PHOTOGRAPH),
        (0.1, 0.4, 0.6, Kind.SIMILAR),
        (0.1, 0.2, 0.3, Kind.OTHER),
    ],
)
def test_the_three_are_told_apart(copied: float, same: float, similar: float, kind: Kind) -> None:
    assert tell_apart(Verdict(copied, Reason()), DesignVerdict(same, similar, 0, 0.5)).kind is kind


def test_goods_are_never_certain(prints: list[DesignPrint]) -> None:
    found = judge_design(prints, prints[0])
    assert found.same <= found.similar < 0.99


def test_goods_shown_half_way_between_two_views_are_nearer_than_to_either(prints: list[DesignPrint]) -> None:
    one, other = prints[0].unit, prints[1].unit
    half_way = np.rint((one + other) / np.linalg.norm(one + other) * 381).clip(-127, 127).astype(np.int8)
    found = likeness(np.stack([one, other, prints[4].unit]), DesignPrint(prints[0].model, False, half_way))
    assert found.between > 0.99 > found.cosines.max()


def test_a_single_view_is_as_like_as_its_cosine(prints: list[DesignPrint]) -> None:
    found = likeness(prints[0].unit[None], prints[3])
    assert found.between == pytest.approx(float(found.cosines[0]))


def test_a_design_that_is_as_like_as_another_is_less_sure(prints: list[DesignPrint]) -> None:
    alone, beside = (DesignIndex(designs.model().id, designs.model().dimensions) for _ in range(2))
    for made in (alone, beside):
        made.add("filed", [("front", prints[0])])
    beside.add("its twin", [("front", prints[0])])
    assert beside.search(prints[0])[0].verdict.same < alone.search(prints[0])[0].verdict.same


def test_corresponding_parts_lie_in_both_pictures() -> None:
    data = DESIGNS[0].read_bytes()
    found = corresponding(data, data)
    assert len(found.lines) >= 4
    assert not found.mirrored
    for x, y, u, v in found.lines:
        assert (x, y) == (u, v) and 0 < x < 1 and 0 < y < 1


def test_no_part_lies_on_the_plain_ground_of_a_filed_view() -> None:
    pictures = Path(__file__).parent.parent / "acceptance" / "same_design"
    filed = (pictures / "registry" / "antiqueChair__perspective.jpg").read_bytes()
    found = corresponding(filed, (pictures / "queries" / "q00086.jpg").read_bytes())
    assert len(found.lines) >= 4
    goods = np.asarray(Image.open(io.BytesIO(filed)).convert("L"))
    reach = goods.shape[0] // 12
    for x, y, _, _ in found.lines:
        at, level = round(x * goods.shape[1]), round(y * goods.shape[0])
        near = goods[max(0, level - reach) : level + reach, max(0, at - reach) : at + reach]
        assert near.min() < 200, "part of the chair"


def test_parts_of_mirrored_goods_are_mirrored() -> None:
    image = Image.open(DESIGNS[2]).convert("RGB")
    turned = jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=95)
    found = corresponding(DESIGNS[2].read_bytes(), turned)
    assert found.mirrored
    assert np.median([abs(1 - x - u) for x, _, u, _ in found.lines]) < 0.1


def copied(key: str, probability: float) -> Found:
    return Found(key, Verdict(probability, Reason()))


def goods(design: str, same: float, view: str = "") -> FoundDesign:
    return FoundDesign(design, view or design, DesignVerdict(same, same, 0, 0.8))


def test_where_one_view_is_known_whoever_looks_for_copies_loses_nothing() -> None:
    rows = _merged(
        [copied("a", 0.7), copied("b", 0.36)], [goods("c", 0.9), goods("a", 0.9), goods("d", 0.4)], set()
    )
    assert [(key, kind) for key, _, kind in rows] == [
        ("a", Kind.COPY), ("b", Kind.COPY), ("c", Kind.NEW_PHOTOGRAPH), ("d", Kind.NEW_PHOTOGRAPH),
    ]  # fmt: skip
    assert rows[0][1] == 0.7


def test_all_views_of_a_design_together_say_more_than_one_that_is_perhaps_copied() -> None:
    copies = [copied("chair__front", 0.6), copied("lamp__top", 0.99)]
    rows = _merged(copies, [goods("sofa", 0.9, "sofa__left"), goods("chair", 0.1)], {"chair", "lamp", "sofa"})
    assert [(key, kind) for key, _, kind in rows] == [
        ("lamp__top", Kind.COPY), ("sofa__left", Kind.NEW_PHOTOGRAPH), ("chair__front", Kind.COPY),
    ]  # fmt: skip
    assert rows[0][1] == pytest.approx(0.99) and all(0 <= score <= 1 for _, score, _ in rows)
