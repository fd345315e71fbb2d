"""How a match is told: the word for its probability, and what a notice of it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ipreg.models import Filing, Match

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
        "title": match.filing.told_title,
        "place": place,
        "facts": [
            [_FILED, _named(match.filing)],
            *_seen_facts(match),
            [_LIKENESS, f"{share:.0%}"],
        ],
        "pictures": [{"sha256": digest, "label": label} for digest, label in _pictures(match)],
    }


def _seen_facts(match: Match) -> list[list[str]]:
    listing, later = match.listing, match.later_filing
    if listing is not None:
        seen = [_SEEN, " · ".join(one for one in (listing.title, listing.platform, listing.seller) if one)]
        return [seen, [_ADDRESS, listing.address]] if listing.address else [seen]
    return [[_SEEN, _named(later)]] if later is not None else []


def _pictures(match: Match) -> Iterator[tuple[str, str]]:
    """Of both, but never of what is sealed: mail lies about in the clear."""
    if match.filing.vault_key_id is None:
        yield match.view.sha256, _FILED
    if match.picture is not None:
        yield match.picture.sha256, _SEEN
    elif match.later_view is not None and match.later_view.filing.vault_key_id is None:
        yield match.later_view.sha256, _SEEN


def _named(filing: Filing) -> str:
    return filing.number if filing.vault_key_id is not None else f"{filing.title} ({filing.number})"
