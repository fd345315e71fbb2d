"""A witness after c2sp.org/tlog-witness, and what it may be made to lie about."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scenery import HandClock

from ipreg.errors import ProofError
from ipreg.tlog import merkle
from ipreg.tlog.cosignature import Cosigner, cosign, parse_add_checkpoint
from ipreg.tlog.note import Verifier, open_checkpoint, split_note

SIZE_TYPE = "text/x.tlog.size"
Answer = tuple[int, bytes, str]


class TestWitness:
    """Remembers the newest tree it cosigned of one log, and cosigns only what grew from it."""

    __test__ = False

    def __init__(self, log: Verifier, clock: HandClock, name: str = "witness.example/w1") -> None:
        self.log, self.clock, self.name = log, clock, name
        self.key = Ed25519PrivateKey.generate()
        self.size, self.root = 0, merkle.EMPTY_ROOT
        self.asked: list[bytes] = []

    @property
    def cosigner(self) -> Cosigner:
        return Cosigner(self.name, self.key.public_key().public_bytes_raw())

    def answer(self, body: bytes) -> Answer:
        """What the specification asks for, status by status."""
        self.asked.append(body)
        try:
            old, path, note = parse_add_checkpoint(body.decode())
            text, _ = split_note(note)
        except ProofError:
            return 400, b"", "text/plain"
        if text.split("\n")[0] != self.log.name:
            return 404, b"", "text/plain"
        try:
            head = open_checkpoint(note, self.log)
        except ProofError:
            return 403, b"", "text/plain"
        if old > head.size:
            return 400, b"", "text/plain"
        if old != self.size or (old == head.size and head.root != self.root):
            return 409, f"{self.size}\n".encode(), SIZE_TYPE
        try:
            merkle.verify_consistency(old=old, new=head.size, old_root=self.root, new_root=head.root, path=path)
        except ProofError:
            return 422, b"", "text/plain"
        self.size, self.root = head.size, head.root
        return 200, self.lines(text), "text/plain"

    def lines(self, text: str) -> bytes:
        """A stranger's line and its own."""
        at = int(self.clock().timestamp())
        other = cosign(text, name="other.example", key=Ed25519PrivateKey.generate(), timestamp=at)
        return f"{other}{cosign(text, name=self.name, key=self.key, timestamp=at)}".encode()
