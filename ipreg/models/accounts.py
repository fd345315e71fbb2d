"""People and the enterprises they belong to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.columns import enum_column

HOME_ZONE = "Asia/Shanghai"


class Role(StrEnum):
    DESIGNER = "designer"
    ENTERPRISE = "enterprise"
    REGULATOR = "regulator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class OrganizationRole(StrEnum):
    """What a member may do in the name of his enterprise (``ipreg.access`` has the rights).

    A contributor is an outside designer who came by the join code: he files for it and sees what he filed.
    """

    OWNER = "owner"
    FILER = "filer"
    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"


class Organization(Base):
    """An enterprise. A designer who gives its ``join_code`` files on its behalf; it then sees those filings."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    join_code: Mapped[str] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime]


class Account(Base):
    """Who signs in. Of regulators a ``supervisor`` assigns, extends clocks, reopens cases and is told of delays.

    Times are shown to him in ``time_zone``, a name of the IANA database.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    supervisor: Mapped[bool] = mapped_column(default=False, server_default="0")
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    time_zone: Mapped[str] = mapped_column(String(64), default=HOME_ZONE, server_default=HOME_ZONE)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    organization_role: Mapped[OrganizationRole | None] = mapped_column(enum_column(OrganizationRole))
    created_at: Mapped[datetime]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    organization: Mapped[Organization | None] = relationship(lazy="joined")
    former_names: Mapped[list[FormerName]] = relationship(order_by="FormerName.until")

    def known_as(self, at: datetime) -> tuple[str, str]:
        """Name and address that the account bore at that moment: what was committed to then names these."""
        for one in self.former_names:
            if at < one.until:
                return one.name, one.email
        return self.name, self.email


class FormerName(Base):
    """Name and address of an account before a change at ``until``."""

    __tablename__ = "former_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    until: Mapped[datetime]
