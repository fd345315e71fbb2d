"""Any sequence of steps by anybody: what the case says is what its history leads to, and the log agrees."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from databases import Databases
from desk import MINUTES, REASON, Desk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from papers import open_prepared
from scenery import HandClock, People

from ipreg import log
from ipreg.casework import appeals, machine, table
from ipreg.casework.machine import Given, Outside
from ipreg.casework.table import Part
from ipreg.errors import IpregError
from ipreg.models import CaseOutcome, CaseState, ClockKind

_PLACES: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def places(databases: Databases, seal_file: Path) -> None:
    _PLACES.update(database=databases, seal=seal_file)


class Cases(RuleBasedStateMachine):
    """One case; anybody may try anything, and time passes."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "var").mkdir()
        self.runtime = open_prepared(self.folder / "var", _PLACES["database"], _PLACES["seal"])
        self.session = self.runtime.sessions()
        self.clock = HandClock()
        self.desk = Desk(self.session, self.runtime, self.clock, People(self.session, self.clock()))
        self.case, self.other = self.desk.open(), self.desk.open()

    @rule(hours=st.integers(1, 900))
    def time_passes(self, hours: int) -> None:
        self.clock.move(hours=hours)

    @rule(
        action=st.sampled_from(table.ACTIONS),
        who=st.integers(0, 6),
        reason=st.sampled_from(["", REASON]),
        outcome=st.sampled_from(CaseOutcome),
        severity=st.integers(0, 4),
        clock=st.sampled_from(ClockKind),
        days=st.integers(0, 40),
        side=st.sampled_from([None, *Part]),
    )
    def somebody_tries(
        self,
        action: str,
        who: int,
        reason: str,
        outcome: CaseOutcome,
        severity: int,
        clock: ClockKind,
        days: int,
        side: Part | None,
    ) -> None:
        self._try(action, who, Given(reason, outcome, None, self.other, clock, days, severity, side, (MINUTES,)))

    @rule(data=st.data(), who=st.integers(0, 6))
    def somebody_does_what_may_be_done(self, data: st.DataObject, who: int) -> None:
        """So that cases go far: a wild guess is refused nearly always."""
        moves = machine.possible(self.session, case=self.case, actor=self._actor(who), now=self.clock())
        if moves:
            move = data.draw(st.sampled_from(moves))
            outcome, side = data.draw(st.sampled_from(CaseOutcome)), data.draw(st.sampled_from(appeals.SIDES))
            given = Given(REASON, outcome, None, self.other, ClockKind.HANDLING, 5, 2, side, (MINUTES,))
            self._try(move.action, who, given)

    def _actor(self, who: int) -> machine.Actor:
        desk = self.desk
        people = (desk.officer, desk.second, desk.supervisor, desk.people.enterprise, desk.people.rival)
        return (*people, Outside(Part.RESPONDENT, "快手小铺"), machine.SYSTEM)[who]

    def _try(self, action: str, who: int, given: Given) -> None:
        actor = self._actor(who)
        officer = self.desk.second if action == "handed_over" else self.desk.officer
        given = Given(**{**given.__dict__, "officer": officer})
        before = table.replay(self.case.events), len(self.case.events), self.case.row_version
        try:
            with self.session.begin_nested():
                machine.transition(
                    self.session, case=self.case, action=action, actor=actor, given=given, now=self.clock()
                )
        except IpregError:
            assert (table.replay(self.case.events), len(self.case.events), self.case.row_version) == before

    @invariant()
    def the_case_is_what_its_history_says(self) -> None:
        case = self.case
        assert table.replay(case.events) == table.Standing(case.state, case.outcome, case.decision_reason)
        assert [event.position for event in case.events] == list(range(len(case.events)))
        if case.state in table.ENDED:
            left = {one.kind for one in case.clocks if one.stopped_at is None}
            assert left <= ({ClockKind.APPEAL} if case.state is CaseState.CLOSED else set())
            assert appeals.unserved(case) == []
        if case.state in table.IN_HAND:
            assert case.officer is not None
            running = [one.kind for one in case.clocks if one.stopped_at is None]
            assert running.count(ClockKind.HANDLING) == 1 and len(running) == len(set(running))
        if case.state is CaseState.DECIDED:
            assert case.outcome is not None and case.decision_reason == REASON

    @invariant()
    def nobody_approved_his_own(self) -> None:
        for proposed, approved in zip(self.case.events, self.case.events[1:], strict=False):
            if proposed.action == "proposed" and approved.action.startswith("decided_"):
                assert proposed.actor_id != approved.actor_id

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.commit()
        log.verify_log(self.session, verifier=self.runtime.log_key.verifier)
        self.session.close()
        self.runtime.sessions.kw["bind"].dispose()
        _PLACES["database"].drop(self.folder / "var")
        shutil.rmtree(self.folder)


Cases.TestCase.settings = settings(
    max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
test_any_order_of_steps = Cases.TestCase
