"""Addresses and secrets of channels as they are kept: encrypted by a key that is not in the database."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.fernet import Fernet

from ipreg.keys import load_or_create_secret


class Sealer:
    """Encrypts and decrypts texts with the key under ``secrets``, which is made where it is missing."""

    def __init__(self, secrets: Path) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(load_or_create_secret(secrets / "channel-key", 32)))

    def seal(self, text: str) -> str:
        """``text`` as it may lie in the database; nothing stays nothing."""
        return self._fernet.encrypt(text.encode()).decode("ascii") if text else ""

    def open(self, sealed: str) -> str:
        """What was sealed; raises ``InvalidToken`` where the key is another one."""
        return self._fernet.decrypt(sealed.encode("ascii")).decode() if sealed else ""
