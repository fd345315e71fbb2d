"""An application for each test: to wire four hundred routes and compile pages takes longer than most tests."""

from __future__ import annotations

import copy
import functools

from flask import Config as Settings
from flask import Flask, current_app
from werkzeug.local import LocalProxy

from ipreg.app import furnish, wire
from ipreg.config import Config


def create_app(config: Config) -> Flask:
    """What ``ipreg.app.create_app`` gives, with the routes and compiled pages that all of this process share."""
    wired, settings = _wired()
    app = copy.copy(wired)
    app.extensions, app.config = dict(app.extensions), copy.copy(settings)
    return furnish(app, config)


@functools.cache
def _wired() -> tuple[Flask, Settings]:
    app = wire()
    settings = app.config
    # What asks for the settings of the application it was wired to is to be told those of the one that answers.
    app.config = LocalProxy(lambda: current_app.config)  # type: ignore[assignment]
    return app, settings
