"""The configuration: read once from the environment, checked as a whole, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ipreg.errors import ConfigError, ProofError
from ipreg.timestamps import Anchors
from ipreg.tlog.cosignature import Cosigner

UPLOAD_FACTOR = 13
"""So many times the largest file a whole form may hold: as many files as a filing has views, and a little more."""


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
class AuthorityConfig:
    """A time-stamping authority: where it answers, what its tokens are checked against, and by which policy."""

    name: str
    address: str
    anchors: Anchors
    policy: str | None = None


@dataclass(frozen=True)
class WitnessConfig:
    """A witness of the log: the submission prefix of its service, and the key by which it cosigns."""

    address: str
    cosigner: Cosigner


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
    look_threshold: float = 0.5
    allow_private_addresses: bool = False
    max_file_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 60_000_000
    max_views: int = 12
    authorities: tuple[AuthorityConfig, ...] = ()
    embedded_authority: bool = True
    witnesses: tuple[WitnessConfig, ...] = ()
    feeds_folder: Path | None = None
    chromium: str = ""
    old_listing_days: int = 180
    vault_keys: Path | None = None
    require_two_factor: bool = False
    log_format: str = "text"
    slow_query_ms: int = 500
    metrics_token: str = ""
    proxies: int = 0
    vector_index: str = "memory"
    dask_address: str = ""
    files_url: str = ""
    files_near_bytes: int = 20 * 2**30
    api_rate: int = 600
    api_open_rate: int = 120
    authority: str = ""
    reconsideration: str = ""
    reconsideration_address: str = ""

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
            look_threshold=reader.fraction("IPREG_LOOK_THRESHOLD", 0.5),
            allow_private_addresses=reader.flag("IPREG_ALLOW_PRIVATE_ADDRESSES"),
            max_file_bytes=reader.count("IPREG_MAX_FILE_BYTES", 20 * 1024 * 1024),
            max_pixels=reader.count("IPREG_MAX_PIXELS", 60_000_000),
            max_views=reader.count("IPREG_MAX_VIEWS", 12),
            authorities=reader.authorities(),
            embedded_authority=reader.flag("IPREG_EMBEDDED_AUTHORITY", "yes"),
            witnesses=reader.witnesses(),
            feeds_folder=Path(reader.text("IPREG_FEEDS_FOLDER", str(var / "feeds"))).absolute(),
            chromium=reader.text("IPREG_CHROMIUM", ""),
            vault_keys=reader.place("IPREG_VAULT_KEYS"),
            old_listing_days=reader.count("IPREG_OLD_LISTING_DAYS", 180),
            log_format=reader.one_of("IPREG_LOG_FORMAT", ("text", "json")),
            slow_query_ms=reader.count("IPREG_SLOW_QUERY_MS", 500),
            metrics_token=reader.text("IPREG_METRICS_TOKEN", ""),
            proxies=reader.count("IPREG_PROXIES", 0, least=0),
            dask_address=reader.store("IPREG_DASK_ADDRESS"),
            vector_index=reader.one_of("IPREG_VECTOR_INDEX", ("memory", "pgvector")),
            files_url=reader.store("IPREG_FILES_URL"),
            files_near_bytes=reader.count("IPREG_FILES_NEAR_BYTES", 20 * 2**30),
            api_rate=reader.count("IPREG_API_RATE", 600),
            api_open_rate=reader.count("IPREG_API_OPEN_RATE", 120),
            authority=reader.text("IPREG_AUTHORITY", ""),
            reconsideration=reader.text("IPREG_RECONSIDERATION", ""),
            reconsideration_address=reader.address_if_any("IPREG_RECONSIDERATION_ADDRESS"),
            require_two_factor=reader.flag("IPREG_REQUIRE_TWO_FACTOR", "no" if _at_home(public_url) else "yes"),
        )
        if config.vector_index == "pgvector" and not config.database_url.startswith("postgres"):
            reader.faults.append("IPREG_VECTOR_INDEX: pgvector needs a PostgreSQL in IPREG_DATABASE_URL")
        if reader.faults:
            raise ConfigError(reader.faults)
        return config


def _at_home(public_url: str) -> bool:
    """Served to this machine only, as a trial or in tests."""
    return urlsplit(public_url).hostname in ("127.0.0.1", "::1", "localhost")


class _Reader:
    """Reads single settings and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def place(self, name: str) -> Path | None:
        value = self.text(name, "")
        return Path(value).absolute() if value else None

    def one_of(self, name: str, values: tuple[str, ...]) -> str:
        """The first is the default."""
        value = self.text(name, values[0])
        if value not in values:
            self.faults.append(f"{name}: {value!r} is none of {', '.join(values)}")
        return value

    def address(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self.faults.append(f"{name}: {value!r} is not an http or https address")
        return value

    def address_if_any(self, name: str) -> str:
        return self.address(name, "") if self.text(name, "") else ""

    def store(self, name: str) -> str:
        """An address of any kind, as ``s3://bucket/prefix`` or ``tcp://host:8786``; empty where it is not set."""
        value = self.text(name, "").rstrip("/")
        if value and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+(/\S*)?", value):
            self.faults.append(f"{name}: {value!r} is no address like s3://bucket/prefix or tcp://host:8786")
        return value

    def count(self, name: str, default: int, *, least: int = 1) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < least:
            self.faults.append(f"{name}: {value!r} is not a number from {least} on")
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

    def flag(self, name: str, default: str = "no") -> bool:
        value = self.text(name, default).lower()
        if value not in ("yes", "no"):
            self.faults.append(f"{name}: {value!r} is neither yes nor no")
        return value == "yes"

    def group(self, prefix: str, fields: tuple[str, ...]) -> list[str]:
        """The names of what is described by ``<prefix><NAME>_<FIELD>``, in order; faults are noted."""
        found = set()
        for setting in self._environ:
            if not setting.startswith(prefix):
                continue
            match = re.fullmatch(rf"{prefix}([A-Z0-9]{{1,32}})_({'|'.join(fields)})", setting)
            if match is None:
                self.faults.append(f"{setting}: not of the form {prefix}NAME_{' or '.join(fields)}")
            else:
                found.add(match.group(1))
        return sorted(found)

    def authorities(self) -> tuple[AuthorityConfig, ...]:
        """``IPREG_TSA_<NAME>_ADDRESS``, ``_CERTIFICATES`` (a PEM file with the root), perhaps ``_POLICY``."""
        found = []
        for name in self.group("IPREG_TSA_", ("ADDRESS", "CERTIFICATES", "POLICY")):
            address = self.address(f"IPREG_TSA_{name}_ADDRESS", "")
            anchors = self.anchors(f"IPREG_TSA_{name}_CERTIFICATES")
            policy = self.text(f"IPREG_TSA_{name}_POLICY", "")
            if policy and not re.fullmatch(r"[0-2](\.(0|[1-9]\d*)){1,30}", policy, re.ASCII):
                self.faults.append(f"IPREG_TSA_{name}_POLICY: {policy!r} is not an object identifier like 1.2.3")
            if name == "EMBEDDED":
                self.faults.append(f"IPREG_TSA_{name}_ADDRESS: this name is the embedded authority's own")
            if anchors is not None:
                found.append(AuthorityConfig(name.lower(), address, anchors, policy or None))
        return tuple(found)

    def witnesses(self) -> tuple[WitnessConfig, ...]:
        """``IPREG_WITNESS_<NAME>_ADDRESS`` and ``_KEY`` (``name+hash+key`` with a key of type 4)."""
        found = []
        for name in self.group("IPREG_WITNESS_", ("ADDRESS", "KEY")):
            address = self.address(f"IPREG_WITNESS_{name}_ADDRESS", "")
            key = self.text(f"IPREG_WITNESS_{name}_KEY", "")
            try:
                found.append(WitnessConfig(address, Cosigner.parse(key)))
            except ProofError:
                self.faults.append(f"IPREG_WITNESS_{name}_KEY: {key!r} is not a witness's key (name+hash+key)")
        return tuple(found)

    def anchors(self, name: str) -> Anchors | None:
        place = self.text(name, "")
        if not place:
            self.faults.append(f"{name}: is not set")
            return None
        try:
            return Anchors.from_pem(Path(place).read_bytes())
        except OSError as fault:
            self.faults.append(f"{name}: {place} can't be read ({fault.strerror})")
        except ConfigError as fault:
            self.faults.append(f"{name}: {place} holds {fault.faults[0]}")
        return None

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
