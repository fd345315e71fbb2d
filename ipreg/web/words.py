"""The names of things on the pages, in English; the translations have the others."""

from __future__ import annotations

from ipreg.casework.words import CASE_KINDS as CASE_KINDS
from ipreg.casework.words import CASE_SHORT as CASE_SHORT
from ipreg.casework.words import CASE_STATES as CASE_STATES
from ipreg.casework.words import CLOCKS as CLOCKS
from ipreg.casework.words import EVENTS as EVENTS
from ipreg.casework.words import NEEDS as NEEDS
from ipreg.casework.words import OUTCOMES as OUTCOMES
from ipreg.casework.words import PARTS as PARTS
from ipreg.casework.words import REASONS as REASONS
from ipreg.casework.words import SEVERITIES as SEVERITIES
from ipreg.casework.words import STEPS as STEPS
from ipreg.casework.words import TABS as TABS
from ipreg.invitations import ROLES as ORGANIZATION_ROLES  # noqa: F401
from ipreg.keepingwords import ACTS as ACTS
from ipreg.keepingwords import AGREEMENT_KINDS as AGREEMENT_KINDS
from ipreg.keepingwords import AGREEMENT_STATES as AGREEMENT_STATES
from ipreg.keepingwords import LICENCE_KINDS as LICENCE_KINDS
from ipreg.keepingwords import STATEMENTS as STATEMENTS
from ipreg.models import (
    AlertState,
    AuditKind,
    CaptureState,
    ChangeKind,
    ChannelKind,
    ChannelState,
    DeliveryState,
    DismissReason,
    ImportState,
    JobResult,
    OrganizationRole,
    PaperKind,
    ReportState,
    Rhythm,
    Role,
    RunState,
    Scope,
    SourceKind,
    SubmissionKind,
)
from ipreg.names import DISCLOSURES as DISCLOSURES
from ipreg.names import INDUSTRIES as INDUSTRIES
from ipreg.names import RIGHTS as RIGHTS
from ipreg.names import VIEWS as VIEWS
from ipreg.reasons import KINDS as MATCH_KINDS  # noqa: F401
from ipreg.warning.words import ALERT_EVENTS as ALERT_EVENTS
from ipreg.warning.words import GRAVITIES as GRAVITIES
from ipreg.web.alertwords import ALERT_FILTERS as ALERT_FILTERS
from ipreg.web.alertwords import BULK as BULK
from ipreg.web.alertwords import DONE as DONE
from ipreg.web.alertwords import RECOGNISED as RECOGNISED
from ipreg.web.alertwords import SELLER_MARKS as SELLER_MARKS
from ipreg.web.alertwords import SELLER_TIES as SELLER_TIES
from ipreg.web.alertwords import WATCH_SCOPES as WATCH_SCOPES

N_ = str  # marks a text for extraction

ROLES = {
    Role.DESIGNER: N_("Designer"),
    Role.ENTERPRISE: N_("Enterprise"),
    Role.REGULATOR: N_("Market regulator"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.AUDITOR: N_("Auditor"),
}
ORGANIZATION_RIGHTS = {
    OrganizationRole.OWNER: N_("Sees, files and decides everything, invites people and gives them roles."),
    OrganizationRole.FILER: N_("Sees everything, files designs and decides on alerts."),
    OrganizationRole.VIEWER: N_("Sees everything and changes nothing."),
    OrganizationRole.CONTRIBUTOR: N_("Files on behalf of the enterprise and sees only what he filed."),
}
ALERT_STATES = {
    AlertState.OPEN: N_("Open"),
    AlertState.CONFIRMED: N_("Confirmed"),
    AlertState.DISMISSED: N_("Dismissed"),
}
DISMISS_REASONS = {
    DismissReason.MINE: N_("It is our own listing"),
    DismissReason.LICENSED: N_("The seller has a licence"),
    DismissReason.NOT_SIMILAR: N_("Not similar"),
    DismissReason.OTHER: N_("Another reason"),
}
IMPORT_STATES = {
    ImportState.WAITING: N_("Waiting"),
    ImportState.RUNNING: N_("Running"),
    ImportState.DONE: N_("Done"),
    ImportState.FAILED: N_("Failed"),
}
DELIVERY_STATES = {
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.SENT: N_("Sent"),
    DeliveryState.PARKED: N_("Given up"),
    DeliveryState.WITHDRAWN: N_("Nothing left to say"),
}
QUEUES = {
    "imports": N_("Feeds to import"),
    "views_to_compare": N_("Views of filings to compare"),
    "pictures_to_compare": N_("Pictures of listings to compare"),
    "matches_to_consider": N_("Matches to consider"),
    "notices_to_pack": N_("Notices to send"),
    "letters": N_("Account mail to send"),
    "time_stamps": N_("Time stamps to fetch"),
}
"""Of ``ipreg.stock``."""
JOB_RESULTS = {
    JobResult.DONE: N_("Done"),
    JobResult.FAILED: N_("Failed"),
    JobResult.CUT: N_("Cut off"),
}
JOBS = {
    "sources": N_("Begin runs of sources that are due"),
    "imports": N_("Take feeds in"),
    "crawl": N_("Crawl shops"),
    "reports": N_("Read reported pages"),
    "pictures": N_("Fetch pictures of listings"),
    "audit": N_("Commit the audit trail to the log"),
    "papers": N_("Make papers of cases"),
    "retention": N_("Erase what may be kept no longer"),
    "checkpoints": N_("Sign the log's checkpoints"),
    "witnesses": N_("Have checkpoints cosigned"),
    "timestamps": N_("Fetch time stamps"),
    "fingerprints": N_("Fingerprints by a new model"),
    "figures": N_("Count dashboards and the yearly figures ahead"),
    "samepictures": N_("Find pictures of listings that show the same"),
    "matches": N_("Compare new pictures"),
    "goods": N_("Recognise goods photographed anew"),
    "novelty": N_("Check drafts for novelty"),
    "batches": N_("Work through batches"),
    "alerts": N_("Raise alerts"),
    "learning": N_("Learn from decisions"),
    "conflicts": N_("Find filings much like earlier ones"),
    "repeats": N_("Raise cases of repeat sellers"),
    "caseclocks": N_("Watch the clocks of cases"),
    "evidence": N_("Capture pages as evidence"),
    "openings": N_("Open sealed filings whose day has come"),
    "rights": N_("Remind of deadlines of rights"),
    "responses": N_("Watch the clocks of letters"),
    "responses-finish": N_("Make and mail letters"),
    "deliveries": N_("Send warnings by mail"),
    "deliveries-http": N_("Send warnings by webhook, robot or service"),
    "letters": N_("Send account mail"),
    "exports": N_("Make copies of personal data"),
    "letters-over": N_("Forget old sign-ins and account mail"),
}
"""Of ``jobs.schedule``."""
SOURCE_KINDS = {
    SourceKind.FEED: N_("Feed"),
    SourceKind.PUSH: N_("Pushed by a program"),
    SourceKind.CRAWL: N_("Shop that is read"),
    SourceKind.REPORT: N_("Reports by hand"),
}
CHANNEL_KINDS = {
    ChannelKind.EMAIL: N_("E-mail"),
    ChannelKind.WEBHOOK: N_("Webhook"),
    ChannelKind.DINGTALK: N_("DingTalk"),
    ChannelKind.WECOM: N_("WeCom"),
    ChannelKind.FEISHU: N_("Feishu"),
    ChannelKind.SERVICE: N_("Messaging service"),
}
CHANNEL_STATES = {
    ChannelState.ACTIVE: N_("in use"),
    ChannelState.PAUSED: N_("paused"),
    ChannelState.DEAD: N_("switched off: nothing arrives"),
}
RHYTHMS = {
    Rhythm.IMMEDIATE: N_("At once"),
    Rhythm.HOURLY: N_("Every hour"),
    Rhythm.DAILY: N_("Every day"),
    Rhythm.WEEKLY: N_("Every week"),
}
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
RUN_STATES = {
    RunState.RUNNING: N_("Running"),
    RunState.DONE: N_("Done"),
    RunState.FAILED: N_("Failed"),
}
RUN_DETAILS = {
    "unchanged": N_("nothing new since the last run"),
    "settling": N_("files that were changed just now are read in a minute"),
    "interrupted": N_("was interrupted; pages that were being asked for then come first in the next run"),
    "no_browser": N_("pages were read without their scripts: this server has no Chromium that starts"),
    "budget": N_("ended with its budget of pages; the next run goes on"),
}
HEALTH = {
    "good": N_("in order"),
    "failing": N_("failing"),
    "hampered": N_("works in part"),
    "paused": N_("paused"),
    "running": N_("running"),
    "new": N_("new"),
}
AVAILABILITIES = {
    "in_stock": N_("in stock"),
    "out_of_stock": N_("out of stock"),
    "sold_out": N_("sold out"),
    "pre_order": N_("can be ordered in advance"),
    "pre_sale": N_("can be ordered in advance"),
    "back_order": N_("can be ordered, comes later"),
    "discontinued": N_("no longer made"),
    "limited_availability": N_("few left"),
    "online_only": N_("online only"),
    "in_store_only": N_("in shops only"),
    "made_to_order": N_("made to order"),
    "reserved": N_("reserved"),
}
REPORT_STATES = {
    ReportState.WAITING: N_("Waiting"),
    ReportState.KEPT: N_("Taken up"),
    ReportState.REFUSED: N_("Could not be taken up"),
}
CAPTURE_STATES = {
    CaptureState.WAITING: N_("is being captured"),
    CaptureState.DONE: N_("captured"),
    CaptureState.FAILED: N_("captured without the page"),
}
CHANGES = {
    ChangeKind.TITLE: N_("Title"),
    ChangeKind.PRICE: N_("Price"),
    ChangeKind.SELLER: N_("Seller"),
    ChangeKind.PICTURES: N_("other pictures"),
    ChangeKind.GONE: N_("taken down"),
    ChangeKind.BACK: N_("there again"),
}
RISKS = {
    "infringing": N_("Decided as infringing"),
    "open_cases": N_("Cases that are open"),
    "confirmed": N_("Confirmed alerts"),
    "alerts": N_("Alerts not decided yet"),
    "not_infringing": N_("Decided as not infringing"),
}
SUBMISSION_KINDS = {
    SubmissionKind.APPEAL: N_("Request for internal review"),
    SubmissionKind.COUNTER_NOTICE: N_("Declaration of non-infringement (counter-notice)"),
    SubmissionKind.STATEMENT: N_("Statement"),
    SubmissionKind.EVIDENCE: N_("Evidence"),
}
PAPERS = {
    PaperKind.ACCEPTANCE: N_("Notice of acceptance"),
    PaperKind.NON_ACCEPTANCE: N_("Notice of non-acceptance"),
    PaperKind.NOTICE: N_("Notice of alleged infringement"),
    PaperKind.HEARING: N_("Notice of hearing"),
    PaperKind.CANCELLATION: N_("Notice that the hearing is cancelled"),
    PaperKind.DECISION: N_("Written decision"),
}
HEARING_MOVED = N_("Notice of a new day for the hearing")
AUDIT_KINDS = {
    AuditKind.WRITE: N_("Change"),
    AuditKind.REFUSED: N_("Refused"),
    AuditKind.READ: N_("Read"),
}
AUDIT_DETAILS = {
    "method": N_("Method"),
    "route": N_("Route"),
    "request": N_("Request"),
    "address": N_("Network"),
    "changes": N_("Rows written"),
    "via": N_("By way of"),
}
AUDIT_ACTORS = {
    "nobody": N_("Somebody not signed in"),
    "command line": N_("The operator's command line"),
    "job": N_("Scheduled work"),
    "respondent": N_("Respondent"),
    "account": N_("An account that is gone"),
}
SCOPES = {
    Scope.FILINGS_READ: N_("see filings and their papers"),
    Scope.FILINGS_WRITE: N_("file, change and withdraw designs"),
    Scope.ALERTS_READ: N_("see alerts and matches"),
    Scope.ALERTS_WRITE: N_("decide on alerts, manage watches, write letters"),
    Scope.LISTINGS_READ: N_("see listings and imports"),
    Scope.LISTINGS_WRITE: N_("push and report listings, manage sources"),
    Scope.CASES_READ: N_("see cases"),
    Scope.CASES_WRITE: N_("take steps in cases"),
    Scope.STATISTICS_READ: N_("see exact figures"),
    Scope.NOTICES_READ: N_("see notices, and where they go"),
    Scope.NOTICES_WRITE: N_("set up where notices go (webhooks)"),
    Scope.AUDIT_READ: N_("see the audit trail"),
}
AUDIT_ACTIONS = {
    "accounts.sign_in": N_("Sign in"),
    "accounts.sign_up": N_("Open an account"),
    "accounts.account": N_("Change one's account"),
    "alerts.confirm": N_("Confirm an alert"),
    "alerts.dismiss": N_("Dismiss an alert"),
    "alerts.reopen": N_("Reopen an alert"),
    "casesteps.assign": N_("Assign a case"),
    "casesteps.draft": N_("Begin a decision with a template"),
    "casesteps.decide": N_("Decide a case"),
    "parties.notice": N_("Issue a one-time link"),
    "parties.revoke": N_("Withdraw a one-time link"),
    "parties.submit": N_("Hand something in"),
    "parties.paper": N_("Open a paper"),
    "respond.open_link": N_("Open a one-time link"),
    "respond.submit": N_("Hand something in"),
    "respond.paper": N_("Open a paper"),
    "retention.erase": N_("Erase personal data"),
    "caseclocks.look_at": N_("Warn of a deadline, or record that it is over"),
    "repeats.raise_one": N_("Raise the severity of a repeat seller"),
    "conflicts.open": N_("Open a case between two filings"),
    "papers.issue": N_("Issue a paper"),
    "openings.open": N_("Open a sealed filing on its day"),
    "openings.agreement": N_("Begin or end an agreement on its day"),
    "case.confidential": N_("Read what is for the authority alone"),
    "case.bundle": N_("Take a case bundle"),
    "filings.new": N_("File a design"),
    "filings.certificate_file": N_("Issue a certificate"),
    "filings.evidence": N_("Issue an evidence bundle"),
    "imports.imports": N_("Import a feed"),
    "api_listings.push": N_("Push listings"),
    "api_filings.file_design": N_("File a design"),
    **{
        f"api_alerts.{name}": words
        for name, words in (
            ("confirm", N_("Confirm an alert")),
            ("dismiss", N_("Dismiss an alert")),
            ("reopen", N_("Reopen an alert")),
            ("bulk", N_("Act on many alerts")),
        )
    },
    "api_cases.take_step": N_("Take a step in a case"),
    "tokens.overview": N_("Make a token for a program"),
    "tokens.revoke": N_("Revoke a token"),
    "pages.administration": N_("Open an officer's account"),
    "language.choose": N_("Choose a language"),
}
