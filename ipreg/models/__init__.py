"""The tables, one module a noun. Importing this package registers all of them on ``Base.metadata``."""

from ipreg.db import Base
from ipreg.models.accounts import Account, FormerName, Organization, OrganizationRole, Role
from ipreg.models.alerts import Alert, AlertRecipient, AlertState, Delivery, DeliveryState, DismissReason
from ipreg.models.cases import Case, CaseClock, CaseEvent, CaseKind, CaseOutcome, CaseState, ClockKind
from ipreg.models.crawl import (
    CrawlHost,
    CrawlPage,
    ListingRemotePicture,
    PageState,
    PictureState,
    RemotePicture,
)
from ipreg.models.designs import Filing, FilingView, Industry, ViewKind
from ipreg.models.desk import Absence, CaseNote, CaseTask, SavedView
from ipreg.models.evidence import Capture, CaptureFile, CaptureState, Report, ReportState
from ipreg.models.files import PictureFingerprint, StoredFile
from ipreg.models.listings import (
    ChangeKind,
    FeedImport,
    ImportFault,
    ImportState,
    Listing,
    ListingChange,
    ListingPicture,
    ListingSighting,
    Seller,
)
from ipreg.models.log import (
    LogCheckpoint,
    LogCosignature,
    LogEntry,
    LogHead,
    LogKey,
    LogNode,
    LogTimeStamp,
    LogWitness,
    StampState,
)
from ipreg.models.matches import Match
from ipreg.models.papers import Certificate
from ipreg.models.sources import RunState, Source, SourceKind, SourceRun, SourceState

__all__ = [
    "Absence",
    "Account",
    "Alert",
    "AlertRecipient",
    "AlertState",
    "Base",
    "Capture",
    "CaptureFile",
    "CaptureState",
    "Case",
    "CaseClock",
    "CaseEvent",
    "CaseKind",
    "CaseNote",
    "CaseOutcome",
    "CaseState",
    "CaseTask",
    "Certificate",
    "ChangeKind",
    "ClockKind",
    "CrawlHost",
    "CrawlPage",
    "Delivery",
    "DeliveryState",
    "DismissReason",
    "FeedImport",
    "Filing",
    "FilingView",
    "FormerName",
    "ImportFault",
    "ImportState",
    "Industry",
    "Listing",
    "ListingChange",
    "ListingPicture",
    "ListingRemotePicture",
    "ListingSighting",
    "LogCheckpoint",
    "LogCosignature",
    "LogEntry",
    "LogHead",
    "LogKey",
    "LogNode",
    "LogTimeStamp",
    "LogWitness",
    "Match",
    "Organization",
    "OrganizationRole",
    "PageState",
    "PictureFingerprint",
    "PictureState",
    "RemotePicture",
    "Report",
    "ReportState",
    "Role",
    "RunState",
    "SavedView",
    "Seller",
    "Source",
    "SourceKind",
    "SourceRun",
    "SourceState",
    "StampState",
    "StoredFile",
    "ViewKind",
]
