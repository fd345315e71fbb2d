"""The tables, one module a noun. Importing this package registers all of them on ``Base.metadata``."""

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization, Role
from ipreg.models.alerts import Alert, AlertRecipient, AlertState, Delivery, DeliveryState, DismissReason
from ipreg.models.cases import Case, CaseEvent, CaseOutcome, CaseState
from ipreg.models.designs import Filing, FilingView, Industry, ViewKind
from ipreg.models.files import PictureFingerprint, StoredFile
from ipreg.models.listings import FeedImport, ImportFault, ImportState, Listing, ListingPicture
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

__all__ = [
    "Account",
    "Alert",
    "AlertRecipient",
    "AlertState",
    "Base",
    "Case",
    "CaseEvent",
    "CaseOutcome",
    "CaseState",
    "Certificate",
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
    "ListingPicture",
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
    "PictureFingerprint",
    "Role",
    "StampState",
    "StoredFile",
    "ViewKind",
]
