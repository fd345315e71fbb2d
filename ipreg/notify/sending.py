"""How a message goes out by mail."""

from __future__ import annotations

import logging
import smtplib
from email.message import EmailMessage
from types import TracebackType

from ipreg.config import SmtpConfig
from ipreg.notify.mail import compose
from ipreg.notify.message import Message
from ipreg.notify.outcome import (
    MAIL_ADDRESS,
    MAIL_AWAY,
    MAIL_REFUSED,
    MAIL_SIGN_IN,
    MAIL_SLOW,
    Fault,
)
from ipreg.storage import Store

PATIENCE = 30.0
"""So many seconds a mail server has for each answer."""
_log = logging.getLogger(__name__)


class MailSender:
    """Sends over one connection, opened when it is needed and again after a fault."""

    def __init__(self, smtp: SmtpConfig, store: Store) -> None:
        self._smtp, self._store = smtp, store
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> MailSender:
        return self

    def __exit__(self, *_fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._close()

    def send(self, message: Message) -> Fault | None:
        """None where the server took it."""
        return self.deliver(compose(message, self._store, sender=self._smtp.sender))

    def deliver(self, mail: EmailMessage) -> Fault | None:
        """As ``send``, for any mail."""
        try:
            self._connected().send_message(mail)
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            return Fault(MAIL_ADDRESS, {"code": codes[0]}, final=all(500 <= code < 600 for code in codes))
        except (smtplib.SMTPException, OSError) as fault:
            _log.warning("mail did not go out: %s: %s", type(fault).__name__, fault)
            self._close()
            return _fault_of(fault)
        return None

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                if self._server.noop()[0] == 250:
                    return self._server
            except (smtplib.SMTPException, OSError):
                pass
            self._close()
        server = smtplib.SMTP(self._smtp.host, self._smtp.port, timeout=PATIENCE)
        self._server = server
        if self._smtp.starttls:
            server.starttls()
        if self._smtp.user is not None:
            server.login(self._smtp.user, self._smtp.password or "")
        return server

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()


def _fault_of(fault: smtplib.SMTPException | OSError) -> Fault:
    """The rest of what the server said stands in our log: it may name machines and people."""
    if isinstance(fault, smtplib.SMTPResponseException):
        sign_in = isinstance(fault, smtplib.SMTPAuthenticationError)
        return Fault(MAIL_SIGN_IN if sign_in else MAIL_REFUSED, {"code": fault.smtp_code})
    slow = TimeoutError in (type(fault), type(fault.__context__))  # smtplib tells a silence as a line that broke
    return Fault(MAIL_SLOW if slow else MAIL_AWAY)
