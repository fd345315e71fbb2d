"""Filters of the inbox that people keep under names of their own."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, SavedFilter
from ipreg.warning.search import Filter

MOST, NAME = 50, 60


def saved_filters(session: Session, account: Account) -> list[SavedFilter]:
    """The account's own, by name."""
    wanted = select(SavedFilter).where(SavedFilter.account_id == account.id)
    return list(session.scalars(wanted.order_by(SavedFilter.name)))


def save_filter(session: Session, *, account: Account, name: str, asked: Filter) -> SavedFilter:
    """Keeps the filter under a name; a name that is there gets the new filter. Raises ``CallerError``."""
    name = " ".join(name.split())[:NAME]
    if not name:
        raise CallerError("field_empty", field="name")
    mine = saved_filters(session, account)
    known = next((one for one in mine if one.name == name), None)
    if known is None and len(mine) >= MOST:
        raise CallerError("filters_too_many", field="name", most=MOST)
    if known is None:
        known = SavedFilter(account_id=account.id, name=name)
        session.add(known)
    known.query = asked.query()[:1000]
    session.flush()
    return known


def forget_filter(session: Session, *, account: Account, filter_id: int) -> None:
    """Takes one of the account's own away; raises ``MissingError``."""
    found = session.get(SavedFilter, filter_id)
    if found is None or found.account_id != account.id:
        raise MissingError("filter_missing")
    session.delete(found)
    session.flush()
