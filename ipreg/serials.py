"""Serial numbers without gaps: a missing one would look like a filing or a case that somebody took away."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import log
from ipreg.models import Case, Filing


def next_id(session: Session, kind: type[Filing] | type[Case]) -> int:
    """The id of the next row of ``kind``: one more than the last.

    A sequence of the database would leave a gap wherever a transaction fails. Whoever files or opens a case enters
    it in the log in the same transaction, so he waits for his turn at the log's head already here.
    """
    log.hold(session)
    return (session.scalar(select(func.max(kind.id))) or 0) + 1
