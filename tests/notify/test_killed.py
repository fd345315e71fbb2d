"""kill -9 at any point neither loses nor doubles a warning: IPREG_KILLS=200 for the long run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.network
def test_killed_processes_lose_no_warning_and_double_none() -> None:
    times = os.environ.get("IPREG_KILLS", "6")
    script = Path(__file__).with_name("kills.py")
    ran = subprocess.run([sys.executable, str(script), times], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["listings"] == found["matches"] == found["matches in alerts"] == found["alerts"]
    assert found["sellers warned of"] == found["listings"] > 0, found
    assert found["warned of under two ids"] == 0, found
    assert found["not sent"] == 0
