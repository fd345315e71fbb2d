"""A page as people see it: drawn by Chromium, which gets every byte from our guarded fetcher and none from the net.

Chromium's own way out is closed (each request is answered from here; what would go past that meets a proxy that is
not there), so a page can't use it to look into our network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ipreg.errors import IpregError
from ipreg.sightings.fetch import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Route

WIDTH, HEIGHT = 1280, 900
MAX_HEIGHT = 12_000
MAX_REQUESTS = 150
LOAD_MS, IDLE_MS = 15_000, 3_000
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


@dataclass(frozen=True)
class Drawn:
    """The screenshot as PNG, and the page's HTML after its scripts."""

    screenshot: bytes
    html: str


def find_chromium(configured: str) -> str | None:
    """The Chromium to use: as configured, or one of the usual names; None where there is none."""
    if configured:
        return configured
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((place for name in names if (place := shutil.which(name))), None)


class Renderer:
    """A running Chromium; used by the thread that opened it."""

    def __init__(self, program: str) -> None:
        from playwright.sync_api import sync_playwright

        self._engine = sync_playwright().start()
        # Chromium's sandbox does not work for root, as services in containers often run.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._browser = self._engine.chromium.launch(executable_path=program, args=[*_ARGUMENTS, *root])

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._browser.close()
        self._engine.stop()

    def draw(self, address: str, get: Callable[[str], Answer]) -> Drawn:
        """The page at ``address``, where ``get`` answers for everything that it asks for.

        Raises ``playwright.sync_api.Error`` where Chromium can't.
        """
        context = self._browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="zh-CN",
            service_workers="block",
            accept_downloads=False,
        )
        try:
            context.route_web_socket("**/*", lambda socket: socket.close())
            context.route("**/*", _Answering(get))
            page = context.new_page()
            page.on("dialog", lambda dialog: dialog.dismiss())
            page.goto(address, wait_until="load", timeout=LOAD_MS)
            self._settle(page)
            height = min(int(page.evaluate("document.documentElement.scrollHeight")), MAX_HEIGHT)
            clip: Any = {"x": 0, "y": 0, "width": WIDTH, "height": max(height, 1)}
            shot = page.screenshot(full_page=True, clip=clip, timeout=LOAD_MS)
            return Drawn(shot, page.content())
        finally:
            context.close()

    @staticmethod
    def _settle(page: Any) -> None:
        """Scrolls through once, for what loads when it comes into sight, and waits until that is there."""
        from playwright.sync_api import Error

        try:
            page.evaluate(
                "async (most) => { for (let y = 0; y < Math.min(document.body.scrollHeight, most); y += 800) {"
                " scrollTo(0, y); await new Promise(done => setTimeout(done, 30)); } scrollTo(0, 0); }",
                MAX_HEIGHT,
            )
            page.wait_for_load_state("networkidle", timeout=IDLE_MS)
        except Error:
            return  # it never rests: it is drawn as it is


class _Answering:
    def __init__(self, get: Callable[[str], Answer]) -> None:
        self._get, self._left = get, MAX_REQUESTS

    def __call__(self, route: Route) -> None:
        self._left -= 1
        if self._left < 0 or route.request.method != "GET":
            route.abort()
            return
        try:
            answer = self._get(route.request.url)
        except IpregError:
            route.abort()
            return
        kept = {name: value for name, value in answer.headers if name not in _NOT_PASSED_ON}
        route.fulfill(status=answer.status, headers=kept, body=answer.body)
