"""Features and alignment: the mirrored picture by signs alone, known transforms found again, strangers refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from similarity_goods import photo

from similarity import geometry
from similarity.geometry import Features, align, extract, grey_of, working_picture


def test_the_mirrored_picture_is_placed_by_the_same_products() -> None:
    image = photo(3)
    seen = features_of(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    upright, mirrored = align(features_of(image), seen)
    told = align(features_of(image).mirrored(), seen)[0]
    assert told is not None and mirrored is not None
    assert np.allclose(mirrored.transform, told.transform, atol=1e-3) and mirrored.inliers == told.inliers
    assert upright is None or upright.support < mirrored.support / 4


def features_of(image: Image.Image) -> Features:
    return extract(grey_of(working_picture(np.asarray(image.convert("RGB")))))


def test_the_mirrored_picture_has_the_features_that_the_signs_say() -> None:
    image = photo(3)
    derived = features_of(image).mirrored()
    seen = features_of(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    found, _ = align(derived, seen)
    assert found is not None
    assert found.inliers > 40
    assert abs(found.turned) < 1
    assert found.scale == pytest.approx(1, abs=0.02)
    assert np.allclose(found.transform[:, 2], 0, atol=2)


@pytest.mark.parametrize(("degrees", "share"), [(0, 0.5), (15, 0.8), (90, 1.0), (-70, 0.6)])
def test_a_turned_and_shrunken_picture_is_placed(degrees: int, share: float) -> None:
    image = photo(5)
    page = Image.new("RGB", (900, 900), (120, 130, 140))
    shown = image.resize((round(image.width * share), round(image.height * share)))
    shown = shown.rotate(degrees, expand=True, fillcolor=(120, 130, 140))
    page.paste(shown, (40, 60))
    found, _ = align(features_of(image), features_of(page))
    assert found is not None
    assert found.turned == pytest.approx(-degrees, abs=2)
    to_working = geometry.WORKING_SIDE / max(image.size) * 900 / geometry.WORKING_SIDE
    assert found.scale * to_working == pytest.approx(share, rel=0.05)
    xs, ys = np.array(found.sighted_region).T
    assert xs.max() <= (40 + shown.width) / 900 + 0.02
    assert ys.max() <= (60 + shown.height) / 900 + 0.02


def test_strangers_find_little_support() -> None:
    found = [align(features_of(photo(one)), features_of(photo(one + 1))) for one in range(0, 10, 2)]
    assert all(one is None or one.support < 2 for both in found for one in both)


def test_nothing_to_see_gives_no_features_and_no_alignment() -> None:
    nothing = features_of(Image.new("RGB", (300, 200), (90, 90, 90)))
    assert len(nothing) == 0
    assert align(nothing, features_of(photo(0))) == (None, None)
    assert align(features_of(photo(0)), nothing) == (None, None)


def test_the_first_features_are_spread_over_the_picture() -> None:
    first = features_of(photo(0)).first(36)
    cells = {(int(x / first.width * 3), int(y / first.height * 3)) for x, y in first.points}
    assert len(cells) >= 7
