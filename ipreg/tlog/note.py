"""Signed notes (c2sp.org/signed-note) with Ed25519, and checkpoints (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ipreg.errors import ProofError

_ED25519 = b"\x01"
_DASH = "\u2014"


@dataclass(frozen=True)
class Verifier:
    """A name with its public key (32 bytes raw): what ``name+hash+key`` says in one line."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || type || key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_b64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Reads ``name+hash+key``; raises ``ProofError``."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise ProofError("verifier_key_malformed")
        key = _unb64(parts[2], "verifier_key_malformed")
        found = cls(parts[0], key[1:])
        if key[:1] != _ED25519 or len(key) != 33 or found.key_id.hex() != parts[1]:
            raise ProofError("verifier_key_malformed")
        return found


@dataclass(frozen=True)
class Signer:
    """A name with its private key."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note: ``text`` (ends in a newline), an empty line, one signature line."""
        signature = self.verifier.key_id + self.key.sign(text.encode())
        return f"{text}\n{_DASH} {self.name} {_b64(signature)}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """The text that ``verifier``'s key signed; raises ``ProofError`` where no such signature stands."""
    text, lines = _split(note)
    for line in lines:
        name, signature = _signature(line)
        if name == verifier.name and signature[:4] == verifier.key_id:
            try:
                Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(signature[4:], text.encode())
            except InvalidSignature as fault:
                raise ProofError("note_signature_wrong", name=name) from fault
            return text
    raise ProofError("note_not_signed", name=verifier.name)


def _split(note: str) -> tuple[str, list[str]]:
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise ProofError("note_malformed")
    if any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise ProofError("note_malformed")
    return text + "\n", signatures[:-1].split("\n")


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:
        raise ProofError("note_malformed")
    signature = _unb64(parts[2], "note_malformed")
    if len(signature) < 5:
        raise ProofError("note_malformed")
    return parts[1], signature


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint says: the log's name, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> TreeHead:
        """Strict: no leading zeros, a root of 32 bytes; further lines (extensions) are let through."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not lines[1].isascii() or not lines[1].isdecimal():
            raise ProofError("checkpoint_malformed")
        if lines[1] != str(int(lines[1])):
            raise ProofError("checkpoint_malformed")
        root = _unb64(lines[2], "checkpoint_malformed")
        if len(root) != 32:
            raise ProofError("checkpoint_malformed")
        return cls(lines[0], int(lines[1]), root)


def open_checkpoint(note: str, verifier: Verifier) -> TreeHead:
    """The tree head that the log of ``verifier`` signed; raises ``ProofError``."""
    head = TreeHead.parse(open_note(note, verifier))
    if head.origin != verifier.name:
        raise ProofError("checkpoint_other_origin", origin=head.origin)
    return head


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str, code: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ProofError(code) from fault
    if _b64(data) != text:  # one value, one spelling
        raise ProofError(code)
    return data
