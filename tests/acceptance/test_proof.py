"""A design is filed, stamped and certified; years later a stranger checks it with tools that are not ours.

Over HTTP, against the real processes; the stranger has the bundle, openssl, pdfsig, and one file of Python.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from acceptance.test_main_job import Place, files_a_design, place, sign_up
from scenery import draw_picture

from ipreg.digests import digests

__all__ = ["place"]
pytestmark = pytest.mark.network
POPPLER = pytest.mark.skipif(not shutil.which("pdfsig"), reason="NO PDFSIG HERE: install Debian's poppler-utils")


def stranger(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A process that knows nothing of the project: isolated, with no settings of ours."""
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True)


@POPPLER
def test_a_stranger_checks_what_was_filed(tmp_path: Path, place: Place) -> None:
    designer = sign_up(place, "designer", "designer")
    number = files_a_design(designer)
    place.ipreg("jobs", "run", "checkpoints", "timestamps")
    page = designer.see(f"/filings/{number}")
    assert "已加盖时间戳" in page and "登记处内置时间戳机构" in page

    certificate = designer.client.get(f"/filings/{number}/certificate.pdf").content
    assert certificate == designer.client.get(f"/filings/{number}/certificate.pdf").content
    (tmp_path / "certificate.pdf").write_bytes(certificate)
    assert "Signature is Valid" in stranger(tmp_path, "pdfsig", "certificate.pdf").stdout

    (tmp_path / "evidence.zip").write_bytes(designer.client.get(f"/filings/{number}/evidence.zip").content)
    anybody = place.visitor()
    key = anybody.see("/log/key").split("\n")[0]
    (tmp_path / "verifier.py").write_text(anybody.see("/verify/verifier.py"))
    words = [sys.executable, "-I", "verifier.py", "evidence.zip", "--key", key]
    done = stranger(tmp_path, *words)
    assert done.returncode == 0 and number in done.stdout and "VERIFIED" in done.stdout, done.stdout

    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "evidence")
    stem = "stamps/01-embedded"
    checked = stranger(
        tmp_path / "evidence", "openssl", "ts", "-verify", "-in", f"{stem}.tsr", "-data", f"{stem}.checkpoint",
        "-CAfile", f"{stem}.root.pem", "-untrusted", f"{stem}.chain.pem",
    )  # fmt: skip
    assert "Verification: OK" in checked.stdout + checked.stderr
    assert (tmp_path / "evidence/originals/01-front.jpg").read_bytes() == draw_picture(1)

    tampered = bytearray((tmp_path / "evidence.zip").read_bytes())
    tampered[tampered.index(draw_picture(2)) + 900] ^= 1
    (tmp_path / "evidence.zip").write_bytes(tampered)
    refused = stranger(tmp_path, *words)
    assert refused.returncode == 1 and "“originals/02-back.jpg”" in refused.stdout and "不通过" in refused.stdout

    record = anybody.see(f"/verify?digest={digests(draw_picture(2)).sm3}")
    assert number in record and "云纹外套" not in record and "林晓" not in record


@POPPLER
def test_the_same_from_the_command_line(tmp_path: Path, place: Place) -> None:
    place.ipreg("account", "add", "designer", "d@ipreg.example", "--name", "林晓")
    place.ipreg("account", "add", "designer", "e@ipreg.example", "--name", "别人")
    (tmp_path / "front.jpg").write_bytes(draw_picture(1))
    filed = place.ipreg(
        "file", "--as", "d@ipreg.example", "--title", "外套", "--industry", "clothing",
        "--created-on", "2026-01-31", f"front={tmp_path / 'front.jpg'}",
    )  # fmt: skip
    found = re.match(r"YB\d{4}-\d{7}-\w", filed)
    assert found is not None
    number, who = found.group(0), ("--as", "d@ipreg.example")
    place.ipreg("certificate", number, *who, "--output", str(tmp_path / "c.pdf"))
    place.ipreg("bundle", number, *who, "--output", str(tmp_path / "b.zip"))
    assert "Signature is Valid" in stranger(tmp_path, "pdfsig", "c.pdf").stdout
    assert place.ipreg("verify", str(tmp_path / "b.zip")).endswith("核验通过。\nVERIFIED.\n")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        place.ipreg("bundle", number, "--as", "e@ipreg.example")
    assert "no such filing" in refused.value.stderr.lower() or "没有这件备案" in refused.value.stderr
