"""Witnesses: cosignature/v1 (c2sp.org/tlog-cosignature) and the requests to them (c2sp.org/tlog-witness)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ipreg.errors import ProofError
from ipreg.tlog.note import Signature, encode_base64, parse_size, split_note, split_verifier_key
from ipreg.tlog.proof import hash_lines, parse_hashes

_TYPE = b"\x04"


@dataclass(frozen=True)
class Cosigner:
    """A witness's name and its Ed25519 key (32 bytes raw)."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || 0x04 || key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _TYPE + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(_TYPE + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Cosigner:
        """Reads ``name+hash+key`` of type 0x04; raises ``ProofError``."""
        name, key_id, key = split_verifier_key(text)
        found = cls(name, key[1:])
        if key[:1] != _TYPE or len(key) != 33 or found.key_id.hex() != key_id:
            raise ProofError("verifier_key_malformed")
        return found

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be this witness's."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, text: str, signature: Signature) -> int:
        """When the witness cosigned the checkpoint ``text``, as seconds since 1970; raises ``ProofError``."""
        if not self.made(signature) or len(signature.data) != 72:
            raise ProofError("cosignature_wrong", name=self.name)
        timestamp = int.from_bytes(signature.data[:8], "big")
        if not 0 < timestamp < 1 << 63:
            raise ProofError("cosignature_wrong", name=self.name)
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(signature.data[8:], cosigned_message(text, timestamp))
        except (InvalidSignature, ValueError) as fault:
            raise ProofError("cosignature_wrong", name=self.name) from fault
        return timestamp


def cosigned_message(text: str, timestamp: int) -> bytes:
    """What a witness signs: two lines of its own, then the checkpoint's text without signatures."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def cosign(text: str, *, name: str, key: Ed25519PrivateKey, timestamp: int) -> Signature:
    """A witness's cosignature of the checkpoint ``text`` at ``timestamp`` (seconds since 1970)."""
    cosigner = Cosigner(name, key.public_key().public_bytes_raw())
    signature = key.sign(cosigned_message(text, timestamp))
    return Signature(name, cosigner.key_id, timestamp.to_bytes(8, "big") + signature)


def cosignatures(note: str, cosigners: Sequence[Cosigner]) -> dict[str, int]:
    """Which of ``cosigners`` cosigned the checkpoint ``note``, and when; raises ``ProofError`` for a wrong one."""
    text, signatures = split_note(note)
    return {one.name: one.verify(text, line) for one in cosigners for line in signatures if one.made(line)}


def add_checkpoint_body(old: int, path: tuple[bytes, ...], checkpoint: str) -> str:
    """The body of an add-checkpoint request: from ``old`` entries on, the consistency proof, the signed note."""
    return f"old {old}\n{hash_lines(path)}\n{checkpoint}"


def parse_add_checkpoint(body: str) -> tuple[int, tuple[bytes, ...], str]:
    """Old size, consistency proof and checkpoint; raises ``ProofError``. For those who are a witness."""
    head, gap, checkpoint = body.partition("\n\n")
    first, *lines = head.split("\n")
    if not gap or not first.startswith("old "):
        raise ProofError("add_checkpoint_malformed")
    return parse_size(first[len("old ") :]), parse_hashes(lines, "add_checkpoint_malformed"), checkpoint
