"""The format of an encrypted file: AES-256-GCM over pieces of 64 KiB, so that any size takes little memory.

The pieces follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: "Online Authenticated-Encryption and
its Nonce-Reuse Misuse-Resistance", 2015): each nonce counts the piece and says whether it is the last, so pieces
can be neither dropped, nor repeated, nor taken from another file, nor cut off the end. Every file has a key of its
own, derived (HKDF-SHA256, RFC 5869) from the key of the filing and a salt. ``context`` says which file it is; it is
authenticated with every piece. The head tells a wrong key and a swapped file from a damaged one::

    "ipreg-vault/1" LF | salt 32 | check of the key 16 | check of the context 16 | pieces of up to 65536 + 16
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ipreg.errors import ProofError

MAGIC = b"ipreg-vault/1\n"
PIECE = 1 << 16
KEY_SIZE = 32
TAG = 16
_SALT, _CHECK = 32, 16
HEAD = len(MAGIC) + _SALT + 2 * _CHECK


def encrypt(pieces: Iterable[bytes], *, key: bytes, context: bytes) -> Iterator[bytes]:
    """The encrypted file, piece by piece; ``pieces`` may be of any sizes."""
    salt = secrets.token_bytes(_SALT)
    file_key, check = _derive(key, salt)
    yield MAGIC + salt + check + _name(context)
    aead = AESGCM(file_key)
    held, number = b"", 0
    for piece in pieces:
        held += piece
        while len(held) > PIECE:  # the last piece is told apart, so one is always kept back
            yield aead.encrypt(_nonce(number, last=False), held[:PIECE], context)
            held, number = held[PIECE:], number + 1
    yield aead.encrypt(_nonce(number, last=True), held, context)


def decrypt(file: BinaryIO, *, key: bytes, context: bytes) -> Iterator[bytes]:
    """The content, piece by piece, each given out only once it is found authentic.

    Raises ``ProofError``: ``vault_file_damaged``, ``vault_file_swapped``, ``vault_key_wrong``.
    """
    open_piece = opener(file.read(HEAD), key=key, context=context)
    number, piece = 0, file.read(PIECE + TAG)
    while True:
        following = file.read(PIECE + TAG)
        yield open_piece(piece, number, not following)
        if not following:
            return
        number, piece = number + 1, following


def opener(head: bytes, *, key: bytes, context: bytes) -> Callable[[bytes, int, bool], bytes]:
    """What decrypts a piece, given with its number and whether it is the last. Raises as ``decrypt`` does."""
    if len(head) != HEAD or not head.startswith(MAGIC):
        raise ProofError("vault_file_damaged")
    salt, check = head[len(MAGIC) :][:_SALT], head[-2 * _CHECK : -_CHECK]
    file_key, right = _derive(key, salt)
    if not hmac.compare_digest(check, right):
        raise ProofError("vault_key_wrong")
    if not hmac.compare_digest(head[-_CHECK:], _name(context)):
        raise ProofError("vault_file_swapped")
    aead = AESGCM(file_key)

    def open_piece(piece: bytes, number: int, last: bool) -> bytes:
        try:
            return aead.decrypt(_nonce(number, last=last), piece, context)
        except (InvalidTag, ValueError) as fault:
            raise ProofError("vault_file_damaged") from fault

    return open_piece


def _derive(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """The file's key, and the check by which a wrong one is known."""
    made = HKDF(SHA256(), KEY_SIZE + _CHECK, salt, MAGIC).derive(key)
    return made[:KEY_SIZE], made[KEY_SIZE:]


def _name(context: bytes) -> bytes:
    return hashlib.sha256(MAGIC + context).digest()[:_CHECK]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
