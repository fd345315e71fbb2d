"""Writes the golden vectors of the log's formats: ``python tests/proof/make_vectors.py`` (into ``vectors/``).

Keys and leaves are fixed, Ed25519 signs the same thing the same way: the files change only where a format does.
The roots and tiles are computed here by RFC 6962's definition, without the product's own tree.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ipreg.tlog.cosignature import Cosigner, add_checkpoint_body, cosign
from ipreg.tlog.note import Signer, TreeHead
from ipreg.tlog.proof import LogProof
from ipreg.tlog.tiles import join_entries, tiles_of

PLACE = Path(__file__).parent / "vectors" / "log.json"
SIZE, OLD, INDEX = 600, 300, 257
ORIGIN, WITNESS = "registry.example/log", "witness.example/w1"


def leaf(index: int) -> bytes:
    return f"entry {index}".encode()


def root(leaves: list[bytes]) -> bytes:
    """MTH, RFC 6962 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH, RFC 6962 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(index, leaves[:split]), root(leaves[split:])]
    return [*path(index - split, leaves[split:]), root(leaves[:split])]


def subproof(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF, RFC 6962 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*subproof(old, leaves[:split], whole), root(leaves[split:])]
    return [*subproof(old - split, leaves[split:], False), root(leaves[:split])]


def make() -> dict[str, object]:
    leaves = [leaf(index) for index in range(SIZE)]
    signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    witness = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
    text = TreeHead(ORIGIN, SIZE, root(leaves)).to_text()
    line = cosign(text, name=WITNESS, key=witness, timestamp=1767225600)
    checkpoint = signer.sign(text)
    tiles = {}
    for tile in tiles_of(SIZE):
        span = 256**tile.level
        starts = range(tile.start * span, (tile.start + tile.width) * span, span)
        content = b"".join(root(leaves[start : start + span]) for start in starts)
        tiles[tile.path] = hashlib.sha256(content).hexdigest()
    return {
        "key": str(signer.verifier),
        "witness": str(Cosigner(WITNESS, witness.public_key().public_bytes_raw())),
        "checkpoint": checkpoint + str(line),
        "roots": {str(size): root(leaves[:size]).hex() for size in (1, 2, 3, 255, 256, 257, OLD, SIZE)},
        "tiles_sha256": tiles,
        "bundle_sha256": hashlib.sha256(join_entries(leaves[512:])).hexdigest(),
        "proof": str(LogProof(INDEX, tuple(path(INDEX, leaves)), checkpoint + str(line))),
        "add_checkpoint": add_checkpoint_body(OLD, tuple(subproof(OLD, leaves)), checkpoint),
    }


if __name__ == "__main__":
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n", "utf-8")
