"""Live faults: on after the debounce, off after theirs, one event each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.faults import FAULTS
from device.monitor import LiveEvent, Monitor
from tests.device.made import MS, NONE, live

SACRUM_OPEN = (False, False, True)


def play(
    monitor: Monitor, open_ms: list[tuple[int, int]], until_ms: int, step_ms: int = 5
) -> list[LiveEvent]:
    """The sacrum is open in the spans."""
    events: list[LiveEvent] = []
    for t in range(0, until_ms, step_ms):
        is_open = any(a <= t < b for a, b in open_ms)
        events += monitor.step(t * MS, live(open_pads=SACRUM_OPEN if is_open else NONE))
    return events


def test_an_event_comes_80_ms_after_the_onset_and_once() -> None:
    (event,) = play(Monitor(FAULTS), [(100, 600)], 700)
    assert event.fault.code == "SACRUM"
    assert (event.onset_ns, event.t_ns) == (100 * MS, 180 * MS)


def test_a_blink_of_75_ms_is_none() -> None:
    assert play(Monitor(FAULTS), [(100, 175)], 400) == []
    # And two of them do not add up.
    assert play(Monitor(FAULTS), [(100, 175), (180, 255)], 400) == []


def test_it_ends_after_120_ms_of_contact() -> None:
    monitor = Monitor(FAULTS)
    # Closed for 100 ms: the same loss. Closed for 200 ms: a new one.
    assert len(play(monitor, [(0, 300), (400, 700)], 700)) == 1
    assert [fault.code for fault, _ in monitor.active()] == ["SACRUM"]
    assert len(play(Monitor(FAULTS), [(0, 300), (500, 800)], 900)) == 2


def test_the_head_and_all_three_have_their_own_debounce() -> None:
    monitor = Monitor(FAULTS)
    seen = {}
    for t in range(0, 300, 5):
        for event in monitor.step(t * MS, live(open_pads=(True, True, True))):
            seen[event.fault.code] = t
    assert seen == {"SACRUM": 80, "THORACIC": 80, "HEAD": 120, "ALL_LOST": 150}


def test_a_squat_is_an_event_on_its_first_tick_and_ends_below_5_mm() -> None:
    monitor = Monitor(FAULTS)
    (event,) = monitor.step(5 * MS, live(drop_mm=40.0))
    assert (event.fault.code, event.onset_ns, event.t_ns) == ("KNEE_DRIVEN", 5 * MS, 5 * MS)
    for i, (drop, active) in enumerate(((33.0, True), (29.5, True), (28.0, False))):
        monitor.step((10 + 5 * i) * MS, live(drop_mm=drop))
        assert bool(monitor.active()) is active


def test_reset_forgets() -> None:
    monitor = Monitor(FAULTS)
    play(monitor, [(0, 300)], 300)
    monitor.reset()
    assert monitor.active() == ()
    assert monitor.step(300 * MS, live(open_pads=SACRUM_OPEN)) == ()


@given(st.lists(st.booleans(), max_size=80))
def test_an_event_always_has_80_ms_of_open_behind_it(states: list[bool]) -> None:
    monitor = Monitor(FAULTS)
    run_ms = 0
    for i, is_open in enumerate(states):
        events = monitor.step(10 * i * MS, live(open_pads=SACRUM_OPEN if is_open else NONE))
        assert len(events) <= 1
        if events:
            assert is_open
            assert run_ms == 80
        run_ms = run_ms + 10 if is_open else 0
