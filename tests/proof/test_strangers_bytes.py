"""Whatever a stranger sends, the parsers answer with our error or a value, and with nothing else."""

from __future__ import annotations

import contextlib
import json

import make_vectors
import pytest
from authorities import START, make_authority
from hypothesis import given, settings
from hypothesis import strategies as st

from ipreg.errors import ProofError
from ipreg.monitor import Seen
from ipreg.timestamps import Anchors, make_request, verify_answer
from ipreg.tlog.cosignature import Cosigner, parse_add_checkpoint
from ipreg.tlog.note import TreeHead, Verifier, split_note
from ipreg.tlog.proof import LogProof
from ipreg.tlog.tiles import Tile, split_entries, split_hashes

VECTORS = json.loads(make_vectors.PLACE.read_text("utf-8"))
PARSERS = {
    "note": (split_note, VECTORS["checkpoint"]),
    "head": (TreeHead.parse, VECTORS["checkpoint"].rpartition("\n\n")[0] + "\n"),
    "key": (Verifier.parse, VECTORS["key"]),
    "witness": (Cosigner.parse, VECTORS["witness"]),
    "proof": (LogProof.parse, VECTORS["proof"]),
    "add-checkpoint": (parse_add_checkpoint, VECTORS["add_checkpoint"]),
    "tile": (Tile.parse, "tile/0/x001/x234/067.p/7"),
    "seen": (Seen.from_json, Seen("note", 3, (bytes(32), bytes(32))).to_json()),
}


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """``text`` with a piece exchanged for something else, or something else altogether."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 20)))
    return text[:start] + draw(st.text(max_size=20)) + text[end:]


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_texts(name: str, data: st.DataObject) -> None:
    parse, good = PARSERS[name]
    parse(good)
    with contextlib.suppress(ProofError):
        parse(data.draw(damaged(good) | st.text()))


@given(
    st.dictionaries(
        st.sampled_from(["format", "size", "hashes", "checkpoint"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers()),
    )
)
def test_state_files(kept: dict[str, object]) -> None:
    with contextlib.suppress(ProofError):
        Seen.from_json(json.dumps({"format": "ipreg-monitor/1", "checkpoint": "", "size": 1, "hashes": [], **kept}))


@given(st.binary(max_size=600), st.integers(0, 256))
def test_tiles_and_bundles(data: bytes, width: int) -> None:
    for split in (split_entries, split_hashes):
        with contextlib.suppress(ProofError):
            assert len(split(data, width)) == width


AUTHORITY = make_authority()
ANSWER = AUTHORITY.answer(make_request(b"data").der, now=START)


@settings(max_examples=300)
@given(st.data())
def test_time_stamps(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ANSWER)))
    end = data.draw(st.integers(start, min(len(ANSWER), start + 30)))
    changed = ANSWER[:start] + data.draw(st.binary(max_size=30)) + ANSWER[end:]
    if changed != ANSWER:
        with pytest.raises(ProofError):
            verify_answer(changed, data=b"data", anchors=Anchors((AUTHORITY.ca,)))


@given(st.binary(max_size=200))
def test_an_authority_answers_any_request(request: bytes) -> None:
    answer = AUTHORITY.answer(request, now=START)
    with pytest.raises(ProofError, match="token_not_granted"):
        verify_answer(answer, data=b"data", anchors=Anchors((AUTHORITY.ca,)))
