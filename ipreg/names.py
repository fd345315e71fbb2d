"""What industries, views, rights and kinds of disclosure are called in English; translations have the others."""

from __future__ import annotations

from ipreg.models import Disclosure, Industry, RightKind, ViewKind

N_ = str  # marks a text for extraction
FILE_OF_WORK = N_("Design file")

INDUSTRIES = {
    Industry.CLOTHING: N_("Clothing"),
    Industry.FURNITURE: N_("Furniture"),
    Industry.WATCHES: N_("Watches"),
    Industry.JEWELLERY: N_("Gold and jewellery"),
    Industry.UNDERWEAR: N_("Underwear"),
    Industry.LEATHER: N_("Leather goods"),
    Industry.EYEWEAR: N_("Eyewear"),
    Industry.COSMETICS: N_("Cosmetics"),
    Industry.CRAFTS: N_("Arts and crafts"),
}
VIEWS = {
    ViewKind.FRONT: N_("Front"),
    ViewKind.BACK: N_("Back"),
    ViewKind.LEFT: N_("Left"),
    ViewKind.RIGHT: N_("Right"),
    ViewKind.TOP: N_("Top"),
    ViewKind.BOTTOM: N_("Bottom"),
    ViewKind.PERSPECTIVE: N_("Perspective"),
    ViewKind.IN_USE: N_("In use"),
    ViewKind.DETAIL: N_("Detail"),
}
RIGHTS = {
    RightKind.DESIGN_PATENT: N_("Design patent"),
    RightKind.COPYRIGHT: N_("Copyright (registered work)"),
    RightKind.TRADE_MARK: N_("Trade mark"),
    RightKind.TRADE_SECRET: N_("Trade secret"),
}
DISCLOSURES = {
    Disclosure.NONE: N_("Not shown to anybody yet"),
    Disclosure.MARKETPLACE: N_("Offered for sale (shop, marketplace)"),
    Disclosure.SOCIAL_MEDIA: N_("Social media or a web page"),
    Disclosure.EXHIBITION: N_("Exhibition or fair"),
    Disclosure.RECOGNISED_EXHIBITION: N_("International exhibition that the government sponsors or recognises"),
    Disclosure.PRESCRIBED_MEETING: N_("Prescribed academic or technical meeting"),
    Disclosure.PUBLICATION: N_("Publication in print"),
    Disclosure.AGAINST_WILL: N_("By somebody else, without the applicant's consent"),
    Disclosure.EMERGENCY: N_("For the public interest in a state emergency"),
    Disclosure.OTHER: N_("In another way"),
}


def shows(view: str) -> str:
    """What a file in a manifest shows: one of the views, or nothing, as a file of the designer's work."""
    return VIEWS[ViewKind(view)] if view in list(ViewKind) else FILE_OF_WORK
