"""The stored form: strict, small, and telling the same as what was stored."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from similarity_goods import in_a_corner, jpeg, on_a_page, photo

from similarity import Fingerprint, FingerprintError, algorithm, fingerprint, judge, views

STORED = fingerprint(jpeg(photo(1))).to_bytes()


def test_the_stored_form_gives_the_same_again() -> None:
    again = Fingerprint.from_bytes(STORED)
    assert again.to_bytes()[:-4000] == STORED[:-4000]  # but for the small picture, a JPEG saved twice
    fresh = fingerprint(jpeg(photo(1)))
    assert (again.content, again.pixels, again.phash) == (fresh.content, fresh.pixels, fresh.phash)
    assert again.algorithm == fresh.algorithm == algorithm()
    assert np.array_equal(again.vectors, fresh.vectors)
    assert np.abs(again.features.points - fresh.features.first(len(again.features)).points).max() < 0.02


@pytest.mark.parametrize("number", range(6))
def test_local_features_and_small_picture_take_at_most_16_kilobytes(number: int) -> None:
    made = fingerprint(jpeg(photo(number), 95))
    assert len(made.to_bytes()) - made.vectors.nbytes <= 16 * 1024


@given(st.integers(0, len(STORED) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_refused_or_gives_a_fingerprint(place: int, change: int) -> None:
    data = bytearray(STORED)
    data[place] ^= change
    with contextlib.suppress(FingerprintError):
        assert Fingerprint.from_bytes(bytes(data)).vectors.size


@given(st.integers(0, len(STORED) - 1))
@settings(max_examples=60, deadline=None)
def test_a_cut_one_is_refused(length: int) -> None:
    with pytest.raises(FingerprintError):
        Fingerprint.from_bytes(STORED[:length])


def test_foreign_bytes_are_refused() -> None:
    for data in (b"", b"ipf1" + STORED[4:], STORED + b"\0", b"\0" * 5000):
        with pytest.raises(FingerprintError):
            Fingerprint.from_bytes(data)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (640, 480), (3000, 20)])
def test_one_colour_is_unknown_and_matches_nothing(size: tuple[int, int]) -> None:
    blank = fingerprint(jpeg(Image.new("RGB", size, (200, 30, 40))))
    assert blank.blank
    assert judge(blank, blank).probability == 0
    assert judge(blank, fingerprint(jpeg(Image.new("RGB", size, (200, 30, 40)), 60))).probability == 0


@pytest.mark.parametrize("size", [(2, 30_000), (30_000, 3), (17, 16)])
def test_odd_shapes_have_a_fingerprint(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    made = fingerprint(jpeg(Image.fromarray(noise)))
    assert Fingerprint.from_bytes(made.to_bytes()).vectors.shape == made.vectors.shape


def test_views_lie_inside_and_the_goods_on_a_page_are_cut_out() -> None:
    for image in (photo(2), on_a_page(photo(2)), in_a_corner(photo(2), photo(3)), photo(2).resize((900, 100))):
        found = views.boxes(np.asarray(image.convert("L")))
        assert len(found) <= views.MOST
        assert all(x >= 0 and y >= 0 and x + w <= 1.0001 and y + h <= 1.0001 for x, y, w, h in found)
    page = on_a_page(photo(2))
    box = views.content_box(np.asarray(page.convert("L")))
    assert box is not None
    assert box[1] == pytest.approx(60 / 720, abs=0.02)
