"""The simulated LSM6DSV16X against ST's lsm6dsv16x_reg.h: no public Python driver reads one."""

from __future__ import annotations

import math
import statistics
import struct

import pytest

from drivers.sim import VirtualClock, bus_with
from drivers.sim.chip import Violation
from drivers.sim.lsm6dsv16x import SimLsm6dsv16x
from drivers.sim.scene import Motion6
from tests.sim.worlds import World

G = 9.80665
MOTION = Motion6(3.0, -6.0, 7.0, 0.5, -1.0, 1.5)

# Bits of the writable registers that are not "not_used" in the header.
BITS = {
    0x01: 0xCF, 0x02: 0xE0, 0x03: 0xFD, 0x06: 0xFF, 0x07: 0xFF, 0x08: 0xD7, 0x09: 0xFF, 0x0A: 0xFF,
    0x0B: 0x63, 0x0C: 0xFF, 0x0D: 0x7B, 0x0E: 0xFF, 0x10: 0x7F, 0x11: 0x7F, 0x12: 0xC5, 0x13: 0x1F,
    0x14: 0x07, 0x15: 0x7F, 0x16: 0xF1, 0x17: 0xEB, 0x18: 0x7B, 0x19: 0x4F, 0x50: 0xCB, 0x51: 0x7F,
    0x54: 0xFF, 0x55: 0x3F, 0x56: 0x7F, 0x57: 0xFF, 0x58: 0x1F, 0x59: 0xFF, 0x5A: 0xFF, 0x5B: 0xFF,
    0x5C: 0xEF, 0x5D: 0xFF, 0x5E: 0xFF, 0x5F: 0xFF, 0x62: 0x03, 0x63: 0xB8, 0x64: 0x03, 0x65: 0xFF,
    0x66: 0xFF, 0x67: 0xFF, 0x68: 0xFF, 0x69: 0xFF, 0x6A: 0xFF, 0x6B: 0xDF, 0x6F: 0xD0, 0x70: 0x27,
    0x71: 0x1F, 0x72: 0x3B, 0x73: 0xFF, 0x74: 0xFF, 0x75: 0xFF,
}  # fmt: skip
RESETS = {0x02: 0x23, 0x12: 0x44, 0x54: 0x04}
READ_ONLY = (0x0F, *range(0x1A, 0x1F), *range(0x20, 0x3C), 0x40, 0x41, *range(0x43, 0x4C), 0x4F)
NOWHERE = (0x00, 0x04, 0x05, 0x1F, 0x3C, 0x3F, 0x4C, 0x4E, 0x52, 0x53, 0x60, 0x61, 0x6C, 0x6E, 0x76)


class Rig:
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.bus = bus_with(
            "lsm6dsv16x", clock=self.clock, scene=world or World(motion=MOTION), seed=seed
        )
        self.chip = self.bus.chip(SimLsm6dsv16x)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x6A, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x6A, (bytes((at,)),), n)

    def stream(self, code: int = 7, mode: int = 6) -> None:
        """+-4 g, +-500 dps, both at one rate, into the FIFO."""
        self.put(0x15, 0x02)
        self.put(0x17, 0x01)
        self.put(0x09, code << 4 | code)
        self.put(0x0A, mode)
        self.put(0x10, code, code)

    def level(self) -> int:
        low, high = self.get(0x1B, 2)
        return low | (high & 0x01) << 8

    def words(self, n: int) -> list[tuple[int, int, int, tuple[int, ...]]]:
        """Sensor, counter, bit 0 and axes of each word."""
        raw = self.get(0x78, 7 * n)
        return [
            (raw[i] >> 3, raw[i] >> 1 & 3, raw[i] & 1, struct.unpack_from("<3h", raw, i + 1))
            for i in range(0, 7 * n, 7)
        ]

    def real_hz(self, nominal_hz: float = 240.0) -> float:
        fine = int.from_bytes(self.get(0x4F), "little", signed=True)
        return nominal_hz * (1 + 0.0013 * fine)

    def violations(self) -> list[tuple[str, int]]:
        return [(v.kind, v.register) for v in self.chip.violations]


@pytest.mark.parametrize(("at", "bits"), BITS.items())
def test_a_register_keeps_its_bits_and_notes_the_others(at: int, bits: int) -> None:
    rig = Rig()
    before = rig.get(at)[0]
    assert before == RESETS.get(at, 0)
    kept = before & ~bits & 0xFF
    rig.put(at, bits & 0x33 | kept)
    assert [v for v in rig.violations() if v[0] == "reserved_bits"] == []
    if at == 0x12:  # SW_RESET
        assert rig.get(at) == b"\x44"
    elif at == 0x42:
        assert rig.get(at) == b"\x00"
    else:
        assert rig.get(at)[0] == bits & 0x33 | kept
    rig = Rig()
    rig.put(at, ~before & 0xFF)
    noted = rig.chip.violations[:1] if bits != 0xFF else []
    assert noted == ([Violation("reserved_bits", at, ~before & 0xFF)] if bits != 0xFF else [])


@pytest.mark.parametrize("at", READ_ONLY)
def test_read_only(at: int) -> None:
    rig = Rig()
    before = rig.get(at)
    rig.put(at, before[0] ^ 0x55)
    assert rig.violations() == [("read_only", at)]
    assert rig.get(at) == before


@pytest.mark.parametrize("at", NOWHERE)
def test_there_is_no_such_register(at: int) -> None:
    rig = Rig()
    rig.get(at)
    rig.put(at, 1)
    assert rig.violations() == [("unknown_read", at), ("unknown_write", at)]


def test_it_says_who_it_is() -> None:
    rig = Rig()
    assert rig.get(0x0F) == b"\x70"
    assert rig.violations() == []


def test_software_reset_clears_all_but_pins_and_interface() -> None:
    rig = Rig()
    rig.put(0x02, 0x63)
    rig.put(0x03, 0x10)
    rig.stream()
    rig.put(0x10, 0x00, 0x00)
    rig.put(0x12, 0x05)
    assert rig.get(0x12) == b"\x44"
    assert rig.get(0x02, 2) == b"\x63\x10"
    assert rig.get(0x15, 3) == b"\x00\x00\x00"
    assert rig.get(0x09, 2) == b"\x00\x00"
    assert rig.violations() == []


@pytest.mark.parametrize("running", [(7, 0), (0, 7)])
def test_software_reset_of_a_running_chip_is_noted(running: tuple[int, int]) -> None:
    rig = Rig()
    rig.put(0x10, *running)
    rig.put(0x12, 0x05)
    assert rig.violations() == [("run_mode", 0x12)]


def test_a_global_reset_takes_its_boot_time_and_clears_everything() -> None:
    rig = Rig()
    rig.put(0x03, 0x10)
    rig.put(0x01, 0x04)
    with pytest.raises(OSError, match="121"):
        rig.get(0x0F)
    rig.clock.advance(30_000_000)
    assert rig.get(0x01, 3) == b"\x00\x23\x00"


def test_another_bank_hides_the_user_bank_but_other_bits_do_not() -> None:
    rig = Rig()
    rig.put(0x01, 0x09)
    assert rig.get(0x0F) == b"\x70"
    assert rig.violations() == []
    for bank in (0x40, 0x80):
        rig.put(0x01, bank)
        assert rig.get(0x0F) == b"\x00"
        rig.put(0x01, 0x00)
        assert rig.get(0x0F) == b"\x70"
    assert rig.violations() == [("unknown_read", 0x0F)] * 2


@pytest.mark.parametrize(
    ("code", "hz"),
    [(3, 15), (4, 30), (5, 60), (6, 120), (7, 240), (8, 480), (9, 960), (10, 1920)],
)
def test_the_rate_is_the_parts_own(code: int, hz: float) -> None:
    for seed in (1, 2, 3):
        rig = Rig(seed=seed)
        rig.stream(code)
        start = rig.clock.now_ns()
        samples = 0
        while samples < 200:
            rig.clock.advance(int(12e9 / hz))
            n = rig.level()
            rig.words(n)
            samples += n // 2
        seconds = (rig.clock.now_ns() - start) * 1e-9
        samples += rig.level() // 2  # came while the last were read
        assert samples / seconds == pytest.approx(rig.real_hz(hz), rel=0.006)


@pytest.mark.parametrize(("code", "hz"), [(1, 1.875), (2, 7.5), (11, 3840), (12, 7680)])
def test_rates_that_the_bus_cannot_follow_or_nobody_waits_for(code: int, hz: float) -> None:
    rig = Rig()
    rig.stream(code)
    rig.clock.advance(int(60.5e9 / hz))
    assert rig.level() == pytest.approx(2 * 60, abs=4)


def test_words_have_tags_without_parity_and_share_a_counter() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(200_000_000)
    n = rig.level()
    assert n == 2 * int(0.2 * rig.real_hz())
    words = rig.words(n)
    assert [w[0] for w in words] == [1, 2] * (n // 2)
    counters = [w[1] for w in words]
    assert counters[::2] == counters[1::2]
    assert {(b - a) % 4 for a, b in zip(counters[::2], counters[2::2], strict=False)} == {1}
    assert {w[2] for w in words} == {0}
    assert rig.violations() == []


def test_it_holds_256_words_the_newest() -> None:
    rig = Rig(World(motion=lambda t: Motion6(G, 0, 0, 0, 0, (t - 1_000_000_000) * 1e-9)))
    rig.stream()
    start = rig.clock.now_ns()
    rig.clock.sleep_until_ns(start + int(128.4e9 / rig.real_hz()))
    low, high = rig.get(0x1B, 2)
    assert (low | (high & 1) << 8, high & 0x68) == (256, 0x20)  # full, not yet overrun
    rig.clock.advance(int(1e9 / rig.real_hz()))
    assert rig.get(0x1C)[0] & 0x68 == 0x68
    rig.clock.advance(1_000_000_000)
    assert rig.level() == 256
    rate = math.radians(17.5e-3)
    first, *_, last = (w[3][2] * rate for w in rig.words(256) if w[0] == 1)
    assert last == pytest.approx((rig.clock.now_ns() - start) * 1e-9, abs=0.06)
    assert last - first == pytest.approx(127 / rig.real_hz(), abs=0.02)
    rig.put(0x0A, 0x00)
    rig.put(0x0A, 0x06)
    assert rig.get(0x1B, 2) == b"\x00\x00"


def test_the_watermark_has_eight_bits() -> None:
    rig = Rig()
    rig.put(0x07, 200, 0x01)  # bit 0 of FIFO_CTRL2 is no part of it here
    rig.stream()
    rig.clock.advance(int(99.5e9 / rig.real_hz()))
    assert not rig.get(0x1C)[0] & 0x80
    rig.clock.advance(int(1e9 / rig.real_hz()))
    assert rig.get(0x1C)[0] & 0x80


@pytest.mark.parametrize(
    ("fs_accel", "g_per_count"), [(0, 0.061e-3), (1, 0.122e-3), (2, 0.244e-3), (3, 0.488e-3)]
)
@pytest.mark.parametrize(
    ("fs_gyro", "dps_per_count"),
    [(0, 4.375e-3), (1, 8.75e-3), (2, 17.5e-3), (3, 35e-3), (4, 70e-3), (12, 140e-3)],
)
def test_scales(fs_accel: int, g_per_count: float, fs_gyro: int, dps_per_count: float) -> None:
    rig = Rig()
    rig.put(0x15, fs_gyro)
    rig.put(0x17, fs_accel)
    rig.put(0x10, 0x07, 0x07)
    rig.clock.advance(300_000_000)
    sums = [0.0] * 6
    for _ in range(50):
        rig.clock.advance(6_000_000)
        for i, v in enumerate(struct.unpack("<6h", rig.get(0x22, 12))):
            sums[i] += v / 50
    assert [math.radians(v * dps_per_count) for v in sums[:3]] == pytest.approx(
        MOTION[3:], abs=math.radians(0.45)
    )
    assert [v * g_per_count * G for v in sums[3:]] == pytest.approx(MOTION[:3], abs=0.05)
    assert rig.violations() == []


def test_noise_is_that_of_240_hz_and_grows_with_the_rate() -> None:
    def spread(code: int) -> list[float]:
        rig = Rig(World(), seed=6)
        rig.stream(code)
        rig.clock.advance(200_000_000)
        rig.words(rig.level())
        axes: list[list[int]] = [[] for _ in range(6)]
        while len(axes[5]) < 1500:
            rig.clock.advance(50_000_000)
            for sensor, _, _, counts in rig.words(rig.level()):
                for i, v in enumerate(counts):
                    axes[i if sensor == 1 else 3 + i].append(v)
        return [statistics.stdev(axis) for axis in axes]

    slow, fast = spread(7), spread(9)
    assert slow[:3] == pytest.approx([0.1 / 17.5e-3] * 3, rel=0.08)
    assert slow[3:] == pytest.approx([0.03 / (0.122e-3 * G)] * 3, rel=0.08)
    assert fast == pytest.approx([2 * s for s in slow], rel=0.1)


@pytest.mark.parametrize(
    ("code", "accel_mg", "gyro_dps"), [(0x05, 500, 400), (0x0A, -500, -400), (0x0F, 0, 0)]
)
def test_self_test_pushes_all_axes(code: int, accel_mg: float, gyro_dps: float) -> None:
    rig = Rig(World())
    rig.stream()
    rig.clock.advance(200_000_000)
    before = struct.unpack("<6h", rig.get(0x22, 12))
    rig.put(0x19, code)
    rig.clock.advance(20_000_000)
    after = struct.unpack("<6h", rig.get(0x22, 12))
    pushed = [b - a for a, b in zip(before, after, strict=True)]
    assert [p * 17.5e-3 for p in pushed[:3]] == pytest.approx([gyro_dps] * 3, abs=1.5)
    assert [p * 0.122 for p in pushed[3:]] == pytest.approx([accel_mg] * 3, abs=40)


def test_a_sleeping_gyroscope_gives_no_words() -> None:
    rig = Rig()
    rig.stream()
    rig.put(0x11, 0x47)
    rig.words(rig.level())
    rig.clock.advance(100_000_000)
    assert {w[0] for w in rig.words(rig.level())} == {2}


def test_the_timestamp_counts_46080_a_second_once_it_is_on() -> None:
    rig = Rig()
    rig.clock.advance(1_000_000_000)
    assert rig.get(0x40, 4) == bytes(4)
    rig.put(0x50, 0x40)
    rig.put(0x42, 0xAA)
    rig.clock.advance(1_000_000_000)
    ticks = int.from_bytes(rig.get(0x40, 4), "little")
    assert ticks == pytest.approx(46_080 * rig.real_hz() / 240, rel=1e-3)
    assert 21.75e-6 * ticks == pytest.approx(1.0, rel=0.015)  # ST's lsb_to_nsec, and the part's own


def test_a_burst_over_fifo_status_and_outputs_has_both() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(101_500_000)
    raw = rig.get(0x1B, 0x2E - 0x1B)
    assert raw[0] == 2 * int(0.1015 * rig.real_hz())
    assert raw[3] & 0x07 == 0x07
    assert struct.unpack("<h", raw[5:7])[0] / 256 + 25 == 26.0
    assert struct.unpack("<3h", raw[13:])[2] * 0.122e-3 * G == pytest.approx(7.0, abs=0.2)


@pytest.mark.parametrize(
    ("at", "value"),
    [(0x0A, 2), (0x0A, 5), (0x10, 0x17), (0x10, 0x37), (0x10, 0x0D), (0x11, 0x17), (0x11, 0x0F),
     (0x11, 0x67), (0x15, 5), (0x15, 11), (0x15, 13)],
)  # fmt: skip
def test_what_is_reserved_or_not_modelled_is_noted(at: int, value: int) -> None:
    rig = Rig()
    rig.put(at, value)
    assert rig.violations() == [("run_mode", at)]


@pytest.mark.parametrize(
    ("at", "value"), [(0x0A, 1), (0x0A, 3), (0x0A, 4), (0x0A, 7), (0x10, 0x7C), (0x11, 0x5C)]
)
def test_what_is_modelled_is_not(at: int, value: int) -> None:
    rig = Rig()
    rig.put(at, value)
    assert rig.violations() == []


def test_power_freeze_stuck_and_a_bad_tag() -> None:
    rig = Rig()
    rig.stream()
    rig.clock.advance(50_000_000)
    rig.chip.bad_tag(0x04)
    first, _, third, *_ = rig.words(rig.level())
    assert first[1] == (third[1] - 1) % 4 ^ 2
    rig.words(rig.level())
    rig.chip.freeze()
    rig.clock.advance(500_000_000)
    assert rig.level() == 0
    rig.chip.unfreeze()
    rig.words(rig.level())
    rig.chip.stick(True)
    rig.clock.advance(50_000_000)
    assert len({w[3] for w in rig.words(rig.level())}) == 2
    rig.chip.power_cycle()
    with pytest.raises(OSError, match="121"):
        rig.get(0x0F)
    rig.clock.advance(10_000_000)
    assert rig.get(0x10, 2) == b"\x00\x00"
