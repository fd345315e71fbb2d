"""What the judge says of hidden copies, and of pictures that only share what all sellers share."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps
from similarity_goods import (
    between_banners,
    in_a_corner,
    in_two_shapes,
    jpeg,
    on_a_page,
    on_a_template,
    photo,
    recoloured,
    with_banner,
    with_watermark,
)

from similarity import Reason, fingerprint, judge, overlay, verdict
from similarity.image import decode
from similarity.verdict import judge_all

CERTAIN, ALERT = 0.95, 0.8


def verdict_on(number: int, image: Image.Image):  # type: ignore[no-untyped-def]
    return judge(fingerprint(jpeg(photo(number), 92)), fingerprint(jpeg(image, 70)))


def test_the_same_file_and_the_same_pixels() -> None:
    data = jpeg(photo(0))
    same = judge(fingerprint(data), fingerprint(data))
    assert same.probability == 1
    assert same.reason.same_bytes
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, "PNG")
    again = judge(fingerprint(data), fingerprint(out.getvalue()))
    assert again.reason.same_pixels and not again.reason.same_bytes
    assert again.probability > 0.99


@pytest.mark.parametrize("number", [0, 4, 7])
def test_a_mirrored_copy_is_found_and_said_to_be_mirrored(number: int) -> None:
    found = verdict_on(number, ImageOps.mirror(photo(number)))
    assert found.probability > CERTAIN
    assert found.reason.mirrored


@pytest.mark.parametrize("number", [1, 5])
def test_another_colour_is_a_copy_and_said_so(number: int) -> None:
    found = verdict_on(number, recoloured(photo(number)))
    assert found.probability > CERTAIN
    assert found.reason.recoloured


def test_a_quarter_turn_is_told_in_degrees() -> None:
    found = verdict_on(2, photo(2).transpose(Image.Transpose.ROTATE_90))
    assert found.probability > CERTAIN
    assert abs(found.reason.turned) == pytest.approx(90, abs=2)


def test_a_small_copy_in_a_corner_is_placed() -> None:
    found = verdict_on(6, in_a_corner(photo(6), photo(9)))
    assert found.probability > ALERT
    assert found.reason.place == "lower_left"
    assert found.reason.coverage is not None and found.reason.coverage > 0.2


def test_the_goods_on_a_shop_page_are_found() -> None:
    assert verdict_on(8, on_a_page(photo(8))).probability > ALERT


@pytest.mark.parametrize("lay", [with_banner, with_watermark, on_a_page, between_banners, on_a_template])
@pytest.mark.parametrize("number", [0, 3, 8, 12])
def test_what_sellers_share_around_their_goods_is_no_match(lay, number: int) -> None:  # type: ignore[no-untyped-def]
    shaped = [in_two_shapes(photo(one), one) for one in (number, number + 1)]
    one, other = (fingerprint(jpeg(lay(image))) for image in shaped)
    assert judge(one, other).probability < 0.5


def test_a_banner_over_a_copy_does_not_hide_it() -> None:
    assert verdict_on(10, with_banner(photo(10))).probability > ALERT


def test_strangers_are_no_match() -> None:
    prints = [fingerprint(jpeg(photo(number))) for number in range(8)]
    chances = [judge(one, other).probability for one in prints for other in prints if one is not other]
    assert max(chances) < 0.5


def test_the_reason_survives_json_and_the_overlay_is_drawn() -> None:
    found = verdict_on(6, in_a_corner(photo(6), photo(9))).reason
    assert Reason.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    drawn = decode(overlay(jpeg(photo(6)), jpeg(in_a_corner(photo(6), photo(9))), found))
    assert (drawn.width, drawn.height) == (1292, 640)


def test_a_reason_of_an_earlier_version_is_read() -> None:
    assert Reason.from_dict({"mirrored": True, "inliers": 4, "unknown": 1}).mirrored


def thin_things() -> list[Image.Image]:
    """Each of another shape, a few lines on white."""
    pictures = [Image.new("RGB", (420, 420), "#fafafa") for _ in range(4)]
    lamp, shelf, stand, tent = (ImageDraw.Draw(one) for one in pictures)
    lamp.line((199, 60, 210, 360), fill="#33506a", width=7)
    lamp.ellipse((169, 330, 229, 370), fill="#33506a")
    shelf.rectangle((150, 90, 270, 330), outline="#704030", width=6)
    shelf.line((150, 200, 270, 200), fill="#704030", width=5)
    stand.line((130, 100, 270, 340), fill="#303030", width=6)
    stand.line((290, 100, 150, 340), fill="#303030", width=6)
    tent.polygon([(120, 300), (210, 80), (300, 300)], outline="#205040", width=6)
    tent.line((210, 80, 210, 360), fill="#205040", width=5)
    return pictures


def test_thin_things_on_plain_ground_are_no_copies_though_three_places_agree_with_some_transform() -> None:
    seen = [fingerprint(png(one)) for one in thin_things()]
    pairs = [(one, other) for one in seen for other in seen if one is not other]
    assert max(one.probability for one in judge_all(pairs)) <= 0.3
    assert all(judge(one, one).probability == 1 for one in seen)


def test_a_copy_by_three_places_alone_stays_below_every_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the trees think of it."""
    monkeypatch.setattr(verdict, "probabilities", lambda numbers: np.full(len(numbers), 0.97))
    design, copy = photo(2), on_a_page(photo(2))
    assert judge(fingerprint(jpeg(design)), fingerprint(jpeg(copy))).probability == 0.97
    lamp, shelf, *_ = thin_things()
    assert judge(fingerprint(png(lamp)), fingerprint(png(shelf))).probability == 0.3


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
