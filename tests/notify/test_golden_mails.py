"""Mails say, word for word, what the golden files say; a stranger's title is never more than text in them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from golden_mails import EVIL, GOLDEN, mails
from scenery import HandClock

from ipreg.runtime import Runtime

pytestmark = pytest.mark.network
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h1", "img", "br", "span", "p", "a",
}  # fmt: skip


class Tags(HTMLParser):
    """What a mail program would make of the mail."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.leads: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.leads |= {value or "" for name, value in attrs if name in ("href", "src")}
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_mails_say_what_the_golden_files_say(runtime: Runtime, clock: HandClock) -> None:
    made = mails(runtime, clock)
    assert sorted(made) == sorted(one.name for one in GOLDEN.iterdir())
    for name, text in made.items():
        assert text == (GOLDEN / name).read_text("utf-8"), f"{name}: make_golden_mails.py makes it anew"


@pytest.mark.parametrize("name", sorted(one.name for one in GOLDEN.iterdir() if one.suffix == ".html"))
def test_a_hostile_title_is_text(name: str) -> None:
    tags = Tags()
    tags.feed((GOLDEN / name).read_text("utf-8"))
    assert tags.names <= ALLOWED
    assert all(one.startswith(("https://registry.example/", "cid:picture-")) for one in tags.leads)
    if not name.startswith("flood"):
        assert " ".join(EVIL.split()) in " ".join(tags.words.split())


def test_a_mail_of_more_evidence_says_what_changed() -> None:
    assert "新情况：" in (GOLDEN / "more_evidence.zh.txt").read_text("utf-8")
    assert "New: Another listing of this seller" in (GOLDEN / "more_evidence.en.txt").read_text("utf-8")
