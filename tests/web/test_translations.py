"""No text on the pages or in messages is without its Chinese."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from ipreg import i18n

TOP = Path(__file__).parent.parent.parent
KEYWORDS = {"_": None, "N_": None, "gettext": None}


def test_every_text_is_translated_and_no_translation_is_stale() -> None:
    with (TOP / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    used = {
        found[2]
        for found in extract_from_dir(TOP, method_map=mapping, options_map=options, keywords=KEYWORDS)
        if isinstance(found[2], str)
    }
    with (i18n.FOLDER / "zh/LC_MESSAGES/messages.po").open("rb") as po:
        catalog = {message.id: message for message in read_po(po) if message.id}
    assert {text for text in used if text not in catalog or not catalog[text].string} == set()
    assert set(catalog) - used == set()
    assert [message.id for message in catalog.values() if message.fuzzy] == []
    for message in catalog.values():
        assert isinstance(message.id, str) and isinstance(message.string, str)
        assert sorted(p for p in message.id.split("%(")[1:]) == [] or all(
            "%(" + part.split(")")[0] + ")s" in message.string for part in message.id.split("%(")[1:]
        )
