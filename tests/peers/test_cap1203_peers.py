"""SparkFun's, Pimoroni's and Adafruit's drivers on the simulated CAP1203, beside ours.

Pimoroni's and Adafruit's know its relatives only (CAP1188, CAP1208: eight inputs): they are
given the product id of this one, and reach for inputs and registers it does not have.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

import pytest
import qwiic_cap1203
from adafruit_cap1188 import cap1188
from adafruit_cap1188.i2c import CAP1188_I2C

from drivers.bus import LinuxBus
from drivers.cap1203 import COUNTS_PER_SHARE, Cap1203Pads
from drivers.sim import VirtualClock, bus_with
from drivers.sim.bus import SimBus
from drivers.sim.cap1203 import SimCap1203
from drivers.sim.touch_pad import PAD_PF, pad_pf
from drivers.steps import run_steps
from tests.peers.adapters import PeerI2C, QwiicI2C, not_allowed
from tests.sim.worlds import World

MS = 1_000_000
Forces = tuple[float, float, float]


def _bus(seed: int = 3) -> tuple[SimBus, SimCap1203, VirtualClock, World]:
    clock, world = VirtualClock(), World()
    bus = bus_with("cap1203", clock=clock, scene=world, seed=seed)
    clock.advance(250 * MS)
    return bus, bus.chip(SimCap1203), clock, world


def _press(chip: SimCap1203, clock: VirtualClock, world: World, force_n: Forces) -> None:
    chip.alert()
    world.force_n = force_n
    clock.advance(200 * MS)


def _pressed(bits: int) -> Forces:
    return (3.0 * (bits & 1), 3.0 * (bits >> 1 & 1), 3.0 * (bits >> 2 & 1))


@pytest.mark.parametrize("bits", range(8))
def test_sparkfun_sees_the_pads_that_are_touched(bits: int) -> None:
    bus, chip, clock, world = _bus()
    slider = qwiic_cap1203.QwiicCAP1203(i2c_driver=QwiicI2C(bus, clock))
    assert slider.begin()
    assert slider.get_sensitivity() == 2
    assert slider.is_interrupt_enabled()
    bus.write_byte_data(0x28, 0x2A, 0x00)  # it leaves one touch at a time
    _press(chip, clock, world, _pressed(bits))
    touched = (slider.is_left_touched(), slider.is_middle_touched(), slider.is_right_touched())
    assert touched == tuple(bool(bits >> pad & 1) for pad in range(3))
    assert slider.is_touched() is bool(bits)
    _press(chip, clock, world, _pressed(0))
    slider.clear_interrupt()
    assert not slider.is_touched()
    assert not_allowed(chip, "sparkfun_cap1203") == []


def test_sparkfun_leaves_one_touch_at_a_time() -> None:
    """Why ours allows all: three pads that are pressed at once would be one."""
    bus, chip, clock, world = _bus()
    slider = qwiic_cap1203.QwiicCAP1203(i2c_driver=QwiicI2C(bus, clock))
    slider.begin()
    _press(chip, clock, world, _pressed(7))
    assert slider.is_left_touched()
    assert not slider.is_middle_touched()


@pytest.fixture
def cap1xxx(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pimoroni's module, without the GPIO library that it imports but does not need."""
    gpio = ModuleType("RPi.GPIO")
    gpio.BCM = 11  # type: ignore[attr-defined]  # a stand-in
    gpio.setmode = lambda mode: None  # type: ignore[attr-defined]  # a stand-in
    package = ModuleType("RPi")
    package.GPIO = gpio  # type: ignore[attr-defined]  # a stand-in
    smbus = ModuleType("smbus")
    smbus.SMBus = lambda number: None  # type: ignore[attr-defined]  # replaced by each test
    for name, stand_in in (("RPi", package), ("RPi.GPIO", gpio), ("smbus", smbus)):
        monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.delitem(sys.modules, "cap1xxx", raising=False)
    module = importlib.import_module("cap1xxx")
    monkeypatch.setattr(module.atexit, "register", lambda call: None)
    return module


@pytest.mark.parametrize("bits", range(8))
def test_pimoroni_sees_the_pads_that_are_touched(
    cap1xxx: Any, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    bus, chip, clock, world = _bus()
    monkeypatch.setattr(cap1xxx, "SMBus", lambda number: bus)

    class Cap1203(cap1xxx.Cap1xxx):  # type: ignore[misc]  # it ships no types
        supported = (0x6D,)
        number_of_inputs = 3

    touch = Cap1203()
    clock.advance(300 * MS)
    _press(chip, clock, world, _pressed(bits))
    want = ["press" if bits >> pad & 1 else "none" for pad in range(3)]
    assert touch.get_input_status() == want
    for pad, delta in enumerate(touch.input_delta):
        share = pad_pf(pad, 3.0) / PAD_PF[pad] - 1.0
        full = min(127, round(share * COUNTS_PER_SHARE))
        assert delta == pytest.approx(full if bits >> pad & 1 else 0, abs=2)
    assert not_allowed(chip, "pimoroni_cap1xxx") == []


def test_pimoroni_takes_no_cap1203_by_itself(cap1xxx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bus, *_ = _bus()
    monkeypatch.setattr(cap1xxx, "SMBus", lambda number: bus)
    # Where its constructor fails, its destructor misses what it would have made.
    monkeypatch.setattr(cap1xxx.Cap1xxx, "__del__", lambda self: None)
    with pytest.raises(Exception, match="Product ID 109 not supported"):
        cap1xxx.Cap1208()


def test_adafruit_takes_no_cap1203_by_itself() -> None:
    bus, *_ = _bus()
    with pytest.raises(RuntimeError, match="Failed to find CAP1188! Product ID: 0x6d"):
        CAP1188_I2C(PeerI2C(bus), 0x28)


@pytest.mark.parametrize("force_n", [(0.0, 0.0, 0.0), (0.2, 0.5, 1.0), (1.0, 3.0, 0.1)])
def test_adafruit_and_ours_read_the_same_counts(
    monkeypatch: pytest.MonkeyPatch, force_n: Forces
) -> None:
    monkeypatch.setattr(cap1188, "_CAP1188_PID", 0x6D)
    bus, chip, clock, world = _bus()
    ours = Cap1203Pads(LinuxBus(bus, "i2c-1"), clock, full_counts=127)
    run_steps(ours.bring_up(), clock)
    assert chip.violations == []
    theirs = CAP1188_I2C(PeerI2C(bus), 0x28)
    clock.advance(300 * MS)
    assert (theirs.sensitivity, theirs.averaging, theirs.cycle) == (2, 8, "35ms")
    _press(chip, clock, world, force_n)
    # their chip setting differs by how soon its base follows: both look at once
    levels = [sample.level for sample in ours.read()]
    counts = [theirs.delta_count(pad + 1) for pad in range(3)]
    assert [round(level * 127) for level in levels] == [
        pytest.approx(max(count, 0), abs=1) for count in counts
    ]
    touched = tuple(count >= theirs[pad + 1].threshold for pad, count in enumerate(counts))
    assert theirs.touched_pins[:3] == touched
    assert not_allowed(chip, "adafruit_cap1188") == []
