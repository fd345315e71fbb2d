"""Makes the golden mails anew: ``.venv/bin/python tests/notify/make_golden_mails.py``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(_TESTS / "warning"), str(_TESTS / "notify")]

from golden_mails import GOLDEN, mails  # noqa: E402
from scenery import HandClock  # noqa: E402

from ipreg import schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.runtime import open_runtime  # noqa: E402


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Config.from_env({"IPREG_VAR": folder}))
        schema.upgrade(runtime.sessions.kw["bind"])
        for name, text in mails(runtime, HandClock()).items():
            (GOLDEN / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
