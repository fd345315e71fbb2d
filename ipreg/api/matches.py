"""Matches over the API: what looks like one's own designs, and why."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select

from ipreg import access, registry
from ipreg.api import shapes
from ipreg.api.filings import reference
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.models import Filing, Listing, Match, MatchKind, Role, Scope
from ipreg.web.language import likeness, match_words
from ipreg.web.session import db, me

N_ = str  # marks a text for extraction
bp = Blueprint("api_matches", __name__)
routes = Routes(bp, N_("Matches"))


@routes.get(
    "/matches",
    N_("What looks like your designs, the newest first"),
    scope=Scope.ALERTS_READ,
    roles=(Role.DESIGNER, Role.ENTERPRISE),
    query=shapes.MatchesAsked,
    answer=shapes.Page[shapes.Match],
    errors=(404,),
)
def matches(query: shapes.MatchesAsked) -> shapes.Page[shapes.Match]:
    wanted = select(Match).join(Filing, Match.filing_id == Filing.id).where(access.owned_by(me()))
    if query.filing:
        wanted = wanted.where(Match.filing_id == registry.get_filing(db(), number=query.filing, account=me()).id)
    if query.kind:
        wanted = wanted.where(Match.kind == MatchKind(query.kind))
    if query.least:
        wanted = wanted.where(Match.probability >= query.least)
    shown, following = newest(db(), wanted, Match.id, query.cursor, query.limit)
    return shapes.Page[shapes.Match](items=[match_of(one) for one in shown], next=following)


def match_of(found: Match) -> shapes.Match:
    """A match, with its reasons in the caller's language."""
    return shapes.Match(
        id=found.id,
        kind=found.kind.value,
        filing=reference(found.filing),
        listing=listing_of(found.listing) if found.listing is not None else None,
        later_filing=reference(found.later_filing) if found.later_filing is not None else None,
        probability=found.probability,
        likeness=likeness(found),
        reasons=match_words(found),
        algorithm=found.algorithm,
        found_at=found.found_at,
    )


def listing_of(found: Listing) -> shapes.Listing:
    """A listing as it is seen now."""
    names = (
        "id", "platform", "title", "address", "seller", "price", "currency", "brand", "availability", "region",
        "first_seen_at", "last_seen_at", "gone_at",
    )  # fmt: skip
    return shapes.Listing.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "listing_id": found.external_id,
            "pictures": [one.sha256 for one in found.pictures if one.gone_at is None],
        }
    )
