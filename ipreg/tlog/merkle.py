"""Merkle tree hashing and proofs after RFC 9162, section 2.1 (hashing as in RFC 6962)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ipreg.errors import ProofError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""(level, position) -> hash of the complete subtree over leaves [position << level, (position + 1) << level)."""


def hash_leaf(data: bytes) -> bytes:
    """SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_nodes(index: int, leaf: bytes, read: ReadNode) -> list[tuple[int, int, bytes]]:
    """The (level, position, hash) of every subtree that is complete once ``leaf`` stands at ``index``.

    ``read`` is asked only for left siblings, which are complete already.
    """
    nodes = [(0, index, leaf)]
    level, position, node = 0, index, leaf
    while position & 1:
        node = hash_children(read(level, position - 1), node)
        level, position = level + 1, position >> 1
        nodes.append((level, position, node))
    return nodes


def frontier(size: int) -> list[tuple[int, int]]:
    """(level, position) of the complete subtrees that make up a tree of ``size`` leaves, the largest first."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


@dataclass
class Growing:
    """A tree that only grows: ``size`` leaves and the hashes of ``frontier(size)``. Enough for every later root."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Adds a leaf's hash."""
        rest, node = self.size, leaf
        while rest & 1:
            node, rest = hash_children(self.hashes.pop(), node), rest >> 1
        self.hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = hash_children(left, node)
        return node


def subtree_hash(start: int, end: int, read: ReadNode) -> bytes:
    """MTH(D[start:end]) for ``start`` at the left edge of a subtree; ``end`` > ``start``."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    split = start + _split(size)
    return hash_children(subtree_hash(start, split, read), subtree_hash(split, end, read))


def root_hash(size: int, read: ReadNode) -> bytes:
    """The root of the tree over the first ``size`` leaves."""
    return subtree_hash(0, size, read) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, read: ReadNode) -> tuple[bytes, ...]:
    """PATH(index, D[0:size]), RFC 9162 2.1.3.1: the hashes from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise ProofError("proof_index_outside_tree", index=index, size=size)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(subtree_hash(split, end, read))
            end = split
        else:
            path.append(subtree_hash(start, split, read))
            start = split
    return tuple(reversed(path))


def consistency_path(old: int, new: int, read: ReadNode) -> tuple[bytes, ...]:
    """PROOF(old, D[0:new]), RFC 9162 2.1.4.1."""
    if not 0 <= old <= new:
        raise ProofError("proof_sizes_out_of_order", old=old, new=new)
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old or not whole:
        if end == old:
            path.append(subtree_hash(start, end, read))
            break
        split = start + _split(end - start)
        if old <= split:
            path.append(subtree_hash(split, end, read))
            end = split
        else:
            path.append(subtree_hash(start, split, read))
            start, whole = split, False
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 2.1.3.2. ``leaf`` is the leaf's hash. Raises ``ProofError`` where the proof does not hold."""
    if not 0 <= index < size:
        raise ProofError("proof_index_outside_tree", index=index, size=size)
    node, position, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise ProofError("proof_too_long")
        if position & 1 or position == last:
            node = hash_children(sibling, node)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            node = hash_children(node, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("proof_too_short")
    if node != root:
        raise ProofError("proof_other_root")


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """RFC 9162 2.1.4.2: the tree of ``new`` leaves begins with that of ``old``. Raises ``ProofError``."""
    if not 0 <= old <= new:
        raise ProofError("proof_sizes_out_of_order", old=old, new=new)
    if old in (0, new):
        _verify_trivial(old, new, old_root, new_root, path)
        return
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        raise ProofError("proof_too_short")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    was = now = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("proof_too_long")
        if position & 1 or position == last:
            was, now = hash_children(sibling, was), hash_children(sibling, now)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            now = hash_children(now, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("proof_too_short")
    if was != old_root or now != new_root:
        raise ProofError("proof_other_root")


def _verify_trivial(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise ProofError("proof_too_long")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("proof_other_root")
    if old == new and old_root != new_root:
        raise ProofError("proof_other_root")


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (``size`` >= 2)."""
    return 1 << ((size - 1).bit_length() - 1)
