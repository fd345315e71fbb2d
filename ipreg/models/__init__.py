"""The tables, one module a noun. Importing this package registers all of them on ``Base.metadata``."""

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization, Role
from ipreg.models.alerts import Alert, AlertRecipient, AlertState, DismissReason
from ipreg.models.cases import Case, CaseEvent, CaseOutcome, CaseState
from ipreg.models.crawl import (
    CrawlHost,
    CrawlPage,
    ListingRemotePicture,
    PageState,
    PictureState,
    RemotePicture,
)
from ipreg.models.designs import Filing, FilingView, Industry, ViewKind
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
from ipreg.models.notices import (
    Channel,
    ChannelKind,
    ChannelState,
    Delivery,
    DeliveryState,
    Notice,
    Outgoing,
    Rhythm,
)
from ipreg.models.papers import Certificate
from ipreg.models.sources import RunState, Source, SourceKind, SourceRun, SourceState

__all__ = [
    "Account",
    "Alert",
    "AlertRecipient",
    "AlertState",
    "Base",
    "Capture",
    "CaptureFile",
    "CaptureState",
    "Case",
    "CaseEvent",
    "CaseOutcome",
    "CaseState",
    "Certificate",
    "ChangeKind",
    "Channel",
    "ChannelKind",
    "ChannelState",
    "CrawlHost",
    "CrawlPage",
    "Delivery",
    "DeliveryState",
    "DismissReason",
    "FeedImport",
    "Filing",
    "FilingView",
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
    "Notice",
    "Organization",
    "Outgoing",
    "PageState",
    "PictureFingerprint",
    "PictureState",
    "RemotePicture",
    "Report",
    "ReportState",
    "Rhythm",
    "Role",
    "RunState",
    "Seller",
    "Source",
    "SourceKind",
    "SourceRun",
    "SourceState",
    "StampState",
    "StoredFile",
    "ViewKind",
]
