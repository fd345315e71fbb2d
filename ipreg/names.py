"""The names of industries and views in English, for whoever shows them; the translations have the others."""

from __future__ import annotations

from ipreg.models import Industry, ViewKind

N_ = str  # marks a text for extraction

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
