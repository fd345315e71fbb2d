"""Whether an account may (still) see what a notice leads to: nobody is told of what is no longer his to see."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Account, Alert, Case, Filing

Check = Callable[[Session, Account, str], bool]


def may_see(session: Session, *, account: Account, path: str) -> bool:
    """False where the thing at ``path`` is gone or somebody else's; pages that are no thing are open to all."""
    for pattern, check in _CHECKS:
        found = re.match(pattern, path)
        if found is not None:
            return check(session, account, found.group(1))
    return True


def _alert(session: Session, account: Account, name: str) -> bool:
    alert = session.get(Alert, int(name))
    return alert is not None and access.can_see_alert(account, alert)


def _filing(session: Session, account: Account, name: str) -> bool:
    filing = session.scalar(select(Filing).where(Filing.number == name))
    return filing is not None and access.can_see_filing(session, account, filing)


def _case(session: Session, account: Account, name: str) -> bool:
    case = session.scalar(select(Case).where(Case.number == name))
    return case is not None and access.can_see_case(account, case)


_CHECKS: tuple[tuple[str, Check], ...] = (
    (r"/alerts/(\d{1,18})\b", _alert),
    (r"/filings/([A-Z]{2}\d{4}-[0-9A-Z-]+)", _filing),
    (r"/cases/([A-Z]{2}\d{4}-[0-9A-Z-]+)", _case),
)
