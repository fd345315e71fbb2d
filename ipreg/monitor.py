"""The monitor: follows a log over HTTP by what strangers get, and believes nothing that it can compute itself.

It needs the log's address and key and a small file of its own; neither our database nor our word. Every new entry
is hashed from its bundle, the tree is grown from the hashes that were kept, and its root compared with the signed
one; the tiles must agree with both. What does not hold is told apart: a fork, a rollback, something missing, a bad
signature, an entry or tile that was changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ipreg.errors import ProofError, UpstreamError
from ipreg.tlog import merkle
from ipreg.tlog.cosignature import Cosigner, cosignatures
from ipreg.tlog.note import MAX_NOTE, TreeHead, Verifier, open_checkpoint
from ipreg.tlog.tiles import HEIGHT, MAX_BUNDLE, WIDTH, Tile, TileReader, cut_to, split_entries, tile_of

FORMAT = "ipreg-monitor/1"
TIMEOUT = 20.0

Fetch = Callable[[str], bytes | None]
"""A path below the log's address -> the bytes there, or None where there is nothing (HTTP 404)."""


class Alarm(ProofError):
    """The log is not what it was or what it signed. ``evidence`` are the signed notes that show it."""

    def __init__(self, code: str, *, evidence: Sequence[str] = (), **values: object) -> None:
        super().__init__(code, **values)
        self.evidence = tuple(evidence)


@dataclass(frozen=True)
class Seen:
    """What the monitor verified last: the signed note, and the hashes from which every later tree grows."""

    checkpoint: str = ""
    size: int = 0
    hashes: tuple[bytes, ...] = ()
    cosigned: dict[str, int] = field(default_factory=dict)

    @property
    def root(self) -> bytes:
        return merkle.Growing(self.size, list(self.hashes)).root()

    def to_json(self) -> str:
        kept = {"format": FORMAT, "size": self.size, "hashes": [one.hex() for one in self.hashes]}
        return json.dumps({**kept, "checkpoint": self.checkpoint}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Seen:
        """Reads what ``to_json`` wrote; raises ``ProofError`` for anything else."""
        try:
            kept: dict[str, Any] = json.loads(text)
            size, checkpoint = kept["size"], kept["checkpoint"]
            hashes = tuple(bytes.fromhex(one) for one in kept["hashes"])
        except (ValueError, KeyError, TypeError) as fault:
            raise ProofError("monitor_state_malformed") from fault
        good = kept.get("format") == FORMAT and type(size) is int and size >= 0 and isinstance(checkpoint, str)
        if not good or [len(one) for one in hashes] != [merkle.HASH_SIZE] * size.bit_count():
            raise ProofError("monitor_state_malformed")
        return cls(checkpoint, size, hashes)


def look(
    fetch: Fetch,
    seen: Seen,
    *,
    verifiers: Sequence[Verifier],
    witnesses: Sequence[Cosigner] = (),
    needed: int = 0,
) -> Seen:
    """One look at the log: what is verified now, given what was ``seen``.

    Raises ``Alarm`` where the log is not honest, ``UpstreamError`` where it can't be reached. ``needed`` is how
    many of ``witnesses`` must have cosigned.
    """
    note = fetch("checkpoint")
    if note is None:
        if seen.size:
            raise Alarm("monitor_missing", path="checkpoint", evidence=[seen.checkpoint])
        return seen
    checkpoint, head = _open(note, verifiers)
    cosigned = _cosigned(checkpoint, witnesses, needed)
    if head.size < seen.size:
        raise Alarm("monitor_rollback", size=head.size, seen=seen.size, evidence=[seen.checkpoint, checkpoint])
    reader = TileReader(head.size, lambda tile: _tile(fetch, tile))
    _check_tiles(reader, seen, head, checkpoint)
    grown = merkle.Growing(seen.size, list(seen.hashes))
    for index in range(seen.size // WIDTH, (head.size + WIDTH - 1) // WIDTH):
        if seen.size < head.size:
            _grow(grown, fetch, reader, tile_of(-1, index, head.size))
    if grown.root() != head.root:
        raise Alarm("monitor_fork", size=head.size, seen=seen.size, evidence=[seen.checkpoint, checkpoint])
    return Seen(checkpoint, head.size, tuple(grown.hashes), cosigned)


def fetch_over_http(address: str, *, timeout: float = TIMEOUT) -> Fetch:
    """Reads from the log at ``address``; raises ``UpstreamError`` for anything but an answer or a 404."""

    def fetch(path: str) -> bytes | None:
        limit = MAX_NOTE if path == "checkpoint" else MAX_BUNDLE
        whole = bytearray()
        try:
            with httpx.stream("GET", f"{address.rstrip('/')}/{path}", timeout=timeout, trust_env=False) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise UpstreamError("monitor_unreachable", reason=f"HTTP {answer.status_code}: {path}")
                for part in answer.iter_bytes():
                    whole += part
                    if len(whole) > limit:
                        raise UpstreamError("monitor_unreachable", reason=f"too long: {path}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            raise UpstreamError("monitor_unreachable", reason=f"{type(fault).__name__}: {path}") from fault
        return bytes(whole)

    return fetch


def load_seen(place: Path) -> Seen:
    """What the file holds; nothing seen where there is none."""
    return Seen.from_json(place.read_text("utf-8")) if place.exists() else Seen()


def keep_seen(place: Path, seen: Seen) -> None:
    """Writes the file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=place.absolute().parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(seen.to_json())
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(place)


def keep_evidence(place: Path, alarm: Alarm) -> Path | None:
    """Writes the signed notes that show the fault beside the state file; None where there are none."""
    notes = [note for note in alarm.evidence if note]
    if not notes:
        return None
    text = "\n".join(notes)
    kept = place.with_name(f"{place.name}.{alarm.code}.{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt")
    kept.write_text(text, "utf-8")
    return kept


def _open(note: bytes, verifiers: Sequence[Verifier]) -> tuple[str, TreeHead]:
    try:
        text = note.decode()
        return text, open_checkpoint(text, *verifiers)
    except (ProofError, UnicodeDecodeError) as fault:
        raise Alarm("monitor_signature", reason=str(fault), evidence=[note.decode(errors="replace")]) from fault


def _cosigned(checkpoint: str, witnesses: Sequence[Cosigner], needed: int) -> dict[str, int]:
    try:
        found = cosignatures(checkpoint, witnesses)
    except ProofError as fault:
        raise Alarm("monitor_signature", reason=str(fault), evidence=[checkpoint]) from fault
    if len(found) < needed:
        raise Alarm("monitor_witnesses", found=len(found), needed=needed, evidence=[checkpoint])
    return found


def _tile(fetch: Fetch, tile: Tile) -> bytes:
    data = fetch(tile.path)
    if data is not None:
        return data
    # A log may drop a partial tile once the full one is there, and may have grown since its checkpoint was read.
    full = fetch(Tile(tile.level, tile.index).path) if tile.width < WIDTH else None
    if full is None:
        raise Alarm("monitor_missing", path=tile.path)
    return cut_to(tile, full)


def _check_tiles(reader: TileReader, seen: Seen, head: TreeHead, checkpoint: str) -> None:
    """The tiles add up to the signed root, and what was seen is the beginning of what they hold."""
    try:
        if merkle.root_hash(head.size, reader) != head.root:
            raise Alarm("monitor_tiles", size=head.size, evidence=[checkpoint])
        merkle.verify_consistency(
            old=seen.size,
            new=head.size,
            old_root=seen.root,
            new_root=head.root,
            path=merkle.consistency_path(seen.size, head.size, reader),
        )
    except Alarm:
        raise
    except ProofError as fault:
        if fault.code != "proof_other_root":
            raise Alarm("monitor_tiles", size=head.size, evidence=[checkpoint]) from fault
        evidence = [seen.checkpoint, checkpoint]
        raise Alarm("monitor_fork", size=head.size, seen=seen.size, evidence=evidence) from fault


def _grow(grown: merkle.Growing, fetch: Fetch, reader: TileReader, bundle: Tile) -> None:
    """Adds the bundle's entries that are new; each must hash to what the tile says."""
    try:
        leaves = split_entries(_tile(fetch, bundle), bundle.width)
    except ProofError as fault:
        if isinstance(fault, Alarm):
            raise
        raise Alarm("monitor_bundle", path=bundle.path) from fault
    hashes = _leaf_hashes(reader, Tile(0, bundle.index, bundle.width))
    for index, (leaf, expected) in enumerate(zip(leaves, hashes, strict=True), bundle.start):
        found = merkle.hash_leaf(leaf)
        if found != expected:
            raise Alarm("monitor_entry", index=index)
        if index >= grown.size:
            grown.append(found)


def _leaf_hashes(reader: TileReader, tile: Tile) -> list[bytes]:
    """The tile's hashes; those of a full one must add up to their hash in the tile above."""
    try:
        hashes = reader.hashes(tile)
        if tile.width == WIDTH:
            above = reader(HEIGHT, tile.index)
            whole = merkle.Growing()
            for one in hashes:
                whole.append(one)
            if whole.root() != above:
                raise Alarm("monitor_tiles", size=tile.start + tile.width)
    except ProofError as fault:
        if isinstance(fault, Alarm):
            raise
        raise Alarm("monitor_tiles", size=tile.start + tile.width) from fault
    return hashes
