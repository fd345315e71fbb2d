"""Tiles and entry bundles of a log (c2sp.org/tlog-tiles): names, contents, and hashes read back out of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ipreg.errors import ProofError
from ipreg.tlog import merkle

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_KEPT = 512  # tiles that a reader remembers: 4 MB
MAX_LEAF = 0xFFFF
MAX_BUNDLE = WIDTH * (2 + MAX_LEAF)
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, order=True)
class Tile:
    """``width`` hashes at tree level ``8 * level``, from the ``256 * index``-th on. ``level`` -1: the entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """``tile/<L>/<N>[.p/<W>]``, N in threes of digits, all but the last with an x: 1234067 is x001/x234/067."""
        threes = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            threes.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level < 0 else self.level}/{'/'.join(threes)}{partial}"

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile of that path; raises ``ProofError`` for any other spelling than the one that ``path`` gives."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise ProofError("tile_path_malformed")
        level = -1 if match[1] == "entries" else int(match[1])
        found = cls(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
        if found.path != path or level > MAX_LEVEL:
            raise ProofError("tile_path_malformed")
        return found

    @property
    def start(self) -> int:
        """The position of its first hash (or entry) among those of its level."""
        return self.index * WIDTH

    def in_tree_of(self, size: int) -> bool:
        """Whether a tree of ``size`` leaves has all of this tile's hashes."""
        return self.start + self.width <= size >> (HEIGHT * max(self.level, 0))


def tile_of(level: int, index: int, size: int) -> Tile:
    """That tile as wide as it is in a tree of ``size`` leaves; ``ProofError`` where it is empty there."""
    width = min(WIDTH, (size >> (HEIGHT * max(level, 0))) - index * WIDTH)
    if width <= 0:
        raise ProofError("tile_outside_tree", size=size)
    return Tile(level, index, width)


def tiles_of(size: int) -> Iterator[Tile]:
    """Every hash tile of a tree of ``size`` leaves, level by level from the leaves."""
    level = 0
    while size >> (HEIGHT * level):
        for index in range(((size >> (HEIGHT * level)) + WIDTH - 1) // WIDTH):
            yield tile_of(level, index, size)
        level += 1


def join_hashes(hashes: Sequence[bytes]) -> bytes:
    """The content of a tile."""
    return b"".join(hashes)


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile that is ``width`` wide; raises ``ProofError`` for any other length."""
    if len(data) != width * merkle.HASH_SIZE:
        raise ProofError("tile_length_wrong", length=len(data))
    return [data[at : at + merkle.HASH_SIZE] for at in range(0, len(data), merkle.HASH_SIZE)]


def join_entries(leaves: Sequence[bytes]) -> bytes:
    """An entry bundle: each leaf's data behind its length as two bytes, the high one first."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def split_entries(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle; raises ``ProofError`` where they are more or fewer."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data) and len(leaves) < width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        leaves.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(leaves) != width:
        raise ProofError("bundle_malformed")
    return leaves


def cut_to(tile: Tile, full: bytes) -> bytes:
    """``tile`` out of the full one at its place, which may have taken its place; raises ``ProofError``."""
    if tile.level >= 0:
        return join_hashes(split_hashes(full, WIDTH)[: tile.width])
    return join_entries(split_entries(full, WIDTH)[: tile.width])


class TileReader:
    """Reads any complete subtree's hash of a tree of ``size`` leaves out of its tiles.

    ``fetch`` gives a tile's bytes. What it gives is believed: compare the root that comes out with a signed one.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._known: dict[Tile, list[bytes]] = {}

    def __call__(self, level: int, position: int) -> bytes:
        """The hash over leaves [position << level, (position + 1) << level): a ``merkle.ReadNode``."""
        within = level % HEIGHT
        first = position << within
        hashes = self.hashes(tile_of(level // HEIGHT, first // WIDTH, self._size))
        row = hashes[first % WIDTH : first % WIDTH + (1 << within)]
        if len(row) != 1 << within:
            raise ProofError("tile_outside_tree", size=self._size)
        while len(row) > 1:
            row = [merkle.hash_children(*row[at : at + 2]) for at in range(0, len(row), 2)]
        return row[0]

    def hashes(self, tile: Tile) -> list[bytes]:
        """The hashes of ``tile``."""
        if tile not in self._known:
            if len(self._known) >= MAX_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[tile] = split_hashes(self._fetch(tile), tile.width)
        return self._known[tile]
