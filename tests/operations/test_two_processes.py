"""Two real web processes on one database: what one knows of a person the other knows too."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from databases import Databases
from scenery import PASSWORD
from site_of_tests import Site

from ipreg import throttle
from ipreg.db import transaction, utc_now

pytestmark = pytest.mark.network


@pytest.fixture
def processes(site: Site, databases: Databases) -> Iterator[list[str]]:
    """Addresses of two, as two hosts behind one proxy would be."""
    environ = os.environ | databases.environ(site.runtime.config.var) | {"IPREG_PUBLIC_URL": "http://127.0.0.1"}
    with ExitStack() as stack:
        yield [stack.enter_context(_served(environ)) for _ in range(2)]


@contextmanager
def _served(environ: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "2",
        "wsgi:application",
    ]
    running = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{_ready(port, running)}"
    finally:
        running.terminate()
        running.wait()


def _ready(port: int, running: subprocess.Popen[bytes]) -> int:
    while running.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=60).status_code == 200:
                return port
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail("a web process ended while it started")


def _sign_in(browser: httpx.Client, address: str, email: str, password: str) -> httpx.Response:
    page = browser.get(f"{address}/sign-in")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None
    form = {"csrf_token": found[1], "email": email, "password": password}
    return browser.post(f"{address}/sign-in", data=form)


def _sign_out(browser: httpx.Client, address: str) -> httpx.Response:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{address}/account").text)
    assert found is not None
    return browser.post(f"{address}/sign-out", data={"csrf_token": found[1]})


def test_a_sign_in_holds_at_the_other_process_and_so_does_a_sign_out(site: Site, processes: list[str]) -> None:
    one, other = processes
    with httpx.Client(trust_env=False, timeout=60) as browser:
        # The page with the form comes from one process and goes to the other: its token holds at both.
        page = browser.get(f"{one}/sign-in").text
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
        form = {"csrf_token": token, "email": "designer@ipreg.example", "password": PASSWORD}
        assert browser.post(f"{other}/sign-in", data=form).status_code == 302
        assert [browser.get(f"{address}/filings").status_code for address in processes] == [200, 200]
        kept = dict(browser.cookies)
        assert _sign_out(browser, one).status_code == 302
        browser.cookies.update(kept)  # somebody who copied the cookie
        assert [browser.get(f"{address}/filings").status_code for address in processes] == [302, 302]


def test_tries_are_counted_over_both(site: Site, processes: list[str]) -> None:
    one, other = processes
    with transaction(site.runtime.sessions) as session:
        for _ in range(58):  # at whichever process
            throttle.note(session, what="sign-in", whom="127.0.0.1", now=utc_now())
    with httpx.Client(trust_env=False, timeout=60) as browser:
        for address in processes:
            wrong = _sign_in(browser, address, "nobody@ipreg.example", "wrong password")
            assert wrong.status_code == 400 and "尝试次数过多" not in wrong.text
        for address in (one, other):
            assert "尝试次数过多" in _sign_in(browser, address, "designer@ipreg.example", PASSWORD).text
