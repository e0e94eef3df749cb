"""Bring-ups run to their end, side by side, and every failure is named."""

from __future__ import annotations

import pytest

from drivers.errors import ChipTimeout, MissingChips, WrongChip
from drivers.samples import Steps
from drivers.steps import bring_up_all, run_steps
from tests.drivers.script import MS, FakeClock

Log = list[tuple[str, int]]


def _chip(name: str, waits: list[int], clock: FakeClock, log: Log, *, fails: bool = False) -> Steps:
    for wait_ns in waits:
        log.append((name, clock.now_ns()))
        yield wait_ns
    if fails:
        raise WrongChip(name, 0x29, "i2c-1", "id", got="0", expected="1", check="Check it.")
    log.append((name + " up", clock.now_ns()))


def test_one_bring_up_waits_between_its_steps() -> None:
    clock, log = FakeClock(0), Log()
    run_steps(_chip("a", [5 * MS, 7 * MS], clock, log), clock)
    assert log == [("a", 0), ("a", 5 * MS), ("a up", 12 * MS)]


def test_one_bring_up_raises_what_it_raises() -> None:
    clock = FakeClock(0)
    with pytest.raises(WrongChip):
        run_steps(_chip("a", [1], clock, [], fails=True), clock)


def test_several_run_side_by_side() -> None:
    clock, log = FakeClock(0), Log()
    bring_up_all(
        [_chip("a", [30 * MS], clock, log), _chip("b", [10 * MS, 10 * MS], clock, log)], clock
    )
    assert log == [("a", 0), ("b", 0), ("b", 10 * MS), ("b up", 20 * MS), ("a up", 30 * MS)]


def test_a_list_in_the_list_runs_one_after_another() -> None:
    clock, log = FakeClock(0), Log()
    lane = [_chip("t0", [10 * MS], clock, log), _chip("t1", [10 * MS], clock, log)]
    bring_up_all([lane, _chip("imu", [15 * MS], clock, log)], clock)
    names = [name for name, _ in log]
    assert names == ["t0", "imu", "t0 up", "t1", "imu up", "t1 up"]
    assert clock.now_ns() == 20 * MS


def test_every_failure_is_named_and_the_others_come_up() -> None:
    clock, log = FakeClock(0), Log()
    with pytest.raises(MissingChips) as caught:
        bring_up_all(
            [
                _chip("late", [50 * MS], clock, log, fails=True),
                [_chip("soon", [], clock, log, fails=True), _chip("next", [MS], clock, log)],
                _chip("fine", [60 * MS], clock, log),
            ],
            clock,
        )
    assert [fault.chip for fault in caught.value.faults] == ["late", "soon"]
    assert "late at 0x29" in str(caught.value)
    assert "soon at 0x29" in str(caught.value)
    assert ("fine up", 60 * MS) in log
    assert any(name == "next up" for name, _ in log)


def test_nothing_to_bring_up_is_fine() -> None:
    clock = FakeClock(7)
    bring_up_all([[]], clock)
    assert clock.now_ns() == 7


def test_what_is_no_chip_error_is_a_mistake_and_passes() -> None:
    def broken() -> Steps:
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bring_up_all([broken()], FakeClock())
    assert not issubclass(ZeroDivisionError, ChipTimeout)


def test_two_failures_in_a_row_are_both_named_in_the_order_of_the_chips() -> None:
    clock = FakeClock(0)
    lane = [_chip("t0", [9 * MS], clock, [], fails=True), _chip("t1", [], clock, [], fails=True)]
    soon = _chip("imu", [], clock, [], fails=True)
    with pytest.raises(MissingChips) as caught:
        bring_up_all([lane, soon], clock)
    assert [fault.chip for fault in caught.value.faults] == ["t0", "t1", "imu"]
