"""The ladder of a bus: which rung when, what is said, and how it backs off."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from device.recovery import PAUSE_FIRST_NS, PAUSE_MOST_NS, Ladder, Rung
from drivers.bus_recovery import RungError
from drivers.samples import Steps

MS = 1_000_000


class Tall:
    """A ladder of three rungs and a silent one, and what was done and said."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.said: list[str] = []
        self.impossible: set[str] = set()
        self.ladder = Ladder(
            "i2c-3",
            (
                Rung("first", lambda: self._steps("first")),
                Rung("second", lambda: self._steps("second"), 500 * MS),
                Rung("power", lambda: self._steps("power"), silent=True),
            ),
            self.said.append,
        )

    def _steps(self, name: str) -> Steps:
        if name in self.impossible:
            raise RungError("not here")
        yield 10 * MS
        yield 20 * MS
        self.done.append(name)

    def through(self, now_ns: int) -> int:
        """The rung under way to its end, in steps of 1 ms; when that was."""
        while not (self.ladder.due(now_ns) and self.ladder.step(now_ns)):
            assert self.ladder.busy
            now_ns += MS
        return now_ns

    def busy(self) -> bool:
        return self.ladder.busy

    def rungs(self) -> list[str]:
        return [line.removeprefix("i2c-3: ") for line in self.said]


def test_a_rung_is_begun_only_when_all_has_failed_and_takes_its_steps_when_they_are_due() -> None:
    tall = Tall()
    assert not tall.ladder.step(0)
    tall.ladder.failed(0, silent=False)
    assert tall.busy()
    assert not tall.ladder.step(0)
    assert not tall.ladder.due(9 * MS)
    assert tall.through(0) == 30 * MS
    assert tall.done == ["first"]
    assert not tall.busy()
    assert tall.rungs() == ["first", "first, done"]


def test_it_climbs_with_each_failure_and_a_drastic_rung_waits_its_time() -> None:
    tall = Tall()
    tall.ladder.failed(0, silent=False)
    tall.through(0)
    tall.ladder.failed(100 * MS, silent=False)
    assert not tall.busy()
    tall.ladder.failed(499 * MS, silent=False)
    assert not tall.busy()
    tall.ladder.failed(500 * MS, silent=False)
    tall.through(500 * MS)
    tall.ladder.failed(600 * MS, silent=False)
    tall.through(600 * MS)
    assert tall.done == ["first", "second", "power"]


def test_after_the_last_rung_it_pauses_twice_as_long_each_time() -> None:
    tall = Tall()
    now = 10_000 * MS
    starts = []
    for _ in range(600):
        before = len(tall.said)
        tall.ladder.failed(now, silent=False)
        if len(tall.said) > before and tall.said[before].endswith("first"):
            starts.append(now)
        if tall.ladder.busy:
            now = tall.through(now)
        now += 500 * MS
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert gaps == sorted(gaps)
    assert PAUSE_FIRST_NS <= gaps[0] <= 3 * PAUSE_FIRST_NS
    assert PAUSE_MOST_NS <= gaps[-1] <= PAUSE_MOST_NS + 3000 * MS


def test_a_rung_that_is_not_open_here_is_said_and_the_next_begins_at_once() -> None:
    tall = Tall()
    tall.impossible = {"first", "second"}
    tall.ladder.failed(0, silent=False)
    tall.ladder.failed(600 * MS, silent=False)
    assert not tall.ladder.step(600 * MS)
    assert tall.busy()
    assert not tall.ladder.step(600 * MS)
    tall.through(600 * MS)
    assert tall.done == ["power"]
    assert tall.rungs() == [
        "first",
        "first, not possible: not here",
        "second",
        "second, not possible: not here",
        "power",
        "power, done",
    ]


def test_when_nobody_acknowledges_only_the_power_is_tried_and_not_at_once() -> None:
    tall = Tall()
    tall.ladder.failed(0, silent=True)
    tall.ladder.failed(PAUSE_FIRST_NS - 1, silent=True)
    assert not tall.busy()
    tall.ladder.failed(PAUSE_FIRST_NS, silent=True)
    tall.through(PAUSE_FIRST_NS)
    assert tall.done == ["power"]


def test_what_helped_is_said_once_and_it_begins_below_again() -> None:
    tall = Tall()
    tall.ladder.well()
    assert tall.said == []
    tall.ladder.failed(0, silent=False)
    tall.through(0)
    tall.ladder.well()
    tall.ladder.well()
    assert tall.said[2:] == ["i2c-3: works again (last tried: first)"]
    tall.ladder.failed(700 * MS, silent=False)
    tall.through(700 * MS)
    assert tall.done == ["first", "first"]


@given(
    st.lists(st.tuples(st.sampled_from(["wire", "silent", "well", "step"]), st.integers(0, 900)))
)
def test_no_order_of_events_makes_it_do_two_things_at_once(events: list[tuple[str, int]]) -> None:
    tall = Tall()
    now = 0
    for what, later_ms in events:
        now += later_ms * MS
        if what == "well":
            if not tall.ladder.busy:
                tall.ladder.well()
        elif what == "step":
            if tall.ladder.due(now):
                tall.ladder.step(now)
        else:
            tall.ladder.failed(now, silent=what == "silent")
        begun = sum(not line.endswith("done") and "again" not in line for line in tall.said)
        assert begun - len(tall.done) == int(tall.ladder.busy)
        assert all("\n" not in line and line.startswith("i2c-3: ") for line in tall.said)
