"""The simulated pins: gpiozero's own devices on them, keys, and XSHUT lines to the chips."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import PWMLED, Button, DigitalInputDevice, OutputDevice, TonalBuzzer
from gpiozero.tones import Tone

from drivers.sim import VirtualClock, bus_with
from drivers.sim.pins import SimPins
from drivers.sim.vl53l1x import SimVl53l1x


@pytest.fixture
def pins() -> Iterator[SimPins]:
    pins = SimPins()
    yield pins
    pins.close()


def test_a_key_is_pressed_and_released(pins: SimPins) -> None:
    seen: list[str] = []
    with Button(7, pin_factory=pins.factory) as key:
        key.when_pressed = lambda: seen.append("down")
        key.when_released = lambda: seen.append("up")
        pins.press(7)
        assert key.is_pressed
        pins.press(7)
        pins.release(7)
        assert not key.is_pressed
    assert seen == ["down", "up"]


def test_lamp_levels_and_buzzer_frequency(pins: SimPins) -> None:
    with PWMLED(16, pin_factory=pins.factory) as lamp:
        lamp.value = 0.25
        assert pins.level(16) == 0.25
    with TonalBuzzer(18, octaves=2, pin_factory=pins.factory) as buzzer:
        buzzer.play(Tone(frequency=880.0))
        assert pins.frequency_hz(18) == pytest.approx(880.0)
        assert pins.level(18) > 0
        buzzer.stop()
        assert pins.frequency_hz(18) is None


def test_no_history_grows(pins: SimPins) -> None:
    with PWMLED(16, pin_factory=pins.factory) as lamp:
        for i in range(200):
            lamp.value = i % 2
        assert len(lamp.pin.states) == 1


def test_xshut_pins_bring_two_rangers_up_at_two_addresses() -> None:
    clock = VirtualClock()
    bus = bus_with("vl53l1x", "vl53l1x", clock=clock)
    low, high = bus.chip(SimVl53l1x, 0), bus.chip(SimVl53l1x, 1)
    pins = SimPins({17: low, 27: high})
    assert pins.level(17) == 1.0  # the board's pull-up
    with (
        OutputDevice(17, initial_value=False, pin_factory=pins.factory) as first,
        OutputDevice(27, initial_value=False, pin_factory=pins.factory) as second,
    ):
        with pytest.raises(OSError, match="121"):
            bus.read_byte(0x29)
        first.on()
        clock.advance(2_000_000)
        bus.write(0x29, b"\x00\x01\x30")
        second.on()
        clock.advance(2_000_000)
        assert (low.address, high.address) == (0x30, 0x29)
        assert bus.write_read(0x29, (b"\x01\x0f",), 1) == b"\xea"
        assert bus.write_read(0x30, (b"\x01\x0f",), 1) == b"\xea"
        first.off()
        with pytest.raises(OSError, match="121"):
            bus.read_byte(0x30)
    clock.advance(2_000_000)  # pins let go: both pulled up
    assert low.address == 0x29
    bus.read_byte(0x29)
    pins.close()


def test_gpio1_of_a_ranger_is_read_on_its_pin_and_its_wire_comes_loose() -> None:
    clock = VirtualClock()
    bus = bus_with("vl53l1x", clock=clock)
    chip = bus.chip(SimVl53l1x)
    pins = SimPins({17: chip}, {23: chip})
    with DigitalInputDevice(23, pull_up=True, pin_factory=pins.factory) as line:
        assert pins.level(23) == 1.0  # after its reset the part's interrupt is low when it waits
        bus.write(0x29, b"\x00\x46\x20")
        bus.write(0x29, b"\x00\x87\x40")
        clock.advance(200_000_000)
        assert line.is_active  # low
        assert pins.level(23) == 0.0
        pins.cut(23)
        assert not line.is_active
        pins.cut(23, level=False)
        assert line.is_active
        pins.mend(23)
        bus.write(0x29, b"\x00\x86\x01")
        assert not line.is_active
        bus.write(0x29, b"\x00\x30\x01")  # and high from now on
        assert line.is_active
        chip.xshut(False)  # nobody drives the line: the pull-up does
        assert not line.is_active
    pins.close()
