"""Mail about accounts goes out; sign-ins, tries and letters that are over are forgotten."""

from __future__ import annotations

from ipreg import links, signins, throttle, tokens
from ipreg.config import SmtpConfig
from ipreg.db import Clock, transaction, utc_now
from ipreg.models import LetterState
from ipreg.notify import letters
from ipreg.notify.postbox import open_postbox
from ipreg.notify.sending import MailSender
from ipreg.response import mailing
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many letters were tried."""
    with runtime.sessions() as session:
        waiting = letters.due(session, now=clock())
    if not waiting:
        return 0
    config = runtime.config
    if config.smtp is not None:
        return _send_all(runtime, config.smtp, waiting, clock)
    with open_postbox(config.var / "mail", config.mail_sender) as smtp:
        return _send_all(runtime, smtp, waiting, clock)


def clean_up(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """Forgets what is over. Returns 0: nobody waits for it."""
    with transaction(runtime.sessions) as session:
        for forget in (signins.forget, throttle.forget, letters.forget, tokens.forget):
            forget(session, now=clock())
    return 0


def _send_all(runtime: Runtime, smtp: SmtpConfig, waiting: list[int], clock: Clock) -> int:
    key = links.link_key(runtime.secrets)
    with MailSender(smtp, runtime.store) as sender:
        for letter_id in waiting:
            with transaction(runtime.sessions) as session:
                letter = letters.claim(session, letter_id=letter_id, now=clock())
                if letter is None:
                    continue
                message = letters.compose(letter, key, public_url=runtime.config.public_url, sender=smtp.sender)
                if letter.kind == mailing.KIND:
                    mailing.attach(session, runtime.store, letter, message)
            fault = sender.deliver(message)
            with transaction(runtime.sessions) as session:
                words, final = (fault.kept, fault.final) if fault else (None, False)
                tried = letters.mark(session, letter_id=letter_id, fault=words, final=final, now=clock())
                if tried.kind == mailing.KIND and tried.state is not LetterState.WAITING:
                    mailing.mailed(session, runtime.store, tried, fault=tried.last_fault, now=clock())
    return len(waiting)
