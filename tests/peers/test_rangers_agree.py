"""The same range read by our drivers and by public ones: registers, every figure, every status.

A peer brings the simulated chip up and ranges; when a range waits the peer reads what it can,
then our ``read`` takes the same range. What a peer does otherwise is listed here.
"""

from __future__ import annotations

from typing import Any

import pytest
import qwiic_vl53l1x
import VL53L1X

from drivers.bus import LinuxBus
from drivers.sim import SimBus, VirtualClock, bus_with
from drivers.sim.scene import Reflection
from drivers.sim.vl53l1x import SimVl53l1x
from drivers.steps import run_steps
from drivers.vl53_result import decode
from tests.peers.adapters import QwiicI2C, not_allowed
from tests.peers.rangers import MS, AdafruitL1x, AdafruitL4cd, Peer, SparkfunL1x
from tests.sim.worlds import World

RATE = 7.8125  # kcps a count, 9.7 Mcps; SparkFun's API says 8


PEERS = (AdafruitL1x, SparkfunL1x, AdafruitL4cd)
peers = pytest.mark.parametrize("make", PEERS, ids=[peer.name for peer in PEERS])
SCENES = (
    Reflection(60.0, 0.5, 20.0),
    Reflection(150.0, 0.17, 20.0),
    Reflection(555.0, 0.4, 50.0),
    Reflection(800.0, 0.05, 300.0),
    Reflection(1250.0, 0.9, 20.0),
    Reflection(1320.0, 0.05, 20.0),  # weak
    Reflection(1500.0, 1.0, 20.0),  # out of bounds
    Reflection(2600.0, 1.0, 20.0),  # wrapped
    Reflection(555.0, 0.4, 50_000.0),  # sun
    Reflection(None, 0.0, 20.0),
)


@peers
@pytest.mark.parametrize("seen", SCENES)
def test_a_peer_reads_what_we_read(
    monkeypatch: pytest.MonkeyPatch, make: type[Peer], seen: Reflection
) -> None:
    peer = make(monkeypatch, World(seen))
    peer.both()  # the first after a start is judged by itself, or dropped
    for _ in range(12):
        theirs, mine = peer.both()
        assert mine is not None
        if theirs.range_mm is None:
            assert mine.status != 0
        else:
            assert theirs.range_mm == pytest.approx(mine.range_mm, abs=1.0)
        counts = (
            (theirs.status, mine.status, 0),
            (theirs.signal, mine.signal_kcps / RATE, 1.0),
            (theirs.ambient, mine.ambient_kcps / RATE, 1.0),
            (theirs.sigma, mine.sigma_mm * 4, 1.0),
            (theirs.spads, mine.spads, 1.0),
        )
        for their, our, within in counts:
            assert their is None or their == pytest.approx(our, abs=within)
    assert not_allowed(peer.twin, peer.name) == []


@peers
@pytest.mark.parametrize("flags", [0x00, 0x20, 0xE0])
@pytest.mark.parametrize("raw", range(32))
def test_a_peer_names_every_status_as_we_do(
    monkeypatch: pytest.MonkeyPatch, make: type[Peer], raw: int, flags: int
) -> None:
    peer = make(monkeypatch, World())
    peer.both()
    for _ in range(2000):
        if peer.ready():
            break
        peer.clock.advance(MS // 2)
    peer.twin._regs[0x89] = raw | flags
    theirs = peer.read()
    mine = peer.mine.read()
    if mine is None:
        assert raw == 0  # no update: nothing measured
    elif theirs.status is None:
        # Adafruit's VL53L1X compares the whole byte, and loses ranges that carry a flag.
        assert (theirs.range_mm is not None) is (mine.status == 0 and not flags)
    elif raw in peer.other_status:
        assert (theirs.status, mine.status) == (255, 13 if raw == 13 else 5)
    else:
        assert theirs.status == mine.status


# -- what is written ------------------------------------------------------------------------

# Register: why it differs. Everything else from 0x2D to 0x85 is the same.
PAD_LEVEL = {0x2E: "pads at 2.8 V", 0x2F: "pads at 2.8 V"}
OTHERWISE: dict[str, dict[int, str]] = {
    "adafruit_vl53l1x": {},
    "sparkfun_vl53l1x": PAD_LEVEL,
    "adafruit_vl53l4cd": {},
}


def _registers(bus: SimBus) -> dict[int, int]:
    """Configuration, 0x2D to 0x85, and what is set outside it; 0x31 is a pin."""
    bus.write(0x29, b"\x00\x87\x00")
    raw = bus.write_read(0x29, (b"\x00\x2d",), 0x86 - 0x2D)
    found = {0x2D + i: value for i, value in enumerate(raw) if 0x2D + i != 0x31}
    for at, n in ((0x08, 1), (0x0B, 1), (0x24, 2)):
        for i, value in enumerate(bus.write_read(0x29, (at.to_bytes(2, "big"),), n)):
            found[at + i] = value
    return found


def _differ(make: type[Peer], theirs: SimBus, ours: SimBus) -> dict[int, tuple[int, int]]:
    a, b = _registers(theirs), _registers(ours)
    allowed = OTHERWISE[make.name]
    return {at: (a[at], b[at]) for at in a if a[at] != b[at] and at not in allowed}


def _our_bus(make: type[Peer], **settings: Any) -> SimBus:
    clock = VirtualClock()
    bus = bus_with(make.chip.kind, clock=clock)
    run_steps(make.ours(LinuxBus(bus, "i2c-1"), clock, 0x29, **settings).bring_up(), clock)
    return bus


@pytest.mark.parametrize("make", [AdafruitL1x, SparkfunL1x])
@pytest.mark.parametrize(
    ("mode", "budget_ms"),
    [("short", ms) for ms in (15, 20, 33, 50, 100, 200, 500)]
    + [("long", ms) for ms in (20, 33, 50, 100, 200, 500)],
)
def test_every_mode_and_budget_sets_the_registers_that_a_peer_sets(
    monkeypatch: pytest.MonkeyPatch, make: type[Peer], mode: str, budget_ms: int
) -> None:
    peer = make(monkeypatch, World())
    number = {"short": 1, "long": 2}[mode]
    if make is AdafruitL1x:
        peer.driver.stop_ranging()
        peer.driver.distance_mode = number
        peer.driver.timing_budget = budget_ms
        # It has no period: ST's default of the block stays.
        peer.bus.write(0x29, b"\x00\x6c" + int(36 * 1000 * 1.075).to_bytes(4, "big"))
    else:
        peer.driver.stop_ranging()
        peer.driver.set_distance_mode(number)
        peer.driver.set_timing_budget_in_ms(budget_ms)
        peer.driver.set_inter_measurement_in_ms(1000)
    ours = _our_bus(make, distance_mode=mode, timing_budget_ms=budget_ms, inter_measurement_ms=1000)
    assert _differ(make, peer.bus, ours) == {}


@pytest.mark.parametrize("pause_ms", [0, 4, 30])
def test_every_budget_of_the_vl53l4cd_sets_the_registers_that_a_peer_sets(
    monkeypatch: pytest.MonkeyPatch, pause_ms: int
) -> None:
    for budget_ms in range(10, 201):
        peer = AdafruitL4cd(monkeypatch, World())
        peer.driver.stop_ranging()
        peer.driver.inter_measurement = 0
        peer.driver.timing_budget = 12  # reads back as 11: its period must not be under that
        if pause_ms:
            peer.driver.inter_measurement = budget_ms + pause_ms
        peer.driver.timing_budget = budget_ms
        settings = {"timing_budget_ms": budget_ms, "inter_measurement_ms": budget_ms + pause_ms}
        assert _differ(AdafruitL4cd, peer.bus, _our_bus(AdafruitL4cd, **settings)) == {}, budget_ms


@pytest.mark.parametrize("pause_ms", [0, 4])
def test_a_vl53l4cd_of_a_peer_comes_at_the_rate_of_ours(
    monkeypatch: pytest.MonkeyPatch, pause_ms: int
) -> None:
    peer = AdafruitL4cd(monkeypatch, World())
    peer.driver.stop_ranging()
    peer.driver.inter_measurement = 24 if pause_ms else 0
    peer.driver.timing_budget = 20
    peer.driver.start_ranging()
    start = 0x40 if pause_ms else 0x21
    assert peer.bus.write_read(0x29, (b"\x00\x87",), 1)[0] == start
    stamps = []
    for _ in range(50):
        while not peer.driver.data_ready:
            peer.clock.advance(MS // 10)
        stamps.append(peer.clock.now_ns())
        peer.driver.clear_interrupt()
    period_ms = (stamps[-1] - stamps[9]) / 40 / MS
    assert period_ms == pytest.approx(20 + pause_ms, rel=0.01)


def test_sparkfuns_bring_up_counts_polls_and_not_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their issue 37: on a host that is quick enough 50 polls are over before the first range."""
    clock = VirtualClock()
    bus = bus_with("vl53l1x", clock=clock)
    tof = qwiic_vl53l1x.QwiicVL53L1X(0x29, i2c_driver=QwiicI2C(bus, clock, call_ns=0))
    assert tof.sensor_init() == qwiic_vl53l1x.VL53L1_ERROR_TIME_OUT
    assert bus.write_read(0x29, (b"\x00\x08",), 1) == b"\x81"  # left as it was


# -- calibration ------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [SparkfunL1x])
def test_offset_and_crosstalk_are_written_as_a_peer_writes_them(
    monkeypatch: pytest.MonkeyPatch, make: type[Peer]
) -> None:
    peer = make(monkeypatch, World())
    peer.driver.stop_ranging()
    ours = _our_bus(make, offset_mm=37, crosstalk_kcps=1.25)
    peer.driver.set_offset(37)
    peer.bus.write(0x29, b"\x00\x16" + bytes.fromhex("0280 0000 0000"))  # theirs fails: a float
    assert peer.driver.get_offset() == 37
    assert peer.driver.get_xtalk() == 1250
    for at in (0x16, 0x18, 0x1A, 0x1E, 0x20, 0x22):
        index = (at.to_bytes(2, "big"),)
        assert peer.bus.write_read(0x29, index, 2) == ours.write_read(0x29, index, 2)


# -- ST's full driver, on real time -------------------------------------------------------------


@pytest.mark.parametrize("true_mm", [150.0, 555.0, 873.0, 1200.0])
def test_st_full_driver_reads_our_range_times_its_gain(
    monkeypatch: pytest.MonkeyPatch, true_mm: float
) -> None:
    bus = bus_with("vl53l1x", scene=World(Reflection(true_mm, 0.5, 20.0)), seed=5)
    chip = bus.chip(SimVl53l1x)
    monkeypatch.setattr(VL53L1X, "SMBus", lambda: bus)
    tof = VL53L1X.VL53L1X()
    tof.open()
    chip.noise = lambda: 0.0  # type: ignore[assignment]  # so that any range is the same
    tof.set_timing(20_000, 24)
    tof.start_ranging(1)
    tof.get_distance()
    for _ in range(3):
        theirs = tof.get_distance()
        mine = decode(bus.write_read(0x29, (b"\x00\x89",), 17), 0, first=False)
        assert (tof.get_range_status(), mine.status) == (0, 0)
        assert theirs == pytest.approx(mine.range_mm * 2011 / 2048, abs=1.0)
        assert mine.range_mm == pytest.approx(true_mm, abs=1.0)
    tof.stop_ranging()
    assert not_allowed(chip, "pimoroni_vl53l1x") == []
