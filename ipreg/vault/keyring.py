"""The keys that wrap the filings' keys: a file, one key a line, the first of which wraps what is new.

A line is ``id key made``: eight hex digits, 32 bytes in base64, a time. The file is read at every use, so a process
that has run for weeks knows a new key at once. It is for its owner only: a file that others may read is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ipreg import keys
from ipreg.errors import ConfigError, ConflictError, MissingError, ProofError
from ipreg.vault.cipher import KEY_SIZE

_NONCE = 12
REST = timedelta(hours=1)
"""A key may go so long after its successor came: nothing that is under way then still wraps with it."""


@dataclass(frozen=True)
class WrappingKey:
    """One line of the file."""

    id: str
    secret: bytes
    made_at: datetime

    def line(self) -> str:
        return f"{self.id} {base64.b64encode(self.secret).decode()} {self.made_at.isoformat()}\n"


class Keyring:
    """The file at ``path``. ``embedded``: it is ours, and made when it is first needed."""

    def __init__(self, path: Path, *, embedded: bool = True) -> None:
        self.path = path
        self.embedded = embedded

    def all_keys(self) -> list[WrappingKey]:
        """All keys, the one that wraps first. Raises ``ConfigError``."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text("ascii")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as fault:
            raise ConfigError([f"{self.path}: can't be read ({type(fault).__name__})"]) from fault
        if stat.S_IMODE(mode) & 0o077:
            raise ConfigError([f"{self.path}: others may read it (mode {stat.S_IMODE(mode):04o}); set it to 0600"])
        found = [_parse(line, f"{self.path}, line {at}") for at, line in enumerate(text.splitlines(), 1)]
        if not found or len({one.id for one in found}) != len(found):
            raise ConfigError([f"{self.path}: holds no key, or one twice"])
        return found

    def ready(self, now: datetime) -> list[WrappingKey]:
        """All keys; the embedded file's first key is made now where there is none."""
        if not self.path.exists():
            if not self.embedded:
                raise ConfigError([f"{self.path}: there is no such file; `ipreg vault-key-file` makes one"])
            keys.keep_once(self.path, _make(now).line().encode())
        return self.all_keys()

    def wrap(self, secret: bytes, *, context: bytes, now: datetime) -> tuple[bytes, str]:
        """``secret`` encrypted by the first key, and that key's id."""
        first = self.ready(now)[0]
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(first.secret).encrypt(nonce, secret, context), first.id

    def unwrap(self, wrapped: bytes, *, key_id: str, context: bytes) -> bytes:
        """The secret; raises ``ProofError``: ``vault_key_missing`` or ``vault_key_wrong``."""
        found = next((one for one in self.all_keys() if one.id == key_id), None)
        if found is None:
            raise ProofError("vault_key_missing", key_id=key_id)
        try:
            return AESGCM(found.secret).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except (InvalidTag, ValueError) as fault:
            raise ProofError("vault_key_wrong") from fault

    def add(self, now: datetime) -> WrappingKey:
        """A new key, which wraps from now on; the others stay."""
        made = _make(now)
        keys.replace(self.path, "".join(one.line() for one in [made, *self.all_keys()]).encode())
        return made

    def remove(self, key_id: str, now: datetime) -> None:
        """Takes a key out for ever. The caller has seen that nothing is wrapped by it.

        Raises ``MissingError`` (``vault_key_unknown``), ``ConflictError`` (``vault_key_in_use``).
        """
        known = self.all_keys()
        if key_id not in {one.id for one in known}:
            raise MissingError("vault_key_unknown", key_id=key_id)
        if known[0].id == key_id or now - known[0].made_at < REST:
            raise ConflictError("vault_key_in_use", key_id=key_id)
        keys.replace(self.path, "".join(one.line() for one in known if one.id != key_id).encode())


def _make(now: datetime) -> WrappingKey:
    secret = secrets.token_bytes(KEY_SIZE)
    return WrappingKey(_id(secret), secret, now)


def _id(secret: bytes) -> str:
    return hashlib.sha256(b"ipreg wrapping key" + secret).hexdigest()[:8]


def _parse(line: str, place: str) -> WrappingKey:
    parts = line.split(" ")
    try:
        key_id, text, made = parts
        found = WrappingKey(key_id, base64.b64decode(text, validate=True), datetime.fromisoformat(made))
    except (ValueError, binascii.Error) as fault:
        raise ConfigError([f"{place}: not of the form `id key time`"]) from fault
    if len(found.secret) != KEY_SIZE or found.id != _id(found.secret) or found.made_at.tzinfo is None:
        raise ConfigError([f"{place}: the key is damaged"])
    return found
