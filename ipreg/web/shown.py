"""What strangers typed turns no page round: what a template makes goes through one sieve (``plaintext.shown``)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import Template

from ipreg.plaintext import shown


class ShownTemplate(Template):
    """Pages captured from shops are no templates: they are replayed as they were."""

    def render(self, *values: Any, **named: Any) -> str:
        """The page."""
        return shown(super().render(*values, **named))


def install(app: Flask) -> None:
    app.jinja_env.template_class = ShownTemplate
