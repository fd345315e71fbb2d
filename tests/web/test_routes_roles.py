"""Every route with every kind of reader. A route that stands not in the table fails, and so does a wrong answer."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from scenery import HandClock, draw_picture
from site_letter import a_letter
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from written import rows_since, written

from ipreg import agreements, drafts
from ipreg.api.operation import Operation
from ipreg.api.routes import PARTS
from ipreg.db import transaction
from ipreg.models import Account, Batch, Capture, CaptureState, Filing, ObtainedKind, Role
from ipreg.numbers import make_number
from ipreg.registry import Attached
from ipreg.rights import records
from ipreg.sightings import capture
from ipreg.web.rules import PUBLIC, rule_of


def api_operations() -> list[tuple[str, Operation]]:
    """Each with the name of its part."""
    return [(part.__name__.rpartition(".")[2], one) for part in PARTS for one in part.routes.operations]


OWN = {Role.DESIGNER, Role.ENTERPRISE}
PARTIES = OWN | {Role.REGULATOR}
CASES = PARTIES | {Role.AUDITOR}
TRAIL = {Role.AUDITOR, Role.ADMINISTRATOR}
IMPORTERS = {Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR}
EVERYBODY = set(Role)
TABLE: dict[str, set[Role]] = {
    "static": set(),
    "bootstrap.static": set(),
    "pages.home": set(),
    "pages.health": set(),
    "operations.ready": set(),
    "operations.figures": set(),
    "operations.jobs": TRAIL,
    "operations.ask_of_job": {Role.ADMINISTRATOR},
    "operations.status": {Role.ADMINISTRATOR},
    "pages.filing_picture": EVERYBODY,
    "pages.listing_picture": EVERYBODY,
    "pages.administration": {Role.ADMINISTRATOR},
    "language.choose": set(),
    "accounts.sign_up": set(),
    "accounts.sign_in": set(),
    "accounts.sign_out": set(),
    "accounts.account": EVERYBODY,
    "accounts.second": set(),
    "accounts.join": {Role.DESIGNER},
    "organization.overview": OWN,
    "organization.invite": OWN,
    "organization.revoke": OWN,
    "organization.change_role": OWN,
    "organization.remove": OWN,
    "organization.leave": OWN,
    "organization.renew_code": OWN,
    "organization.invitation": set(),  # these ask for the token of a link
    "recovery.reset": set(),
    "recovery.verify_email": set(),
    "recovery.change_email": set(),
    "recovery.forgot": set(),
    "guide.index": set(),
    "mydata.overview": EVERYBODY,
    "mydata.export": EVERYBODY,
    "mydata.download": EVERYBODY,
    "mydata.erase": OWN,
    "guide.page": set(),
    "security.overview": EVERYBODY,
    "security.change_password": EVERYBODY,
    "security.change_email": EVERYBODY,
    "security.verify_again": EVERYBODY,
    "security.end": EVERYBODY,
    "security.end_others": EVERYBODY,
    "security.two_factor": EVERYBODY,
    "security.begin": EVERYBODY,
    "security.confirm": EVERYBODY,
    "security.new_codes": EVERYBODY,
    "security.switch_off": EVERYBODY,
    "filings.filings": OWN,
    "filings.new": OWN,
    "drafts.step": OWN,
    "drafts.add": OWN,
    "drafts.picture": OWN,
    "drafts.discard": OWN,
    "drafts.findings": OWN,
    "drafts.alike_picture": OWN,
    "batches.batches": OWN,
    "batches.template": OWN,
    "batches.one": OWN,
    "batches.progress": OWN,
    "batches.report": OWN,
    "batches.discard": OWN,
    "filings.filing": EVERYBODY,
    "filings.certificate_file": EVERYBODY,
    "filings.evidence": EVERYBODY,
    "filings.design_file": EVERYBODY,
    "keeping.amend": OWN,
    "keeping.compare": EVERYBODY,
    "keeping.version_picture": EVERYBODY,
    "keeping.open_filing": OWN,
    "keeping.opening_day": OWN,
    "keeping.withdraw": OWN,
    "keeping.offer": OWN,
    "keeping.mine": OWN,
    "keeping.agreement": OWN,
    "keeping.answer": OWN,
    "rights.page": EVERYBODY,
    "rights.record": OWN,
    "rights.retract": OWN,
    "rights.paper": EVERYBODY,
    "rights.calendar": EVERYBODY,
    "rights.switch_reminders": OWN,
    "rights.package": OWN,
    "rights.package_file": OWN,
    "imports.imports": IMPORTERS,
    "imports.one": IMPORTERS,
    "imports.progress": IMPORTERS,
    "sources.overview": IMPORTERS,
    "sources.new": IMPORTERS,
    "sources.one": IMPORTERS,
    "sources.pause": IMPORTERS,
    "sources.edit": IMPORTERS,
    "sources.remove": IMPORTERS,
    "sources.refused": IMPORTERS,
    "sources.resume": IMPORTERS,
    "sources.run_now": IMPORTERS,
    "sources.retry": IMPORTERS,
    "sources.token": IMPORTERS,
    "sources.try_one": IMPORTERS,
    "sources.retry_import": IMPORTERS,
    "reports.reported": PARTIES,
    "reports.retry": PARTIES,
    "sellers.seller": PARTIES,
    "sellers.link": PARTIES,
    "sellers.undo": PARTIES,
    "evidence.one": CASES,
    "evidence.file": CASES,
    "evidence.replay": CASES,
    "tokens.overview": EVERYBODY,
    "tokens.revoke": EVERYBODY,
    "developers.page": set(),
    "developers.operations": set(),
    "api.document": set(),
    # The others ask for a token: who gets what by his, tests/api has in a table of its own.
    **{f"api_{part}.{one.name}": set() for part, one in api_operations()},
    "alerts.inbox": OWN,
    "alerts.alert": OWN,
    "alerts.overlay_picture": OWN,
    "alerts.confirm": OWN,
    "alerts.dismiss": OWN,
    "alerts.reopen": OWN,
    "alerts.count": OWN,
    "alerts.hand_over": OWN,
    "alerts.snooze": OWN,
    "alerts.wake": OWN,
    "alerts.assign": OWN,
    "alerts.comment": OWN,
    "letters.overview": OWN,
    "letters.new": OWN,
    "letters.one": CASES,
    "letters.file": CASES,
    "letters.package": CASES,
    "letters.make": OWN,
    "letters.mail": OWN,
    "letters.hand_over": OWN,
    "letters.step": OWN,
    "lettertexts.text": OWN,
    "alertbulk.bulk": OWN,
    "alertbulk.undo": OWN,
    "alertbulk.save": OWN,
    "alertbulk.forget": OWN,
    "alertbulk.download": OWN,
    "alertlistings.leave_out": OWN,
    "alertlistings.take_in": OWN,
    "alertcharts.dashboard": OWN,
    "watches.overview": OWN,
    "watches.new": OWN,
    "watches.one": OWN,
    "watches.remove": OWN,
    "watches.switch": OWN | {Role.ADMINISTRATOR},
    "watches.calibrations": {Role.ADMINISTRATOR},
    "watches.allowed": OWN,
    "watches.allow": OWN,
    "watches.forbid": OWN,
    "cases.queue": CASES,
    "cases.case": CASES,
    "parties.page": CASES,
    "parties.notice": {Role.REGULATOR},
    "parties.link": {Role.REGULATOR},
    "parties.revoke": {Role.REGULATOR},
    "parties.submit": OWN,
    "parties.receipt": CASES,
    "parties.file": CASES,
    "parties.paper": CASES,
    "parties.bundle": CASES,
    "respond.link": set(),  # by a one-time link, and then by the session that it was exchanged for
    "respond.open_link": set(),
    "respond.case": set(),
    "respond.submit": set(),
    "respond.receipt": set(),
    "respond.file": set(),
    "respond.paper": set(),
    "respond.shown": set(),
    "respond.leave": set(),
    "cases.proofs": CASES,
    "cases.aligned_picture": {Role.REGULATOR, Role.AUDITOR},
    "complaints.complain": OWN,
    "cases.matched_regions": {Role.REGULATOR, Role.AUDITOR},
    "casesteps.draft": {Role.REGULATOR},
    "casesteps.assign": {Role.REGULATOR},
    "casesteps.decide": {Role.REGULATOR},
    "casesteps.step": PARTIES,
    "casesteps.document": {Role.REGULATOR, Role.AUDITOR},
    "casesteps.many": {Role.REGULATOR},
    "casedesk.note": PARTIES,
    "casedesk.open_sealed": {Role.REGULATOR},
    "casedesk.task": {Role.REGULATOR},
    "casedesk.done": {Role.REGULATOR},
    "casedesk.save_view": {Role.REGULATOR},
    "casedesk.forget_view": {Role.REGULATOR},
    "casedesk.supervisor": {Role.ADMINISTRATOR},
    "casedesk.away": {Role.REGULATOR},
    "casedesk.back_again": {Role.REGULATOR},
    "channels.overview": EVERYBODY,
    "channels.add": EVERYBODY,
    "channels.change": EVERYBODY,
    "channels.act": EVERYBODY,
    "notices.inbox": EVERYBODY,
    "notices.follow": EVERYBODY,
    "notices.read_all": EVERYBODY,
    "verify.start": set(),
    "verify.record": set(),
    "verify.code": set(),
    "verify.verifier_file": set(),
    "verify.registry_ca": set(),
    "log.checkpoint": set(),
    "log.key": set(),
    "log.keys": set(),
    "log.tile": set(),
    "log.tlog_proof": set(),
    "log.consistency": set(),
    "log.signed_checkpoint": set(),
    "log.token": set(),
    "log.token_certificates": set(),
    "log.proof": set(),
    "logpage.page": set(),
    "statistics.page": TRAIL | {Role.REGULATOR},
    "statistics.chart": TRAIL | {Role.REGULATOR},
    "statistics.export": TRAIL | {Role.REGULATOR},
    "statistics.totals": set(),
    "statistics.public_chart": set(),
    "audittrail.trail": TRAIL,
    "audittrail.check": TRAIL,
    "audittrail.export": TRAIL,
}
# What belongs to the designer and his enterprise; a regulator sees what a case shows him.
OFFICERS = {"regulator", "second-regulator", "auditor"}
OF_ONE_OWNER = {
    "pages.filing_picture": {"designer", "enterprise"} | OFFICERS,
    "pages.listing_picture": {"designer", "enterprise"} | OFFICERS,
    "filings.filing": {"designer", "enterprise"} | OFFICERS,
    "keeping.amend": {"designer", "enterprise"},
    "keeping.withdraw": {"designer", "enterprise"},
    "keeping.offer": {"designer", "enterprise"},
    "keeping.compare": {"designer", "enterprise"} | OFFICERS,
    "keeping.version_picture": {"designer", "enterprise"} | OFFICERS,
    "keeping.agreement": {"designer", "enterprise"},
    "filings.certificate_file": {"designer", "enterprise"} | OFFICERS,
    "filings.evidence": {"designer", "enterprise"} | OFFICERS,
    "filings.design_file": set(),  # it has none
    "imports.one": {"enterprise", "administrator"},
    "imports.progress": {"enterprise", "administrator"},
    "sources.one": {"enterprise", "administrator"},
    "sources.edit": {"enterprise", "administrator"},
    "sources.refused": {"enterprise", "administrator"},
    "rights.page": {"designer", "enterprise", "regulator", "second-regulator"},
    "rights.paper": {"designer", "enterprise", "regulator", "second-regulator"},
    "rights.calendar": {"designer", "enterprise", "regulator", "second-regulator"},
    "rights.package": {"designer", "enterprise"},
    "rights.package_file": {"designer", "enterprise"},
    "sellers.seller": {"designer", "enterprise"} | OFFICERS,
    "evidence.one": {"designer", "enterprise"} | OFFICERS,
    "evidence.file": {"designer", "enterprise"} | OFFICERS,
    "evidence.replay": {"designer", "enterprise"} | OFFICERS,
    "alerts.alert": {"designer", "enterprise"},
    "letters.new": {"designer", "enterprise"},
    "letters.one": {"designer", "enterprise"} | OFFICERS,
    "letters.file": {"designer", "enterprise"} | OFFICERS,
    "letters.package": {"designer", "enterprise"} | OFFICERS,
    "watches.allowed": {"designer", "enterprise"},
    "complaints.complain": {"enterprise"},  # it decides for its designers
    "alerts.overlay_picture": {"designer", "enterprise"},
    "cases.case": {"designer", "enterprise"} | OFFICERS,
    "parties.page": {"designer", "enterprise"} | OFFICERS,
    "parties.bundle": {"designer", "enterprise"} | OFFICERS,
    "parties.receipt": set(),  # nothing is handed in yet: tests/casework/test_parties.py
    "parties.file": set(),
    "parties.paper": set(),
    "cases.proofs": {"designer", "enterprise"} | OFFICERS,
    "drafts.step": {"designer"},
    "drafts.picture": {"designer"},
    "drafts.findings": {"designer"},
    "drafts.alike_picture": set(),  # nothing is alike
    "batches.one": {"designer"},
    "batches.progress": {"designer"},
    "batches.report": {"designer"},
}
# What changes a source or an import: its owner's, and the administrator's.
OF_THE_ENTERPRISE = {
    "sources.pause", "sources.resume", "sources.run_now", "sources.retry", "sources.token", "sources.retry_import",
}  # fmt: skip
# Whoever does these sees less afterwards: tests/accounts, tests/sightings.
AFTERWARDS_LESS = {"accounts.sign_out", "static", "organization.leave", "sources.remove"}
# What an account does to itself, or an owner to his enterprise: without the right form it is refused.
OF_ONESELF = {
    "tokens.overview", "tokens.revoke",
    "notices.follow", "notices.read_all", "channels.add", "channels.change", "channels.act",
    "mydata.export", "mydata.download", "mydata.erase",
    "accounts.join", "organization.overview", "organization.invite", "organization.revoke",
    "organization.change_role", "organization.remove", "organization.leave", "organization.renew_code",
    "security.change_password", "security.change_email", "security.verify_again", "security.end",
    "security.end_others", "security.begin", "security.confirm", "security.new_codes", "security.switch_off",
}  # fmt: skip
# Of watches, filters and actions none is there, and a form without values is refused.
WITHOUT_A_ROW = {
    "sellers.link",
    "sellers.undo",
    "alertbulk.bulk", "alertbulk.undo", "alertbulk.save", "alertbulk.forget", "alertbulk.download",
    "watches.one", "watches.remove", "watches.switch", "watches.allow", "watches.forbid", "operations.ask_of_job",
}  # fmt: skip
OF_OWNERS = ("alerts.", "alertlistings.", "cases.", "parties.", "keeping.", "letters.")
OF_THE_DESIGNER = {"reports.retry", "drafts.add", "drafts.discard", "batches.discard"}
# To a new draft; and a link that is shown once, right after it was made.
LEADS_ON = {"filings.new", "parties.link"}
READERS = (
    "designer", "enterprise", "freelancer", "rival", "regulator", "second-regulator", "administrator",
    "auditor",
)  # fmt: skip


@pytest.fixture
def site(site: Site, clock: HandClock) -> Site:
    """With evidence for its alert, and an offer of its filing."""
    page = ("page", "text/html", b"<!doctype html><p>a page", "https://shop.example/1")
    with transaction(site.runtime.sessions) as session:
        capture.plan_captures(session, now=clock())
        work = session.get_one(Capture, 1)
        work.state = CaptureState.DONE
        site.runtime.store.put(page[2])
        capture._keep(session, work, capture.Found(200, {}, [page]), clock())
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        agreements.offer(
            session,
            filing=filing,
            giver=filing.owner,
            taker_email="nobody@ipreg.example",
            request_key="o",
            now=clock(),
        )
        a_right(session, site, clock)
        a_letter(session, site, clock)
    begin_filing(site, clock)
    return site


def a_right(session: Session, site: Site, clock: HandClock) -> None:
    filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
    records.record_right(
        session,
        site.runtime.store,
        filing=filing,
        account=filing.applicant,
        form=records.RightForm(ObtainedKind.TRADE_MARK, "12345678", clock().date()),
        paper=Attached("receipt.png", draw_picture(3, kind="PNG")),
        request_key="right",
        now=clock(),
    )


def begin_filing(site: Site, clock: HandClock) -> None:
    """Two drafts and two batches of the designer: one each to look at and one to throw away."""
    with transaction(site.runtime.sessions) as session:
        designer = session.scalars(select(Account).where(Account.email == "designer@ipreg.example")).one()
        for serial in range(2):
            draft = drafts.start(session, account=designer, now=clock())
            looked = drafts.look(site.runtime.config, draw_picture(serial, (60, 80)))
            drafts.add_file(
                session,
                site.runtime.store,
                site.runtime.config,
                draft=draft,
                filename="a.jpg",
                looked=looked,
                now=clock(),
            )
            session.add(
                Batch(account=designer, filename="b.zip", digest=str(serial), state="done", created_at=clock())
            )


def address(site: Site, rule: Rule) -> str:
    values = {"number": site.filing, "position": "0", "listing_id": "1", "import_id": "1", "alert_id": "1",
              "notice_id": "1", "channel_id": "999",
              "index": "0", "code": "en", "filename": "ipreg.css", "source_id": "1", "seller_id": "1",
              "capture_id": "1", "match_id": "1", "report_id": "1", "record_id": "1",
              "kind": "crawl", "token": "x", "slug": "copied",
              "serial": "1", "paper_id": "1", "side": "filed", "figure": "cases", "dimension": "month",
              "sign_in_id": "999", "member_id": "999", "invitation_id": "999", "action": "accepted", "which": "0",
              "export_id": "999", "task_id": "1", "view_id": "1", "absence_id": "1", "version": "1", 
              "agreement_id": "1", "step": "end"}  # fmt: skip
    if rule.endpoint == "keeping.offer":
        values["kind"] = "licence"
    if rule.endpoint.startswith("letter"):
        values |= {"number": make_number("HJ", year=2026, serial=1), "kind": "notice", "action": "sent"}
    if rule.endpoint.startswith(("case", "parties.")):
        values["number"] = site.case
    if rule.endpoint.startswith("statistics."):
        values["kind"] = "csv"
    which = "2" if rule.endpoint.endswith(".discard") else "1"
    values |= {"draft_id": which, "batch_id": which, "file_id": "1", "finding_id": "1", "name": "pictures"}
    if rule.endpoint.startswith("rights."):
        values["kind"] = "patent"
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found.group(1), "999"), rule.rule)


def call(client: FlaskClient, rule: Rule, target: str) -> int:
    assert rule.methods is not None
    answer = client.get(target) if "GET" in rule.methods else client.post(target)
    answer.close()
    return answer.status_code


def test_every_route_stands_in_the_table(site: Site) -> None:
    app: Flask = site.app
    found = {rule.endpoint: rule_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert {name: None if roles is None else set(roles) for name, roles in found.items()} == TABLE


def test_who_is_not_signed_in_is_sent_to_sign_in(site: Site) -> None:
    client = site.app.test_client()
    for rule in site.app.url_map.iter_rules():
        if TABLE[rule.endpoint] and "static" not in rule.endpoint:
            assert rule.methods is not None
            send = client.get if "GET" in rule.methods else client.post
            answer = send(address(site, rule))
            assert (answer.status_code, "/sign-in" in answer.headers["Location"]) == (302, True), rule


@pytest.mark.parametrize("name", READERS)
def test_each_reader_gets_what_is_his_and_nothing_else(site: Site, name: str) -> None:
    client = site.sign_in(name)
    role = {"freelancer": Role.DESIGNER, "rival": Role.ENTERPRISE}.get(name) or Role(name.split("-")[-1])
    for rule in site.app.url_map.iter_rules():
        may = TABLE[rule.endpoint]
        if may == set(PUBLIC) or rule.endpoint in AFTERWARDS_LESS:
            continue
        status = call(client, rule, address(site, rule))
        if role not in may:
            assert status == 403, rule
        elif rule.endpoint in OF_ONE_OWNER:
            assert status == (200 if name in OF_ONE_OWNER[rule.endpoint] else 404), rule
        elif rule.endpoint in OF_THE_ENTERPRISE:
            assert status in ((200, 302, 400, 409) if name in ("enterprise", "administrator") else (404,)), rule
        elif rule.endpoint in OF_ONESELF | WITHOUT_A_ROW:
            assert status in (200, 302, 400, 403, 404, 409), rule
        elif rule.endpoint in LEADS_ON:
            assert status == 302, rule
        elif rule.endpoint.startswith("rights.") and "POST" in (rule.methods or ()):
            assert status in ((302, 400) if name in ("designer", "enterprise") else (404,)), rule
        elif rule.endpoint in OF_THE_DESIGNER:
            assert status == (302 if name == "designer" else 404), rule
        elif rule.endpoint.startswith(
            ("alerts.", "alertlistings.", "cases.", "parties.", "keeping.", "letters.")
        ) and "POST" in (rule.methods or ()):
            stranger = name in ("freelancer", "rival")
            assert status in ((404,) if stranger else (302, 400, 403, 409)), rule
        elif rule.endpoint.startswith(("casesteps.", "casedesk.")) and rule.endpoint != "casedesk.away":
            stranger = name in ("freelancer", "rival")  # what a case does not have is not found for officers either
            assert status in ((404,) if stranger else (302, 400, 403, 404, 409)), rule
        else:
            assert status == 200, rule


@pytest.mark.parametrize("name", ("enterprise", "designer", "regulator", "auditor", "administrator", None))
def test_nothing_is_written_without_its_row_in_the_audit_trail(site: Site, name: str | None) -> None:
    """Whoever asks, by whichever method: what a request wrote for good has a row, and each request that means to
    write has one, done or refused. Of whoever has no account that is what he is refused."""
    client = site.sign_in(name) if name else site.app.test_client()
    missing, size = [], len(rows_since(site.runtime, 0))
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in AFTERWARDS_LESS or rule.endpoint.startswith("api_"):
            continue
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            with written() as tables:
                answer = client.open(address(site, rule), method=method)
                answer.close()
            rows = rows_since(site.runtime, size)
            size += len(rows)
            told = {one.action for one in rows}
            means_to = method == "POST" and (name is not None or bool(TABLE[rule.endpoint]))
            if (tables and not told) or (means_to and rule.endpoint not in told):
                missing.append((method, rule.endpoint, answer.status_code, sorted(tables), told))
    assert missing == []
