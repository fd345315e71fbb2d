"""What the choices of the packages are called in English; the translations have the others."""

from __future__ import annotations

from ipreg.rights.packages.texts import Belongs, Omitted, WorkKind

N_ = str  # marks a text for extraction

OMITTED = {
    Omitted.SAME: N_("left out: same as the opposite view"),
    Omitted.MIRRORED: N_("left out: mirror of the opposite view"),
    Omitted.UNSEEN: N_("left out: hardly or never seen in use"),
}
WORKS = {
    WorkKind.FINE_ART: N_("Fine art (also applied art)"),
    WorkKind.PHOTOGRAPH: N_("Photograph"),
    WorkKind.PRODUCT_DRAWING: N_("Product design drawing"),
    WorkKind.MODEL: N_("Model"),
    WorkKind.OTHER: N_("Another work"),
}
BELONGS = {
    Belongs.PERSON: N_("The author alone"),
    Belongs.TOGETHER: N_("Several authors together"),
    Belongs.ORGANISATION: N_("An organisation as author"),
    Belongs.EMPLOYED: N_("Made in employment"),
    Belongs.ORDERED: N_("Made to order"),
}
