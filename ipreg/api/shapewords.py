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
    "HandOver": N_("What the regulator is to know."),
    "NewSource": N_(
        "`feed` is needed for a feed, `crawl` for a crawl; one of the kind `push` gets its token afterwards."
    ),
    "FeedWish": N_("Where a feed is fetched. `complete`: what it does not hold any more is gone."),
    "CrawlWish": N_(
        "What is crawled, and how gently: `delay` in seconds between two requests to one host. In `searches`"
        " `{keyword}` stands for each of the `keywords`."
    ),
    "SourceDetail": N_("A source with its settings, and how it is doing."),
    "SourceRun": N_("One run. `fault` is a code where all of it failed."),
    "SourceToken": N_("A token for pushing; it is shown this once."),
    "Notice": N_("What you were told: in a line, in further lines, and the page that it leads to."),
    "Channel": N_(
        "A way by which notices leave. `given_up`: how many could not be delivered; `fault`: what went wrong last."
    ),
    "NewChannel": N_(
        "`shared` makes it the enterprise's, which its owners may. `secret` is a robot's; a webhook gets one from"
        " us."
    ),
    "ChannelMade": N_("A channel with the `secret` that signs a webhook's messages; it is shown this once."),
    "ChannelTimes": N_("At once or gathered; `hour` and `weekday` (0: Monday) are for daily and weekly ones."),
    "Watch": N_("What is watched, and who is told. `threshold` null is the usual one; empty lists mean all."),
    "WatchForm": N_(
        "The whole watch. To change one, `row_version` is needed: that of what you saw. `recipients` empty: all who"
        " see the designs."
    ),
    "AllowedSeller": N_("A seller whose listings of a design do not alert."),
    "NewAllowedSeller": N_("By a shop id, or by an address or name in which `*` stands for anything."),
    "OpeningDay": N_("The day on which a sealed filing opens by itself; null: on none."),
    "Withdrawal": N_("`confirmed` is the filing's number once more. A sealed filing's files are destroyed always."),
    "Act": N_("What was done to a filing after it was filed, with its entry in the log."),
    "Agreement": N_("A transfer or licence. Nothing changes before the other side accepts it."),
    "Offer": N_(
        "To an e-mail address. The terms are those of a licence; `shops` are names or addresses whose listings do"
        " not alert while it runs."
    ),
    "Submission": N_("What a party handed in: the receipt, whose `digest` the log commits to."),
    "NewSubmission": N_(
        "A statement; `confidential` is for the authority alone. A request for internal review (`appeal`) is "
        "handed in so, too."
    ),
    "CasePaper": N_("A paper that the authority issued, signed; `served_at` is when each side opened it first."),
    "CaseNote": N_("A remark. `shared`: owners see it too, those of `side`, or of both where it is null."),
    "NewCaseNote": N_("A remark; an owner's is between his side and the authority. `@name` tells an officer."),
    "NewNotice": N_("To whom the notice goes, and how he is reached."),
    "RespondentLink": N_("The one-time link by which the other side sees the case; it is shown this once."),
    "OpenSealed": N_("Why the officer has to look into a sealed filing of his case."),
    "CaseBulk": N_("`assign` needs an `officer`; `merge` merges all into the oldest of them."),
    "CaseBulkResult": N_("A result for each. `into`: into which case the others were merged."),
    "NewComplaint": N_("What the owner saw himself."),
    "Draft": N_("A draft: what keeps it from being filed, and, when `compared`, what is alike to it."),
    "AlikeFiling": N_("What is alike. `filing` is null where you may not see it, or where it is a listing."),
    "Batch": N_("A batch with its rows; `waiting`, `good`, `bad` and `filed` count them."),
    "BatchRow": N_("One design of a batch: its faults, or the filing that it became."),
    "RightClock": N_(
        "A period that runs for the design: `due_on` is its last day, `missing` the date without which it can't be"
        " told; `wanted`: of a right that the owner wants. Information, not legal advice."
    ),
    "RightRecord": N_("A right, or an application for one, as its owner recorded it, with its entry in the log."),
    "Rights": N_("The clocks of a filing, the most urgent first, and its recorded rights."),
    "NewRight": N_(
        "A right, or with `granted_on` null an application for one. `office`: of a design abroad; `public`: once"
        " granted it stands on the public record."
    ),
    "PackageTexts": N_(
        "What the filing does not say and offices ask for, whole; empty is what is not written yet. `omitted`: why"
        " a view is left out."
    ),
    "Package": N_("How far a package is: what is still missing, and which view is published."),
    "Report": N_("An address or a picture that you reported; `listing` is what came of it."),
    "NewReport": N_("An `address`, or with a `picture` beside it what it shows, in `title`."),
    "NewSellerLink": N_("What is said of a shop and an `other` one: one seller, or two."),
    "SellerLink": N_("What your office said of two shops."),
    "Seller": N_("What you may know of a seller; `risk` is 0 to 100, the sum of its reasons."),
    "Evidence": N_("A listing's page as it was; its log entry commits to the digests of the files."),
    "Look": N_("What one fetch of an address shows. `guessed`: the page publishes no product data."),
    "SavedFilter": N_("A filter of the inbox under a name of yours."),
    "Tried": N_("What would have been with this threshold; `unseen` did not alert, so nobody judged them."),
    "Calibration": N_(
        "How your decisions change the probability; `before` and `after` are figures on decisions held back."
    ),
    "SavedView": N_("A view of the queue under a name of yours."),
    "Absence": N_("Days, both included, on which a deputy acts in your cases."),
    "Reasons": N_("Reasons to begin with, with gaps that the officer fills."),
    "AuditRow": N_(
        "Who did what to what, when. `digest` is over all of it and `previous`, the digest of the row before."
    ),
    "LetterTexts": N_("An owner's own texts of a kind of letter; `version` 0 is the standard text."),
    "SourceChange": N_("The whole of what may be changed; a source's kind and platform stay."),
    "LetterBrief": N_("`next_on`: by when something is to be done, or is worth asking for."),
    "LegalLetter": N_("A letter with its files and its history; `steps` are what may be done now."),
    "NewLetter": N_(
        "What is left out is as in your last letter, or as the alert says; `matches` are those of the alert whose"
        " listings it is about; `truth` states that all of it is true."
    ),
    "LetterStep": N_(
        "`on`: the day it happened. `way`: how it was sent; `elements`: those that a counter-notice has; `to`: what"
        " the platform was told of; `outcome`: how it ended."
    ),
}
