"""What the papers say, word for word, in both languages; one letter made whole, its signature checked by pdfsig."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from desk_of_letters import SENDER, Desk
from letter_papers import CASES, GOLDEN, docx_text, pdf_text, texts
from scenery import HandClock, People
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.db import transaction
from ipreg.models import Account, Alert, LegalLetter, LegalLetterKind, LegalLetterState
from ipreg.response import form, making
from ipreg.response.form import LetterForm
from ipreg.runtime import Runtime
from jobs import responses


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_papers_say_word_for_word_what_the_golden_files_say(
    runtime: Runtime, session: Session, people: People, clock: HandClock, kind: LegalLetterKind, language: str
) -> None:
    for name, text in texts(Desk(runtime, session, people, clock), kind, language).items():
        assert text == (GOLDEN / name).read_text("utf-8"), f"{name}: make_golden_letters.py makes it anew"
        assert "<script>alert(1)</script> {platform} {{x}} #set page()" in " ".join(text.split())
        assert "\u202e" not in text and "{seller}" not in text


def a_letter(site: Site, clock: HandClock) -> int:
    with transaction(site.runtime.sessions) as session:
        alert = session.scalars(select(Alert)).one()
        account = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        offered = form.offer(session, alert, LegalLetterKind.NOTICE, account=account, locale="zh").form
        stated = LetterForm(**{**vars(offered), **SENDER, "languages": "both"})
        wish = making.Wish(LegalLetterKind.NOTICE, stated, request_key="k")
        made = making.draft(session, site.runtime.store, alert=alert, account=account, wish=wish, now=clock())
        return made.id


def test_a_letter_left_half_made_is_finished_by_the_job_signed_and_with_its_annexes(
    site: Site, clock: HandClock, tmp_path: Path
) -> None:
    letter_id = a_letter(site, clock)
    assert responses.finish(site.runtime, clock=clock) == 0, "who is making it now is left a minute"
    clock.move(minutes=2)
    assert responses.finish(site.runtime, clock=clock) == 1
    assert not making.make(site.runtime, letter_id, clock=clock)
    with site.runtime.sessions() as session:
        letter = session.get_one(LegalLetter, letter_id)
        files = {one.name: site.runtime.store.get(one.sha256) for one in letter.files}
        assert letter.state is LegalLetterState.READY
        listed = {one["name"]: one["sha256"] for one in letter.facts["annexes"]}
        assert {one.name: one.sha256 for one in letter.files if one.role == "annex"} == listed
        number = letter.number
    assert {re.sub(r"annex-\d+-", "", name) for name in listed} == {
        "certificate.pdf", "proof-bundle.zip", "filed-01.jpg", "listing-01.jpg",
    }  # fmt: skip
    paper, written = pdf_text(files[f"{number}.pdf"]), docx_text(files[f"{number}.docx"])
    for digest in listed.values():
        assert digest in paper and digest in written
    if shutil.which("pdfsig"):
        place = tmp_path / "letter.pdf"
        place.write_bytes(files[f"{number}.pdf"])
        said = subprocess.run(["pdfsig", str(place)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in said and "Total document signed" in said
