"""A page as people see it: drawn by Chromium, which gets every byte from our guarded fetcher and none from the net.

Chromium's own way out is closed (each request is answered from here; what would go past that meets a proxy that is
not there), so a page can't use it to look into our network. A page whose script never rests is ended with its
browser, which starts anew for the next one.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ipreg.errors import IpregError
from ipreg.sightings.fetch import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

WIDTH, HEIGHT = 1280, 900
MAX_HEIGHT = 12_000
MAX_REQUESTS = 150
MAX_HTML = 5 * 2**20
LOAD_MS, IDLE_MS = 15_000, 3_000
DRAW_SECONDS, READ_SECONDS = 90.0, 25.0
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
_NOT_PASSED_ON = {
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "strict-transport-security",
}
_NOT_READ = frozenset({"image", "media", "font"})
_SCROLL = (
    "async (_page, most) => { for (let y = 0; y < Math.min(document.body.scrollHeight, most); y += 800) {"
    " scrollTo(0, y); await new Promise(done => setTimeout(done, 30)); } scrollTo(0, 0); }"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawn:
    """The screenshot as PNG, and the page's HTML after its scripts."""

    screenshot: bytes
    html: str


@dataclass(frozen=True)
class Scripted:
    """A page's HTML after its scripts, the address that it gave itself, and where it wanted to go instead."""

    html: str
    address: str
    left_for: tuple[str, ...]


def find_chromium(configured: str) -> str | None:
    """The Chromium to use: as configured, or one of the usual names; None where there is none."""
    if configured:
        return configured
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((place for name in names if (place := shutil.which(name))), None)


def open_renderer(configured: str) -> Renderer | None:
    """A Chromium to draw with; None where there is none or it does not start."""
    program = find_chromium(configured)
    if program is None:
        return None
    try:
        return Renderer(program)
    except Exception:  # whatever keeps a browser from starting, the rest is worth doing
        _log.exception("Chromium does not start")
        return None


class Renderer:
    """A running Chromium; used by the thread that opened it."""

    def __init__(self, program: str) -> None:
        from playwright.sync_api import sync_playwright

        self._program = program
        self._engine = sync_playwright().start()
        try:
            self._browser = self._launch()
        except BaseException:
            self._engine.stop()
            raise

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._browser.close()
        self._engine.stop()

    def draw(self, address: str, get: Callable[[str], Answer]) -> Drawn:
        """The page at ``address``, where ``get`` answers for everything that it asks for.

        Raises ``playwright.sync_api.Error`` where Chromium can't.
        """
        with self._opened(_Answering(get), DRAW_SECONDS) as page:
            page.goto(address, wait_until="load", timeout=LOAD_MS)
            _settle(page)
            height = min(int(page.evaluate("document.documentElement.scrollHeight")), MAX_HEIGHT)
            clip: Any = {"x": 0, "y": 0, "width": WIDTH, "height": max(height, 1)}
            shot = page.screenshot(full_page=True, clip=clip, timeout=LOAD_MS)
            return Drawn(shot, page.content())

    def read(self, page: Answer, get: Callable[[str], Answer]) -> Scripted:
        """What the scripts of ``page`` make of it; it is not fetched again, and pictures not at all.

        Raises ``playwright.sync_api.Error`` where Chromium can't, or the page takes too long.
        """
        answering = _Answering(get, skipped=_NOT_READ, page=page)
        with self._opened(answering, READ_SECONDS) as tab:
            tab.goto(page.address, wait_until="load", timeout=LOAD_MS)
            _settle(tab)
            html = tab.locator("html").evaluate("(page, most) => page.outerHTML.slice(0, most)", MAX_HTML)
            return Scripted(str(html), tab.url, tuple(answering.left_for))

    def _launch(self) -> Browser:
        # Chromium's sandbox does not work for root, as services in containers often run.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = self._engine.chromium.launch(executable_path=self._program, args=[*_ARGUMENTS, *root])
        told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        self._process = next(int(one["id"]) for one in told["processInfo"] if one["type"] == "browser")
        return browser

    @contextmanager
    def _opened(self, answering: _Answering, seconds: float) -> Iterator[Page]:
        """A page of its own, ended with the whole browser when the time is over: no call of a page's script has an
        end that the page could not prevent."""
        if not self._browser.is_connected():
            self._browser = self._launch()
        answering.until = time.monotonic() + seconds
        watch = threading.Timer(seconds, _end, (self._process,))
        watch.daemon = True
        watch.start()
        try:
            context = self._browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                locale="zh-CN",
                service_workers="block",
                accept_downloads=False,
            )
            context.route_web_socket("**/*", lambda socket: socket.close())
            context.route("**/*", answering)
            page = context.new_page()
            page.on("dialog", lambda dialog: dialog.dismiss())
            yield page
        finally:
            watch.cancel()
            for left in self._browser.contexts:
                _close(left)


def _end(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _close(context: Any) -> None:
    from playwright.sync_api import Error

    with suppress(Error):
        context.close()


def _settle(page: Page) -> None:
    """Scrolls through once, for what loads when it comes into sight, and waits until that is there."""
    from playwright.sync_api import Error

    try:
        page.locator("html").evaluate(_SCROLL, MAX_HEIGHT, timeout=IDLE_MS)
        page.wait_for_load_state("networkidle", timeout=IDLE_MS)
    except Error:
        return  # it never rests: it is drawn as it is


@dataclass
class _Answering:
    """Answers a page's requests. ``page`` is there already; whatever else the tab would open is only noted."""

    get: Callable[[str], Answer]
    skipped: frozenset[str] = frozenset()
    page: Answer | None = None
    until: float = 0.0
    left: int = MAX_REQUESTS
    opened: bool = False
    left_for: list[str] = field(default_factory=list)

    def __call__(self, route: Route) -> None:
        answer = self._answer(route)
        if answer is None:
            route.abort()
            return
        kept = {name: value for name, value in answer.headers if name not in _NOT_PASSED_ON}
        route.fulfill(status=answer.status, headers=kept, body=answer.body)

    def _answer(self, route: Route) -> Answer | None:
        request = route.request
        self.left -= 1
        late = self.left < 0 or time.monotonic() > self.until
        if late or request.method != "GET" or request.resource_type in self.skipped:
            return None
        if self.page is not None and request.is_navigation_request() and request.frame.parent_frame is None:
            if self.opened:
                self.left_for.append(request.url)
                return None
            self.opened = True
            return self.page
        try:
            return self.get(request.url)
        except IpregError:
            return None
