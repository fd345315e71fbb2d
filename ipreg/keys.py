"""Secrets that the product makes for itself at its first start: files of mode 0600, never a default."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ipreg.tlog.note import Signer


def load_or_create_secret(path: Path, length: int) -> bytes:
    """``length`` random bytes, the same at every start; raises ``ValueError`` where the file was cut short."""
    if not path.exists():
        keep_once(path, secrets.token_bytes(length))
    data = path.read_bytes()
    if len(data) != length:
        raise ValueError(f"{path} should hold {length} bytes and holds {len(data)}")
    return data


def load_or_create_log_key(folder: Path, origin: str) -> Signer:
    """The key with which the log called ``origin`` signs its checkpoints."""
    return Signer(origin, Ed25519PrivateKey.from_private_bytes(load_or_create_secret(folder / "log-key", 32)))


def keep_once(path: Path, data: bytes) -> None:
    """Writes beside and links into place: of two first starts at once one wins, and both read the same."""
    name = _write_beside(path, data)
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()


def replace(path: Path, data: bytes) -> None:
    """Writes beside and moves into place: a reader sees the old secret or the new one, whole."""
    Path(_write_beside(path, data)).replace(path)


def _write_beside(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return name
