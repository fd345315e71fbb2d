"""Messaging services, most of them carried by Apprise: which, by what address or key, and how a message gets there.

Only services whose host is fixed: what a user gives is a path or a key on it, so none of them can be made to call
another machine. Apprise and its plugins are imported when the first message goes out (it takes seconds), and only
the one plugin that is needed.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
import threading
from dataclasses import dataclass
from typing import Any

from ipreg.errors import CallerError
from ipreg.notify import hooks
from ipreg.notify.message import Message
from ipreg.notify.outcome import ANSWERED, UNREACHABLE, Fault

N_ = str  # marks a text for extraction
MAX_LETTERS = 3000
_REFUSED_FOR_GOOD = (400, 401, 403, 404, 410)
# What begins a link, emphasis, HTML or a call to everybody in one of them, as the full-width sign of its kind.
_HARMLESS = str.maketrans("[]()<>*_`#!|~&@", "［］（）＜＞＊＿｀＃！｜～＆＠")


@dataclass(frozen=True)
class Service:
    """``given`` is what its owner gives, ``address`` (filled with its groups) what Apprise takes; empty: as given.

    One without a ``plugin`` answers 200 where it refuses, which Apprise believes: that is sent to by ourselves.
    """

    name: str
    plugin: str
    given: str
    example: str
    address: str = ""


SERVICES: dict[str, Service] = {
    "serverchan": Service(
        "ServerChan", "", r"(SCT\w{10,80})", N_("SendKey: SCT…"), "https://sctapi.ftqq.com/{0}.send"
    ),
    "pushdeer": Service(
        "PushDeer", "", r"(PDU\w{10,80})", N_("PushKey: PDU…"), "https://api2.pushdeer.com/message/push?pushkey={0}"
    ),
    "slack": Service(
        "Slack", "slack.NotifySlack", r"https://hooks\.slack\.com/services/[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]+/?",
        "https://hooks.slack.com/services/T000/B000/XXXX",
    ),
    "teams": Service(
        "Microsoft Teams", "workflows.NotifyWorkflows",
        r"https://[\w.-]+\.(?:logic\.azure\.(?:com|cn)|api\.powerplatform\.com)(?::443)?"
        r"(?:/powerautomate/automations/direct(?:/cu/\d+)?)?/workflows/[\w-]+/triggers/manual/paths/invoke/?"
        r"\?[\w.%=&~-]+",
        "https://….logic.azure.com/workflows/…/triggers/manual/paths/invoke?…",
    ),
    "discord": Service(
        "Discord", "discord.NotifyDiscord", r"https://discord(?:app)?\.com/api/webhooks/\d+/[\w-]+/?",
        "https://discord.com/api/webhooks/000/XXXX",
    ),
    "google_chat": Service(
        "Google Chat", "google_chat.NotifyGoogleChat",
        r"https://chat\.googleapis\.com/v1/spaces/[\w-]+/messages\?[\w.%=&~-]+",
        "https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…",
    ),
    "telegram": Service(
        "Telegram", "telegram.NotifyTelegram", r"(\d{5,20}:[\w-]{20,80})/(-?\d{1,20}|@\w{3,40})",
        N_("token of the bot, a slash, number of the chat: 123456789:AAE…/-1001234"), "tgram://{0}/{1}/",
    ),
    "pushover": Service(
        "Pushover", "pushover.NotifyPushover", r"([A-Za-z0-9]{30})/([A-Za-z0-9]{30})",
        N_("user key, a slash, token of the application"), "pover://{0}@{1}/",
    ),
    "bark": Service(
        "Bark", "bark.NotifyBark", r"(?:https://api\.day\.app/)?([A-Za-z0-9]{10,40})/?",
        "https://api.day.app/XXXX", "barks://api.day.app/{0}/",
    ),
    "ntfy": Service(
        "ntfy", "ntfy.NotifyNtfy", r"(?:https://ntfy\.sh/)?([A-Za-z0-9_-]{6,64})", "https://ntfy.sh/…", "ntfys://{0}",
    ),
    "pushbullet": Service(
        "Pushbullet", "pushbullet.NotifyPushBullet", r"(o\.[A-Za-z0-9]{20,60})", N_("access token: o.XXXX"),
        "pbul://{0}/",
    ),
}  # fmt: skip


def check(service: str, given: str) -> None:
    """Raises ``CallerError`` where ``given`` is not what the service hands out."""
    found = SERVICES[service]
    if re.fullmatch(found.given, given) is None:
        raise CallerError("service_address_wrong", field="address", service=found.name, example=found.example)


def send(message: Message) -> Fault | None:
    """None where the service took it."""
    service = SERVICES[message.service]
    found = re.fullmatch(service.given, message.address)
    address = service.address.format(*found.groups()) if found and service.address else message.address
    return deliver(message, service.plugin, address) if service.plugin else _push(message, address)


def deliver(message: Message, plugin: str, address: str) -> Fault | None:
    """By this plugin of Apprise, to this address of it."""
    with _Heard() as heard:
        target = _target(plugin, address)
        title, body = words(message)
        took = target is not None and target.notify(body=body, title=title, body_format="text")
    return None if took else _fault_of(heard.said)


def _push(message: Message, address: str) -> Fault | None:
    title, text = words(message)
    body = {"title": title[:100], "text": title, "desp": text.replace("\n", "\n\n"), "type": "text"}
    asked = hooks.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return hooks.post(asked, robot=True)


def words(message: Message) -> tuple[str, str]:
    """Title and text, in which nothing that a stranger wrote is a link, a call or a picture."""
    parts = []
    for item in message.items:
        lines = [one.translate(_HARMLESS) for one in (item.words.subject, *item.words.lines)]
        parts.append("\n".join([*lines[1 if len(message.items) == 1 else 0 :], item.link]))
    if message.more:
        parts.append(f"+ {message.more}: {message.inbox}")
    text = "\n\n".join(parts)
    if len(text) > MAX_LETTERS:  # what does not fit waits on the page
        text = text[:MAX_LETTERS].rpartition("\n\n")[0] + f"\n\n… {message.inbox}"
    return message.subject.translate(_HARMLESS), text


def _target(plugin: str, address: str) -> Any:
    """The plugin, set up; None where it does not take the address. It follows no redirect and shows no picture."""
    import apprise

    module, _, name = plugin.partition(".")
    kind = getattr(importlib.import_module(f"apprise.plugins.{module}"), name)
    native = address.startswith("https://")
    given = kind.parse_native_url(address) if native else kind.parse_url(address)
    if not given:
        return None
    asset = apprise.AppriseAsset(app_id="ipreg", app_desc="ipreg", image_url_mask="", image_url_logo="")
    try:
        found = kind(**{**given, "asset": asset, "overflow": "truncate", "include_image": False})
    except TypeError:  # a plugin that refuses its address in this way
        return None
    found.redirects = False
    return found


def _fault_of(said: list[str]) -> Fault:
    """Apprise tells the status only in its log, and no more than that is told on: the rest may hold a token."""
    numbers = [int(one) for text in said for one in re.findall(r"error=(\d{3})\b", text)]
    if not numbers:
        return Fault(UNREACHABLE)
    return Fault(ANSWERED, {"status": numbers[-1]}, final=numbers[-1] in _REFUSED_FOR_GOOD)


class _Heard(logging.Handler):
    """What Apprise says of one message; none of it goes into our own log, since it names addresses with tokens."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())

    def __enter__(self) -> _Heard:
        log = logging.getLogger("apprise")
        log.setLevel(logging.WARNING)
        log.propagate = False
        log.addHandler(self)
        return self

    def __exit__(self, *_fault: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
