"""Who is there: the walk through a visit, and what can never happen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from device.lifecycle import Change, Lifecycle, Presence

MS = 1_000_000
S = 1_000_000_000
ALL = (True, True, True)
NONE = (False, False, False)

EMPTY = Presence(
    body=False,
    tilt_abs_deg=90.0,
    measuring=True,
    rest_ns=60 * S,
    pads_fitted=True,
    closed=NONE,
    pads_known=True,
    moving=False,
    moved=False,
    pads_steady=True,
    loose=False,
    set_done=False,
    stop=False,
    next=False,
)
TALL = replace(EMPTY, body=True, tilt_abs_deg=3.0, closed=ALL)


class Visit:
    """Steps a life cycle by 50 ms."""

    def __init__(self) -> None:
        self.life = Lifecycle()
        self.t_ns = 0
        self.changes: list[tuple[float, Change]] = []
        self.be(1.0)

    def be(self, for_s: float, **now: Any) -> list[str]:
        """What changed while it was so (from an empty place, unless ``like``)."""
        base: Presence = now.pop("like", EMPTY)
        before = len(self.changes)
        for _ in range(round(for_s * 20)):
            self.t_ns += 50 * MS
            change = self.life.step(self.t_ns, replace(base, **now))
            if change is not None:
                self.changes.append((self.t_ns * 1e-9, change))
            now.pop("stop", None)
            now.pop("next", None)
        return [change.state for _, change in self.changes[before:]]

    def tall(self, for_s: float, **now: Any) -> list[str]:
        return self.be(for_s, like=TALL, **now)

    def last(self) -> Change:
        return self.changes[-1][1]


def ready() -> Visit:
    visit = Visit()
    visit.be(1.0, body=True)
    visit.tall(2.0, rest_ns=2 * S)
    assert visit.life.state == "READY"
    return visit


def in_set() -> Visit:
    visit = ready()
    visit.tall(0.5, moving=True)
    assert visit.life.state == "SET"
    return visit


def test_a_whole_visit() -> None:
    visit = Visit()
    assert visit.be(1.0, body=True) == ["NEAR"]
    assert visit.tall(0.1, rest_ns=0) == ["DOWEL_UP", "SET_UP"]
    assert visit.last().opened
    assert visit.tall(0.9, rest_ns=0) == []
    assert visit.tall(0.1, rest_ns=S) == ["READY"]
    assert visit.last().zero
    assert not visit.last().opened
    assert visit.tall(2.0) == []
    assert visit.tall(2.0, moving=True) == ["SET"]
    assert visit.tall(0.5, set_done=True) == ["RESTING"]
    assert visit.tall(5.0, set_done=True) == []
    assert visit.tall(1.0, moving=True) == ["SET"]
    assert visit.tall(0.5, set_done=True) == ["RESTING"]
    began_s = visit.t_ns * 1e-9
    assert visit.be(70.0) == ["NEAR", "LEFT", "IDLE"]
    near, left, idle = (t for t, _ in visit.changes[-3:])
    assert near - began_s == pytest.approx(1.5, abs=0.1)
    assert left - began_s == pytest.approx(2.0, abs=0.1)
    assert idle - began_s == pytest.approx(60.0, abs=0.1)
    assert visit.last().closed == "left"
    assert not visit.life.session_open


def test_somebody_who_only_passes_by_opens_nothing() -> None:
    visit = Visit()
    assert visit.be(0.25, body=True) == []
    visit.be(1.0)
    assert visit.be(3.0, body=True) == ["NEAR"]
    assert visit.be(3.0) == ["IDLE"]
    assert not visit.life.session_open


@pytest.mark.parametrize(
    "bad", [{"tilt_abs_deg": 25.0}, {"tilt_abs_deg": -25.0}, {"closed": NONE}, {"measuring": False}]
)
def test_a_dowel_that_is_not_up_on_the_back_is_not_set_up(bad: dict[str, Any]) -> None:
    visit = Visit()
    visit.be(1.0, body=True)
    assert visit.tall(10.0, **bad) == []
    assert visit.life.state == "NEAR"


@pytest.mark.parametrize(
    "bad",
    [{"rest_ns": S - 1}, {"tilt_abs_deg": 21.0}, {"body": False}, {"pads_steady": False}],
)
def test_zeroes_need_a_still_tall_person(bad: dict[str, Any]) -> None:
    visit = Visit()
    visit.be(1.0, body=True)
    visit.tall(0.1, rest_ns=0)
    assert visit.tall(1.5, **bad) == []
    assert visit.tall(0.1) == ["READY"]


@pytest.mark.parametrize("closed", [(False, True, True), (True, False, True), (True, True, False)])
def test_a_pad_that_does_not_close_within_5_s_is_not_judged(closed: Any) -> None:
    visit = Visit()
    visit.be(1.0, body=True)
    visit.tall(0.1, closed=closed)
    assert visit.tall(4.8, closed=closed) == []
    assert visit.tall(0.3, closed=closed) == ["READY"]
    assert visit.life.judged == closed


def test_one_pad_alone_is_a_hand_not_a_back() -> None:
    visit = Visit()
    visit.be(1.0, body=True)
    assert visit.tall(8.0, closed=(False, False, True)) == []
    assert visit.life.state == "NEAR"


@pytest.mark.parametrize("make", [ready, in_set])
def test_a_chattering_pad_is_a_dowel_held_loosely(make: Any) -> None:
    visit: Visit = make()
    assert visit.tall(3.0, loose=True, moving=True) == ["DOWEL_UP", "NEAR"]
    assert visit.tall(1.5) == ["DOWEL_UP", "SET_UP", "READY"]
    assert visit.last().zero


def test_a_pad_that_closes_in_time_is_judged() -> None:
    visit = Visit()
    visit.be(1.0, body=True)
    visit.tall(3.0, closed=(False, True, True))
    assert visit.tall(0.1) == ["READY"]
    assert visit.life.judged == ALL


def test_without_pads_nothing_is_judged_and_the_visit_goes_on() -> None:
    visit = Visit()
    none = {"pads_fitted": False, "closed": NONE}
    visit.be(1.0, body=True, **none)
    assert visit.tall(0.2, **none) == ["DOWEL_UP", "SET_UP", "READY"]
    assert visit.life.judged == NONE
    assert visit.tall(0.5, moving=True, **none) == ["SET"]


def test_a_dowel_taken_off_for_1_5_s_ends_the_set() -> None:
    visit = in_set()
    assert visit.tall(1.4, closed=NONE) == []
    assert visit.tall(0.3, closed=NONE) == ["NEAR"]
    # It is the same visit, with new zeroes.
    assert visit.tall(2.0) == ["DOWEL_UP", "SET_UP", "READY"]
    assert visit.last().zero
    assert not any(change.opened for _, change in visit.changes[-3:])


@pytest.mark.parametrize("make", [ready, in_set])
def test_who_stands_elsewhere_is_set_up_anew(make: Any) -> None:
    visit: Visit = make()
    assert visit.tall(0.1, moved=True, rest_ns=0) == ["SET_UP"]
    assert visit.tall(2.0) == ["READY"]
    assert visit.last().zero


def test_a_body_gone_or_a_dowel_off_alone_is_not_leaving() -> None:
    visit = in_set()
    assert visit.tall(10.0, body=False) == []
    visit = in_set()
    assert "LEFT" not in visit.tall(10.0, closed=NONE)


def test_back_within_the_minute_is_the_same_visit_after_it_a_new_one() -> None:
    for away_s, opened in ((30.0, False), (65.0, True)):
        visit = in_set()
        visit.be(away_s)
        visit.be(1.0, body=True)
        before = len(visit.changes)
        visit.tall(3.0)
        assert visit.life.state == "READY"
        assert any(change.opened for _, change in visit.changes[before:]) is opened


def test_stop_ends_the_set_and_latches_until_next() -> None:
    visit = in_set()
    assert visit.tall(0.1, stop=True) == ["RESTING"]
    assert visit.tall(5.0, moving=True) == []
    visit.tall(0.1, next=True)
    assert visit.tall(0.5, moving=True) == ["SET"]
    other = ready()
    other.tall(0.1, stop=True)
    assert other.tall(3.0, moving=True) == []


def test_stop_wins_over_next() -> None:
    visit = in_set()
    visit.tall(0.1, stop=True, next=True)
    assert visit.life.stopped


def test_20_s_without_a_movement_end_the_set() -> None:
    visit = in_set()
    assert visit.tall(19.5) == []
    assert visit.tall(1.0) == ["RESTING"]


def test_a_set_does_not_end_within_its_last_movement() -> None:
    visit = in_set()
    assert visit.tall(1.0, set_done=True, moving=True) == []
    assert visit.tall(0.1, set_done=True) == ["RESTING"]


@pytest.mark.parametrize("make", [ready, in_set])
def test_hanging_the_dowel_up_begins_no_set(make: Any) -> None:
    visit: Visit = make()
    if visit.life.state == "SET":
        visit.tall(0.1, set_done=True)
    # The dowel swings while its pads are open.
    states = visit.tall(6.0, closed=NONE, moving=True, tilt_abs_deg=30.0)
    assert "SET" not in states


def test_measuring_that_begins_within_a_set_resumes_it() -> None:
    life = Lifecycle()
    change = life.step(MS, replace(TALL, rest_ns=0))
    assert change is not None
    assert (change.state, change.resumed, change.opened, change.zero) == (
        "READY", True, True, False,
    )  # fmt: skip
    for bad in ({"closed": (True, True, False)}, {"tilt_abs_deg": 25.0}, {"body": False}):
        other = Lifecycle()
        first = other.step(MS, replace(TALL, **bad))
        assert first is None


def test_later_nothing_is_resumed() -> None:
    visit = Visit()
    assert visit.tall(0.25) == []


class Anything(RuleBasedStateMachine):
    """Whatever people do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.visit = Visit()
        self.now = EMPTY
        self.seen = 0

    @rule(
        for_s=st.sampled_from([0.05, 0.4, 1.2, 3.2, 6.0, 61.0]),
        body=st.booleans(),
        tilt=st.sampled_from([0.0, 10.0, 30.0, 90.0, 179.0]),
        closed=st.tuples(st.booleans(), st.booleans(), st.booleans()),
        still=st.booleans(),
        moving=st.booleans(),
        flags=st.sets(st.sampled_from(["moved", "set_done", "stop", "next", "lost"])),
    )
    def something(
        self,
        for_s: float,
        body: bool,
        tilt: float,
        closed: Any,
        still: bool,
        moving: bool,
        flags: Any,
    ) -> None:
        self.now = replace(
            EMPTY,
            body=body or moving,
            tilt_abs_deg=tilt,
            closed=closed,
            rest_ns=5 * S if still else 0,
            moving=moving,
            measuring="lost" not in flags,
            **{flag: True for flag in flags if flag != "lost"},
        )
        self.visit.be(for_s, like=self.now)

    @invariant()
    def sets_and_visits_are_in_order(self) -> None:
        changes = [change for _, change in self.visit.changes]
        before = "IDLE"
        is_open = False
        for change in changes:
            if change.state == "SET":
                assert before in ("READY", "RESTING")
            if change.state == "READY":
                assert before == "SET_UP"
                assert change.zero
            if change.state == "RESTING":
                assert before == "SET"
            if change.opened:
                assert not is_open
                assert change.state == "SET_UP"
                is_open = True
            if change.closed:
                assert is_open
                is_open = False
            if change.state in ("SET_UP", "READY", "SET", "RESTING", "LEFT"):
                assert is_open
            before = change.state
        assert self.visit.life.state == before
        assert self.visit.life.session_open is is_open
        if self.visit.life.state == "SET":
            assert not self.visit.life.stopped


Anything.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestAnything = Anything.TestCase
