"""A client of the API, for programs: typed, patient with a busy server, and sure that nothing is done twice.

It needs httpx and pydantic and nothing else of ipreg. See docs/api.md.
"""

from ipreg.api.keepingshapes import Act, Agreement, Offer
from ipreg.api.noticeshapes import Channel, ChannelMade, ChannelTimes, NewChannel, Notice
from ipreg.api.shapes import (
    Alert,
    AlertBrief,
    BulkItem,
    BulkResult,
    Case,
    CaseBrief,
    Figures,
    Filing,
    FilingBrief,
    FilingForm,
    FilingVersion,
    Import,
    Listing,
    LogState,
    Match,
    NewCreator,
    Person,
    Pushed,
    Record,
    Step,
    Whoami,
)
from ipreg.api.sourceshapes import CrawlWish, FeedWish, NewSource, SourceDetail, SourceRun
from ipreg.api.watchshapes import AllowedSeller, NewAllowedSeller, Watch, WatchForm
from ipreg.client.faults import ApiConflictError, ApiError, ApiMissingError, ApiUnreachableError
from ipreg.client.registry import Client

__all__ = [
    "Act",
    "Agreement",
    "Alert",
    "AlertBrief",
    "AllowedSeller",
    "ApiConflictError",
    "ApiError",
    "ApiMissingError",
    "ApiUnreachableError",
    "BulkItem",
    "BulkResult",
    "Case",
    "CaseBrief",
    "Channel",
    "ChannelMade",
    "ChannelTimes",
    "Client",
    "CrawlWish",
    "FeedWish",
    "Figures",
    "Filing",
    "FilingBrief",
    "FilingForm",
    "FilingVersion",
    "Import",
    "Listing",
    "LogState",
    "Match",
    "NewAllowedSeller",
    "NewChannel",
    "NewCreator",
    "NewSource",
    "Notice",
    "Offer",
    "Person",
    "Pushed",
    "Record",
    "SourceDetail",
    "SourceRun",
    "Step",
    "Watch",
    "WatchForm",
    "Whoami",
]
