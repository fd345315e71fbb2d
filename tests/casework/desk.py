"""A regulator's desk to tell stories at: people, designs, listings, and cases opened without any job."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from scenery import HandClock, People, design_form, draw_picture
from sqlalchemy.orm import Session

from ipreg import accounts, alerts, registry
from ipreg.casework import machine
from ipreg.casework.machine import Document, Given
from ipreg.models import (
    Account,
    Alert,
    Case,
    CaseOutcome,
    Filing,
    Listing,
    ListingPicture,
    Match,
    Role,
    Seller,
    StoredFile,
    ViewKind,
)
from ipreg.runtime import Runtime

REASON = "图案、廓形与备案一致，仅作镜像处理。"
MINUTES = Document("minutes", "笔录.txt", "0" * 64)


@dataclass
class Desk:
    """``officer``, ``second`` and ``supervisor`` are regulators; ``open`` makes one more case."""

    session: Session
    runtime: Runtime
    clock: HandClock
    people: People
    made: int = 0
    filings: dict[int, Filing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.officer, self.second = self.people.regulator, self.people.second_regulator
        self.supervisor = self.person("supervisor", Role.REGULATOR)
        self.supervisor.supervisor = True

    def person(self, name: str, role: Role) -> Account:
        return accounts.create_account(
            self.session, email=f"{name}@ipreg.example", password="correct horse battery", name=name, role=role,
            now=self.clock(),
        )  # fmt: skip

    def filing(self, seed: int = 1, applicant: Account | None = None) -> Filing:
        if seed not in self.filings:
            self.filings[seed] = registry.register_design(
                self.session,
                self.runtime.store,
                applicant=applicant or self.people.designer,
                form=design_form(f"云纹外套 {seed}"),
                pictures=[registry.Picture(ViewKind.FRONT, "front.png", draw_picture(seed, (96, 96), "PNG"))],
                request_key=f"desk-{seed}",
                now=self.clock(),
            )
        return self.filings[seed]

    def match(self, filing: Filing, *, seller: Seller | None = None, probability: float = 0.97) -> Match:
        self.made += 1
        now = self.clock()
        listing = Listing(
            platform="淘淘", external_id=str(self.made), title=f"秋冬外套 {self.made}", seller="快手小铺",
            seller_id=seller.id if seller else None, first_seen_at=now, last_seen_at=now,
        )  # fmt: skip
        file = self.session.get_one(StoredFile, filing.views[0].sha256)
        listing.pictures.append(ListingPicture(position=0, sha256=file.sha256))
        self.session.add(listing)
        self.session.flush()
        match = Match(
            filing=filing, view=filing.views[0], listing=listing, picture=listing.pictures[0], found_at=now,
            probability=probability, reason={}, algorithm="x/1",
        )  # fmt: skip
        self.session.add(match)
        self.session.flush()
        return match

    def seller(self, name: str = "快手小铺") -> Seller:
        now = self.clock()
        made = Seller(platform="淘淘", key=name, name=name, first_seen_at=now, last_seen_at=now)
        self.session.add(made)
        self.session.flush()
        return made

    def open(self, seed: int = 1, seller: Seller | None = None) -> Case:
        """One more case of the design ``seed``, about a listing of its own."""
        match = self.match(self.filing(seed), seller=seller)
        alert = Alert(
            filing=match.filing, counterpart=f"listing:{match.listing_id}", match=match, probability=0.97,
            severity=0,
            applicant_id=match.filing.applicant_id, organization_id=match.filing.organization_id,
            raised_at=self.clock(), changed_at=self.clock(),
        )  # fmt: skip
        self.session.add(alert)
        self.session.flush()
        enterprise = self.people.enterprise
        return alerts.confirm(self.session, alert=alert, account=enterprise, note="是我们的款", now=self.clock())

    def step(self, case: Case, action: str, actor: machine.Actor | None = None, **given: object) -> Case:
        """Takes a step as the case's officer, with all that it may need."""
        day = self.clock() + timedelta(days=14)
        hearing = {"at": day, "place": "市场监管局三楼听证室"}
        values = {"reason": REASON, "documents": (MINUTES,), "unheard": REASON, **hearing, **given}
        machine.transition(
            self.session,
            case=case,
            action=action,
            actor=actor or case.officer or self.officer,
            given=Given(**values),  # type: ignore[arg-type]
            now=self.clock(),
        )
        return case

    def taken(self, seed: int = 1, officer: Account | None = None, seller: Seller | None = None) -> Case:
        """A case under review."""
        case = self.open(seed, seller)
        return self.step(case, "assigned", officer or self.officer, officer=officer or self.officer, reason="")

    def decided(self, outcome: CaseOutcome = CaseOutcome.INFRINGING, seller: Seller | None = None) -> Case:
        return self.step(self.taken(seller=seller), "decided", outcome=outcome)
