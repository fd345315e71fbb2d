"""What strangers send breaks in ways that nobody foresaw: it spoils one row, page or source, and no other."""

from __future__ import annotations

import logging
import re

from sqlalchemy.exc import InterfaceError, OperationalError

from ipreg.errors import CallerError, IpregError

_log = logging.getLogger(__name__)
# PostgreSQL keeps no NUL, no encoding keeps half of a surrogate pair; JSON lets both be written.
_NO_TEXT = re.compile("[\ud800-\udfff]")


def fault_of(error: Exception, what: str) -> IpregError:
    """The error as one of ours; any other is logged with its trace as what befell ``what``, and ``unexpected``.

    A database that is away is no fault of what was worked at, and raised again.
    """
    if isinstance(error, IpregError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        raise error
    _log.error("%s", what, exc_info=error)
    return CallerError("unexpected")


def clean_text(text: str) -> str:
    """``text`` as a database can keep it."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", ""))
