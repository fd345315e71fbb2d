"""A client of the API, for programs: typed, patient with a busy server, and sure that nothing is done twice.

It needs httpx and pydantic and nothing else of ipreg. See docs/api.md.
"""

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
from ipreg.client.faults import ApiConflictError, ApiError, ApiMissingError, ApiUnreachableError
from ipreg.client.registry import Client

__all__ = [
    "Alert",
    "AlertBrief",
    "ApiConflictError",
    "ApiError",
    "ApiMissingError",
    "ApiUnreachableError",
    "BulkItem",
    "BulkResult",
    "Case",
    "CaseBrief",
    "Client",
    "Figures",
    "Filing",
    "FilingBrief",
    "FilingForm",
    "FilingVersion",
    "Import",
    "Listing",
    "LogState",
    "Match",
    "NewCreator",
    "Person",
    "Pushed",
    "Record",
    "Step",
    "Whoami",
]
