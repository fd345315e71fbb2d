"""What a process of ours works with, opened once: the configuration, the database, the files, the log's key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from ipreg import audit, logs
from ipreg.config import Config
from ipreg.db import make_sessions
from ipreg.errors import ConfigError
from ipreg.keys import load_or_create_log_key, load_or_create_secret
from ipreg.objects import Files, LocalFiles, ObjectFiles
from ipreg.storage import Store
from ipreg.vault.keyring import Keyring

if TYPE_CHECKING:
    from ipreg.tlog.note import Signer


RESTORING = ".restoring"
"""The folder under ``var`` that is there while a backup is put back."""


def restore_cut_off(var: Path) -> str:
    """What is told where that folder is met and nobody is at work in it."""
    return (
        f"{var}: a restore was cut off here. Take away everything in that folder, and in the PostgreSQL database "
        "if there is one, and restore again"
    )


@dataclass(frozen=True)
class Runtime:
    """``session_key`` signs browser sessions; ``log_key`` is the log's first key (``ipreg.logkeys`` has all)."""

    config: Config
    sessions: sessionmaker[Session]
    store: Store
    log_key: Signer
    session_key: bytes

    @property
    def secrets(self) -> Path:
        """The folder of the keys."""
        return self.config.var / "secrets"

    @property
    def vectors(self) -> Engine | None:
        """The PostgreSQL that keeps the index of vectors; None where each process that compares does."""
        engine: Engine = self.sessions.kw["bind"]
        return engine if self.config.vector_index == "pgvector" else None

    @property
    def embeddings(self) -> Path:
        """Where embedding models are kept, for the time when another is configured."""
        return self.config.var / "embeddings"


def open_runtime(config: Config) -> Runtime:
    """Opens everything; what is missing under ``config.var`` (folders, secrets of mode 0600) is made.

    Raises ``ConfigError`` where only half of a backup was put back: new keys and tables would take the places of
    the old ones.
    """
    if (config.var / RESTORING).exists():
        raise ConfigError([restore_cut_off(config.var)])
    secrets = config.var / "secrets"
    secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    sessions = make_sessions(config.database_url)
    audit.watch(sessions)
    logs.watch_queries(sessions.kw["bind"], slower_than=config.slow_query_ms / 1000)
    return Runtime(
        config=config,
        sessions=sessions,
        store=Store(
            config.var,
            max_bytes=config.max_file_bytes,
            max_pixels=config.max_pixels,
            keyring=_keyring(config),
            files=files_of(config),
        ),
        log_key=load_or_create_log_key(secrets, config.origin),
        session_key=load_or_create_secret(secrets / "session-key", 32),
    )


def files_of(config: Config) -> Files:
    """The folder under ``var``, or the configured object store with a folder of what was asked for lately."""
    if not config.files_url:
        return LocalFiles(config.var)
    return ObjectFiles(config.files_url, config.var / "near", most=config.files_near_bytes)


def _keyring(config: Config) -> Keyring:
    """The configured file of wrapping keys, or our own; its faults are told at the start."""
    found = Keyring(config.vault_keys or config.var / "secrets" / "vault-keys", embedded=config.vault_keys is None)
    if config.vault_keys is not None and not found.all_keys():
        raise ConfigError(
            [f"IPREG_VAULT_KEYS: there is no file {config.vault_keys}; `ipreg vault-key-file` makes one"]
        )
    return found
