"""Makes the golden texts of letters anew: ``.venv/bin/python tests/response/make_golden_letters.py``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS), str(_TESTS / "warning"), str(_TESTS / "response")]

from desk_of_letters import Desk  # noqa: E402
from letter_papers import CASES, GOLDEN, texts  # noqa: E402
from scenery import HandClock, People  # noqa: E402

from ipreg import schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.db import transaction  # noqa: E402
from ipreg.runtime import open_runtime  # noqa: E402


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for kind, language in CASES:
        with tempfile.TemporaryDirectory() as folder:
            runtime, clock = open_runtime(Config.from_env({"IPREG_VAR": folder})), HandClock()
            schema.upgrade(runtime.sessions.kw["bind"])
            with transaction(runtime.sessions) as session:
                found = texts(Desk(runtime, session, People(session, clock()), clock), kind, language)
            for name, text in found.items():
                (GOLDEN / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
