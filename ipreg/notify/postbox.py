"""The embedded mail server: without a configured one, mail is really sent, to a folder under ``var``."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from ipreg.config import SmtpConfig


class Postbox:
    """An aiosmtpd handler that writes each message into a file named after its Message-ID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        found = re.search(rb"(?im)^Message-ID:\s*<([^>]+)>", envelope.content)
        name = re.sub(r"[^\w.@-]", "_", found.group(1).decode("ascii", "replace")) if found else "message"
        (self._folder / f"{name}.eml").write_bytes(envelope.content)
        return "250 kept"


@contextmanager
def open_postbox(folder: Path, sender: str) -> Iterator[SmtpConfig]:
    """Serves on a free port of the loopback address while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(Postbox(folder), hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield SmtpConfig(host="127.0.0.1", port=port, sender=sender)
    finally:
        server.stop()
