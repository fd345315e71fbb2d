"""Whether an account may (still) see what a notice leads to: nobody is told of what is no longer his to see."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Account, Alert, Case, Filing, LegalLetter

Check = Callable[[Session, Account, int | None, str], bool]


def may_see(session: Session, *, account: Account, path: str, organization_id: int | None = None) -> bool:
    """False where the thing at ``path`` is gone or somebody else's; pages that are no thing are open to all.

    With ``organization_id`` it is shown to all of them: what its member has for himself is no business of theirs.
    """
    for pattern, check in _CHECKS:
        found = re.match(pattern, path)
        if found is not None:
            return check(session, account, organization_id, found.group(1))
    return True


def _alert(session: Session, account: Account, group: int | None, name: str) -> bool:
    alert = session.get(Alert, int(name))
    theirs = alert is not None and group in (None, alert.organization_id)
    return alert is not None and theirs and access.can_see_alert(account, alert)


def _letter(session: Session, account: Account, group: int | None, name: str) -> bool:
    alert_id = session.scalar(select(LegalLetter.alert_id).where(LegalLetter.number == name))
    return alert_id is not None and _alert(session, account, group, str(alert_id))


def _filing(session: Session, account: Account, group: int | None, name: str) -> bool:
    filing = session.scalar(select(Filing).where(Filing.number == name))
    if filing is None or not access.can_see_filing(session, account, filing):
        return False
    return group is None or filing.owner_organization_id == group or filing.owner_id != account.id


def _case(session: Session, account: Account, group: int | None, name: str) -> bool:
    case = session.scalar(select(Case).where(Case.number == name))
    if case is None or not access.can_see_case(account, case):
        return False
    filing = case.match.filing
    return group is None or filing.owner_organization_id == group or filing.owner_id != account.id


_CHECKS: tuple[tuple[str, Check], ...] = (
    (r"/alerts/(\d{1,18})\b", _alert),
    (r"/letters/([0-9A-Z-]+)", _letter),
    (r"/filings/([A-Z]{2}\d{4}-[0-9A-Z-]+)", _filing),
    (r"/cases/([A-Z]{2}\d{4}-[0-9A-Z-]+)", _case),
)
