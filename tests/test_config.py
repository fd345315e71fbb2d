from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path

import pytest

from ipreg.config import Config
from ipreg.db import UtcDateTime
from ipreg.errors import ConfigError
from ipreg.runtime import Runtime


def test_all_faults_are_told_at_once() -> None:
    environ = {
        "IPREG_PUBLIC_URL": "ftp://x",
        "IPREG_ALERT_THRESHOLD": "much",
        "IPREG_MAX_VIEWS": "0",
        "IPREG_SMTP_URL": "mail.example",
        "IPREG_ALLOW_PRIVATE_ADDRESSES": "perhaps",
    }
    with pytest.raises(ConfigError) as caught:
        Config.from_env(environ)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "IPREG_PUBLIC_URL",
        "IPREG_SMTP_URL",
        "IPREG_ALERT_THRESHOLD",
        "IPREG_ALLOW_PRIVATE_ADDRESSES",
        "IPREG_MAX_VIEWS",
    ]


def test_a_mail_server_is_read_from_one_address() -> None:
    found = Config.from_env({"IPREG_SMTP_URL": "smtp+starttls://me:secret@mail.example:587"}).smtp
    assert found is not None
    assert (found.host, found.port, found.user, found.password, found.starttls) == (
        "mail.example",
        587,
        "me",
        "secret",
        True,
    )


def test_secrets_are_for_the_owner_only_and_stay(runtime: Runtime) -> None:
    secrets = runtime.config.var / "secrets"
    files = [one for one in secrets.iterdir() if one.is_file()]
    assert {one.name for one in files} == {"log-key", "session-key", "seal.pem"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    from ipreg.runtime import open_runtime

    again = open_runtime(runtime.config)
    assert (again.session_key, str(again.log_key.verifier)) == (runtime.session_key, str(runtime.log_key.verifier))
    again.sessions.kw["bind"].dispose()


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    from sqlalchemy.dialects import sqlite

    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001 - that is the point
