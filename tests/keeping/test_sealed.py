"""A sealed filing from its filing to its opening: what lies on the disk, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from apps import create_app
from click.testing import CliRunner
from databases import Databases
from papers import open_copy, open_prepared
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, edited_copy, one_picture
from site_letter import a_letter
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, acts, alerts, bundle, cases, certificate, logkeys, registry, sealing, verifier
from ipreg.casework import machine, papers, together
from ipreg.casework.machine import Given
from ipreg.cli import main
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError, ProofError
from ipreg.logcheck import check_log
from ipreg.models import (
    Account,
    Alert,
    AuditRow,
    Case,
    CaseEvent,
    CaseOutcome,
    Filing,
    FilingState,
    Match,
    Notice,
    ObtainedKind,
    PictureFingerprint,
)
from ipreg.registry import Attached
from ipreg.rights import records
from ipreg.runtime import Runtime, open_runtime
from ipreg.sightings import feeds
from ipreg.workdays import shanghai_day
from jobs import alerts as alert_job
from jobs import checkpoints, fingerprints, imports, matches, openings, timestamps

PICTURE = draw_picture(1)


def file_sealed(session: Session, runtime: Runtime, clock: HandClock, applicant: Account, **more: object) -> Filing:
    return registry.register_design(
        session, runtime.store, applicant=applicant, form=design_form("密纹手袋"), pictures=one_picture(1),
        request_key="sealed", sealed=True, now=clock(), **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, databases: Databases, seal_file: Path) -> Path:
    """A sealed filing, fingerprinted and compared with a copy on the market: made once, copied by every test."""
    var, clock = tmp_path_factory.mktemp("sealed"), HandClock()
    runtime = open_prepared(var, databases, seal_file)
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        file_sealed(session, runtime, clock, people.designer)
        feeds.accept_feed(
            session, runtime.config, account=people.enterprise, filename="feed.csv",
            data="platform,listing_id,title,seller,pictures\n淘淘,1,手袋,小铺,copy.jpg\n".encode(),
            pictures={"copy.jpg": edited_copy(PICTURE)}, now=clock(),
        )  # fmt: skip
    for job in (imports, fingerprints, matches, alert_job, checkpoints, timestamps):
        job.run(runtime, clock=clock)
    runtime.sessions.kw["bind"].dispose()
    return var


@pytest.fixture
def runtime(prepared: Path, databases: Databases, tmp_path: Path) -> Iterator[Runtime]:
    opened = open_copy(prepared, databases, tmp_path / "var")
    yield opened
    opened.sessions.kw["bind"].dispose()
    databases.drop(tmp_path / "var")


@pytest.fixture
def filed(runtime: Runtime) -> int:
    with runtime.sessions() as session:
        return session.scalars(select(Filing.id)).one()


def on_disk(runtime: Runtime) -> bytes:
    runtime.sessions.kw["bind"].dispose()
    return b"".join(place.read_bytes() for place in runtime.config.var.rglob("*") if place.is_file())


def account(session: Session, name: str) -> Account:
    return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def differences(runtime: Runtime) -> list[str]:
    with runtime.sessions() as session:
        keys = logkeys.verifiers(session, first=runtime.log_key)
        return [one.code for one in check_log(session, runtime.store, verifiers=keys).differences]


def test_nothing_on_the_disk_shows_it_and_yet_it_is_watched(
    runtime: Runtime, filed: int, clock: HandClock, tmp_path: Path
) -> None:
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filed)
        shelf = runtime.store.shelf(filing.vault_key)
        original, preview = shelf.get(filing.views[0].sha256), shelf.thumbnail(filing.views[0].sha256, 320)
        found = session.scalars(select(Match)).one()
        assert (found.filing_id, found.probability > 0.8) == (filed, True)
        row = session.scalars(select(PictureFingerprint).where(PictureFingerprint.vault_key_id.is_not(None))).one()
        clear = runtime.store.decrypted(
            filing.vault_key, f"fingerprint/{row.sha256}/{row.algorithm}", row.data or b""
        )  # type: ignore[arg-type]
    assert original == PICTURE
    paper = certificate.obtain(runtime, filed, clock=clock)
    disk = on_disk(runtime)
    for secret in (original, preview, clear, paper):
        middle = len(secret) // 2
        assert secret[middle : middle + 64] not in disk
    assert differences(runtime) == []


def test_its_bundle_convinces_and_its_certificate_shows_no_picture(
    runtime: Runtime, filed: int, clock: HandClock
) -> None:
    import pypdfium2

    whole = bundle.build(runtime, filed, with_applicant=True, clock=clock)
    files = verifier.read_zip(whole)
    assert files["originals/01-front.jpg"] == PICTURE
    assert verifier.verify_files(files).number
    page = pypdfium2.PdfDocument(files["certificate.pdf"])[0]
    assert "本证书不予显示" in page.get_textpage().get_text_range()
    pictures = [one for one in page.get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    assert pictures == []


def test_opened_by_its_owner_it_is_a_filing_like_any_other(runtime: Runtime, filed: int, clock: HandClock) -> None:
    sealed_paper = certificate.obtain(runtime, filed, clock=clock)
    with runtime.sessions() as session:
        stranger = account(session, "freelancer").id
        owner = account(session, "enterprise").id
    with pytest.raises(PermissionDeniedError):
        sealing.open_now(runtime, filed, account_id=stranger, clock=clock)
    for _ in range(2):  # two tabs
        sealing.open_now(runtime, filed, account_id=owner, clock=clock)
    openings.run(runtime, clock=clock)
    assert list((runtime.config.var / "vault").iterdir()) == []
    checkpoints.run(runtime, clock=clock)
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filed)
        assert (filing.state, filing.vault_key) == (FilingState.OPEN, None)
        assert runtime.store.get(filing.views[0].sha256) == PICTURE
        assert [one.action for one in acts.acts_of(session, filing)] == ["opened"]
        assert all(row.vault_key_id is None for row in session.scalars(select(PictureFingerprint)))
    assert certificate.obtain(runtime, filed, clock=clock) != sealed_paper  # another one, which shows it
    assert differences(runtime) == []


def test_it_opens_by_itself_on_its_day(runtime: Runtime, clock: HandClock) -> None:
    day = clock() + timedelta(days=10)
    with transaction(runtime.sessions) as session:
        owner, rival = account(session, "freelancer"), account(session, "rival")
        filing = file_sealed(session, runtime, clock, owner, opens_at=day)
        with pytest.raises(CallerError, match="opens_on_wrong"):
            sealing.set_opening(session, filing=filing, account=owner, opens_at=clock(), now=clock())
        with pytest.raises(PermissionDeniedError):
            sealing.set_opening(session, filing=filing, account=rival, opens_at=None, now=clock())
    assert openings.run(runtime, clock=clock) == 0
    clock.move(days=10)
    assert (openings.run(runtime, clock=clock), openings.run(runtime, clock=clock)) == (1, 0)
    with runtime.sessions() as session:
        found = session.get_one(Filing, filing.id)
        assert found.state is FilingState.OPEN
        with pytest.raises(ConflictError, match="filing_not_sealed"):
            sealing.set_opening(session, filing=found, account=found.owner, opens_at=None, now=clock())


def test_an_opening_that_was_killed_half_way_is_done_again(
    runtime: Runtime, filed: int, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_open", killed)
        with pytest.raises(KeyboardInterrupt):
            sealing.open_now(runtime, filed, account_id=None, clock=clock)
    with runtime.sessions() as session:
        filing = session.get_one(Filing, filed)
        assert filing.state is FilingState.SEALED
        assert runtime.store.shelf(filing.vault_key).get(filing.views[0].sha256) == PICTURE
    sealing.open_now(runtime, filed, account_id=None, clock=clock)
    assert differences(runtime) == []


@pytest.fixture
def proposed(runtime: Runtime, filed: int, clock: HandClock) -> str:
    """Number of a grave case about the sealed filing, whose decision waits for approval."""
    with transaction(runtime.sessions) as session:
        officer, second = account(session, "regulator"), account(session, "second-regulator")
        second.supervisor = True  # and so told of what waits for approval
        alert = session.scalars(select(Alert)).one()
        case = alerts.confirm(session, alert=alert, account=account(session, "enterprise"), now=clock())
        cases.assign(session, case=case, officer=officer, row_version=case.row_version, now=clock())
        case.severity = 3
        asked = {"session": session, "filing": session.get_one(Filing, filed), "case": case, "reason": REASON}
        with pytest.raises(PermissionDeniedError):
            sealing.open_for_case(officer=second, now=clock(), **asked)  # type: ignore[arg-type]
        given = Given(reason=REASON, outcome=CaseOutcome.NOT_INFRINGING)
        machine.transition(session, case=case, action="proposed", actor=officer, given=given, now=clock())
        return case.number


REASON = "核对图案是否一致的需要，以便作出决定。"


def test_who_approves_a_decision_sees_what_it_is_about_while_it_waits(
    runtime: Runtime, filed: int, proposed: str, clock: HandClock
) -> None:
    with transaction(runtime.sessions) as session:
        case = session.scalars(select(Case).where(Case.number == proposed)).one()
        filing, second = session.get_one(Filing, filed), account(session, "second-regulator")
        assert not access.can_see_files(session, second, filing)
        with pytest.raises(CallerError, match="reason_length"):
            sealing.open_for_case(session, filing=filing, case=case, officer=second, reason="看", now=clock())
        sealing.open_for_case(session, filing=filing, case=case, officer=second, reason=REASON, now=clock())
        assert access.can_see_files(session, second, filing)
        assert [one.action for one in acts.acts_of(session, filing)] == ["opened_for_case"]
        machine.transition(session, case=case, action="approved", actor=second, now=clock())
        assert not access.can_see_files(session, second, filing)
    checkpoints.run(runtime, clock=clock)
    assert differences(runtime) == []


def test_a_deputy_sees_it_on_the_days_of_the_absence(
    runtime: Runtime, filed: int, proposed: str, clock: HandClock
) -> None:
    with transaction(runtime.sessions) as session:
        case = session.scalars(select(Case).where(Case.number == proposed)).one()
        filing, deputy = session.get_one(Filing, filed), account(session, "second-regulator")
        machine.transition(
            session, case=case, action="sent_back", actor=deputy, given=Given(reason=REASON), now=clock()
        )
        officer, today = account(session, "regulator"), shanghai_day(clock())
        until = max(today, shanghai_day(utc_now())) + timedelta(days=2)
        together.set_absence(session, account=officer, deputy=deputy, from_on=today, until_on=until, now=clock())
        sealing.open_for_case(session, filing=filing, case=case, officer=deputy, reason=REASON, now=clock())
        assert access.can_see_files(session, deputy, filing)
        (away,) = together.absences(session, account=officer)
        together.end_absence(session, account=officer, absence_id=away.id)
        assert not access.can_see_files(session, deputy, filing)


def test_no_paper_of_a_case_bears_the_title(runtime: Runtime, filed: int, proposed: str, clock: HandClock) -> None:
    with runtime.sessions() as session:
        case = session.scalars(select(Case).where(Case.number == proposed)).one()
        accepted = next(one for one in case.events if one.action == "accepted")
        told = str(papers.draft_of(session, runtime, accepted).facts)
        number = session.get_one(Filing, filed).number
        assert number in told and "密封备案" in told and "密纹手袋" not in told
        notices = session.scalars(select(Notice).where(Notice.kind.like("case%"))).unique().all()
        assert notices and not [one for one in notices if "密纹手袋" in str(one.values)]
    sealing.open_now(runtime, filed, account_id=None, clock=clock)
    with runtime.sessions() as session:
        assert "密纹手袋" in str(papers.draft_of(session, runtime, session.get_one(CaseEvent, accepted.id)).facts)


def test_in_a_case_it_is_opened_for_one_officer_and_logged(runtime: Runtime, filed: int, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        filing = session.get_one(Filing, filed)
        officer, other = account(session, "regulator"), account(session, "second-regulator")
        alert = session.scalars(select(Alert)).one()
        case = alerts.confirm(session, alert=alert, account=account(session, "enterprise"), now=clock())
        cases.assign(session, case=case, officer=officer, row_version=case.row_version, now=clock())
        assert not access.can_see_filing(session, officer, filing)
        for wrong, kind in ((other, PermissionDeniedError), (account(session, "rival"), PermissionDeniedError)):
            with pytest.raises(kind):
                sealing.open_for_case(
                    session, filing=filing, case=case, officer=wrong, reason="核对图案是否一致的需要", now=clock()
                )
        with pytest.raises(CallerError, match="reason_length"):
            sealing.open_for_case(session, filing=filing, case=case, officer=officer, reason="看", now=clock())
        first, second = (
            sealing.open_for_case(
                session, filing=filing, case=case, officer=officer, reason="核对图案是否一致的需要", now=clock()
            )
            for _ in range(2)
        )
        assert first is second
        assert access.can_see_files(session, officer, filing)
        assert not access.can_see_files(session, other, filing)
        assert [one.action for one in acts.acts_of(session, filing)] == ["opened_for_case"]
        case.officer = other  # the case changes hands, and with it the sight
        session.flush()
        assert not access.can_see_files(session, officer, filing)
        case.officer = officer
        number, of_the_case, reader = filing.number, case.number, f"account:{officer.id}"
    checkpoints.run(runtime, clock=clock)
    assert differences(runtime) == []
    with transaction(runtime.sessions) as session:
        filing = session.get_one(Filing, filed)
        trade_mark = records.RightForm(ObtainedKind.TRADE_MARK, "12345678", clock().date())
        records.record_right(
            session, runtime.store, filing=filing, account=filing.applicant, form=trade_mark,
            paper=Attached("receipt.png", draw_picture(3, kind="PNG")), request_key="right", now=clock(),
        )  # fmt: skip
    app = create_app(runtime.config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    site = Site(app, runtime, number, of_the_case)
    with transaction(runtime.sessions) as session:
        letter = a_letter(session, site, clock)
    client, others = site.sign_in("regulator"), (f"/filings/{number}/rights/1/paper", f"/letters/{letter}/zip")
    for path in (
        f"/cases/{of_the_case}", f"/filings/{number}", f"/filings/{number}/views/0", *others,
    ):  # fmt: skip
        with client.get(path) as answer:
            assert answer.status_code == 200 and answer.data
    with runtime.sessions() as session:
        reads = session.scalars(
            select(AuditRow.action).where(AuditRow.actor == reader, AuditRow.subject == f"filing:{number}")
        ).all()
    of_pages = ["filing.page", "filing.page", "filing.picture", "filing.right_paper", "filing.letter"]
    assert reads == of_pages, "every look, whichever way"


def test_who_takes_a_copy_of_it_on_the_command_line_stands_in_the_trail(
    runtime: Runtime, filed: int, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in databases.environ(runtime.config.var).items():
        monkeypatch.setenv(name, value)
    with runtime.sessions() as session:
        number = session.get_one(Filing, filed).number
    for command, wanted in (("bundle", "filing.bundle"), ("certificate", "filing.certificate")):
        asked = [command, number, "--as", "designer@ipreg.example", "--output", str(tmp_path / command)]
        run = CliRunner().invoke(main, asked)
        assert run.exit_code == 0, run.output
        with runtime.sessions() as session:
            row = session.scalars(select(AuditRow).where(AuditRow.action == wanted)).one()
            assert (row.subject, row.kind.value) == (f"filing:{number}", "read")
    asked[3] = "rival@ipreg.example"
    assert CliRunner().invoke(main, asked).exit_code == 1


def test_without_its_wrapping_key_nothing_breaks_but_it(runtime: Runtime, filed: int, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        other = registry.register_design(
            session, runtime.store, applicant=account(session, "freelancer"), form=design_form(),
            pictures=one_picture(7), request_key="o", now=clock(),
        ).id  # fmt: skip
        session.get_one(Filing, filed).views[0].compared_by = None
    runtime.store.keyring.path.unlink()
    with pytest.raises(ProofError, match="vault_key_missing"):
        bundle.build(runtime, filed, with_applicant=True, clock=clock)
    fingerprints.run(runtime, clock=clock)
    matches.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert session.get_one(Filing, other).views[0].compared_by is not None
    assert "check_vault" in differences(runtime)


def test_a_damaged_shelf_is_named_by_the_check_of_the_log(runtime: Runtime, filed: int) -> None:
    with runtime.sessions() as session:
        digest = session.get_one(Filing, filed).views[0].sha256
    place = next(runtime.config.var.glob(f"vault/*/{digest}"))
    place.write_bytes(place.read_bytes()[:-1])
    assert differences(runtime) == ["check_file_changed"]
    place.unlink()
    assert differences(runtime) == ["check_file_missing"]


def test_a_second_start_reads_what_the_first_sealed(runtime: Runtime, filed: int) -> None:
    again = open_runtime(runtime.config)
    with again.sessions() as session:
        filing = session.get_one(Filing, filed)
        assert again.store.shelf(filing.vault_key).get(filing.views[0].sha256) == PICTURE
    again.sessions.kw["bind"].dispose()


@pytest.mark.parametrize("name", ["regulator", "second-regulator", "auditor", "administrator", "rival", ""])
def test_no_page_that_links_lead_others_to_bears_the_title(
    runtime: Runtime, filed: int, proposed: str, name: str
) -> None:
    """Nobody has opened it: not for the officer in charge, and for nobody else."""
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    if name:
        client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    with runtime.sessions() as session:
        number = session.get_one(Filing, filed).number
    waiting, seen = ["/", f"/filings/{number}", f"/verify/{number}", f"/cases/{proposed}"], set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        with client.get(path) as answer:
            assert "密纹手袋".encode() not in answer.data, path
            found = re.findall(r'<a [^>]*href="(/[^"#?]*)', answer.text) if answer.mimetype == "text/html" else []
        waiting = [one for one in {*waiting, *found} - seen if not one.startswith("/language")]
    assert len(seen) > 12
