"""How a match is told: the word for its probability, and what a notice of it says."""

from __future__ import annotations

from typing import Any

from ipreg.models import Match

N_ = str  # marks a text for extraction
ALMOST, LIKELY, PERHAPS = N_("Almost certainly"), N_("Likely"), N_("Perhaps")
_FILED, _SEEN, _ADDRESS, _LIKENESS = N_("Filed"), N_("Seen"), N_("Address"), N_("Likeness")


def likelihood(probability: float) -> str:
    """The word for a probability, in English: pages and mails translate it."""
    if probability >= 0.95:
        return ALMOST
    return LIKELY if probability >= 0.8 else PERHAPS


def match_values(match: Match) -> dict[str, Any]:
    """The values of a notice about ``match``: its words, its facts and both pictures."""
    place: object = match.listing.platform if match.listing else {"say": N_("the registry")}
    share = min(match.probability, 0.99)  # two pictures never prove more than that they are alike
    return {
        "likelihood": {"say": likelihood(match.probability)},
        "title": match.filing.title,
        "place": place,
        "facts": [
            [_FILED, f"{match.filing.title} ({match.filing.number})"],
            *_seen_facts(match),
            [_LIKENESS, f"{share:.0%}"],
        ],
        "pictures": [
            {"sha256": match.view.sha256, "label": _FILED},
            {"sha256": _seen(match), "label": _SEEN},
        ],
    }


def _seen_facts(match: Match) -> list[list[str]]:
    listing, later = match.listing, match.later_filing
    if listing is not None:
        seen = [_SEEN, " · ".join(one for one in (listing.title, listing.platform, listing.seller) if one)]
        return [seen, [_ADDRESS, listing.address]] if listing.address else [seen]
    return [[_SEEN, f"{later.title} ({later.number})"]] if later is not None else []


def _seen(match: Match) -> str:
    if match.picture is not None:
        return match.picture.sha256
    if match.later_view is None:
        raise ValueError("a match without a counterpart")
    return match.later_view.sha256
