"""Tree hashing and proofs: the RFC's own definition is the judge of every size."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ipreg.errors import ProofError
from ipreg.tlog import merkle
from ipreg.tlog.note import Signer, TreeHead, Verifier, open_checkpoint

# The leaves and roots of RFC 6962's well-known reference vectors (certificate-transparency test data).
LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Tree:
    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.leaves: list[bytes] = []

    def append(self, data: bytes) -> None:
        leaf = merkle.hash_leaf(data)
        for level, position, node in merkle.completed_nodes(len(self.leaves), leaf, self.read):
            self.nodes[level, position] = node
        self.leaves.append(leaf)

    def read(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]


def tree_of(size: int) -> Tree:
    tree = Tree()
    for index in range(size):
        tree.append(index.to_bytes(4, "big"))
    return tree


TREE = tree_of(300)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 writes it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


def test_the_reference_vectors() -> None:
    tree = Tree()
    for size, (leaf, root) in enumerate(zip(LEAVES, ROOTS, strict=True), 1):
        tree.append(leaf)
        assert merkle.root_hash(size, tree.read).hex() == root
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_index_of_every_size_up_to_300_is_provable() -> None:
    for size in range(1, 301):
        root = merkle.root_hash(size, TREE.read)
        assert root == defined_root(TREE.leaves[:size])
        for index in range(size):
            path = merkle.inclusion_path(index, size, TREE.read)
            merkle.verify_inclusion(TREE.leaves[index], index=index, size=size, path=path, root=root)


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_earlier_tree_is_the_beginning_of_a_later_one(one: int, other: int) -> None:
    old, new = sorted((one, other))
    roots = {"old_root": merkle.root_hash(old, TREE.read), "new_root": merkle.root_hash(new, TREE.read)}
    path = merkle.consistency_path(old, new, TREE.read)
    merkle.verify_consistency(old=old, new=new, path=path, **roots)
    if 0 < old < new:
        with pytest.raises(ProofError):
            merkle.verify_consistency(old=old, new=new, path=path, **{**roots, "old_root": bytes(32)})
        with pytest.raises(ProofError):
            merkle.verify_consistency(old=old, new=new, path=path, **{**roots, "new_root": bytes(32)})
        with pytest.raises(ProofError):
            merkle.verify_consistency(old=old, new=new, path=[*path, bytes(32)], **roots)


@given(st.data())
def test_no_changed_inclusion_proof_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    root, path = merkle.root_hash(size, TREE.read), list(merkle.inclusion_path(index, size, TREE.read))
    spot = data.draw(st.integers(0, len(path) - 1))
    changed = [*path[:spot], bytes(32), *path[spot + 1 :]]
    for wrong in (changed, path[:-1], [*path, bytes(32)]):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(TREE.leaves[index], index=index, size=size, path=wrong, root=root)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(bytes(32), index=index, size=size, path=path, root=root)


def signer() -> Signer:
    return Signer("log.example/ipreg", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_a_checkpoint_opens_with_its_key_and_with_no_other() -> None:
    head = TreeHead("log.example/ipreg", 7, bytes(32))
    note = signer().sign(head.to_text())
    assert open_checkpoint(note, Verifier.parse(str(signer().verifier))) == head
    other = Signer("log.example/ipreg", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(ProofError):
        open_checkpoint(note, other.verifier)


def test_no_flipped_byte_of_a_checkpoint_goes_unnoticed() -> None:
    note = signer().sign(TreeHead("log.example/ipreg", 7, bytes(32)).to_text()).encode()
    for at in range(len(note)):
        changed = bytearray(note)
        changed[at] ^= 1
        with pytest.raises((ProofError, UnicodeDecodeError)):
            open_checkpoint(changed.decode(), signer().verifier)


@pytest.mark.parametrize("text", ["", "a\n07\nAAAA\n", "a\n7\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "\n1\nx\n"])
def test_a_malformed_tree_head_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        TreeHead.parse(text)
