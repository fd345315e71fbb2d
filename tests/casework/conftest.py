from __future__ import annotations

import pytest
from desk import Desk
from scenery import HandClock, People
from sqlalchemy.orm import Session

from ipreg.runtime import Runtime


@pytest.fixture
def desk(session: Session, runtime: Runtime, clock: HandClock, people: People) -> Desk:
    return Desk(session, runtime, clock, people)
