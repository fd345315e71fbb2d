"""Rows for pages that a site with one filing and one case does not have yet, and where those pages are.

One draft with a design alike, one batch with good and bad rows, a watch, an offer, links by mail, a respondent who
has answered, a sealed filing with what it can become.
"""

from __future__ import annotations

from collections.abc import Iterator

from casework.test_parties import ANSWER, issue_link, respond
from filing.test_batches import HEAD, packed, upload
from flask.testing import FlaskClient
from scenery import design_form, draw_picture, one_picture
from site_of_tests import Site
from sqlalchemy import select
from wizard import fill

from ipreg import agreements, invitations, links, registry
from ipreg.db import transaction, utc_now
from ipreg.models import Account, Filing, LinkPurpose, OrganizationRole
from jobs import batches, novelty

Page = tuple[str, str, str | None]
"""Endpoint, or what it is; path, and who opens it."""
STEPS = ("pictures", "about", "makers", "check")
PACKAGES = ("patent", "works", "hague")


def furnish(site: Site, readers: dict[str | None, FlaskClient]) -> Iterator[Page]:
    """The pages with rows of their own; ``readers`` gains who else opens one."""
    designer = readers["designer"]
    yield from _drafts(site, designer)
    yield from _batch(site, designer)
    readers["rival"] = site.sign_in("rival")
    yield from _kept(site, readers["enterprise"])
    yield from _links(site)
    yield from _respondent(site, readers)


def _drafts(site: Site, designer: FlaskClient) -> Iterator[Page]:
    draft = fill(designer, {"front.jpg": one_picture(1)[0].data, "back.jpg": draw_picture(8, (120, 160))})
    novelty.run(site.runtime)
    assert "alike-pictures" in designer.get(f"{draft}/check").text
    yield from (("drafts.step", f"{draft}/{name}", "designer") for name in STEPS)


def _batch(site: Site, designer: FlaskClient) -> Iterator[Page]:
    table = HEAD + "外套一,服装,林晓,2026-01-31,图/0.jpg,尚未公开,\n外套二,Clothing,,2026/1/31,9.jpg,,是\n"
    page = upload(designer, packed(table))
    batches.run(site.runtime)
    yield "batches.one", page, "designer"


def _kept(site: Site, enterprise: FlaskClient) -> Iterator[Page]:
    """A watch; a filing on offer, and what its rights need; a sealed filing."""
    assert enterprise.post("/watches/new", data={"name": "我的关注", "scope": "all"}).status_code == 302
    with transaction(site.runtime.sessions) as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        offered = agreements.offer(
            session, filing=filing, giver=filing.owner, taker_email="rival@ipreg.example", request_key="o",
            now=utc_now(),
        ).id  # fmt: skip
        sealed = registry.register_design(
            session, site.runtime.store, applicant=filing.owner, form=design_form("密封的外套"),
            pictures=one_picture(5), request_key="sealed", sealed=True, now=utc_now(),
        ).number  # fmt: skip
    yield "watches.one", "/watches/1", "enterprise"
    yield from (("keeping.agreement", f"/agreements/{offered}", who) for who in ("designer", "rival"))
    for kind in ("transfer", "licence"):
        yield "keeping.offer", f"/filings/{sealed}/offer/{kind}", "designer"
    for package in PACKAGES:
        yield "rights.package", f"/filings/{site.filing}/packages/{package}", "designer"
    yield "a sealed filing", f"/filings/{sealed}", "designer"
    yield "the record of a sealed filing", f"/verify/{sealed}", None


def _links(site: Site) -> Iterator[Page]:
    """What links in letters open."""
    key = links.link_key(site.runtime.secrets)
    purposes = (
        ("recovery.reset", "reset", LinkPurpose.RESET_PASSWORD),
        ("recovery.verify_email", "verify-email", LinkPurpose.VERIFY_EMAIL),
        ("recovery.change_email", "change-email", LinkPurpose.CHANGE_EMAIL),
    )
    with transaction(site.runtime.sessions) as session:
        owner = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        for endpoint, path, purpose in purposes:
            link = links.issue(session, key, purpose=purpose, email=owner.email, account=owner, now=utc_now())
            yield endpoint, f"/{path}/{links.token_of(key, link)}", None
        invited = invitations.invite(
            session, key, owner=owner, email="new@ipreg.example", role=OrganizationRole.FILER, now=utc_now()
        )
        yield "organization.invitation", f"/invitations/{links.token_of(key, invited.link)}", None


def _respondent(site: Site, readers: dict[str | None, FlaskClient]) -> Iterator[Page]:
    readers["respondent"] = opened = site.app.test_client()
    assert opened.post(issue_link(site)).status_code == 302
    respond(opened, ANSWER, (draw_picture(5), "draft.jpg"))
    yield "respond.case", "/respond", "respondent"
    yield "respond.receipt", "/respond/receipts/1", "respondent"
    yield "parties.receipt", f"/cases/{site.case}/submissions/1", "regulator"
