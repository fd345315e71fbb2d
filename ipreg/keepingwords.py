"""The names of what is done to filings later, in English; the translations have the others."""

from __future__ import annotations

from ipreg.models import AgreementKind, AgreementState, LicenceKind

N_ = str  # marks a text for extraction

AGREEMENT_KINDS = {AgreementKind.TRANSFER: N_("Transfer"), AgreementKind.LICENCE: N_("Licence")}
AGREEMENT_STATES = {
    AgreementState.OFFERED: N_("waits for an answer"),
    AgreementState.ACCEPTED: N_("agreed"),
    AgreementState.REFUSED: N_("refused"),
    AgreementState.WITHDRAWN: N_("taken back"),
    AgreementState.EXPIRED: N_("lapsed"),
    AgreementState.ENDED: N_("ended"),
}
LICENCE_KINDS = {
    LicenceKind.EXCLUSIVE: N_("Exclusive: only the licensee uses the design"),
    LicenceKind.SOLE: N_("Sole: the licensee and the owner use it"),
    LicenceKind.ORDINARY: N_("Ordinary: others may get a licence too"),
}
ACTS = {
    "opened": N_("Opened for good"),
    "opening_set": N_("Day of opening set"),
    "opened_for_case": N_("Opened for an officer in a case"),
    "withdrawn": N_("Withdrawn"),
    "transfer_offered": N_("Transfer offered"),
    "transfer_accepted": N_("Transferred"),
    "transfer_refused": N_("Transfer refused"),
    "transfer_withdrawn": N_("Offer of transfer taken back"),
    "transfer_expired": N_("Offer of transfer lapsed"),
    "licence_offered": N_("Licence offered"),
    "licence_accepted": N_("Licensed"),
    "licence_refused": N_("Licence refused"),
    "licence_withdrawn": N_("Offer of a licence taken back"),
    "licence_expired": N_("Offer of a licence lapsed"),
    "licence_ended": N_("Licence ended"),
}
STATEMENTS = {
    "title": N_("Title"),
    "industry": N_("Industry"),
    "locarno_class": N_("Locarno class"),
    "creator": N_("Creator"),
    "created_on": N_("Day of creation"),
    "description": N_("Description"),
    "keywords": N_("Keywords"),
    "materials": N_("Materials"),
    "colours": N_("Colours"),
    "rights_wanted": N_("Rights wanted"),
    "disclosure": N_("First shown"),
    "first_disclosed_on": N_("Day of first disclosure"),
    "district": N_("District"),
}
