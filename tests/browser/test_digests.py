"""Files digested in a real Chromium: the standards' vectors, the server's digests, and nothing that is sent."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, new_page, no_sideways_scrolling
from papers import file_some
from scenery import HandClock, draw_picture
from serving import serving

from ipreg.digests import digests
from ipreg.runtime import Runtime

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = CLICKED
DIGESTS = Path(__file__).parent.parent.parent / "static" / "digests.js"
# FIPS 180-4 examples and NIST's vectors; GB/T 32905-2016, annex A.
SHA256 = {
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    "a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}
SM3 = {
    "abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    "abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    with serving(create_app(runtime.config)) as opened:
        yield opened


def test_the_digests_are_the_standards(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(path=DIGESTS)
    of = "(text) => [new Sha256(), new Sm3()].map((one) => one.update(new TextEncoder().encode(text)).hex())"
    for text, wanted in SHA256.items():
        assert page.evaluate(of, text)[0] == wanted
    for text, wanted in SM3.items():
        assert page.evaluate(of, text)[1] == wanted
    page.close()


def test_pieces_of_any_length_make_the_same_digest(browser: Browser) -> None:
    """Lengths around the blocks' edges, cut anywhere, against the server's digests."""
    page = browser.new_page()
    page.add_script_tag(path=DIGESTS)
    by_pieces = """([data, cuts]) => [new Sha256(), new Sm3()].map((one) => {
      for (let n = 0; n + 1 < cuts.length; n++) one.update(Uint8Array.from(data.slice(cuts[n], cuts[n + 1])));
      return one.hex(); })"""
    chance = random.Random(3)
    for length in (0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 4099):
        data = chance.randbytes(length)
        cuts = [0, *sorted(chance.randint(0, length) for _ in range(5)), length]
        both = digests(data)
        assert page.evaluate(by_pieces, [list(data), cuts]) == [both.sha256, both.sm3], length
    page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_a_file_is_found_and_never_sent(
    browser: Browser, address: str, runtime: Runtime, clock: HandClock, tmp_path: Path, width: int
) -> None:
    _, number = file_some(runtime, clock)
    page = new_page(browser, address, width)
    sent: list[tuple[str, bytes | None]] = []
    page.on("request", lambda asked: sent.append((asked.method, asked.post_data_buffer)))
    (tmp_path / "front.jpg").write_bytes(draw_picture(2))
    page.goto("/verify")
    no_sideways_scrolling(page)
    page.wait_for_selector("#drop")  # there when the script is
    page.set_input_files("#file", tmp_path / "front.jpg")
    page.wait_for_selector("text=这个文件确已备案")
    assert number in page.content() and hashlib.sha256(draw_picture(2)).hexdigest() in page.url
    no_sideways_scrolling(page)
    assert set(sent) == {("GET", None)}, "nothing of the file goes over the wire"
    (tmp_path / "other.bin").write_bytes(bytes(9_000_000))
    page.wait_for_selector("#drop")
    page.set_input_files("#file", tmp_path / "other.bin")
    page.wait_for_selector("text=这个文件不属于本备案")
    no_sideways_scrolling(page)


def test_without_javascript_a_digest_or_number_can_be_typed(
    browser: Browser, address: str, runtime: Runtime, clock: HandClock
) -> None:
    _, number = file_some(runtime, clock)
    page = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    page.goto("/verify")
    assert page.is_hidden("#drop") and "未启用 JavaScript" in page.content()
    page.fill("#number", number.lower())
    page.press("#number", "Enter")
    page.wait_for_url(f"**/verify/{number}")
    page.goto("/verify")
    page.fill("#digest", digests(draw_picture(2)).sm3)
    page.press("#digest", "Enter")
    page.wait_for_selector("text=这个文件确已备案")
