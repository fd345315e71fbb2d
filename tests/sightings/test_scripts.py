"""Shops whose pages are empty until their scripts ran: a real Chromium reads them, and reaches nothing else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from apps import create_app
from scenery import PASSWORD, HandClock, People
from shop import Shop, html
from sqlalchemy import select

from ipreg.db import transaction
from ipreg.models import Account, CrawlPage, Listing, PageState, RunState, Source, SourceKind, SourceRun
from ipreg.runtime import Runtime
from ipreg.sightings import fetch, render, scripts, sources
from ipreg.sightings.render import find_chromium
from ipreg.sightings.sources import CrawlSettings
from jobs import crawl
from jobs import sources as source_job

pytestmark = pytest.mark.network
needs_chromium = pytest.mark.skipif(
    not find_chromium(""), reason="NO CHROMIUM HERE: install Debian's package chromium"
)
# One frame for all pages, as one-page shops send it; its script asks for the goods and for what it must not have.
FRAME = '<link rel="canonical" href="/"><div id="app">...</div><script src="/app.js"></script>'
SCRIPT = """
(async () => {
  const app = document.getElementById("app"), at = location.pathname;
  if (at === "/app/hang") while (true) {}
  if (at === "/app/moved") return location.assign("/app/2");
  if (at === "/app/list") { app.innerHTML = '<a href="/app/1">1</a><a href="/app/moved">2</a>'; return; }
  const goods = await (await fetch("/api" + at)).json();
  const seen = await Promise.all(PROBES.map(one => fetch(one, {mode: "no-cors"}).then(() => 1, () => 0)));
  const told = {"@type": "Product", name: goods.name + " " + seen.join(""), image: goods.image,
                offers: {price: goods.price, priceCurrency: "CNY"}};
  app.innerHTML = `<img src="${goods.image}">`;
  const data = document.createElement("script");
  data.type = "application/ld+json"; data.textContent = JSON.stringify(told); app.append(data);
})();
"""


@pytest.fixture
def secret() -> Iterator[socket.socket]:
    """A server of our own network: nobody may connect."""
    with socket.create_server(("127.0.0.2", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.fixture
def shop(secret: socket.socket) -> Iterator[Shop]:
    with Shop() as opened:
        inside = f"http://127.0.0.2:{secret.getsockname()[1]}/"
        probes = json.dumps([inside, f"/redirect?to={inside}", "/forbidden/stock.json"])
        script = SCRIPT.replace("PROBES", probes).encode()
        opened.extra["/app.js"] = (200, {"Content-Type": "text/javascript"}, script)
        for path in ("list", "1", "2", "moved", "hang"):
            opened.extra[f"/app/{path}"] = html("好店", FRAME)
        for number in "12":
            goods = {"name": f"外套{number}", "price": f"{number}9.90", "image": f"/pic/{number}.jpg"}
            opened.extra[f"/api/app/{number}"] = (200, {}, json.dumps(goods).encode())
        yield opened


@pytest.fixture(autouse=True)
def shop_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    public = fetch._is_public
    monkeypatch.setattr(fetch, "_is_public", lambda number: str(number) == "127.0.0.1" or public(number))


def crawl_shop(runtime: Runtime, clock: HandClock, *starts: str) -> SourceRun:
    with transaction(runtime.sessions) as session:
        People(session, clock())
        owner = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        settings = CrawlSettings(starts=starts, delay=0.0, scripts=True)
        sources.create_source(
            session, account=owner, kind=SourceKind.CRAWL, name="好店", settings=settings, now=clock()
        )
    source_job.run(runtime, clock=clock)
    crawl.run(runtime, clock=clock)
    with runtime.sessions() as session:
        return session.scalars(select(SourceRun)).one()


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, and the crawl job's turn, may take as long as a busy machine needs."""
    monkeypatch.setattr(crawl, "SECONDS", 300.0)
    monkeypatch.setattr(render, "READ_SECONDS", 300.0)
    monkeypatch.setattr(render, "LOAD_MS", 300_000)
    monkeypatch.setattr(render, "IDLE_MS", 300_000)


@pytest.mark.browser
@needs_chromium
def test_a_shop_made_by_scripts_is_read_and_robots_and_our_network_are_safe(
    runtime: Runtime, clock: HandClock, shop: Shop, secret: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    opened = render.Renderer._opened
    monkeypatch.setattr(
        render.Renderer,
        "_opened",
        lambda self, page, most: opened(self, page, 3.0 if page.page.address.endswith("hang") else most),
    )
    done = crawl_shop(runtime, clock, f"{shop.address}/app/hang", f"{shop.address}/app/list")
    with runtime.sessions() as session:
        found = {one.title: one for one in session.scalars(select(Listing))}
        hung = session.scalars(select(CrawlPage).where(CrawlPage.address.endswith("hang"))).one()
    # What was probed failed three times: a private address, a redirect to it, what robots.txt forbids.
    assert set(found) == {"外套1 000", "外套2 000"}
    assert found["外套1 000"].address == f"{shop.address}/app/1", "the frame's canonical is its start page"
    assert (done.kept, found["外套2 000"].price) == (2, "29.90")
    with pytest.raises(BlockingIOError):
        secret.accept()
    assert not any(path.startswith(("/pic", "/forbidden")) for path in shop.asked)
    assert shop.asked["/app/1"] == shop.asked["/app.js"] == 1
    assert hung.state is PageState.WAITING and hung.tries == 1, "it is ended, and tried again later"


@pytest.mark.browser
@needs_chromium
def test_what_scripts_make_can_be_tried_first(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    with transaction(runtime.sessions) as session:
        People(session, clock())
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    client.post("/sign-in", data={"email": "enterprise@ipreg.example", "password": PASSWORD})
    client.get("/language/en")
    asked = {"address": f"{shop.address}/app/1"}
    assert "publishes no product data" in client.post("/sources/try", data=asked).text
    page = client.post("/sources/try", data={**asked, "scripts": "1"}).text
    assert "Read after its scripts had run." in page and "¥19.90" in page


def test_without_a_browser_the_source_says_so(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    runtime = replace(runtime, config=replace(runtime.config, chromium="/nowhere/chromium"))
    shop.extra["/plain"] = html("plain", '<a href="/item/1">1</a>')
    done = crawl_shop(runtime, clock, f"{shop.address}/plain")
    assert (done.state, done.kept, done.detail) == (RunState.DONE, 1, "no_browser")
    with runtime.sessions() as session:
        assert sources.health_of(session, session.scalars(select(Source)).one()).word == "hampered"


def test_no_browser_is_opened_where_no_page_needs_one(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor for a turn that only waits for a host: such a turn comes every two seconds."""
    opened: list[str] = []
    monkeypatch.setattr(scripts, "open_renderer", opened.append)
    shop.extra["/late"] = (429, {"Retry-After": "600"}, b"later")
    shop.links = ["/late"]
    done = crawl_shop(runtime, clock, f"{shop.address}/item/1", f"{shop.address}/late")
    for _ in range(3):
        crawl.run(runtime, clock=clock)
    assert (done.state, done.kept, opened) == (RunState.RUNNING, 1, [])
