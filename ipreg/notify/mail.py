"""A message as e-mail: text and HTML in the recipient's language, pictures inside, legible in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ipreg.errors import IpregError
from ipreg.notify.message import Message
from ipreg.storage import Store

N_ = str  # marks a text for extraction
MORE = N_("And %(count)s more.")
ALL = N_("All notices")
WHY = N_("You get this because the design registry watches your designs.")
SETTINGS = N_("Choose what arrives, where and how often")
LEADS = N_("%(words)s:")
"""What stands before an address in a mail's text."""
PICTURED = 6
"""So many notices of a digest bring their pictures: a mail of many megabytes is refused by many servers."""
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def compose(message: Message, store: Store, *, sender: str) -> EmailMessage:
    """The mail; composed again it is the same, byte for byte."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = sender
    mail["To"] = message.to
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{message.settings}>"
    mail.set_content(_text(message))
    pictures = dict(_pictures(message, store))
    mail.add_alternative(_html(message, pictures), subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for name, picture in pictures.items():
        html.add_related(picture, "image", "jpeg", cid=f"<{name}>", disposition="inline")  # type: ignore[union-attr]
    _set_boundaries(mail, message.message_id)
    return mail


def _text(message: Message) -> str:
    lines: list[str] = []
    for item in message.items:
        action = item.words.action
        subject, lead = item.words.subject, message.say(LEADS) % {"words": action}
        lines += [subject, *item.words.lines, "", lead, item.link, "", "-" * 20, ""]
    if message.more:
        lines += [message.say(MORE) % {"count": message.more}, message.inbox, ""]
    settings = message.say(LEADS) % {"words": message.say(SETTINGS)}
    return "\n".join([*lines, message.say(WHY), settings, message.settings, ""])


def _html(message: Message, pictures: dict[str, bytes]) -> str:
    shown = [
        (item, [(f"{digest[:32]}@ipreg", label) for digest, label in _of_item(item.words.pictures)])
        for item in message.items
    ]
    return _PAGES.get_template("mail.html.jinja").render(
        message=message,
        items=[(item, [one for one in found if one[0] in pictures]) for item, found in shown],
        more=message.say(MORE) % {"count": message.more} if message.more else "",
        all=message.say(ALL),
        why=message.say(WHY),
        settings=message.say(SETTINGS),
    )


def _of_item(pictures: tuple[object, ...]) -> Iterator[tuple[str, str]]:
    for one in pictures:
        yield one.sha256, one.label  # type: ignore[attr-defined]


def _pictures(message: Message, store: Store) -> Iterator[tuple[str, bytes]]:
    """The pictures by content id; one that is no longer kept is left out rather than the warning."""
    for item in message.items[:PICTURED]:
        for one in item.words.pictures:
            try:
                yield f"{one.sha256[:32]}@ipreg", store.thumbnail(one.sha256, 320)
            except (IpregError, OSError):
                continue


def _set_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Boundaries by name and not by chance, so that a second try is the very same message."""
    name = "".join(one for one in message_id if one.isalnum())[:40]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=={name}={number}==")
