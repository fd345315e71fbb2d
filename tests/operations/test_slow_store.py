"""A store that takes its time: while it does, others write into the database, which on SQLite has one writer."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from asking import FORM, RIGHT, Program, picture, program
from scenery import draw_picture
from site_of_tests import Site
from sqlalchemy import make_url

from ipreg.objects import LocalFiles
from jobs import papers

SEALED = {**FORM, "sealed": True}


@dataclass
class Written:
    """Names of what came into the store, and of those for which a writer of the database had to wait."""

    names: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


@pytest.fixture
def written(site: Site, monkeypatch: pytest.MonkeyPatch) -> Written:
    url, found, write = make_url(site.runtime.config.database_url), Written(), LocalFiles.write

    def watched(files: LocalFiles, name: str, pieces: Iterable[bytes]) -> None:
        found.names.append(name)
        if url.get_backend_name() == "sqlite":
            with closing(sqlite3.connect(str(url.database), timeout=0, isolation_level=None)) as somebody_else:
                try:
                    somebody_else.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    found.held.append(name)
        write(files, name, pieces)

    monkeypatch.setattr(LocalFiles, "write", watched)
    return found


def file_a_version(owner: Program) -> int:
    number = owner.file(SEALED, picture(61)).json["number"]  # type: ignore[index]
    more = {**FORM, "keep": [], "seen_version": 1}
    return owner.file(more, picture(62), to=f"/filings/{number}/versions").status_code


def file_a_draft(owner: Program) -> int:
    draft = owner.file({**SEALED, "creators": [{"name": "林晓", "share": "100"}]}, picture(63), to="/drafts").json
    assert draft is not None and draft["faults"] == [], draft
    answer = owner.post(f"/drafts/{draft['id']}/file")
    assert answer.status_code == 201, answer.text
    return answer.status_code


WAYS: dict[str, Callable[[Site, Program], int]] = {
    "filing": lambda _, owner: owner.file(FORM, picture(60)).status_code,
    "sealed filing": lambda _, owner: owner.file(SEALED, picture(60)).status_code,
    "version of a sealed filing": lambda _, owner: file_a_version(owner),
    "sealed draft": lambda _, owner: file_a_draft(owner),
    "paper of a right": lambda site, owner: (
        owner.send("right", RIGHT, {"paper": picture(64)}, f"/filings/{site.filing}/rights").status_code
    ),
    "report": lambda _, owner: (
        owner.send("report", {"title": "外套"}, {"picture": picture(65)}, "/reports").status_code
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_while_files_come_in_others_write(site: Site, written: Written, way: str) -> None:
    assert WAYS[way](site, program(site, "designer")) == 201
    assert written.names and not written.held


def test_while_evidence_is_handed_in_others_write(site: Site, written: Written) -> None:
    """Only the statement and the receipt are written within: they are short, and the receipt has the time in it."""
    paper, shown = {"kind": "evidence", "text": "见附图，与备案图片一致，请查。"}, draw_picture(66)
    owner = program(site, "designer")
    answer = owner.send("submission", paper, {"files": shown}, f"/cases/{site.case}/submissions")
    assert answer.status_code == 201, answer.text
    name = hashlib.sha256(shown).hexdigest()
    assert [one for one in written.names if one.endswith(name)]
    assert not [one for one in written.held if one.endswith(name)] and len(written.held) <= 2


def test_while_certificates_and_papers_are_made_others_write(site: Site, written: Written) -> None:
    owner = program(site, "designer")
    sealed = owner.file(SEALED, picture(67)).json
    for number in (site.filing, sealed["number"] if sealed else ""):
        assert owner.get(f"/filings/{number}/certificate").status_code == 200
    officer = program(site, "regulator")
    case, me = officer.get(f"/cases/{site.case}").json, officer.get("/me").json
    assert case is not None and me is not None
    said = {"row_version": case["row_version"], "officer": me["id"]}
    assert officer.post(f"/cases/{site.case}/steps/assigned", said).status_code == 200
    papers.run(site.runtime)
    assert len(written.names) >= 4 and not written.held
