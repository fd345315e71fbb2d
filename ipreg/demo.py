"""Sample data: people, designs and a feed of listings, loaded once, by the way that real ones come."""

from __future__ import annotations

import csv
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import accounts, registry
from ipreg.casework import together
from ipreg.db import Clock, transaction
from ipreg.models import Account, Industry, Role, ViewKind
from ipreg.runtime import Runtime
from ipreg.sightings import feeds

SAMPLE = Path(__file__).parent / "sample"
_PEOPLE = (
    (Role.ENTERPRISE, "enterprise@ipreg.example", "锦绣服饰"),
    (Role.DESIGNER, "designer@ipreg.example", "林晓"),
    (Role.DESIGNER, "freelancer@ipreg.example", "周宁"),
    (Role.REGULATOR, "regulator@ipreg.example", "陈科员"),
    (Role.REGULATOR, "supervisor@ipreg.example", "王主管"),
    (Role.ADMINISTRATOR, "admin@ipreg.example", "系统管理员"),
    (Role.AUDITOR, "auditor@ipreg.example", "审计员"),
)


@dataclass(frozen=True)
class Person:
    """A demo account; its password was drawn at random at the first start."""

    role: str
    email: str
    password: str


def load(runtime: Runtime, *, clock: Clock) -> list[Person]:
    """Loads what is missing and says who can sign in. Done already, it changes nothing."""
    people = _people(runtime.config.var / "secrets" / "demo-accounts.json")
    with runtime.sessions() as session:
        loaded = session.scalar(select(Account.id).where(Account.email == people[0].email)) is not None
    if not loaded:
        _load(runtime, people, clock)
    return people


def _people(place: Path) -> list[Person]:
    if not place.exists():
        drawn = [Person(role.value, email, secrets.token_urlsafe(9)) for role, email, _ in _PEOPLE]
        place.touch(mode=0o600)
        place.write_text(json.dumps([asdict(one) for one in drawn]), "utf-8")
    return [Person(**one) for one in json.loads(place.read_text("utf-8"))]


def _load(runtime: Runtime, people: list[Person], clock: Clock) -> None:
    """All in one transaction: a start that is cut off here begins anew at the next one."""
    with transaction(runtime.sessions) as session:
        opened = _open_accounts(session, people, clock)
        with (SAMPLE / "designs.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                registry.register_design(
                    session,
                    runtime.store,
                    applicant=opened[row["applicant"]],
                    form=registry.DesignForm(
                        row["title"],
                        Industry(row["industry"]),
                        row["creator"],
                        date.fromisoformat(row["created_on"]),
                    ),
                    pictures=[_picture(row["picture"])],
                    request_key=f"sample-{row['picture']}",
                    now=clock(),
                )
        feeds.accept_feed(
            session,
            runtime.config,
            account=opened["enterprise@ipreg.example"],
            filename="feed.csv",
            data=(SAMPLE / "feed.csv").read_bytes(),
            pictures_folder=SAMPLE / "listings",
            now=clock(),
        )


def _open_accounts(session: Session, people: list[Person], clock: Clock) -> dict[str, Account]:
    opened: dict[str, Account] = {}
    code: str | None = None
    for person, (role, email, name) in zip(people, _PEOPLE, strict=True):
        opened[email] = accounts.create_account(
            session,
            email=email,
            password=person.password,
            name=name,
            role=role,
            organization_name=name if role is Role.ENTERPRISE else None,
            join_code=code if email.startswith("designer") else None,
            now=clock(),
        )
        if email.startswith("supervisor"):
            together.set_supervisor(session, account=opened[email], supervisor=True)
        if opened[email].organization is not None:
            code = opened[email].organization.join_code  # type: ignore[union-attr]
    return opened


def _picture(name: str) -> registry.Picture:
    return registry.Picture(ViewKind.FRONT, name, (SAMPLE / "designs" / name).read_bytes())
