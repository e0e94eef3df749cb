"""The simulated MPU-6050 family: registers, rates, FIFO bytes, scales, noise, faults."""

from __future__ import annotations

import itertools
import math
import statistics
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim import VirtualClock
from drivers.sim.bus import SimBus
from drivers.sim.chip import Violation
from drivers.sim.mpu6050 import SimMpu6050
from drivers.sim.scene import Motion6
from tests.sim.worlds import World

G = 9.80665
MS = 1_000_000
MOTION = Motion6(3.0, -6.0, 7.0, 0.5, -1.0, 1.5)


class Rig:
    """One chip, awake or not, on a bus."""

    def __init__(
        self, world: World | None = None, part: int = 0x68, seed: int = 0, **how: float
    ) -> None:
        self.clock = VirtualClock()
        self.chip = SimMpu6050(
            self.clock,
            world or World(motion=MOTION),
            part=part,
            seed=seed,
            **how,  # type: ignore[arg-type]  # of the chip's own numbers
        )
        self.bus = SimBus([self.chip], self.clock)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x68, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x68, (bytes((at,)),), n)

    def wake(self, divider: int = 4, dlpf: int = 2, gyro: int = 0x08, accel: int = 0x08) -> None:
        """200 Hz, +-4 g, +-500 dps, on the PLL."""
        self.put(0x6B, 0x01)
        self.put(0x19, divider, dlpf, gyro, accel)
        self.clock.advance(100 * MS)

    def stream(self, enabled: int = 0x78, **how: int) -> None:
        """Awake, and the FIFO on and empty just after a sample."""
        self.wake(**how)
        self.put(0x23, enabled)
        self.put(0x6A, 0x40)
        while not self.level():
            self.clock.advance(MS // 10)
        self.put(0x6A, 0x04)
        self.put(0x6A, 0x40)

    def level(self) -> int:
        return int.from_bytes(self.get(0x72, 2), "big")

    def kinds(self) -> list[tuple[str, int]]:
        return [(v.kind, v.register) for v in self.chip.violations]


@pytest.mark.parametrize(
    ("part", "power"),
    [(0x68, 0x40), (0x72, 0x40), (0x70, 0x01), (0x71, 0x01), (0x73, 0x01), (0x98, 0x01)],
)
def test_identity_reset_and_power_up(part: int, power: int) -> None:
    rig = Rig(part=part)
    assert rig.get(0x75) == bytes((part,))
    assert rig.get(0x6B) == bytes((power,))
    rig.stream()
    rig.put(0x6B, 0x80)
    rig.clock.advance(40 * MS)
    assert rig.get(0x6B)[0] & 0x80
    rig.clock.advance(20 * MS)
    assert rig.get(0x6B) == bytes((power,))
    assert rig.get(0x19, 4) == bytes(4)
    assert rig.get(0x23) == rig.get(0x6A) == b"\0"
    rig.clock.advance(200 * MS)
    assert rig.level() == 0
    assert rig.kinds() == []


def test_a_6050_sleeps_until_it_is_woken_a_6500_does_not() -> None:
    for part, awake in ((0x68, False), (0x70, True)):
        rig = Rig(part=part)
        rig.clock.advance(100 * MS)
        assert any(rig.get(0x3B, 6)) is awake
        rig.put(0x6B, 0x01)
        rig.clock.advance(100 * MS)
        assert any(rig.get(0x3B, 6))
        rig.put(0x6B, 0x40)
        before = rig.get(0x3B, 14)
        rig.clock.advance(100 * MS)
        assert rig.get(0x3B, 14) == before


def test_a_write_during_the_reset_is_lost_and_noted() -> None:
    rig = Rig()
    rig.put(0x6B, 0x80)
    rig.clock.advance(10 * MS)
    rig.put(0x6B, 0x01)
    assert rig.kinds() == [("run_mode", 0x6B)]
    rig.clock.advance(50 * MS)
    assert rig.get(0x6B) == b"\x40"


# RM-MPU-6000A rev 4.2 and RM-MPU-6500A: bits of each register that are not reserved.
BITS = {
    0x68: {0x19: 0xFF, 0x1A: 0x3F, 0x1B: 0xF8, 0x1C: 0xF8, 0x23: 0xFF, 0x37: 0xFE, 0x38: 0x19,
           0x67: 0x9F, 0x6C: 0xFF},
    0x70: {0x13: 0xFF, 0x18: 0xFF, 0x1A: 0x7F, 0x1B: 0xFB, 0x1C: 0xF8, 0x1D: 0x0F, 0x1E: 0xFF,
           0x1F: 0xFF, 0x23: 0xFF, 0x37: 0xFE, 0x38: 0x59, 0x69: 0xC0, 0x6C: 0xFF},
}  # fmt: skip
NOWHERE = {
    0x68: (0x00, 0x11, 0x1D, 0x1F, 0x61, 0x69, 0x70, 0x76, 0xFF),
    0x70: (0x03, 0x10, 0x20, 0x61, 0x70),
}
READ_ONLY = {
    0x68: (0x0D, 0x10, 0x3A, 0x3B, 0x48, 0x49, 0x60, 0x72, 0x73, 0x75),
    0x70: (0x00, 0x0D, 0x0F, 0x75),
}


@pytest.mark.parametrize(
    ("part", "at", "bits"),
    [(p, at, bits) for p, table in BITS.items() for at, bits in table.items()],
)
def test_it_keeps_its_bits_and_notes_the_others(part: int, at: int, bits: int) -> None:
    rig = Rig(part=part)
    assert rig.get(at) == b"\0"
    rig.put(at, bits)
    assert rig.chip.violations == []
    assert rig.get(at) == bytes((bits,))
    rig.put(at, 0xFF)
    assert rig.get(at) == bytes((bits,))
    noted = [Violation("reserved_bits", at, 0xFF)] if bits != 0xFF else []
    assert rig.chip.violations == noted


@pytest.mark.parametrize(
    ("part", "at"), [(p, at) for p, table in READ_ONLY.items() for at in table]
)
def test_read_only(part: int, at: int) -> None:
    rig = Rig(part=part)
    before = rig.get(at)
    rig.put(at, before[0] ^ 0x55)
    assert rig.get(at) == before
    assert rig.kinds() == [("read_only", at)]


@pytest.mark.parametrize(("part", "at"), [(p, at) for p, table in NOWHERE.items() for at in table])
def test_no_such_register(part: int, at: int) -> None:
    rig = Rig(part=part)
    rig.get(at)
    rig.put(at, 1)
    assert rig.kinds() == [("unknown_read", at), ("unknown_write", at)]


def test_signal_path_reset_clears_itself_and_a_fifo_reset_wants_the_fifo_off() -> None:
    rig = Rig()
    rig.put(0x68, 0x07)
    assert rig.get(0x68) == b"\0"
    rig.put(0x6A, 0x44)
    assert rig.get(0x6A) == b"\x40"
    assert rig.kinds() == [("run_mode", 0x6A)]


@pytest.mark.parametrize(
    ("divider", "dlpf", "hz"), [(4, 2, 200), (9, 3, 100), (1, 1, 500), (7, 0, 1000), (0, 6, 1000)]
)
@pytest.mark.parametrize("error", [-0.01, 0.0, 0.007])
def test_rates(divider: int, dlpf: int, hz: float, error: float) -> None:
    rig = Rig(clock_error=error)
    rig.stream(divider=divider, dlpf=dlpf)
    start, n = rig.clock.now_ns(), 0
    while n < 12 * 500:
        rig.clock.advance(20 * MS)
        level = rig.level()
        rig.get(0x74, level)
        n += level
    seconds = (rig.clock.now_ns() - start) * 1e-9
    n += rig.level()
    assert n / 12 / seconds == pytest.approx(hz * (1 + error), rel=0.004)


@pytest.mark.parametrize(("part", "times"), [(0x68, 5), (0x70, 1)])
def test_off_the_pll_a_6050_is_five_times_as_far_off(part: int, times: int) -> None:
    rig = Rig(part=part, clock_error=0.01)
    rig.stream()
    rig.put(0x6B, 0x00)
    rig.clock.advance(100 * MS)
    before = rig.level()
    rig.clock.advance(100 * MS)
    assert rig.level() - before == 12 * int(20 * (1 + 0.01 * times))


def test_parts_differ_in_rate_and_a_stopped_clock_stops() -> None:
    assert len({round(Rig(seed=s).chip.clock_error, 4) for s in range(12)}) > 8
    assert all(abs(Rig(seed=s).chip.clock_error) <= 0.01 for s in range(12))
    rig = Rig()
    rig.stream()
    rig.put(0x6B, 0x07)
    before = rig.level()
    rig.clock.advance(100 * MS)
    assert rig.level() == before


@pytest.mark.parametrize(
    ("enabled", "registers"),
    [
        (0x78, [0x3B, 0x3D, 0x3F, 0x43, 0x45, 0x47]),
        (0xF8, [0x3B, 0x3D, 0x3F, 0x41, 0x43, 0x45, 0x47]),
        (0x08, [0x3B, 0x3D, 0x3F]),
        (0x70, [0x43, 0x45, 0x47]),
        (0x90, [0x41, 0x47]),
        (0x20, [0x45]),
    ],
)
def test_the_fifo_takes_what_is_enabled_lowest_register_first(
    enabled: int, registers: list[int]
) -> None:
    rig = Rig()
    rig.stream(enabled=enabled)
    rig.clock.advance(5 * MS)
    n = rig.level()
    assert n == 2 * len(registers)
    out = rig.get(0x3B, 14)
    assert rig.get(0x74, n) == b"".join(out[at - 0x3B : at - 0x3B + 2] for at in registers)
    assert rig.kinds() == []


def test_the_count_is_latched_at_its_high_byte_and_the_index_stays_at_the_data() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(26 * MS)
    high, low, *data = rig.get(0x72, 2 + 24)
    assert (high, low) == (0, 60)
    assert rig.get(0x73) == b"\x3c"  # as it was latched
    assert rig.level() == 36
    assert bytes(data[:2]) != bytes(data[12:14]) or data[:12] != data[12:]
    rig.clock.advance(100 * MS)
    assert rig.get(0x73) == b"\x24"


def test_an_empty_fifo_gives_its_last_byte_again() -> None:
    rig = Rig()
    assert rig.get(0x74, 3) == b"\xff" * 3
    rig.stream()
    rig.clock.advance(6 * MS)
    data = rig.get(0x74, 12)
    assert rig.get(0x74, 4) == data[-1:] * 4
    assert rig.level() == 0


@pytest.mark.parametrize(("part", "size"), [(0x68, 1024), (0x72, 1024), (0x70, 512), (0x98, 512)])
def test_an_overflow_loses_the_oldest_bytes_and_breaks_the_alignment(part: int, size: int) -> None:
    world = World(motion=lambda t: Motion6(G, 0, 0, (t - 1_000_000_000) * 1e-9, 0, 0))
    rig = Rig(world, part=part, clock_error=0.0, accel_bias_mg=0.0, gyro_bias_dps=0.0)
    rig.stream()
    rig.put(0x38, 0x10)
    whole = size // 12
    rig.clock.advance(whole * 5 * MS + MS)
    assert (rig.level(), rig.get(0x3A)) == (whole * 12, b"\0")
    rig.clock.advance(5 * MS)
    assert (rig.level(), rig.get(0x3A)) == (size, b"\x10")
    assert rig.get(0x3A) == b"\0"  # a read clears it
    rig.clock.advance(3_000 * MS)
    assert (rig.level(), rig.get(0x3A)) == (size, b"\x10")
    data = rig.get(0x74, size)
    aligned = data[size % 12 :]
    turns = [s[3] for s in struct.iter_unpack(">6h", aligned)]
    rate = math.radians(1 / 65.5)
    assert (turns[-1] - turns[0]) * rate == pytest.approx((whole - 1) * 5e-3, abs=0.02)
    assert all(b - a < 100 for a, b in itertools.pairwise(turns))


def test_a_6500_may_keep_the_oldest_instead() -> None:
    world = World(motion=lambda t: Motion6(G, 0, 0, (t - 1_000_000_000) * 1e-9, 0, 0))
    rig = Rig(world, part=0x70, clock_error=0.0)
    rig.put(0x6B, 0x01)
    rig.put(0x19, 4, 0x42, 0x08, 0x08)
    rig.put(0x23, 0x78)
    start = rig.clock.now_ns()
    rig.put(0x6A, 0x40)
    rig.clock.advance(60_000 * MS)
    assert rig.level() == 512
    (first,) = struct.iter_unpack(">6h", rig.get(0x74, 12))
    assert first[3] * math.radians(1 / 65.5) == pytest.approx(
        (start - 1_000_000_000) * 1e-9, abs=0.4
    )


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 300)), min_size=1, max_size=12),
    st.sampled_from([0x68, 0x70]),
)
def test_fifo_accounting(steps: list[tuple[int, int]], part: int) -> None:
    """Bytes in = bytes out + level, unless it was full once; never above its size."""
    rig = Rig(part=part, clock_error=0.0)
    rig.stream()
    size = 1024 if part == 0x68 else 512
    start = rig.clock.now_ns()
    got, full = 0, False
    for wait_ms, want in steps:
        rig.clock.advance(wait_ms * MS)
        level = rig.level()
        full |= level == size
        n = min(want, level)
        if n:
            rig.get(0x74, n)
        got += n
        made = 12 * int((rig.clock.now_ns() - start) / (5 * MS))
        level = rig.level()
        full |= level == size
        assert level <= size
        if not full:
            assert got + level == pytest.approx(made, abs=24)


@pytest.mark.parametrize(("afs", "per_g"), [(0, 16384), (1, 8192), (2, 4096), (3, 2048)])
@pytest.mark.parametrize(("fs", "per_dps"), [(0, 131.0), (1, 65.5), (2, 32.8), (3, 16.4)])
def test_scales_and_order_and_signs(afs: int, per_g: float, fs: int, per_dps: float) -> None:
    rig = Rig(accel_bias_mg=0.0, gyro_bias_dps=0.0)
    rig.wake(gyro=fs << 3, accel=afs << 3)
    read = []
    for _ in range(60):
        rig.clock.advance(5 * MS)
        read.append(struct.unpack(">7h", rig.get(0x3B, 14)))
    means = [statistics.fmean(axis) for axis in zip(*read, strict=True)]
    assert [m / per_g * G for m in means[:3]] == pytest.approx(MOTION[:3], abs=0.03)
    assert [math.radians(m / per_dps) for m in means[4:]] == pytest.approx(MOTION[3:], abs=2e-3)


@pytest.mark.parametrize(
    ("part", "raw"), [(0x68, (26 - 36.53) * 340), (0x70, 5 * 333.87), (0x98, 326.8)]
)
def test_temperature(part: int, raw: float) -> None:
    rig = Rig(part=part)
    rig.wake()
    assert struct.unpack(">h", rig.get(0x41, 2))[0] == pytest.approx(raw, abs=1)


def test_it_saturates_at_full_scale() -> None:
    rig = Rig(World(motion=Motion6(100.0, -100.0, 0.0, 20.0, -20.0, 0.0)))
    rig.wake()
    axes = struct.unpack(">7h", rig.get(0x3B, 14))
    assert (axes[0], axes[1], axes[4], axes[5]) == (32767, -32768, 32767, -32768)


def test_noise_and_bias_are_those_of_the_part_and_follow_the_filter() -> None:
    def spread(dlpf: int) -> tuple[list[float], list[float]]:
        rig = Rig(World(), seed=6)
        rig.stream(dlpf=dlpf)
        axes: list[list[float]] = [[] for _ in range(6)]
        for _ in range(60):
            rig.clock.advance(200 * MS)
            data = rig.get(0x74, rig.level() // 12 * 12)
            for counts in struct.iter_unpack(">6h", data):
                for axis, value in zip(axes, counts, strict=True):
                    axis.append(value)
        units = [G / 8192] * 3 + [1 / 65.5] * 3
        sds = [statistics.stdev(a) * u for a, u in zip(axes, units, strict=True)]
        return sds, [statistics.fmean(a) * u for a, u in zip(axes, units, strict=True)]

    sds, means = spread(2)
    assert sds == pytest.approx([0.04] * 3 + [0.05] * 3, rel=0.08)
    assert all(0 < abs(m) < 5e-3 * G for m in (means[0] - G, *means[1:3]))
    assert all(0 < abs(m) < 0.51 for m in means[3:])
    narrow, _ = spread(3)
    assert [n / w for n, w in zip(narrow, sds, strict=True)] == pytest.approx(
        [math.sqrt(43 / 96)] * 6, rel=0.1
    )


@pytest.mark.parametrize(
    ("part", "dlpf", "accel_ms", "gyro_ms"),
    [(0x68, 2, 2.9, 2.9), (0x68, 3, 4.85, 4.85), (0x70, 2, 7.8, 3.9), (0x70, 3, 11.8, 5.9)],
)
def test_the_filter_delays(part: int, dlpf: int, accel_ms: float, gyro_ms: float) -> None:
    ramp = World(motion=lambda t: Motion6((t % 10**10) * 1e-9, 0, 0, 0, (t % 10**10) * 1e-9, 0))
    quiet = dict.fromkeys(
        ("accel_bias_mg", "gyro_bias_dps", "accel_noise_ms2", "gyro_noise_dps"), 0.0
    )
    rig = Rig(ramp, part, clock_error=0.0, **quiet)  # type: ignore[arg-type]  # no seed in it
    if part == 0x70:
        rig.put(0x1D, dlpf)
    rig.stream(dlpf=dlpf)
    rig.clock.advance(20 * MS)
    at_s = (rig.clock.now_ns() % 10**10) * 1e-9
    (*_, last) = struct.iter_unpack(">6h", rig.get(0x74, 48))
    assert at_s - last[0] * G / 8192 == pytest.approx(accel_ms * 1e-3 + 3e-4, abs=1e-3)
    assert at_s - math.radians(last[4] / 65.5) == pytest.approx(gyro_ms * 1e-3 + 3e-4, abs=5e-4)


def test_the_gyroscope_takes_30_ms_to_start_each_time_it_is_woken() -> None:
    rig = Rig(World(), gyro_bias_dps=0.0)
    for _ in range(2):
        rig.put(0x6B, 0x01)
        rig.put(0x19, 4, 2, 0x08, 0x08)
        rig.clock.advance(8 * MS)
        assert abs(struct.unpack(">h", rig.get(0x43, 2))[0] / 65.5) > 4
        rig.clock.advance(32 * MS)
        assert abs(struct.unpack(">h", rig.get(0x43, 2))[0] / 65.5) < 0.4
        rig.put(0x6B, 0x41)


def test_axes_in_standby_read_zero() -> None:
    rig = Rig()
    rig.wake()
    rig.put(0x6C, 0x21)  # accel x, gyro z
    rig.clock.advance(10 * MS)
    axes = struct.unpack(">7h", rig.get(0x3B, 14))
    assert [axis == 0 for axis in axes] == [True, False, False, False, False, False, True]


def test_data_ready_is_told_when_asked_and_cleared_by_a_read() -> None:
    rig = Rig()
    rig.wake()
    assert rig.get(0x3A) == b"\0"
    rig.put(0x38, 0x01)
    rig.clock.advance(6 * MS)
    assert rig.get(0x3A) == b"\x01"
    assert rig.get(0x3A) == b"\0"
    rig.put(0x37, 0x10)  # any read clears
    rig.clock.advance(6 * MS)
    rig.get(0x3B, 6)
    assert rig.get(0x3A) == b"\0"


def test_freeze_stick_slip_and_power() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(26 * MS)
    assert rig.level() == 60
    rig.chip.slip(5)
    assert rig.level() == 55
    rig.chip.freeze()
    rig.clock.advance(500 * MS)
    assert rig.level() == 55
    rig.chip.unfreeze()
    rig.clock.advance(6 * MS)
    assert rig.level() in (67, 79)
    rig.put(0x6A, 0x04)
    rig.put(0x6A, 0x40)
    rig.chip.stick(True)
    rig.clock.advance(51 * MS)
    assert set(struct.iter_unpack(">6h", rig.get(0x74, 120))) == {(8190, 12, -9, 3, -2, 1)}
    rig.chip.stick(False)
    rig.clock.advance(51 * MS)
    assert len(set(struct.iter_unpack(">6h", rig.get(0x74, 120)))) == 10
    rig.chip.power_cycle()
    with pytest.raises(OSError, match="121"):
        rig.get(0x75)
    rig.clock.advance(20 * MS)
    assert rig.get(0x6B) == b"\x40"
    assert rig.level() == 0
