"""The simulated VL53L1X: boot, registers, cadence, statuses, physics, faults."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim import SimBus, VirtualClock, bus_with
from drivers.sim.scene import Reflection
from drivers.sim.vl53 import SimVl53, _after
from drivers.sim.vl53l1x import SimVl53l1x
from tests.sim.worlds import World

BLOCK = bytes.fromhex(
    "00 00 00 01 02 00 02 08 00 08 10 01 01 00 00 00"
    "00 FF 00 0F 00 00 00 00 00 20 0B 00 00 02 0A 21"
    "00 00 05 00 00 00 00 C8 00 00 38 FF 01 00 08 00"
    "00 01 CC 0F 01 F1 0D 01 68 00 80 08 B8 00 00 00"
    "00 0F 89 00 00 00 00 00 00 00 01 0F 0D 0E 0E 00"
    "00 02 C7 FF 9B 00 00 00 01 00 00"
)
SHORT = ((0x4B, "14"), (0x60, "07"), (0x63, "05"), (0x69, "38"), (0x78, "0705 0606"))
LONG = ((0x4B, "0A"), (0x60, "0F"), (0x63, "0D"), (0x69, "B8"), (0x78, "0F0D 0E0E"))
BUDGETS_SHORT = {
    15: "001D 0027",
    20: "0051 006E",
    50: "01AE 01E8",
    100: "02E1 0388",
    200: "03E1 0496",
    500: "0591 05C1",
}
BUDGETS_LONG = {20: "001E 0022", 50: "00AD 00C6", 100: "01CC 01EA", 500: "048F 04A4"}


class Result(NamedTuple):
    status: int
    flag: int
    stream: int
    spads: float
    peak_kcps: float
    ambient_kcps: float
    sigma_mm: float
    range_mm: int
    signal_kcps: float


class Rig:
    """A ranger, and the few things one does to it."""

    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.world = world or World()
        self.bus: SimBus = bus_with("vl53l1x", clock=self.clock, scene=self.world, seed=seed)
        self.chip: SimVl53 = self.bus.chip(SimVl53l1x)

    def put(self, at: int, text: str) -> None:
        self.bus.write(self.chip.address, at.to_bytes(2, "big") + bytes.fromhex(text))

    def get(self, at: int, n: int = 1) -> int:
        raw = self.bus.write_read(self.chip.address, (at.to_bytes(2, "big"),), n)
        return int.from_bytes(raw, "big")

    def set_up(self, budget_ms: int = 20, im_ms: float = 24.0, *, long: bool = False) -> None:
        self.put(0x2D, BLOCK.hex())
        for at, text in LONG if long else SHORT:
            self.put(at, text)
        a, b = (BUDGETS_LONG if long else BUDGETS_SHORT)[budget_ms].split()
        self.put(0x5E, a)
        self.put(0x61, b)
        self.put(0x6C, int((self.get(0xDE, 2) & 0x3FF) * im_ms * 1.075).to_bytes(4, "big").hex())

    def wait(self, at_most_ms: float = 2000.0) -> int:
        """Poll every 0.2 ms until ready; the time it was seen, in ns."""
        end_ns = self.clock.now_ns() + int(at_most_ms * 1e6)
        while self.clock.now_ns() < end_ns:
            if self.get(0x31) & 1 == (0 if self.get(0x30) & 0x10 else 1):
                return self.clock.now_ns()
            self.clock.advance(200_000)
        raise TimeoutError

    def result(self) -> Result:
        raw = self.bus.write_read(self.chip.address, (b"\x00\x89",), 17)

        def word(at: int) -> int:
            return raw[at] << 8 | raw[at + 1]

        return Result(
            raw[0] & 0x1F,
            raw[0] >> 7,
            raw[2],
            word(3) / 256,
            word(5) * 7.8125,
            word(7) * 7.8125,
            word(9) / 4,
            word(13),
            word(15) * 7.8125,
        )

    def clear(self) -> None:
        self.put(0x86, "01")

    def take(self, n: int) -> list[Result]:
        out = []
        for _ in range(n):
            self.wait()
            out.append(self.result())
            self.clear()
        return out


def test_identity_reset_values_and_default_block() -> None:
    rig = Rig()
    assert rig.get(0x010F, 3) == 0xEACC10
    assert rig.get(0xE5) == 0x03
    assert rig.get(0x0001) == 0x29
    assert rig.get(0x0008) == 0x81
    assert rig.get(0x24, 2) == 0x0380
    assert rig.get(0x30) == 0x11  # interrupt active low
    assert rig.get(0x31) == 0x03
    rig.put(0x2D, BLOCK.hex())
    assert rig.get(0x30) == 0x01
    assert rig.get(0x31) == 0x02
    assert rig.get(0x64, 4) == 0x01680080
    assert rig.chip.violations == []


def test_the_index_survives_a_stop_and_counts_up() -> None:
    rig = Rig()
    rig.bus.write(0x29, b"\x01\x0f")
    assert rig.bus.read_byte(0x29) == 0xEA
    assert rig.bus.write_read(0x29, (), 2) == b"\xcc\x10"


def test_boot_after_xshut_takes_a_millisecond_and_forgets_all() -> None:
    rig = Rig()
    rig.put(0x0001, "31")
    rig.put(0x2D, BLOCK.hex())
    rig.chip.xshut(False)
    with pytest.raises(OSError, match="121"):
        rig.get(0xE5)
    rig.clock.advance(10_000_000)
    with pytest.raises(OSError, match="121"):
        rig.get(0xE5)
    rig.chip.xshut(True)
    assert rig.chip.address == 0x29
    rig.clock.advance(1_000_000)
    assert rig.get(0xE5) == 0x02
    rig.clock.advance(200_000)
    assert rig.get(0xE5) == 0x03
    assert rig.get(0x4B) == 0x04
    assert rig.chip.violations == []


def test_soft_reset_boots_again() -> None:
    rig = Rig()
    rig.set_up()
    rig.put(0x87, "40")
    rig.put(0x00, "00")
    rig.put(0x00, "01")
    assert rig.get(0xE5) == 0x02
    rig.clock.advance(1_200_000)
    assert rig.get(0xE5) == 0x03
    assert rig.get(0x4B) == 0x04
    with pytest.raises(TimeoutError):
        rig.wait(200.0)


def test_writing_before_boot_or_to_read_only_or_unknown_is_noted() -> None:
    rig = Rig()
    rig.chip.power_cycle()
    rig.clock.advance(1_050_000)
    rig.put(0x4B, "14")
    rig.clock.advance(1_000_000)
    rig.put(0x0096, "0102")
    rig.put(0x0F00, "01")
    rig.get(0x0140)
    assert [(v.kind, v.register) for v in rig.chip.violations] == [
        ("protocol", 0x4B),
        ("read_only", 0x96),
        ("read_only", 0x97),
        ("unknown_write", 0xF00),
        ("unknown_read", 0x140),
        ("unknown_read", 0x140),
    ]
    assert rig.get(0x0096, 2) == 0


@pytest.mark.parametrize("budget_ms", BUDGETS_SHORT)
def test_short_budgets_take_about_their_name(budget_ms: int) -> None:
    rig = Rig()
    rig.set_up(budget_ms, 5.0)
    start = rig.clock.now_ns()
    rig.put(0x87, "40")
    first = rig.wait()
    assert (first - start) * 1e-6 == pytest.approx(budget_ms, rel=0.09, abs=1.5)
    rig.clear()
    assert (rig.wait() - first) * 1e-6 == pytest.approx(budget_ms, rel=0.09, abs=1.5)


@pytest.mark.parametrize("budget_ms", BUDGETS_LONG)
def test_long_budgets_take_about_their_name(budget_ms: int) -> None:
    rig = Rig()
    rig.set_up(budget_ms, 5.0, long=True)
    start = rig.clock.now_ns()
    rig.put(0x87, "40")
    assert (rig.wait() - start) * 1e-6 == pytest.approx(budget_ms, rel=0.1, abs=3.0)


@pytest.mark.parametrize(("im_ms", "period_ms"), [(24.0, 24.0), (60.0, 60.0), (10.0, 20.0)])
def test_a_timed_ranging_comes_every_inter_measurement_period(
    im_ms: float, period_ms: float
) -> None:
    rig = Rig()
    rig.set_up(20, im_ms)
    rig.put(0x87, "40")
    rig.wait()
    start = rig.clock.now_ns()
    for _ in range(20):
        rig.clear()
        rig.wait()
    assert (rig.clock.now_ns() - start) * 1e-6 / 20 == pytest.approx(period_ms, rel=0.02)


def test_the_full_apis_factor_of_one_comes_out_seven_per_cent_short() -> None:
    rig = Rig()
    rig.set_up(20, 100.0 / 1.075)
    rig.put(0x87, "40")
    first = rig.wait()
    rig.clear()
    assert (rig.wait() - first) * 1e-6 == pytest.approx(100.0 / 1.075, rel=0.01)


def test_single_shot_ranges_once_and_back_to_back_without_pause() -> None:
    rig = Rig()
    rig.set_up(20, 200.0)
    rig.put(0x87, "10")
    rig.wait()
    rig.clear()
    with pytest.raises(TimeoutError):
        rig.wait(300.0)
    rig.put(0x87, "21")
    first = rig.wait()
    rig.clear()
    assert (rig.wait() - first) * 1e-6 == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize("stop", ["00", "80"])
def test_stopped_is_stopped(stop: str) -> None:
    rig = Rig()
    rig.set_up()
    rig.put(0x87, "40")
    rig.take(2)
    rig.put(0x87, stop)
    with pytest.raises(TimeoutError):
        rig.wait(200.0)


def test_without_a_clear_ranging_goes_on_but_ready_stays() -> None:
    rig = Rig()
    rig.set_up()
    rig.put(0x87, "40")
    rig.wait()
    assert rig.result().stream == 0
    rig.clock.advance(24_000_000 * 3)
    assert rig.result().stream == 3
    assert rig.get(0x31) & 1
    assert rig.chip.gpio1()
    rig.clear()
    assert not rig.get(0x31) & 1
    assert rig.get(0x88) & 0x1F == 0


def test_polarity_turns_the_pin() -> None:
    rig = Rig()
    rig.set_up()
    rig.put(0x30, "11")
    assert rig.chip.gpio1()
    rig.put(0x87, "40")
    rig.wait()
    assert not rig.chip.gpio1()
    assert rig.get(0x88) & 0x07


def test_interrupt_window_on_distance() -> None:
    rig = Rig(World(lambda _, t: Reflection(300.0 if t > 2_000_000_000 else 600.0, 0.5, 20.0)))
    rig.set_up()
    rig.put(0x46, "00")  # below the low threshold
    rig.put(0x74, "0190")  # 400 mm
    rig.put(0x87, "40")
    assert rig.wait(3000.0) > 2_000_000_000
    assert rig.result().range_mm == pytest.approx(300, abs=15)


@given(st.integers(0, 255), st.integers(0, 5000))
def test_stream_count_runs_to_255_and_then_from_128(start: int, steps: int) -> None:
    count = start
    for _ in range(steps):
        count = 128 if count == 255 else count + 1
    assert _after(start, steps) == count


def test_stream_counts_seen_on_the_bus() -> None:
    rig = Rig()
    rig.set_up(15, 5.0)
    rig.put(0x87, "40")
    streams = [r.stream for r in rig.take(300)]
    assert streams[:256] == list(range(256))
    assert streams[256:] == list(range(128, 172))
    rig.put(0x87, "00")
    rig.put(0x87, "40")
    assert rig.take(1)[0].stream == 0


@pytest.mark.parametrize(
    ("range_mm", "reflectance"), [(150.0, 0.17), (555.0, 0.4), (700.0, 0.05), (1250.0, 0.9)]
)
def test_raw_range_is_true_mm_with_the_noise_that_is_reported(
    range_mm: float, reflectance: float
) -> None:
    rig = Rig(World(Reflection(range_mm, reflectance, 30.0)), seed=9)
    rig.set_up()
    rig.put(0x87, "40")
    got = rig.take(200)
    assert {r.status for r in got} == {9}
    ranges = [r.range_mm for r in got]
    sigma = statistics.fmean(r.sigma_mm for r in got)
    assert statistics.fmean(ranges) == pytest.approx(range_mm, abs=0.3 * sigma)
    assert statistics.stdev(ranges) == pytest.approx(sigma, rel=0.2, abs=0.3)
    assert got[0].ambient_kcps == pytest.approx(30.0, abs=8.0)


def test_signal_falls_with_the_square_of_the_range_once_all_spads_are_in() -> None:
    world = World(Reflection(1000.0, 0.2, 0.0))
    rig = Rig(world)
    rig.set_up()
    rig.put(0x87, "40")
    near = rig.take(2)[1]
    world.light = Reflection(1000.0 * math.sqrt(2), 0.2, 0.0)
    far = rig.take(2)[1]
    assert near.spads == far.spads == pytest.approx(256.0, abs=0.01)
    assert near.signal_kcps == pytest.approx(2 * far.signal_kcps, rel=0.01)
    assert near.signal_kcps == pytest.approx(57.5 * 256 * 0.2, rel=0.01)
    world.light = Reflection(200.0, 0.2, 0.0)  # near: the chip takes fewer SPADs
    close = rig.take(2)[1]
    assert close.spads < 30
    assert close.signal_kcps == pytest.approx(0x0380 * 7.8125, rel=0.02)


def test_sigma_falls_with_the_budget_and_rises_with_ambient_light() -> None:
    def sigma(budget_ms: int, ambient_kcps: float) -> float:
        rig = Rig(World(Reflection(900.0, 0.1, ambient_kcps)))
        rig.set_up(budget_ms, 5.0)
        rig.put(0x87, "40")
        return rig.take(2)[1].sigma_mm

    assert sigma(20, 20.0) > 1.5 * sigma(100, 20.0)
    assert sigma(20, 5000.0) > 1.5 * sigma(20, 20.0)


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (Reflection(None, 0.0, 20.0), 4),
        (Reflection(1300.0, 0.05, 20.0), 4),  # dark and far: under the rate limit
        (Reflection(1700.0, 0.9, 20.0), 5),  # beyond the short mode's valid phase
        (Reflection(2600.0, 1.0, 20.0), 7),  # beyond its period: wrapped
        (Reflection(555.0, 0.4, 20.0), 9),
    ],
)
def test_statuses(seen: Reflection, status: int) -> None:
    rig = Rig(World(seen))
    rig.set_up()
    rig.put(0x87, "40")
    assert {r.status for r in rig.take(4)[1:]} == {status}


def test_a_wrapped_target_reads_short_and_unmarked_only_in_the_first_range() -> None:
    rig = Rig(World(Reflection(2800.0, 1.0, 20.0)))
    rig.set_up()
    rig.put(0x87, "40")
    first, second = rig.take(2)
    assert (first.status, second.status) == (9, 7)
    assert first.range_mm == pytest.approx(2800 - 12 * 199.6, abs=25)


def test_the_limits_are_registers() -> None:
    rig = Rig(World(Reflection(1000.0, 0.05, 20.0)))
    rig.set_up()
    rig.put(0x87, "40")
    assert rig.take(2)[1].status == 4
    rig.put(0x87, "00")
    rig.put(0x66, "0040")  # 0.5 Mcps instead of 1
    rig.put(0x87, "40")
    good = rig.take(2)[1]
    assert good.status == 9
    rig.put(0x87, "00")
    rig.put(0x64, int(good.sigma_mm * 4 / 2).to_bytes(2, "big").hex())
    rig.put(0x87, "40")
    assert rig.take(2)[1].status == 6


def test_offset_register_is_quarter_millimetres_of_thirteen_bits() -> None:
    rig = Rig(seed=4)
    rig.set_up()
    factory = rig.get(0x1E, 2)
    assert factory == (-rig.chip.part_offset_mm * 4) & 0x1FFF

    def mean(register: int) -> float:
        rig.put(0x87, "00")
        rig.put(0x1E, register.to_bytes(2, "big").hex())
        rig.put(0x87, "40")
        return statistics.fmean(r.range_mm for r in rig.take(40))

    bare = mean(0)
    assert bare == pytest.approx(555.0 + rig.chip.part_offset_mm, abs=2.0)
    assert mean(100 * 4) - bare == pytest.approx(100.0, abs=2.5)
    assert mean((-50 * 4) & 0x1FFF) - bare == pytest.approx(-50.0, abs=2.5)


def test_crosstalk_pulls_and_its_compensation_mends() -> None:
    rig = Rig(World(Reflection(800.0, 0.1, 20.0)))
    rig.chip.crosstalk_kcps = 1.0
    rig.set_up()
    rig.put(0x87, "40")
    pulled = statistics.fmean(r.range_mm for r in rig.take(40))
    assert pulled < 750.0
    rig.put(0x87, "00")
    rig.put(0x16, "0200")  # 512 = 1 kcps a SPAD
    rig.put(0x87, "40")
    got = rig.take(40)
    assert statistics.fmean(r.range_mm for r in got) == pytest.approx(800.0, abs=4.0)
    assert got[0].peak_kcps - got[0].signal_kcps == pytest.approx(got[0].spads, rel=0.1)


def test_a_smaller_roi_sees_less_light() -> None:
    rig = Rig(World(Reflection(1000.0, 0.3, 0.0)))
    rig.set_up()
    rig.put(0x80, "77")  # 8 x 8
    rig.put(0x87, "40")
    assert rig.take(2)[1].spads == pytest.approx(64.0)


def test_the_range_is_that_of_the_middle_of_its_light() -> None:
    """A target at constant speed lags by half the gathering time, not by a whole ranging."""
    speed_mm_s = 1000.0
    rig = Rig(World(lambda _, t: Reflection(speed_mm_s * (t - 1_000_000_000) * 1e-9, 0.5, 5.0)))
    rig.clock.advance(300_000_000)
    rig.set_up(20, 24.0)
    rig.put(0x87, "40")
    lags = []
    for _ in range(25):
        now = (rig.wait() - 1_000_000_000) * 1e-6
        lags.append(now - rig.result().range_mm * 1000.0 / speed_mm_s)
        rig.clear()
    assert 4.0 < statistics.fmean(lags) < 6.0


def test_each_ranger_looks_at_its_own_sensor_of_the_scene() -> None:
    clock = VirtualClock()
    bus = bus_with(
        "vl53l1x@0x30",
        "vl53l1x@0x31",
        clock=clock,
        scene=World(lambda n, _: Reflection(400.0 + 200.0 * n, 0.5, 20.0)),
    )
    for address in (0x30, 0x31):
        bus.write(address, b"\x00\x46\x20")
        bus.write(address, b"\x00\x64\x01\x68")
        bus.write(address, b"\x00\x87\x40")
    clock.advance(500_000_000)
    got = [int.from_bytes(bus.write_read(a, (b"\x00\x96",), 2), "big") for a in (0x30, 0x31)]
    assert got == [pytest.approx(400, abs=20), pytest.approx(600, abs=20)]


def test_freeze_stuck_value_and_flag() -> None:
    rig = Rig()
    rig.set_up()
    rig.put(0x87, "40")
    rig.take(3)
    rig.chip.freeze()
    with pytest.raises(TimeoutError):
        rig.wait(300.0)
    assert rig.result().stream == 2
    rig.chip.unfreeze()
    assert rig.take(1)[0].stream == 3
    rig.chip.freeze()
    rig.put(0x87, "00")
    rig.put(0x87, "40")
    with pytest.raises(TimeoutError):
        rig.wait(300.0)  # only XSHUT or power helps
    rig.chip.power_cycle()
    rig.clock.advance(2_000_000)
    rig.set_up()
    rig.put(0x87, "40")
    rig.chip.stick(True)
    rig.chip.gph_flag = True
    got = rig.take(3)
    assert {(r.range_mm, r.status, r.flag) for r in got} == {(555, 9, 1)}
    rig.chip.stick(False)
    assert rig.take(2)[1].range_mm != 555


def test_same_seed_same_numbers() -> None:
    def ranges(seed: int) -> list[int]:
        rig = Rig(seed=seed)
        rig.set_up()
        rig.put(0x87, "40")
        return [r.range_mm for r in rig.take(20)]

    assert ranges(1) == ranges(1) != ranges(2)


def test_below_zero_is_clipped_and_said_so() -> None:
    rig = Rig(World(Reflection(20.0, 0.5, 20.0)))
    rig.set_up()
    rig.put(0x1E, f"{(-100 * 4) & 0x1FFF:04X}")
    rig.put(0x87, "40")
    assert {(r.status, r.range_mm) for r in rig.take(5)} == {(8, 0)}


def test_no_target_holds_junk_that_looks_like_ranges() -> None:
    rig = Rig(World(Reflection(None, 0.0, 20.0)))
    rig.set_up()
    rig.put(0x87, "40")
    junk = [r.range_mm for r in rig.take(60)]
    assert len(set(junk)) > 30
    assert 100 < statistics.median(junk) < 1500


@pytest.mark.parametrize("ambient_kcps", [0.0, 400.0, 4000.0])
@pytest.mark.parametrize("reflectance", [0.1, 0.8])
def test_sigma_is_that_of_counting_photons(ambient_kcps: float, reflectance: float) -> None:
    rig = Rig(World(Reflection(800.0, reflectance, ambient_kcps)))
    rig.set_up()
    rig.put(0x87, "40")
    got = rig.take(2)[1]
    # two phases of 82 and 111 macro periods at 10.94 MHz: 16 and 12 clocks of 2304 / 743.5 MHz
    gathered_s = 2304 * (82 * 16 + 111 * 12) * 2**30 / 0xAF00 / 2**24 * 1e-6
    photons = got.signal_kcps * 1e3 * gathered_s
    ambient = ambient_kcps * 1e3 * gathered_s
    sigma = math.sqrt(1.0 + 600.0**2 * (photons + 4 * ambient) / photons**2)
    assert got.sigma_mm == pytest.approx(sigma, rel=0.01, abs=0.26)
    assert got.ambient_kcps == pytest.approx(ambient_kcps, abs=8.0)


def test_a_very_bright_near_target_still_uses_two_spads() -> None:
    rig = Rig(World(Reflection(15.0, 1.0, 20.0)))
    rig.set_up()
    rig.put(0x87, "40")
    assert rig.take(2)[1].spads == 2.0
