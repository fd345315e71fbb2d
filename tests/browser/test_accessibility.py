"""Every page of the route table with sample data: no violation of WCAG 2.2 AA, none too heavy.

A page that is added is looked at by itself. One whose address needs a value that is not known here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.chromium import CLICKED, chromium
from browser.furnished import furnish
from flask.testing import FlaskClient
from scenery import HandClock
from serving import serving
from site_letter import a_letter
from site_of_tests import Site

from ipreg.db import transaction
from ipreg.models import Capture, CaptureState
from ipreg.sightings import capture
from ipreg.web.rules import rule_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = ("enterprise", "designer", "regulator", "administrator", "auditor", "freelancer")
OPENED = (200, 301, 302)
HEAVIEST = 200_000
# What an address holds, by the name of the part. What needs rows is in furnished.py.
VALUES = {
    "position": "0", "listing_id": "1", "import_id": "1", "alert_id": "1", "index": "0", "code": "en",
    "source_id": "1", "seller_id": "1", "capture_id": "1", "report_id": "1", "kind": "crawl", "slug": "copied",
    "part": "filings",
}  # fmt: skip
OF_CASES, OF_LETTERS = ("case", "parties."), ("letters.", "lettertexts.")
# What answers with no page: a file, a picture, JSON, a part of a page, a way to another page.
NO_PAGES = frozenset({
    "mydata.download", "casesteps.document", "parties.file", "parties.paper", "parties.bundle", "respond.file",
    "respond.paper", "respond.shown", "statistics.chart", "statistics.public_chart", "statistics.export",
    "alertbulk.download", "notices.follow", "rights.paper", "rights.package_file", "drafts.findings",
    "drafts.picture", "drafts.alike_picture",
    "filings.design_file", "batches.progress", "batches.report", "keeping.version_picture",
    "log.tile", "log.signed_checkpoint", "log.token", "log.token_certificates", "log.consistency",
    "operations.ready", "operations.figures", "letters.file", "letters.package",
})  # fmt: skip
# Pages that are not looked at here; each says why. Everything else is opened.
ELSEWHERE = {
    "evidence.replay": "a shop's page as it was captured, without its scripts: not ours, and no script runs in it",
    "respond.link": "dead once it was opened: tests/browser/test_respondent.py looks at it before",
}


@dataclass(frozen=True)
class Place:
    """One page as one person sees it."""

    endpoint: str
    path: str
    who: str | None


def first_answer(readers: dict[str | None, FlaskClient], path: str) -> tuple[str | None, int, str]:
    """Who gets the page, or at least an answer."""
    last = (None, 0, "")
    for who, client in readers.items():
        with client.get(path) as answer:
            last = (who, answer.status_code, answer.mimetype)  # type: ignore[assignment]
        if last[1] in OPENED:
            break
    return last


@pytest.fixture
def people(site: Site) -> dict[str | None, FlaskClient]:
    """Browsers by who is signed in; None: nobody."""
    return {None: site.app.test_client(), **{name: site.sign_in(name) for name in PEOPLE}}


@pytest.fixture
def places(site: Site, clock: HandClock, people: dict[str | None, FlaskClient]) -> list[Place]:
    """Every page that answers with HTML, each with the first person who may see it."""
    page = ("page", "text/html", b"<!doctype html><p>a page", "https://shop.example/1")
    with transaction(site.runtime.sessions) as session:
        capture.plan_captures(session, now=clock())
        work = session.get_one(Capture, 1)
        work.state = CaptureState.DONE
        site.runtime.store.put(page[2])
        capture._keep(session, work, capture.Found(200, {}, [page]), clock())
        letter = a_letter(session, site, clock)
    found = [Place(*one) for one in furnish(site, people)]
    for place in found:
        with people[place.who].get(place.path) as answer:
            assert answer.status_code == 200, place
    shown, unopened = {one.endpoint for one in found}, []
    for rule in site.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "bootstrap.static"):
            continue
        values = {**VALUES, "number": site.case if rule.endpoint.startswith(OF_CASES) else site.filing}
        if rule.endpoint.startswith(OF_LETTERS):
            values |= {"number": letter, "kind": "notice"}
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        if rule.endpoint in {*NO_PAGES, *ELSEWHERE, *shown} or rule.endpoint.startswith("api"):
            continue
        if not set(names) <= set(values):
            unopened.append(rule.endpoint)
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda one, given=values: given[one.group(1)], rule.rule)  # type: ignore[misc]
        may = rule_of(site.app, rule.endpoint)
        readers: list[str | None] = [None] if may == frozenset() else list(PEOPLE)
        who, status, kind = first_answer({one: people[one] for one in readers}, path)
        if status not in OPENED:
            unopened.append(f"{rule.endpoint} ({status})")
        if (status, kind) == (200, "text/html"):
            found.append(Place(rule.endpoint, path, who))
    assert not unopened, f"give these a value in VALUES, or rows in furnished.py: {unopened}"
    return found


@pytest.fixture
def browser(places: list[Place]) -> Iterator[Browser]:
    """Opened after the pages were found: signing a certificate needs an event loop of its own."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app) as opened:
        yield opened


def open_pages(browser: Browser, address: str, client: FlaskClient) -> Page:
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 800}, reduced_motion="reduce")
    for name, path in (("session", "/"), ("respondent", "/respond")):
        if (kept := client.get_cookie(name, path=path)) is not None:
            context.add_cookies([{"name": name, "value": kept.value, "url": address + path}])
    context.set_default_timeout(20_000)
    return context.new_page()


def violations(page: Page) -> list[str]:
    """What axe finds, with the first place of each."""
    page.evaluate(Axe().axe_script)
    options = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
    found: list[dict[str, Any]] = page.evaluate(
        "options => Promise.race([axe.run(document, options).then(found => found.violations),"
        " new Promise((_, refuse) => setTimeout(refuse, 20000, new Error('axe does not end')))])",
        options,
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def test_no_page_shuts_anybody_out_and_none_is_heavy(
    browser: Browser, address: str, people: dict[str | None, FlaskClient], places: list[Place]
) -> None:
    """Chinese in the light, as a phone loads it and weighed; English in the dark."""
    faults: list[str] = []
    for who in dict.fromkeys(place.who for place in places):
        page = open_pages(browser, address, people[who])
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        weights: list[int] = []
        wire.on("Network.loadingFinished", lambda event, kept=weights: kept.append(int(event["encodedDataLength"])))
        for place in (one for one in places if one.who == who):
            for language, scheme in (("zh", "light"), ("en", "dark")):
                weighed = language == "zh"
                wire.send("Network.setCacheDisabled", {"cacheDisabled": weighed})
                weights.clear()
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(f"{place.path}?lang={language}", wait_until="load")
                if weighed and sum(weights) > HEAVIEST:
                    faults.append(f"{place.endpoint}: {sum(weights)} bytes")
                spoken = page.evaluate("document.documentElement.lang")
                if spoken != {"zh": "zh-CN", "en": "en"}[language]:
                    faults.append(f"{place.endpoint}: lang={spoken}")
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append(f"{place.endpoint} {language}: scrolls sideways")
                faults += [f"{place.endpoint} {language} {scheme} {one}" for one in violations(page)]
        page.context.close()
    assert not faults, "\n".join(faults)
    assert len(places) > 30
