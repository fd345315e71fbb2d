"""What a filing states goes into manifest, bundle and certificate, and stays as it was on its day."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from kinds import svg_scene
from scenery import HandClock, People, design_form, one_picture

from ipreg import bundle, certificate, lookup, registry, verifier
from ipreg.db import transaction
from ipreg.errors import CallerError
from ipreg.logcheck import check_log
from ipreg.models import Disclosure, Filing, RightKind
from ipreg.registry import Attached
from ipreg.runtime import Runtime

FORM = replace(
    design_form(),
    creator="林晓 60%、周宁 40%",
    locarno_class="02-02",
    rights_wanted=(RightKind.DESIGN_PATENT, RightKind.COPYRIGHT),
    disclosure=Disclosure.MARKETPLACE,
    first_disclosed_on=date(2026, 2, 20),
    keywords=("云纹", "外套"),
    materials=("羊毛",),
    colours=("石青",),
    district="南山区",
)


@pytest.fixture
def filing_id(runtime: Runtime, clock: HandClock) -> int:
    with transaction(runtime.sessions) as session:
        return registry.register_design(
            session,
            runtime.store,
            applicant=People(session, clock()).designer,
            form=FORM,
            pictures=one_picture(),
            design_files=[Attached("工作稿\\云纹.svg", svg_scene())],
            request_key="r1",
            now=clock(),
        ).id


def test_all_that_is_stated_is_in_the_manifest(runtime: Runtime, filing_id: int) -> None:
    with runtime.sessions() as session:
        stated = json.loads(session.get_one(Filing, filing_id).manifest)
    assert stated["format"] == "ipreg-filing/2"
    assert stated["creators"] == [{"name": "林晓", "share": "60"}, {"name": "周宁", "share": "40"}]
    assert (stated["locarno_class"], stated["disclosure"]) == ("02-02", "marketplace")
    assert stated["rights_wanted"] == ["design_patent", "copyright"]
    assert stated["files"][1]["view"] == "design_file" and stated["files"][1]["name"] == "云纹.svg"


def test_bundle_and_certificate_hold_after_everybody_has_another_name(
    runtime: Runtime, clock: HandClock, filing_id: int, tmp_path: Path
) -> None:
    with transaction(runtime.sessions) as session:
        filing = session.get_one(Filing, filing_id)
        filing.applicant.name, filing.applicant.email = "另一人", "other@ipreg.example"
        assert filing.organization is not None
        filing.organization.name = "另一公司"
    data = bundle.build(runtime, filing_id, with_applicant=True, clock=clock)
    files = verifier.read_zip(data)
    assert files["originals/02-design-file.svg"] == svg_scene()
    report = verifier.verify_files(files, ordered=True)
    assert any("锦绣服饰有限公司" in zh for zh, _ in report.lines)
    with runtime.sessions() as session:
        checked = check_log(session, runtime.store, verifiers=[runtime.log_key.verifier])
    assert checked.differences == ()
    if shutil.which("pdftotext"):
        (tmp_path / "c.pdf").write_bytes(certificate.obtain(runtime, filing_id, clock=clock))
        text = subprocess.run(
            ["pdftotext", tmp_path / "c.pdf", "-"], capture_output=True, check=True
        ).stdout.decode()
        assert "林晓 60%" in text and "02-02" in text and "2026-02-20" in text and "另一" not in text


def test_a_design_file_is_found_by_its_digest(runtime: Runtime, filing_id: int) -> None:
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filing_id)
        found = lookup.by_digest(session, filing.design_files[0].sha256)
        assert found is not None and found.filing is filing


@pytest.mark.parametrize(
    ("files", "code", "field"),
    [
        ([Attached("a.exe", b"#!/bin/sh\n")], "file_harmful", "design_files-0"),
        ([Attached("a.svg", svg_scene())] * 2, "file_twice", "design_files-1"),
        ([Attached("a.svg", b"")], "file_empty", "design_files-0"),
        ([Attached("a.svg", svg_scene())] * 13, "design_files_too_many", "design_files"),
        ([Attached("front.jpg", one_picture()[0].data)], "file_twice", "design_files-0"),
    ],
)
def test_a_design_file_at_fault_is_named(
    runtime: Runtime, clock: HandClock, files: list[Attached], code: str, field: str
) -> None:
    with transaction(runtime.sessions) as session, pytest.raises(CallerError) as caught:
        registry.register_design(
            session,
            runtime.store,
            applicant=People(session, clock()).designer,
            form=FORM,
            pictures=one_picture(),
            design_files=files,
            request_key="r1",
            now=clock(),
        )
    assert (caught.value.code, caught.value.field) == (code, field)
