"""To whom a design, and what hangs on it, belongs: an enterprise, or a designer alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, event, inspect, select, update
from sqlalchemy.orm import Mapper, Session

from ipreg.access import ACTING_MEMBERS, FULL_MEMBERS
from ipreg.models import Account, Alert, AllowedSeller, Filing, LegalLetter


@dataclass(frozen=True)
class Owner:
    """Exactly one of the two."""

    organization_id: int | None = None
    account_id: int | None = None

    def columns(self) -> dict[str, int | None]:
        """For rows that belong to an owner."""
        return {"organization_id": self.organization_id, "account_id": self.account_id}

    def of(self, table: Any) -> ColumnElement[bool]:
        """The rows of ``table`` that belong to this owner."""
        if self.organization_id is not None:
            return table.organization_id == self.organization_id  # type: ignore[no-any-return]
        return table.account_id == self.account_id  # type: ignore[no-any-return]

    def filed(self) -> ColumnElement[bool]:
        """The owner's filings."""
        if self.organization_id is not None:
            return Filing.owner_organization_id == self.organization_id
        return (Filing.owner_id == self.account_id) & Filing.owner_organization_id.is_(None)

    def alerted(self) -> ColumnElement[bool]:
        """The alerts on the owner's designs."""
        if self.organization_id is not None:
            return Alert.organization_id == self.organization_id
        return (Alert.applicant_id == self.account_id) & Alert.organization_id.is_(None)


def owner_of(filing: Filing) -> Owner:
    """Whose the design is."""
    if filing.owner_organization_id is not None:
        return Owner(organization_id=filing.owner_organization_id)
    return Owner(account_id=filing.owner_id)


def owner_for(account: Account) -> Owner:
    """For whom the account manages watches: its enterprise where it acts there, else itself."""
    if account.organization_id is not None and account.organization_role in FULL_MEMBERS:
        return Owner(organization_id=account.organization_id)
    return Owner(account_id=account.id)


def may_manage(account: Account, owner: Owner) -> bool:
    """Whether the account may change what belongs to ``owner``."""
    if owner.organization_id is None:
        return owner.account_id == account.id
    return account.organization_id == owner.organization_id and account.organization_role in ACTING_MEMBERS


def members(session: Session, owner: Owner) -> list[Account]:
    """Who may see all of the owner's designs, in the order of their names."""
    if owner.organization_id is None:
        return [session.get_one(Account, owner.account_id)]
    wanted = select(Account).where(
        Account.organization_id == owner.organization_id, Account.organization_role.in_(FULL_MEMBERS)
    )
    return list(session.scalars(wanted.order_by(Account.name, Account.id)))


@event.listens_for(Filing, "after_update")
def _alerts_follow(_mapper: Mapper[Filing], connection: Connection, filing: Filing) -> None:
    """Where a filing changes hands its alerts and letters do: they repeat the owner to be found by one index. So do
    the shops that its licences allow, for the licences go on."""
    state = inspect(filing)
    if state.attrs.owner_organization_id.history.has_changes() or state.attrs.owner_id.history.has_changes():
        connection.execute(
            update(Alert)
            .where(Alert.filing_id == filing.id)
            .values(organization_id=filing.owner_organization_id, applicant_id=filing.owner_id)
        )
        connection.execute(
            update(LegalLetter)
            .where(LegalLetter.filing_id == filing.id)
            .values(organization_id=filing.owner_organization_id, applicant_id=filing.owner_id)
        )
        connection.execute(
            update(AllowedSeller)
            .where(AllowedSeller.filing_id == filing.id, AllowedSeller.agreement_id.is_not(None))
            .values(owner_of(filing).columns())
        )
