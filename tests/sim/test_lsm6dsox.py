"""The simulated LSM6DSOX: registers, rates, FIFO, scales, noise, faults."""

from __future__ import annotations

import math
import statistics
import struct
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim import VirtualClock, bus_with
from drivers.sim.lsm6dsox import SimLsm6dsox
from drivers.sim.scene import Motion6
from tests.sim.worlds import World

G = 9.80665
MOTION = Motion6(3.0, -6.0, 7.0, 0.5, -1.0, 1.5)


class Word(NamedTuple):
    sensor: int
    counter: int
    parity_ok: bool
    axes: tuple[int, int, int]


class Rig:
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.world = world or World(motion=MOTION)
        self.bus = bus_with("lsm6dsox", clock=self.clock, scene=self.world, seed=seed)
        self.chip = self.bus.chip(SimLsm6dsox)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x6A, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x6A, (bytes((at,)),), n)

    def stream(self, odr: int = 5, mode: int = 6) -> None:
        """+-4 g, +-500 dps, both at one rate, into the FIFO."""
        self.put(0x12, 0x44)
        self.put(0x09, odr << 4 | odr)
        self.put(0x0A, mode)
        self.put(0x10, odr << 4 | 0x08, odr << 4 | 0x04)

    def level(self) -> int:
        low, high = self.get(0x3A, 2)
        return low | (high & 0x03) << 8

    def words(self, n: int) -> list[Word]:
        raw = self.get(0x78, 7 * n)
        return [
            Word(
                raw[i] >> 3,
                raw[i] >> 1 & 3,
                raw[i].bit_count() % 2 == 0,
                struct.unpack_from("<3h", raw, i + 1),
            )
            for i in range(0, 7 * n, 7)
        ]

    def real_hz(self, divider: int = 32) -> float:
        fine = int.from_bytes(self.get(0x63), "little", signed=True)
        return 6667.0 * (1 + 0.0015 * fine) / divider


def test_identity_and_reset_values() -> None:
    rig = Rig()
    assert rig.get(0x0F) == b"\x6c"
    assert rig.get(0x12) == b"\x04"
    assert rig.get(0x18) == b"\xe0"
    assert rig.get(0x02) == b"\x3f"
    assert rig.chip.violations == []


def test_software_reset_clears_itself_and_the_registers() -> None:
    rig = Rig()
    rig.stream()
    rig.put(0x12, 0x45)
    assert rig.get(0x12) == b"\x04"
    assert rig.get(0x10, 2) == b"\x00\x00"
    rig.clock.advance(100_000_000)
    assert rig.level() == 0


def test_index_counts_up_only_with_if_inc() -> None:
    rig = Rig()
    rig.put(0x12, 0x40)
    rig.put(0x10, 0x50, 0x60)  # both land on 0x10
    assert rig.get(0x10, 2) == b"\x60\x60"
    rig.put(0x12, 0x44)
    assert rig.get(0x10, 2) == b"\x60\x00"


def test_strictness() -> None:
    rig = Rig()
    rig.put(0x18, 0xE3)  # bit 0 is reserved, bit 1 turns I3C off
    rig.put(0x0F, 0x01)
    rig.put(0x03, 0x01)
    rig.get(0x03)
    rig.put(0x01, 0x80)
    rig.put(0x10, 0x50)  # another bank is switched in
    rig.put(0x01, 0x00)
    assert [(v.kind, v.register) for v in rig.chip.violations] == [
        ("reserved_bits", 0x18),
        ("read_only", 0x0F),
        ("unknown_write", 0x03),
        ("unknown_read", 0x03),
        ("unknown_write", 0x10),
    ]
    assert rig.get(0x18) == b"\xe2"
    assert rig.get(0x10) == b"\x00"
    assert rig.get(0x0F) == b"\x6c"


@pytest.mark.parametrize(("code", "divider"), [(1, 512), (4, 64), (5, 32), (6, 16), (8, 4)])
def test_the_rate_is_the_parts_own(code: int, divider: int) -> None:
    for seed in (1, 2, 3):
        rig = Rig(seed=seed)
        rig.stream(code)
        start = rig.clock.now_ns()
        samples = 0
        while samples < 200:
            rig.clock.advance(int(20e9 * divider / 6667))
            n = rig.level()
            rig.words(n)
            samples += n // 2
        seconds = (rig.clock.now_ns() - start) * 1e-9
        samples += rig.level() // 2  # came while the last were read
        assert samples / seconds == pytest.approx(rig.real_hz(divider), rel=0.006)


def test_parts_differ_in_rate() -> None:
    assert len({Rig(seed=s).real_hz() for s in range(12)}) > 4


def test_fifo_words_are_tagged_paired_and_in_order() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(200_000_000)
    n = rig.level()
    assert n == 2 * int(0.2 * rig.real_hz())
    words = rig.words(n)
    assert all(w.parity_ok for w in words)
    assert [w.sensor for w in words] == [1, 2] * (n // 2)
    counters = [w.counter for w in words]
    assert counters[::2] == counters[1::2]
    steps = {(b - a) % 4 for a, b in zip(counters[::2], counters[2::2], strict=False)}
    assert steps == {1}
    assert rig.level() <= 8  # what came while the burst was on the wire
    assert rig.chip.violations == []


def test_reading_an_empty_fifo_gives_tag_zero() -> None:
    rig = Rig()
    assert rig.get(0x78, 14) == bytes(14)
    rig.stream()
    rig.clock.advance(20_000_000)
    n = rig.level()
    words = rig.words(n + 3)
    assert [w.sensor for w in words[n:]] == [0, 0, 0]


def test_a_burst_wraps_and_may_stop_within_a_word() -> None:
    one, two = Rig(), Rig()
    for rig in (one, two):
        rig.stream()
        rig.clock.advance(100_000_000)
    whole = one.get(0x78, 21)
    parts = two.get(0x78, 7) + two.get(0x78, 3)
    parts += two.bus.write_read(0x6A, (), 4 + 7)
    assert parts == whole
    assert one.level() == pytest.approx(two.level(), abs=2)


def test_continuous_mode_keeps_the_newest_512_words_and_says_overrun() -> None:
    rig = Rig(World(motion=lambda t: Motion6(G, 0, 0, 0, 0, (t - 1_000_000_000) * 1e-9)))
    rig.stream()
    rig.clock.advance(1_200_000_000)
    assert rig.get(0x3B)[0] & 0x48 == 0
    rig.clock.advance(1_000_000_000)
    low, high = rig.get(0x3A, 2)
    assert (low | (high & 3) << 8, high & 0x60) == (512, 0x60)
    words = rig.words(512)
    first, last = words[0].axes[2], words[510].axes[2]
    rate = math.radians(17.5e-3)
    assert last * rate == pytest.approx(2.2, abs=0.03)
    assert (last - first) * rate == pytest.approx(255 / rig.real_hz(), abs=0.03)
    rig.put(0x0A, 0x00)
    rig.put(0x0A, 0x06)
    assert rig.get(0x3A, 2) == b"\x00\x00"


def test_fifo_mode_keeps_the_oldest_and_stops() -> None:
    rig = Rig(World(motion=lambda t: Motion6(G, 0, 0, 0, 0, (t - 1_000_000_000) * 1e-9)))
    rig.stream(mode=1)
    rig.clock.advance(30_000_000_000)
    assert rig.level() == 512
    words = rig.words(512)
    assert words[510].axes[2] * math.radians(17.5e-3) == pytest.approx(256 / 208, abs=0.05)


def test_watermark_flag() -> None:
    rig = Rig()
    rig.put(0x07, 8)
    rig.stream()
    rig.clock.advance(10_000_000)
    assert not rig.get(0x3B)[0] & 0x80
    rig.clock.advance(10_000_000)
    assert rig.get(0x3B)[0] & 0x80


@settings(max_examples=40)
@given(
    waits_ms=st.lists(st.integers(0, 900), min_size=1, max_size=12),
    reads=st.lists(st.integers(0, 130), min_size=12, max_size=12),
)
def test_fifo_accounting(waits_ms: list[int], reads: list[int]) -> None:
    """Whatever the pattern of reading: words in = words out + level, unless 512 overflowed."""
    rig = Rig()
    rig.stream()
    start = rig.clock.now_ns()
    got = 0
    overflowed = False
    for wait_ms, want in zip(waits_ms, reads, strict=False):
        rig.clock.advance(wait_ms * 1_000_000)
        level = rig.level()
        overflowed |= level == 512
        n = min(want, level)
        rig.words(n)
        got += n
        made = 2 * int((rig.clock.now_ns() - start) * 1e-9 * rig.real_hz())
        if not overflowed:
            assert got + rig.level() == pytest.approx(made, abs=4)
    assert rig.level() <= 512


@pytest.mark.parametrize(
    ("fs_accel", "g_per_count"), [(0, 0.061e-3), (1, 0.488e-3), (2, 0.122e-3), (3, 0.244e-3)]
)
@pytest.mark.parametrize(
    ("fs_gyro", "dps_per_count"),
    [(0, 8.75e-3), (1, 4.375e-3), (2, 17.5e-3), (4, 35e-3), (6, 70e-3)],
)
def test_scales(fs_accel: int, g_per_count: float, fs_gyro: int, dps_per_count: float) -> None:
    rig = Rig()
    rig.put(0x12, 0x44)
    rig.put(0x10, 0x50 | fs_accel << 2, 0x50 | fs_gyro << 1)
    rig.clock.advance(300_000_000)
    sums = [0.0] * 6
    for _ in range(50):
        rig.clock.advance(6_000_000)
        for i, v in enumerate(struct.unpack("<6h", rig.get(0x22, 12))):
            sums[i] += v / 50
    gyro = [math.radians(v * dps_per_count) for v in sums[:3]]
    accel = [v * g_per_count * G for v in sums[3:]]
    assert gyro == pytest.approx(MOTION[3:], abs=math.radians(0.45))
    assert accel == pytest.approx(MOTION[:3], abs=0.05)


def test_it_saturates_at_full_scale() -> None:
    rig = Rig(World(motion=Motion6(100.0, -100.0, 0.0, 20.0, -20.0, 0.0)))
    rig.stream()
    rig.clock.advance(100_000_000)
    assert struct.unpack("<6h", rig.get(0x22, 12))[:2] == (32767, -32768)
    assert struct.unpack("<6h", rig.get(0x22, 12))[3:5] == (32767, -32768)


def test_noise_and_bias_are_those_of_the_part() -> None:
    rig = Rig(World(), seed=6)
    rig.stream()
    rig.clock.advance(100_000_000)
    rig.words(rig.level())
    gyro_z: list[float] = []
    accel_y: list[float] = []
    for _ in range(20):
        rig.clock.advance(500_000_000)
        for w in rig.words(rig.level()):
            if w.sensor == 1:
                gyro_z.append(w.axes[2] * 17.5e-3)
            else:
                accel_y.append(w.axes[1] * 0.122e-3 * G)
    assert statistics.stdev(gyro_z) == pytest.approx(0.1, rel=0.1)
    assert statistics.stdev(accel_y) == pytest.approx(0.03, rel=0.1)
    assert 0.0 < abs(statistics.fmean(gyro_z)) < 0.31
    assert 0.0 < abs(statistics.fmean(accel_y)) < 0.03


def test_the_gyro_settles_after_it_is_turned_on() -> None:
    rig = Rig(World())
    rig.stream()
    rig.clock.advance(10_000_000)
    early = rig.words(2)[0]
    assert abs(early.axes[0] * 17.5e-3) > 3.0
    rig.clock.advance(100_000_000)
    late = rig.words(rig.level())[-2]
    assert abs(late.axes[0] * 17.5e-3) < 1.0


def test_self_test_pushes_all_axes() -> None:
    rig = Rig(World())
    rig.stream()
    rig.clock.advance(200_000_000)
    before = struct.unpack("<6h", rig.get(0x22, 12))
    rig.put(0x14, 0x05)
    rig.clock.advance(20_000_000)
    after = struct.unpack("<6h", rig.get(0x22, 12))
    gyro = [(b - a) * 17.5e-3 for a, b in zip(before[:3], after[:3], strict=True)]
    accel = [(b - a) * 0.122 for a, b in zip(before[3:], after[3:], strict=True)]
    assert gyro == pytest.approx([400.0] * 3, abs=1.5)
    assert accel == pytest.approx([500.0] * 3, abs=40.0)
    rig.put(0x14, 0x0E)
    rig.clock.advance(20_000_000)
    assert struct.unpack("<h", rig.get(0x24, 2))[0] * 17.5e-3 == pytest.approx(-400.0, abs=1.5)


def test_status_temperature_and_timestamp() -> None:
    rig = Rig()
    assert rig.get(0x1E) == b"\x00"
    rig.stream()
    rig.clock.advance(101_500_000)  # between two samples, so that none comes meanwhile
    assert rig.get(0x1E)[0] == 0x07
    rig.get(0x22, 6)
    assert rig.get(0x1E)[0] & 0x03 == 0x01
    rig.get(0x28, 6)
    assert rig.get(0x1E)[0] & 0x03 == 0
    assert struct.unpack("<h", rig.get(0x20, 2))[0] / 256 + 25 == pytest.approx(26.0)
    rig.put(0x19, 0x20)
    rig.put(0x42, 0xAA)
    rig.clock.advance(1_000_000_000)
    ticks = int.from_bytes(rig.get(0x40, 4), "little")
    assert ticks * 25e-6 == pytest.approx(1.0 * rig.real_hz() * 32 / 6667, rel=1e-3)


def test_block_data_update_holds_a_half_read_pair() -> None:
    rig = Rig(World(motion=lambda t: Motion6(G, 0, 0, (t - 1_000_000_000) * 1e-9, 0, 0)))
    rig.stream()
    rig.clock.advance(500_000_000)
    whole = rig.get(0x22, 2)
    rig.get(0x22, 1)
    rig.clock.advance(1_000_000_000)
    high = rig.get(0x23)
    assert abs(high[0] - whole[1]) <= 1
    assert struct.unpack("<h", rig.get(0x22, 2))[0] * math.radians(17.5e-3) > 1.4


def test_gyro_and_accel_at_different_rates_share_slots() -> None:
    rig = Rig()
    rig.put(0x09, 0x54)  # gyro batched at 208, accel at 104
    rig.put(0x0A, 0x06)
    rig.put(0x10, 0x48, 0x54)
    rig.clock.advance(500_000_000)
    words = rig.words(rig.level())
    gyros = sum(w.sensor == 1 for w in words)
    accels = sum(w.sensor == 2 for w in words)
    assert gyros == pytest.approx(2 * accels, abs=2)
    assert gyros == pytest.approx(0.5 * rig.real_hz(), abs=2)


def test_freeze_stuck_power_and_bad_tag() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(50_000_000)
    rig.words(rig.level())
    rig.words(rig.level())
    rig.chip.freeze()
    rig.clock.advance(500_000_000)
    assert rig.level() == 0
    rig.chip.unfreeze()
    rig.clock.advance(50_000_000)
    assert rig.level() == pytest.approx(20, abs=2)
    rig.words(rig.level())
    rig.chip.stick(True)
    rig.clock.advance(50_000_000)
    assert {w.axes for w in rig.words(rig.level())} == {(3, -2, 1), (8190, 12, -9)}
    rig.clock.advance(10_000_000)
    rig.chip.bad_tag()
    assert [w.parity_ok for w in rig.words(2)] == [False, True]
    rig.chip.power_cycle()
    with pytest.raises(OSError, match="121"):
        rig.get(0x0F)
    rig.clock.advance(10_000_000)
    assert rig.get(0x10, 2) == b"\x00\x00"


def test_noise_is_on_every_axis_and_grows_with_the_rate() -> None:
    def spread(odr: int) -> list[float]:
        rig = Rig(World(), seed=6)
        rig.stream(odr)
        rig.clock.advance(200_000_000)
        rig.words(rig.level())
        axes: list[list[int]] = [[] for _ in range(6)]
        while len(axes[5]) < 1500:
            rig.clock.advance(100_000_000)
            for w in rig.words(rig.level()):
                for i, v in enumerate(w.axes):
                    axes[i if w.sensor == 1 else 3 + i].append(v)
        return [statistics.stdev(axis) for axis in axes]

    slow, fast = spread(5), spread(7)
    assert slow[:3] == pytest.approx([0.1 / 17.5e-3] * 3, rel=0.08)
    assert slow[3:] == pytest.approx([0.03 / (0.122e-3 * G)] * 3, rel=0.08)
    assert fast == pytest.approx([2 * s for s in slow], rel=0.1)


def test_the_first_samples_after_a_rate_change_are_not_yet_full() -> None:
    rig = Rig(World(motion=Motion6(G, G, G, 0, 0, 0)))
    rig.stream()
    rig.clock.advance(30_000_000)
    accel = [w.axes[1] * 0.122e-3 for w in rig.words(6) if w.sensor == 2]
    assert accel == pytest.approx([0.7, 0.9, 1.0], abs=0.02)


def test_the_gyros_settling_dies_out_in_ten_milliseconds() -> None:
    rig = Rig(World())
    rig.stream(8)  # 1667 Hz
    rig.clock.advance(60_000_000)
    words = [w for w in rig.words(100) if w.sensor == 1]
    early = [v * 17.5e-3 for v in words[0].axes]
    assert early == pytest.approx([18.9, -18.9, 18.9], abs=1.5)
    after_20_ms = words[32].axes[0] * 17.5e-3
    assert after_20_ms == pytest.approx(20 * math.exp(-2), abs=1.3)


def test_the_watermark_has_nine_bits() -> None:
    rig = Rig()
    rig.put(0x07, 0x2C, 0x01)  # 300 words
    rig.stream()
    rig.clock.advance(600_000_000)
    assert rig.level() < 300
    assert not rig.get(0x3B)[0] & 0x80
    rig.clock.advance(200_000_000)
    assert rig.get(0x3B)[0] & 0x80


def test_the_gyro_settles_anew_each_time_it_is_turned_on() -> None:
    rig = Rig(World())
    rig.stream()
    rig.put(0x11, 0x04)
    rig.clock.advance(1_000_000_000)
    rig.put(0x0A, 0x00)
    rig.put(0x0A, 0x06)
    rig.put(0x11, 0x54)
    rig.clock.advance(12_000_000)
    first = next(w for w in rig.words(4) if w.sensor == 1)
    assert first.axes[0] * 17.5e-3 == pytest.approx(20 * math.exp(-0.48), abs=1.5)


def test_exactly_512_words_are_full_but_not_overrun() -> None:
    rig = Rig()
    rig.stream()
    start = rig.clock.now_ns()
    rig.clock.sleep_until_ns(start + int(256.4e9 / rig.real_hz()))
    low, high = rig.get(0x3A, 2)
    assert (low | (high & 3) << 8, high & 0x68) == (512, 0x20)
    rig.clock.advance(int(1e9 / rig.real_hz()))
    assert rig.get(0x3B)[0] & 0x68 == 0x68
