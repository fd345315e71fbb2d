"""Messages by HTTP: signed webhooks (Standard Webhooks 1.0), and the group robots of DingTalk, WeCom and Feishu.

Redirects are not followed: an address that leads elsewhere is not the one its owner gave.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from ipreg.errors import CallerError, UpstreamError
from ipreg.models import ChannelKind
from ipreg.notify.kinds import Written
from ipreg.notify.message import Item, Message
from ipreg.notify.outcome import (
    ANSWERED,
    ELSEWHERE,
    GONE,
    NOT_A_ROBOT,
    PRIVATE,
    REFUSED,
    REFUSED_KEY,
    REFUSED_MANY,
    REFUSED_SIGN,
    TOO_LARGE,
    TOO_SLOW,
    UNREACHABLE,
    WRONG,
    Fault,
)
from ipreg.sightings.fetch import Answer, Fetcher

PREFIX = "whsec_"
MAX_ANSWER = 64 * 1024
PATIENCE = 20.0
"""So many seconds a receiver has for all of its answer: others wait in the same row."""
MAX_TEXT, MAX_LINE = 16_000, 300
"""Bytes of a robot's message, of which DingTalk and Feishu take 20,000 in all, and letters of a line in it."""
# What begins a link, a picture, emphasis or HTML in the robots' Markdown, each as the full-width sign of its kind.
_HARMLESS = str.maketrans("[]()<>*_`#!|~&", "［］（）＜＞＊＿｀＃！｜～＆")


@dataclass(frozen=True)
class Request:
    """One POST."""

    address: str
    body: bytes
    headers: Mapping[str, str]


def send(message: Message, *, allow_private: bool, now: datetime) -> Fault | None:
    """None where the receiver took it: it answered 2xx and, a robot, without an error code in its answer."""
    request = request_of(message, now)
    return post(request, robot=message.kind is not ChannelKind.WEBHOOK, allow_private=allow_private)


def post(request: Request, *, robot: bool, allow_private: bool = False) -> Fault | None:
    """None where the receiver took it. Of a ``robot`` the answer is read as well."""
    try:
        with Fetcher(allow_private=allow_private, total=PATIENCE) as fetcher:
            answer = fetcher.post(request.address, body=request.body, headers=request.headers, max_bytes=MAX_ANSWER)
    except CallerError as fault:
        return Fault(PRIVATE if fault.code == "address_private" else WRONG, final=True)
    except UpstreamError as fault:
        # Not in the words of the fault itself: they name the address, and a robot's holds its key.
        return Fault({"fetch_too_slow": TOO_SLOW, "fetch_too_large": TOO_LARGE}.get(fault.code, UNREACHABLE))
    return _fault_of(answer, robot)


def request_of(message: Message, now: datetime) -> Request:
    """The request for ``message``, signed at ``now``."""
    if message.kind is ChannelKind.WEBHOOK:
        return _webhook(message, now)
    address, body = message.address, _ROBOTS[message.kind](message)
    if message.secrets and message.kind is ChannelKind.DINGTALK:
        stamp = str(round(now.timestamp() * 1000))
        signed = _hmac(message.secrets[0].encode(), f"{stamp}\n{message.secrets[0]}".encode())
        address += f"&timestamp={stamp}&sign={quote_plus(signed)}"
    if message.secrets and message.kind is ChannelKind.FEISHU:
        stamp = str(int(now.timestamp()))
        body |= {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{message.secrets[0]}".encode(), b"")}
    return Request(address, _json(body), {"Content-Type": "application/json; charset=utf-8"})


def signature(secret: str, *, message_id: str, stamp: str, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 over id, time and body (Standard Webhooks, "Signature scheme")."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + _hmac(key, f"{message_id}.{stamp}.".encode() + body)


def _webhook(message: Message, now: datetime) -> Request:
    body = _json(
        {
            "type": "notices",
            "timestamp": message.created_at.isoformat(),
            "data": {
                "notices": [
                    {"kind": one.kind, "at": one.created_at.isoformat(), "link": one.link, **_words(one.words)}
                    for one in message.items
                ],
                "more": message.more,
            },
        }
    )
    name, stamp = message.message_id.strip("<>").partition("@")[0], str(int(now.timestamp()))
    # While a secret is exchanged both sign: the receiver may know either.
    signed = [signature(one, message_id=name, stamp=stamp, body=body) for one in message.secrets]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signed),
    }
    return Request(message.address, body, headers)


def _words(words: Written) -> dict[str, object]:
    return {"subject": words.subject, "lines": list(words.lines)}


def _dingtalk(message: Message) -> dict[str, Any]:
    parts = []
    for one in message.items:
        texts = [line.translate(_HARMLESS) for line in _lines(one)]
        parts.append("\n\n".join([f"**{texts[0]}**", *texts[1:], f"[{one.words.action}]({one.link})"]))
    title = _cut(message.subject).translate(_HARMLESS)
    text = "\n\n---\n\n".join(_within(parts, message))
    return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


def _wecom(message: Message) -> dict[str, Any]:
    # Plain text, of at most 2048 bytes: what does not fit waits on the page.
    return {"msgtype": "text", "text": {"content": _shortened(_plain(message), 2000)}}


def _feishu(message: Message) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": _plain(message).replace("<", "＜")}}


def _plain(message: Message) -> str:
    parts = ["\n".join([*_lines(one), one.link]) for one in message.items]
    return "\n\n".join(_within(parts, message))


def _lines(item: Item) -> list[str]:
    return [_cut(line) for line in (item.words.subject, *item.words.lines)]


def _cut(line: str) -> str:
    """A stranger's title of a thousand letters must not make a message that the robot refuses."""
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…"


def _within(parts: list[str], message: Message) -> list[str]:
    """As many parts as a robot takes, and how many more there are."""
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part.encode())
        if kept and size > MAX_TEXT:
            break
        kept.append(part)
    more = message.more + len(parts) - len(kept)
    return [*kept, f"+ {more}: {message.inbox}"] if more else kept


def _shortened(text: str, most: int) -> str:
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode(errors="ignore") + "…"


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _hmac(key: bytes, data: bytes) -> str:
    return base64.b64encode(hmac.new(key, data, hashlib.sha256).digest()).decode("ascii")


def _fault_of(answer: Answer, robot: bool) -> Fault | None:
    if answer.status == 410:
        return Fault(GONE, final=True, gone=True)
    if not 200 <= answer.status < 300:
        return Fault(ELSEWHERE if 300 <= answer.status < 400 else ANSWERED, {"status": answer.status})
    if not robot:
        return None
    try:
        said = json.loads(answer.body)
        code = said.get("errcode", said.get("code", said.get("StatusCode")))
    except (ValueError, AttributeError):
        return Fault(NOT_A_ROBOT)
    # A robot answers 200 even where it refuses: only its own code tells.
    if code == 0:
        return None
    return Fault(_REFUSALS.get(code, REFUSED), {"code": str(code)[:40]})


# DingTalk, Feishu and WeCom, as far as their owner can do something about it.
_REFUSALS = {
    **dict.fromkeys((310000, 19021, 19022, 19024), REFUSED_SIGN),
    **dict.fromkeys((300001, 19001, 93000), REFUSED_KEY),
    **dict.fromkeys((130101, 11232, 9499, 45009), REFUSED_MANY),
}
_ROBOTS = {ChannelKind.DINGTALK: _dingtalk, ChannelKind.WECOM: _wecom, ChannelKind.FEISHU: _feishu}
