"""Around the inbox, over the wire: filters under a name, thresholds tried, and what decisions have taught."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ipreg.api.shapes import N_, AlertFilter, Asked, Shape

CalibrationState = Literal["active", "retired", "refused"]


class SavedFilter(Shape):
    """A filter of the inbox under a name of yours."""

    id: int
    name: str
    query: str = Field(description=N_("The parameters, as they stand behind `/alerts?`."))


class NewSavedFilter(Asked):
    """A filter under a name; a name that is there gets the new filter."""

    name: str = Field(min_length=1, max_length=60)
    filter: AlertFilter


class Tried(Shape):
    """What would have been with this threshold. `unseen` are matches that did not alert, so nobody judged them."""

    threshold: float
    alerts: int
    confirmed: int
    false: int
    unseen: int


class Calibration(Shape):
    """How your decisions change the probability; `before` and `after` are figures on decisions held back."""

    id: int
    version: int
    state: CalibrationState
    algorithm: str
    learnt_from: int
    held_back: int
    before: dict[str, Any]
    after: dict[str, Any]
    created_at: datetime


class Switch(Asked):
    """On: this calibration is used. Off: the verdict alone."""

    on: bool
