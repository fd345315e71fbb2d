"""A market without pictures to compare: a design, and listings whose matches are simply there."""

from __future__ import annotations

from datetime import timedelta

from scenery import HandClock, People, design_form, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import registry
from ipreg.models import Account, Alert, Filing, Listing, ListingPicture, Match, MatchPair, StoredFile
from ipreg.runtime import Runtime
from ipreg.sightings.listings import Bringer, Offer, see_listing
from ipreg.warning.raising import Settings, consider

SETTINGS = Settings(0.8, timedelta(days=180))


class Market:
    """The enterprise's designer filed a design; ``offer`` puts a match of it on the market and considers it."""

    def __init__(self, runtime: Runtime, session: Session, people: People, clock: HandClock) -> None:
        self.runtime, self.session, self.people, self.clock = runtime, session, people, clock
        self.filing = self.file(1)

    def file(self, seed: int, applicant: Account | None = None) -> Filing:
        return registry.register_design(
            self.session,
            self.runtime.store,
            applicant=applicant or self.people.designer,
            form=design_form(f"云纹外套 {seed}"),
            pictures=one_picture(seed),
            request_key=f"r{seed}",
            now=self.clock(),
        )

    def offer(
        self,
        number: int,
        *,
        seller: str = "快手小铺",
        picture: str = "",
        probability: float = 0.9,
        price: str = "99",
        platform: str = "淘淘",
        filing: Filing | None = None,
        region: str = "",
        reason: dict[str, object] | None = None,
    ) -> Alert | None:
        match = self.matched(number, seller, picture, probability, price, platform, filing or self.filing, region)
        if reason is not None:
            match.reason = reason
        return self.consider(match)

    def matched(
        self,
        number: int,
        seller: str,
        picture: str,
        chance: float,
        price: str,
        platform: str,
        filing: Filing,
        region: str,
    ) -> Match:
        offer = Offer(
            platform, str(number), f"外套 {number}", seller=seller, price=price, currency="CNY", region=region
        )
        listing = see_listing(
            self.session, offer=offer, bringer=Bringer(self.people.enterprise.id), now=self.clock()
        )
        match = Match(
            filing=filing, view=filing.views[0], listing=listing, probability=chance, algorithm="test/1",
            reason={"likeness": chance}, found_at=self.clock(),
        )  # fmt: skip
        self.session.add(match)
        self.session.flush()
        match.picture = self.picture(match, picture or f"p{number}", chance)
        self.session.flush()
        return match

    def picture(self, match: Match, name: str, chance: float) -> ListingPicture:
        """The listing shows one more picture that is alike."""
        assert match.listing is not None
        digest = f"{name:0>64}"
        if self.session.get(StoredFile, digest) is None:
            known = self.session.get_one(StoredFile, match.view.sha256)
            values = {one.name: getattr(known, one.name) for one in StoredFile.__table__.columns}
            self.session.add(StoredFile(**{**values, "sha256": digest}))
            self.session.flush()
        shown = ListingPicture(position=len(match.listing.pictures), sha256=digest, compared_by="test/1")
        match.listing.pictures.append(shown)
        self.session.add(
            MatchPair(
                match_id=match.id, view_id=match.view_id, seen=digest, probability=chance, found_at=self.clock()
            )
        )
        match.considered = False
        self.session.flush()
        return shown

    def consider(self, match: Match) -> Alert | None:
        return consider(self.session, match_id=match.id, settings=SETTINGS, now=self.clock())

    def listing(self, number: int) -> Listing:
        return self.session.scalars(select(Listing).where(Listing.external_id == str(number))).one()


def kinds(alert: Alert) -> list[str]:
    """The alert's history in short."""
    alert_session = alert._sa_instance_state.session  # type: ignore[attr-defined]
    alert_session.expire(alert, ["events"])
    return [one.kind.value for one in alert.events]
