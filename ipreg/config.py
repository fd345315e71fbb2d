"""The configuration: read once from the environment, checked as a whole, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ipreg.errors import ConfigError


@dataclass(frozen=True)
class SmtpConfig:
    """A mail server: ``starttls`` asks for encryption before anything else is said."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    starttls: bool = False


@dataclass(frozen=True)
class Config:
    """Everything that may differ between two installations. Secrets lie in files under ``var``, never here."""

    var: Path
    database_url: str
    public_url: str
    origin: str
    smtp: SmtpConfig | None = None
    mail_sender: str = "ipreg@localhost"
    alert_threshold: float = 0.8
    allow_private_addresses: bool = False
    max_file_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 60_000_000
    max_views: int = 12
    feeds_folder: Path | None = None
    chromium: str = ""
    old_listing_days: int = 180

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """The configuration that ``environ`` describes; raises ``ConfigError`` with every fault it has."""
        reader = _Reader(environ)
        var = Path(reader.text("IPREG_VAR", "var")).absolute()
        public_url = reader.address("IPREG_PUBLIC_URL", "http://127.0.0.1:8000")
        sender = reader.text("IPREG_MAIL_SENDER", "ipreg@localhost")
        config = cls(
            var=var,
            database_url=reader.text("IPREG_DATABASE_URL", f"sqlite:///{var / 'ipreg.sqlite3'}"),
            public_url=public_url,
            origin=reader.text("IPREG_LOG_ORIGIN", (urlsplit(public_url).hostname or "localhost") + "/log"),
            smtp=reader.smtp("IPREG_SMTP_URL", sender),
            mail_sender=sender,
            alert_threshold=reader.fraction("IPREG_ALERT_THRESHOLD", 0.8),
            allow_private_addresses=reader.flag("IPREG_ALLOW_PRIVATE_ADDRESSES"),
            max_file_bytes=reader.count("IPREG_MAX_FILE_BYTES", 20 * 1024 * 1024),
            max_pixels=reader.count("IPREG_MAX_PIXELS", 60_000_000),
            max_views=reader.count("IPREG_MAX_VIEWS", 12),
            feeds_folder=Path(reader.text("IPREG_FEEDS_FOLDER", str(var / "feeds"))).absolute(),
            chromium=reader.text("IPREG_CHROMIUM", ""),
            old_listing_days=reader.count("IPREG_OLD_LISTING_DAYS", 180),
        )
        if reader.faults:
            raise ConfigError(reader.faults)
        return config


class _Reader:
    """Reads single settings and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def address(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self.faults.append(f"{name}: {value!r} is not an http or https address")
        return value

    def count(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < 1:
            self.faults.append(f"{name}: {value!r} is not a number above zero")
            return default
        return int(value)

    def fraction(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0.0 < number <= 1.0:
            self.faults.append(f"{name}: {value!r} is not a number above 0 and up to 1")
            return default
        return number

    def flag(self, name: str) -> bool:
        value = self.text(name, "no").lower()
        if value not in ("yes", "no"):
            self.faults.append(f"{name}: {value!r} is neither yes nor no")
        return value == "yes"

    def smtp(self, name: str, sender: str) -> SmtpConfig | None:
        """``smtp://user:password@host:port`` or ``smtp+starttls://...``; None where it is not set."""
        value = self.text(name, "")
        if not value:
            return None
        try:
            parts = urlsplit(value)
            port = parts.port or 25
        except ValueError:
            parts, port = urlsplit(""), 25
        if parts.scheme not in ("smtp", "smtp+starttls") or not parts.hostname:
            self.faults.append(
                f"{name}: not of the form smtp://host:port or smtp+starttls://user:password@host:port"
            )
            return None
        return SmtpConfig(
            host=parts.hostname,
            port=port,
            sender=sender,
            user=parts.username,
            password=parts.password,
            starttls=parts.scheme == "smtp+starttls",
        )
