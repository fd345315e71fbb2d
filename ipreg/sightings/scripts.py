"""Pages that are empty until their scripts ran: read by one Chromium, in a thread of its own.

Whatever a page asks for goes through the guarded fetcher and the robots.txt of the host it is asked from; pictures
and fonts are not asked for, nor anything but by GET. Scripts and styles are fetched once for all pages.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from ipreg.db import Clock
from ipreg.errors import CallerError, UpstreamError
from ipreg.runtime import Runtime
from ipreg.sightings.fetch import Answer, Fetcher
from ipreg.sightings.manners import Host, meet_host
from ipreg.sightings.render import READ_SECONDS, Renderer, Scripted, find_chromium, open_renderer
from ipreg.sightings.webpage import origin_of

MAX_PART_BYTES = 8 * 2**20
MAX_PAGE_PARTS = 24 * 2**20
MAX_KEPT = 32 * 2**20
_SHARED = ("javascript", "ecmascript", "text/css")


class Scripts:
    """Playwright's objects belong to the thread that made them: others hand their pages in and wait.

    The browser is opened when the first page needs it: a crawl's turn that only waits for a host opens none.
    ``there`` tells whether it could be; ``read`` must not be called where not.
    """

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime, self._clock = runtime, clock
        self._hosts: dict[str, Host] = {}
        self._kept: dict[str, Answer] = {}
        self._kept_bytes = 0
        self._fetcher = Fetcher(allow_private=runtime.config.allow_private_addresses, total=READ_SECONDS / 3)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._renderer: Renderer | None = None
        self._opened = False
        self._opening = threading.Lock()

    @property
    def there(self) -> bool:
        with self._opening:
            if not self._opened:
                self._renderer = self._thread.submit(open_renderer, self._runtime.config.chromium).result()
                self._opened = True
        return self._renderer is not None

    @property
    def missing(self) -> bool:
        """Whether there is no browser here, or the one that is did not start. Opens none."""
        return find_chromium(self._runtime.config.chromium) is None or (self._opened and self._renderer is None)

    def __enter__(self) -> Scripts:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._renderer is not None:
            self._thread.submit(self._renderer.__exit__).result()
        self._thread.shutdown()
        self._fetcher.__exit__()

    def read(self, page: Answer) -> Scripted:
        """What the scripts of ``page`` make of it. Raises ``UpstreamError`` (``page_scripts``) where they fail."""
        assert self._renderer is not None
        return self._thread.submit(self._read, self._renderer, page).result()

    def _read(self, renderer: Renderer, page: Answer) -> Scripted:
        from playwright.sync_api import Error

        parts = _Parts(self)
        try:
            return renderer.read(page, parts.get)
        except Error as fault:
            raise UpstreamError("page_scripts", address=page.address[:200]) from fault

    def part(self, address: str, most: int) -> Answer:
        """One thing that a page asks for; raises as ``Fetcher`` does, and ``robots_refused``."""
        if address in self._kept:
            return self._kept[address]
        origin = origin_of(address)
        if origin not in self._hosts:
            self._hosts[origin] = meet_host(self._runtime.sessions, origin, self._fetcher, now=self._clock())
        if not self._hosts[origin].may_fetch(address):
            raise CallerError("robots_refused", address=address[:200])
        answer = self._fetcher.get(address, max_bytes=min(most, MAX_PART_BYTES))
        shared = any(kind in answer.header("content-type") for kind in _SHARED)
        if shared and answer.status == 200 and self._kept_bytes + len(answer.body) <= MAX_KEPT:
            self._kept[address] = answer
            self._kept_bytes += len(answer.body)
        return answer


class _Parts:
    """What one page may ask for: all of it together has an end."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts, self._left = scripts, MAX_PAGE_PARTS

    def get(self, address: str) -> Answer:
        if self._left <= 0:
            raise UpstreamError("fetch_too_large", address=address[:200], megabytes=MAX_PAGE_PARTS // 2**20)
        answer = self._scripts.part(address, self._left)
        self._left -= len(answer.body)
        return answer
