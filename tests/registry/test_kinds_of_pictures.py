"""A design may be filed as any kind of picture; what is kept is the file itself, what is shown a JPEG."""

from __future__ import annotations

import pytest
from kinds import all_kinds, pdf_scene, svg
from scenery import HandClock
from sqlalchemy.orm import Session

from ipreg.errors import CallerError
from ipreg.messages import MESSAGES
from ipreg.runtime import Runtime
from ipreg.storage import keep_picture

KINDS = all_kinds()


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "PDF", "PSD", "SVG", "TIFF pages", "WEBP animated"])
def test_it_is_kept_as_it_came_and_shown_as_jpeg(
    runtime: Runtime, session: Session, clock: HandClock, kind: str
) -> None:
    kept = keep_picture(session, runtime.store, data=KINDS[kind], now=clock())
    assert runtime.store.get(kept.sha256) == KINDS[kind]
    assert kept.width / kept.height == pytest.approx(4 / 3, abs=0.01)
    assert runtime.store.thumbnail(kept.sha256, 96)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf_scene(encrypt="secret"), "picture_locked"),
        (svg('<filter id="f">' + '<feGaussianBlur stdDeviation="50"/>' * 300 + "</filter>"
             '<rect width="99" height="99" filter="url(#f)"/>'), "picture_too_slow"),
    ],
)  # fmt: skip
def test_what_is_refused_has_words(
    runtime: Runtime, session: Session, clock: HandClock, data: bytes, code: str
) -> None:
    with pytest.raises(CallerError) as caught:
        keep_picture(session, runtime.store, data=data, now=clock())
    assert caught.value.code == code
    assert MESSAGES[code]
