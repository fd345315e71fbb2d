"""The log's formats: others' published facts, our golden vectors, and every malformed spelling refused."""

from __future__ import annotations

import hashlib
import json
import random

import make_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_inclusion as verify_theirs

from ipreg.errors import ProofError
from ipreg.tlog import merkle
from ipreg.tlog.cosignature import Cosigner, cosign, cosignatures, parse_add_checkpoint
from ipreg.tlog.note import Signer, TreeHead, Verifier, open_checkpoint, open_note, sign_note, split_note
from ipreg.tlog.proof import LogProof
from ipreg.tlog.tiles import Tile, TileReader, join_entries, join_hashes, split_entries, tile_of, tiles_of

VECTORS = json.loads(make_vectors.PLACE.read_text("utf-8"))
SIZE = make_vectors.SIZE
LEAVES = [make_vectors.leaf(index) for index in range(SIZE)]
# From the tests of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
WIDE_NAME = "a\u3000b"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)


class Nodes:
    """Any subtree's hash, each computed once."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.known = {(0, at): merkle.hash_leaf(leaf) for at, leaf in enumerate(leaves)}

    def __call__(self, level: int, position: int) -> bytes:
        if (level, position) not in self.known:
            left, right = self(level - 1, 2 * position), self(level - 1, 2 * position + 1)
            self.known[level, position] = merkle.hash_children(left, right)
        return self.known[level, position]


NODES = Nodes(LEAVES)


def content(tile: Tile) -> bytes:
    return join_hashes([NODES(8 * tile.level, tile.start + at) for at in range(tile.width)])


def test_the_golden_vectors_are_what_their_script_makes() -> None:
    assert make_vectors.make() == VECTORS


def test_the_product_agrees_with_the_golden_vectors() -> None:
    verifier, witness = Verifier.parse(VECTORS["key"]), Cosigner.parse(VECTORS["witness"])
    head = open_checkpoint(VECTORS["checkpoint"], verifier)
    assert head == TreeHead(make_vectors.ORIGIN, SIZE, merkle.root_hash(SIZE, NODES))
    assert cosignatures(VECTORS["checkpoint"], [witness]) == {make_vectors.WITNESS: 1767225600}
    for size, root in VECTORS["roots"].items():
        assert merkle.root_hash(int(size), NODES).hex() == root
    assert {one.path: hashlib.sha256(content(one)).hexdigest() for one in tiles_of(SIZE)} == VECTORS["tiles_sha256"]
    proof = LogProof.parse(VECTORS["proof"])
    assert str(proof) == VECTORS["proof"]
    assert proof.verify(LEAVES[make_vectors.INDEX], verifier) == head
    assert proof.path == merkle.inclusion_path(make_vectors.INDEX, SIZE, NODES)
    old, path, note = parse_add_checkpoint(VECTORS["add_checkpoint"])
    assert path == merkle.consistency_path(old, SIZE, NODES)
    assert open_checkpoint(note, verifier) == head


def test_notes_of_the_go_checksum_database_open_here() -> None:
    peter, enoch = Verifier.parse(PETER), Verifier.parse(ENOCH)
    assert (str(peter), str(enoch)) == (PETER, ENOCH)
    note = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    assert open_note(note, peter) == open_note(note, enoch) == open_note(note, peter, enoch) == TEXT
    secret = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # published there as a test key
    import base64

    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[1:])
    assert Signer("PeterNeumann", key).sign(TEXT) == f"{TEXT}\n{PETER_LINE}"


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{PETER_LINE[:-1]}",
        f"\x01{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad Name')}",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'a+b')}{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', WIDE_NAME)}{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE * 101}",
        f"{TEXT}\n{PETER_LINE[:60]}ABCD{PETER_LINE[60:]}",
        f"{TEXT}\n{PETER_LINE}{PETER_LINE[:-8]}AAAAAAA=\n",  # a known key's wrong signature spoils a right one
        f"{TEXT}\n— PeterNeumann AAAA\n",
        f"{TEXT}\n{PETER_LINE.replace('—', '-')}",
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(ProofError):
        open_note(note, Verifier.parse(PETER))


def test_malformed_keys_are_refused() -> None:
    for start in range(len(PETER) + 1):
        for end in range(start + 1, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(ProofError):
                    Verifier.parse(PETER[start:end])
    wrong = [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        VECTORS["witness"],
    ]
    for one in wrong:
        with pytest.raises(ProofError):
            Verifier.parse(one)
    with pytest.raises(ProofError):
        Cosigner.parse(PETER)


# c2sp.org/tlog-tiles gives these: index 1234067, and which tiles a tree of 70,000 (and of 256) entries has.
def test_the_facts_of_the_tiles_specification() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(-1, 1234067, 3).path == "tile/entries/x001/x234/067.p/3"
    found = list(tiles_of(70_000))
    assert [one for one in found if one.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert sum(one.level == 0 and one.width == 256 for one in found) == 273
    assert [one for one in found if one.level == 1 and one.width == 256] == [Tile(1, 0)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/67", "tile/0/0067", "tile/0/001/067", "tile/0/x000/067", "tile/00/000", "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000/p/1", "tile/0/x001",
        "tile/0/x001/x067", "tile/0/001.p/1/2", "tile/entries/", "tile//000", "tile/0/000 ", "tile/0/٠٠٠",
        "tile/entry/000", "tile/0/../000", "tile/0/000\n", "TILE/0/000", "tile/0/X001/067",
        "tile/0/x001/x001/x001/x001/x001/x001/x001/001",
    ],
)  # fmt: skip
def test_other_spellings_of_a_tile_are_refused(path: str) -> None:
    with pytest.raises(ProofError):
        Tile.parse(path)


@given(st.integers(-1, 63), st.integers(0, 10**20), st.integers(1, 256))
def test_a_tiles_name_is_read_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@given(st.lists(st.binary(max_size=300), max_size=256), st.data())
def test_bundles_are_read_back_and_no_cut_one_is(leaves: list[bytes], data: st.DataObject) -> None:
    bundle = join_entries(leaves)
    assert split_entries(bundle, len(leaves)) == leaves
    for wrong in (bundle[: data.draw(st.integers(0, max(0, len(bundle) - 1)))], bundle + b"\0", bundle + b"\0\0"):
        if wrong != bundle:
            with pytest.raises(ProofError):
                split_entries(wrong, len(leaves))


@given(st.integers(1, SIZE), st.data())
def test_any_proof_can_be_read_out_of_tiles(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    reader = TileReader(size, content)
    root = merkle.root_hash(size, NODES)
    assert merkle.root_hash(size, reader) == root
    assert merkle.inclusion_path(index, size, reader) == merkle.inclusion_path(index, size, NODES)
    assert merkle.consistency_path(old, size, reader) == merkle.consistency_path(old, size, NODES)
    with pytest.raises(ProofError):
        tile_of(0, size // 256 + 1, size)


def test_a_growing_tree_has_every_root() -> None:
    growing = merkle.Growing()
    assert growing.root() == merkle.EMPTY_ROOT
    for size, leaf in enumerate(LEAVES, 1):
        growing.append(merkle.hash_leaf(leaf))
        assert growing.root() == merkle.root_hash(size, NODES)
        assert growing.hashes == [NODES(*at) for at in merkle.frontier(size)]


def test_every_old_and_new_size_up_to_300_is_consistent() -> None:
    roots = [merkle.root_hash(size, NODES) for size in range(301)]
    for new in range(301):
        for old in range(new + 1):
            path = merkle.consistency_path(old, new, NODES)
            merkle.verify_consistency(old=old, new=new, old_root=roots[old], new_root=roots[new], path=path)


class Huge:
    """A tree with far more leaves than can be stored: every complete subtree of one level is the same."""

    def __init__(self) -> None:
        self.levels = [merkle.hash_leaf(b"same")]
        for _ in range(62):
            self.levels.append(merkle.hash_children(self.levels[-1], self.levels[-1]))

    def __call__(self, level: int, _position: int) -> bytes:
        return self.levels[level]


@given(st.integers(1, 2**62), st.data())
def test_random_large_trees_prove_their_entries_and_their_growth(size: int, data: st.DataObject) -> None:
    huge = Huge()
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, old_root = merkle.root_hash(size, huge), merkle.root_hash(old, huge)
    path = merkle.inclusion_path(index, size, huge)
    merkle.verify_inclusion(huge.levels[0], index=index, size=size, path=path, root=root)
    growth = merkle.consistency_path(old, size, huge)
    merkle.verify_consistency(old=old, new=size, old_root=old_root, new_root=root, path=growth)
    assert len(path) <= 63 and len(growth) <= 63
    if size.bit_count() > 1 and old != size:
        with pytest.raises(ProofError):
            merkle.verify_consistency(old=old, new=size, old_root=bytes(32), new_root=root, path=growth)


def test_another_implementation_builds_the_same_trees_and_accepts_the_same_proofs() -> None:
    """pymerkle: the same roots and paths as ours, at sizes drawn at random and at the awkward ones."""
    theirs = InmemoryTree(algorithm="sha256")
    for leaf in LEAVES:
        theirs.append_entry(leaf)
    sizes = {1, 2, 3, 255, 256, 257, SIZE, *random.Random(4).sample(range(1, SIZE), 12)}
    for size in sizes:
        assert theirs.get_root(size) == merkle.root_hash(size, NODES)
        index = random.Random(size).randrange(size)
        proof = theirs.prove_inclusion(index + 1, size)
        verify_theirs(theirs.get_leaf(index + 1), theirs.get_root(size), proof)
        assert tuple(proof.path[1:]) == merkle.inclusion_path(index, size, NODES)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 257", "index 0257"),
        ("index 257", "index -1"),
        ("index 257\n", ""),
        ("index 257\n", "index 257\nAAAA\n"),
        ("index 257\n", "index 257\n" + ("A" * 43 + "=\n") * 60),
        ("index 257\n", "extra !\nindex 257\n"),
    ],
)
def test_malformed_log_proofs_are_refused(was: str, becomes: str) -> None:
    with pytest.raises(ProofError):
        LogProof.parse(VECTORS["proof"].replace(was, becomes))


def test_extra_data_comes_through() -> None:
    proof = LogProof.parse(VECTORS["proof"])
    with_extra = LogProof(proof.index, proof.path, proof.checkpoint, b"\0more")
    assert LogProof.parse(str(with_extra)) == with_extra


def test_no_changed_cosignature_holds() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
    text, _ = split_note(VECTORS["checkpoint"])
    witness = Cosigner.parse(VECTORS["witness"])
    line = cosign(text, name=witness.name, key=key, timestamp=7)
    assert witness.verify(text, line) == 7
    for at in range(len(line.data)):
        data = bytearray(line.data)
        data[at] ^= 1 << at % 8
        with pytest.raises(ProofError):
            witness.verify(text, type(line)(line.name, line.key_id, bytes(data)))
    for wrong in (cosign(text, name=witness.name, key=key, timestamp=0),
                  cosign(text, name="another.example", key=key, timestamp=7),
                  cosign(text.replace("600", "601"), name=witness.name, key=key, timestamp=7)):  # fmt: skip
        with pytest.raises(ProofError):
            witness.verify(text, wrong)


def test_a_note_signed_by_two_keys_opens_with_either() -> None:
    old, new = (Signer("log.example", Ed25519PrivateKey.generate()) for _ in range(2))
    note = sign_note(TreeHead("log.example", 7, bytes(32)).to_text(), [old, new])
    assert open_checkpoint(note, old.verifier) == open_checkpoint(note, new.verifier)


@pytest.mark.parametrize("size", ["9" * 5000, str(1 << 63), "٣", "0x10", " 7", "7 "])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(ProofError):
        TreeHead.parse(f"log.example\n{size}\n{'A' * 43}=\n")


@pytest.mark.parametrize("body", ["", "old 3\n", "old 03\n\nx", "new 3\n\nx", "old 3\nAAAA\n\nx", "old x\n\nx"])
def test_malformed_requests_to_a_witness_are_refused(body: str) -> None:
    with pytest.raises(ProofError):
        parse_add_checkpoint(body)
