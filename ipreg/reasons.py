"""Why two pictures match, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

N_ = str  # marks a text for extraction
UNKNOWN = N_("unknown: a picture of one colour shows nothing to compare")
KINDS = {
    "copy": N_("the same picture"),
    "new_photograph": N_("the same design photographed anew, it seems: look at this"),
    "similar": N_("a similar design, it seems: look at this"),
    "other": N_("another design, as far as can be seen"),
}
"""What a picture is to a design, by ``similarity.Kind``. Only of the first can there be certainty."""
_PLACES = {
    "upper_left": N_("upper left"),
    "upper": N_("at the top"),
    "upper_right": N_("upper right"),
    "left": N_("on the left"),
    "middle": N_("in the middle"),
    "right": N_("on the right"),
    "lower_left": N_("lower left"),
    "lower": N_("at the bottom"),
    "lower_right": N_("lower right"),
}


ANEW = N_("the goods look the same, in another photograph")


def told(kind: str, reason: dict[str, Any], say: Callable[[str], str]) -> list[str]:
    """``describe`` for others than the owner: goods that were recognised look the same, no more."""
    return describe(reason, say) if kind == "copy" else [say(ANEW)]


def describe(reason: dict[str, Any], say: Callable[[str], str]) -> list[str]:
    """Short statements about the evidence, the strongest first, in the language of ``say``."""
    words: list[str] = []
    if reason.get("same_bytes"):
        words.append(say(N_("the very same file")))
    elif reason.get("same_pixels"):
        words.append(say(N_("the same picture, saved again")))
    if reason.get("mirrored"):
        words.append(say(N_("mirrored")))
    if reason.get("recoloured"):
        words.append(say(N_("another colour")))
    if reason.get("greyed"):
        words.append(say(N_("in grey")))
    if abs(int(reason.get("turned") or 0)) >= 10:
        words.append(say(N_("turned by %(degrees)s degrees")) % {"degrees": abs(int(reason["turned"]))})
    words += _coverage(reason, say)
    if reason.get("inliers") and not reason.get("same_pixels"):
        words.append(say(N_("%(count)s details agree in place")) % {"count": reason["inliers"]})
    return words or [say(N_("the pictures look alike as a whole"))]


def _coverage(reason: dict[str, Any], say: Callable[[str], str]) -> list[str]:
    if reason.get("coverage") is None or reason.get("same_pixels"):
        return []
    share = {"share": f"{float(reason['coverage']):.0%}"}
    words = [say(N_("%(share)s of the filed picture found")) % share]
    place = _PLACES.get(str(reason.get("place")))
    return [*words, say(place)] if place else words
