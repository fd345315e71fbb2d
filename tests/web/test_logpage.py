"""The page about the log: who vouches for it is told apart."""

from __future__ import annotations

from apps import create_app
from authorities import make_authority
from log_server import append
from scenery import HandClock

from ipreg.db import transaction
from ipreg.logkeys import rotate
from ipreg.runtime import Runtime
from ipreg.stamping import Authority, stamp_newest
from ipreg.timestamps import Anchors
from jobs import checkpoints, timestamps


def test_the_page_of_an_empty_log(runtime: Runtime) -> None:
    page = create_app(runtime.config).test_client().get("/log?lang=en")
    assert page.status_code == 200
    assert "There are no entries yet." in page.text and "signs since the start" in page.text


def test_authorities_and_keys_are_told_apart(runtime: Runtime, clock: HandClock) -> None:
    append(runtime, clock, 3)
    timestamps.run(runtime, clock=clock)
    outsider = make_authority()
    ask = Authority("outside", False, Anchors((outsider.ca,)), None, lambda it: outsider.answer(it, now=clock()))
    stamp_newest(runtime, [ask], clock=clock)
    with transaction(runtime.sessions) as session:
        made = rotate(session, first=runtime.log_key, folder=runtime.secrets, now=clock())
    checkpoints.run(runtime, clock=clock)
    client = create_app(runtime.config).test_client()
    page = client.get("/log?lang=en").text
    independent, ours = page.index("Independent authority"), page.index("The registry's own, not independent")
    assert page.index("outside") < independent < page.index("embedded") < ours
    assert f"{made}' --state" in page and str(runtime.log_key.verifier) in page
    for link in ("/log/checkpoints/3", "/log/checkpoints/3/outside.tsr", "/log/checkpoints/3/embedded.pem"):
        assert f'href="{link}"' in page and client.get(link).status_code == 200
    assert "透明日志" in client.get("/log?lang=zh").text
