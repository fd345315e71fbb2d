"""Signed notes (c2sp.org/signed-note) with Ed25519, and checkpoints (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ipreg.errors import ProofError

_ED25519 = b"\x01"
_DASH = "\u2014"
MAX_NOTE = 1024 * 1024
MAX_SIGNATURES = 100
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


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
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Reads ``name+hash+key``; raises ``ProofError``."""
        name, key_id, key = split_verifier_key(text)
        found = cls(name, key[1:])
        if key[:1] != _ED25519 or len(key) != 33 or found.key_id.hex() != key_id:
            raise ProofError("verifier_key_malformed")
        return found

    def verify(self, text: str, signature: bytes) -> None:
        """Raises ``ProofError`` unless ``signature`` is this key's over ``text``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError) as fault:
            raise ProofError("note_signature_wrong", name=self.name) from fault


def split_verifier_key(text: str) -> tuple[str, str, bytes]:
    """Name, key id in hex, and type byte with key, of ``name+hash+key``; raises ``ProofError``."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]):
        raise ProofError("verifier_key_malformed")
    return parts[0], parts[1], decode_base64(parts[2], "verifier_key_malformed")


def is_key_name(name: str) -> bool:
    """Non-empty, no plus, no kind of space, no control characters."""
    return bool(name) and "+" not in name and not any(one.isspace() or ord(one) < 32 for one in name)


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
        return sign_note(text, [self])

    def line(self, text: str) -> str:
        """The signature line alone, with its newline."""
        return str(Signature(self.name, self.verifier.key_id, self.key.sign(text.encode())))


@dataclass(frozen=True)
class Signature:
    """One signature line: who, by which key (4 bytes), and the bytes after the key id."""

    name: str
    key_id: bytes
    data: bytes

    def __str__(self) -> str:
        return f"{_DASH} {self.name} {encode_base64(self.key_id + self.data)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Reads a line without its newline; raises ``ProofError``."""
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != _DASH or not is_key_name(parts[1]):
            raise ProofError("note_malformed")
        signature = decode_base64(parts[2], "note_malformed")
        if len(signature) < 5:
            raise ProofError("note_malformed")
        return cls(parts[1], signature[:4], signature[4:])


def sign_note(text: str, signers: Sequence[Signer]) -> str:
    """``text`` (ends in a newline), an empty line, and a signature line of each signer."""
    return f"{text}\n{''.join(one.line(text) for one in signers)}"


def split_note(note: str) -> tuple[str, list[Signature]]:
    """The text (its newline included) and the signatures, none of them verified; raises ``ProofError``."""
    if len(note) > MAX_NOTE or any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise ProofError("note_malformed")
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ProofError("note_malformed")
    found = lines[:-1].split("\n")
    if len(found) > MAX_SIGNATURES:
        raise ProofError("note_malformed")
    return text + "\n", [Signature.parse(line) for line in found]


def open_note(note: str, *verifiers: Verifier) -> str:
    """The text that one of the keys signed; raises ``ProofError`` where none did, or a known key's is wrong."""
    text, signatures = split_note(note)
    signed = False
    for one in signatures:
        for verifier in verifiers:
            if one.name == verifier.name and one.key_id == verifier.key_id:
                verifier.verify(text, one.data)
                signed = True
    if not signed:
        raise ProofError("note_not_signed", name=", ".join(sorted({one.name for one in verifiers})))
    return text


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint says: the log's name, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> TreeHead:
        """Strict: no leading zeros, a root of 32 bytes; further lines (extensions) are let through."""
        *lines, rest = text.split("\n")
        if rest or len(lines) < 3 or not all(lines):
            raise ProofError("checkpoint_malformed")
        root = decode_base64(lines[2], "checkpoint_malformed")
        if len(root) != 32:
            raise ProofError("checkpoint_malformed")
        return cls(lines[0], parse_size(lines[1]), root)


def parse_size(text: str) -> int:
    """A decimal below 2^63 without leading zeros; raises ``ProofError``."""
    if not _SIZE.fullmatch(text) or int(text) >= 1 << 63:
        raise ProofError("checkpoint_malformed")
    return int(text)


def open_checkpoint(note: str, *verifiers: Verifier) -> TreeHead:
    """The tree head that the log signed with one of its keys ``verifiers``; raises ``ProofError``."""
    head = TreeHead.parse(open_note(note, *verifiers))
    if head.origin not in {one.name for one in verifiers}:
        raise ProofError("checkpoint_other_origin", origin=head.origin)
    return head


def encode_base64(data: bytes) -> str:
    """Standard base 64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str, code: str) -> bytes:
    """The bytes; raises ``ProofError`` of that code, also for a second spelling of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ProofError(code) from fault
    if encode_base64(data) != text:
        raise ProofError(code)
    return data
