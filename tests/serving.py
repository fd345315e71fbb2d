"""A real server on the loopback address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress import create_server, wasyncore

from ipreg.cli import SERVER


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of the site, which a real server answers meanwhile."""
    server = create_server(app, host="127.0.0.1", port=0, **SERVER)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # waitress closes in its own loop, and only there: closed from here it waits for the loop's next turn
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
