"""The mail that carries an alert: short, in the recipient's language, with both pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from ipreg.i18n import translator
from ipreg.models import Delivery, Filing, Match
from ipreg.storage import Store

N_ = str  # marks a text for extraction
SUBJECT = N_("%(likelihood)s a copy of “%(title)s” on %(place)s")
ALMOST, LIKELY, PERHAPS = N_("Almost certainly"), N_("Likely"), N_("Perhaps")
_STYLE = "font-family:-apple-system,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;line-height:1.6"


def likelihood(probability: float) -> str:
    """The word for a probability, in English: pages and mails translate it."""
    if probability >= 0.95:
        return ALMOST
    return LIKELY if probability >= 0.8 else PERHAPS


def compose(delivery: Delivery, store: Store, *, public_url: str, sender: str) -> EmailMessage:
    """The message of ``delivery``; composed again it is the same but for the MIME boundaries."""
    say = translator(delivery.account.locale)
    match = delivery.alert.match
    link = f"{public_url}/alerts/{delivery.alert_id}"
    message = EmailMessage()
    message["Subject"] = _subject(delivery)
    message["From"] = sender
    message["To"] = delivery.account.email
    message["Date"] = format_datetime(delivery.created_at)
    message["Message-ID"] = delivery.message_id
    message["Auto-Submitted"] = "auto-generated"
    lines = _lines(match, say)
    message.set_content("\n".join([*lines, "", say(N_("Look at both and decide:")), link, ""]))
    pictures = list(_pictures(match, store))
    names = [name for name, _ in pictures]
    message.add_alternative(_html(lines, say(N_("Look at both and decide")), link, names), subtype="html")
    part = message.get_payload()[1]  # type: ignore[index]
    for name, picture in pictures:
        part.add_related(picture, "image", "jpeg", cid=f"<{name}@ipreg>", disposition="inline")  # type: ignore[union-attr]
    return message


def _subject(delivery: Delivery) -> str:
    say = translator(delivery.account.locale)
    match = delivery.alert.match
    place = match.listing.platform if match.listing else say(N_("the registry"))
    filled = say(SUBJECT) % {
        "likelihood": say(likelihood(match.probability)),
        "title": _title(match.filing),
        "place": place,
    }
    return " ".join(filled.split())  # no line break of a title can begin another header


def _lines(match: Match, words: Callable[[str], str]) -> list[str]:
    # Labels stand outside of f-strings: extraction of texts does not look into those.
    filed, seen, likeness = words(N_("Filed")), words(N_("Seen")), words(N_("Likeness"))
    lines = [f"{filed}: {_title(match.filing)} ({match.filing.number})"]
    if match.listing is not None:
        lines.append(f"{seen}: {' · '.join((match.listing.title, match.listing.platform, match.listing.seller))}")
        if match.listing.address:
            lines.append(match.listing.address)
    elif match.later_filing is not None:
        lines.append(f"{seen}: {_title(match.later_filing)} ({match.later_filing.number})")
    share = min(match.probability, 0.99)  # two pictures never prove more than that they are alike
    return [*lines, f"{likeness}: {words(likelihood(match.probability))} ({share:.0%})"]


def _pictures(match: Match, store: Store) -> Iterator[tuple[str, bytes]]:
    """Small ones of both, but never of what is sealed: mail lies about in the clear."""
    if match.filing.vault_key_id is None:
        yield "filed", store.thumbnail(match.view.sha256, 320)
    if match.picture is not None:
        yield "seen", store.thumbnail(match.picture.sha256, 320)
    elif match.later_view is not None and match.later_view.filing.vault_key_id is None:
        yield "seen", store.thumbnail(match.later_view.sha256, 320)


def _title(filing: Filing) -> str:
    return filing.title if filing.vault_key_id is None else filing.number


def _html(lines: list[str], action: str, link: str, names: list[str]) -> str:
    rows = "".join(f"<p style='margin:4px 0'>{escape(line)}</p>" for line in lines)
    pictures = "".join(
        f"<td style='padding:4px'><img src='cid:{name}@ipreg' width='240' alt=''></td>" for name in names
    )
    return (
        f"<!doctype html><html><head><meta name='color-scheme' content='light dark'></head>"
        f'<body style="{_STYLE}"><table><tr>{pictures}</tr></table>{rows}'
        f"<p><a href='{escape(link)}' style='display:inline-block;padding:10px 18px;background:#0b6e69;color:#fff;"
        f"border-radius:6px;text-decoration:none'>{escape(action)}</a></p></body></html>"
    )
