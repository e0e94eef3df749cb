"""The two keys on mock pins."""

from __future__ import annotations

import threading

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import PinFault
from drivers.keys import DEBOUNCE_NS, HOLD_NS, Keys
from tests.drivers.script import MS, FakeClock

TICK = 5 * MS


class _Bench:
    def __init__(self) -> None:
        self.factory = MockFactory(pin_class=MockPWMPin)
        self.clock = FakeClock(0)
        self.keys = Keys(self.factory, self.clock)

    def press(self, pin: int) -> None:
        self.factory.pin(pin).drive_low()

    def release(self, pin: int) -> None:
        self.factory.pin(pin).drive_high()

    def run(self, ms: float) -> list[tuple[int, str]]:
        """Poll for ``ms``; what was told, with its time in ms."""
        told = []
        end = self.clock.t_ns + round(ms * MS)
        while self.clock.t_ns < end:
            self.clock.t_ns += TICK
            told += [(self.clock.t_ns // MS, key) for key in self.keys.read(self.clock.t_ns)]
        return told


def test_stop_is_told_once_when_pressed() -> None:
    bench = _Bench()
    bench.press(8)
    assert bench.run(500) == [(25, "stop")]
    bench.release(8)
    assert bench.run(500) == []


def test_next_is_told_when_let_go() -> None:
    bench = _Bench()
    bench.press(7)
    assert bench.run(300) == []
    bench.release(7)
    assert [key for _, key in bench.run(300)] == ["next"]


def test_next_held_for_two_seconds_is_a_hold_and_no_next() -> None:
    bench = _Bench()
    bench.press(7)
    assert bench.run(4000) == [(2005, "next_hold")]
    bench.release(7)
    assert bench.run(500) == []
    bench.press(7)
    bench.run(100)
    bench.release(7)
    assert [key for _, key in bench.run(100)] == ["next"]


def test_just_under_two_seconds_is_a_next() -> None:
    bench = _Bench()
    bench.press(7)
    assert bench.run(1995) == []
    bench.release(7)
    assert [key for _, key in bench.run(100)] == ["next"]


def test_a_bounce_is_no_press() -> None:
    bench = _Bench()
    for _ in range(20):
        bench.press(8)
        assert bench.run(15) == []
        bench.release(8)
        assert bench.run(5) == []
    assert bench.run(100) == []


def test_stop_is_told_while_next_is_held() -> None:
    bench = _Bench()
    bench.press(7)
    bench.run(1000)
    bench.press(8)
    assert [key for _, key in bench.run(3000)] == ["stop", "next_hold"]


def test_polling_starts_no_thread() -> None:
    before = threading.active_count()
    _Bench().run(50)
    assert threading.active_count() == before


def test_a_pin_in_use_is_named_and_the_other_given_back() -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    led = LED(8, pin_factory=factory)
    with pytest.raises(PinFault, match="STOP on GPIO8"):
        Keys(factory, FakeClock())
    led.close()
    keys = Keys(factory, FakeClock())
    keys.close()
    Keys(factory, FakeClock()).close()


@given(
    st.lists(st.tuples(st.sampled_from([7, 8]), st.booleans(), st.integers(1, 600)), max_size=30)
)
def test_no_key_is_told_more_often_than_it_was_pressed(
    moves: list[tuple[int, bool, int]],
) -> None:
    bench = _Bench()
    presses = {7: 0, 8: 0}
    down = {7: False, 8: False}
    told: list[str] = []
    for pin, press, ticks in moves:
        presses[pin] += press and not down[pin]
        down[pin] = press
        (bench.press if press else bench.release)(pin)
        told += [key for _, key in bench.run(ticks * 5)]
    assert told.count("stop") <= presses[8]
    assert told.count("next") + told.count("next_hold") <= presses[7]


def test_the_times_are_the_ones_agreed() -> None:
    assert (DEBOUNCE_NS, HOLD_NS) == (20 * MS, 2000 * MS)


def test_each_pin_in_use_is_named_by_its_key() -> None:
    for pin, name in ((7, "NEXT"), (8, "STOP")):
        factory = MockFactory(pin_class=MockPWMPin)
        led = LED(pin, pin_factory=factory)
        with pytest.raises(PinFault) as caught:
            Keys(factory, FakeClock())
        assert str(caught.value).startswith(f"key {name} on GPIO{pin}: ")
        led.close()
