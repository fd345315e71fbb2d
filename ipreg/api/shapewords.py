"""What the shapes are, for the description of the API: their docstrings are for who reads the code."""

from __future__ import annotations

N_ = str  # marks a text for extraction
SHAPES = {
    "Problem": N_("An error (RFC 9457). `code` is stable; the texts come in the language of `Accept-Language`."),
    "Fault": N_("One field that is wrong."),
    "Whoami": N_("Whose token it is, and what it may be used for."),
    "Person": N_("An account, as others see it."),
    "FiledFile": N_("A filed file with its digests; `view` is null for files that show no view."),
    "FilingBrief": N_("A filing as a list shows it."),
    "Filing": N_("A filing: what was stated, its files with their digests, and what you may do with it."),
    "FilingVersion": N_(
        "One version; `manifest` is what its log entry commits to, null where it is sealed for you."
    ),
    "FilingForm": N_("What is stated about the design. `views` says which view each of the `pictures` shows."),
    "Amendment": N_(
        "What the next version states, whole. Of the present files those in `keep` (SHA-256) stay, all where it is"
        " null; new `pictures` come after them."
    ),
    "NewCreator": N_("Who made the design; all have a share in percent, or none."),
    "Record": N_(
        "What anybody may know of a filing. `matches`: whether the file belongs to it, null where none was asked"
        " for."
    ),
    "ProofRef": N_("The log's proof for an entry. `held`: checked just now against the signed checkpoint."),
    "StampRef": N_("A time stamp (RFC 3161) that covers the entry, and where its token is."),
    "LogState": N_("Where the transparency log stands, and where strangers read it."),
    "Listing": N_("An offer on a platform. `pictures` are SHA-256."),
    "FilingRef": N_("A filing by its number; `title` is null where it is sealed for you or destroyed."),
    "Match": N_("A listing, or a later filing, that looks like a filing; why, and how likely it is a copy."),
    "Pushed": N_("What was taken in. The pictures of accepted rows are fetched afterwards: ask for the import."),
    "Source": N_("A source of listings of your account; to those of the kind `push` listings are pushed."),
    "PushedRow": N_("What became of one row."),
    "Import": N_("How far an import is."),
    "AlertBrief": N_("A suspected copy as the inbox shows it; `severity` is 0 to 100, `kind` what was recognised."),
    "Alert": N_("An alert with its evidence and history. `case` is the number of the case that came of it."),
    "SeverityReason": N_("Why it is rated so, and with how many points."),
    "Seen": N_("`row_version` is that of what you saw: where somebody was faster the answer is 409."),
    "Confirm": N_("It is a copy; with `to_regulator` a case in the regulator's queue comes of it."),
    "Bulk": N_("`reason` is needed to dismiss, `until` to snooze; `account` null gives it to nobody."),
    "BulkResult": N_("A result for each, in the order in which they were sent."),
    "CaseBrief": N_("A case as the queue shows it; `severity` is 1 to 3."),
    "Case": N_("A case with its deadlines, its history, and the steps that you may take."),
    "CaseClock": N_("A deadline; `due_on` is null while it is paused."),
    "CaseEvent": N_("One step, with its entry in the log. `note` is null where it is the authority's own."),
    "CaseStep": N_("A step that you may take now, and what it needs."),
    "Step": N_("What the step brings; which of it is needed stands in the case's `steps`."),
    "CountRow": N_("How many; null is a small number that is not told in public."),
    "FigureTable": N_("A figure by one dimension."),
    "Stage": N_("How long a stage of cases takes."),
}
