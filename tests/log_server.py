"""The real pages over a real socket, for those who read the log from outside."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from flask import Flask
from scenery import HandClock
from werkzeug.serving import make_server

from ipreg import log
from ipreg.db import transaction
from ipreg.runtime import Runtime
from jobs import checkpoints

Wsgi = Callable[..., object]


@contextlib.contextmanager
def serve_log(app: Flask | Wsgi) -> Iterator[str]:
    """The address of the log that ``app`` serves."""
    server = make_server("127.0.0.1", 0, app, threaded=True)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def append(runtime: Runtime, clock: HandClock, count: int = 1, word: str = "x") -> None:
    """So many entries, and a checkpoint over all."""
    with transaction(runtime.sessions) as session:
        new = [log.NewEntry("test", "s", {"note": f"{word} {number}"}) for number in range(count)]
        log.append_entries(session, entries=new, now=clock())
    checkpoints.run(runtime, clock=clock)
