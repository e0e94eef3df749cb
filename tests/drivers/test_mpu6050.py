"""MPU-6050 family against transcripts written from InvenSense's register maps."""

from __future__ import annotations

import itertools
import math
import re
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.mpu6050 import Mpu6050
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

G = 9.80665
RESTART = w("6A 04", "6A 40")
PERIOD_NS = 5 * MS
FIFO_BYTES = {0x68: 1024, 0x70: 512, 0x71: 512, 0x72: 512, 0x73: 512, 0x98: 512}


def bring_up(
    who: str = "68", settings: str = "04020808", more: str = "", check: int = 4
) -> list[Step]:
    """``more``: what is written to ACCEL_CONFIG2; ``check``: bytes read back."""
    written = bytes.fromhex(settings + more)
    return [
        r("75", reply=who),
        w("6B 80"),
        r("6B", reply="C0"),
        r("6B", reply="40"),
        w("6B 01"),
        w("19" + settings + more),
        w("38 10"),
        r("19", reply=written[:check]),
        w("6A 04", "23 78", "6A 40"),
        r("6A", reply="4001"),
    ]


PARTS = {
    0x68: bring_up("68"),
    0x70: bring_up("70", more="02", check=5),
    0x71: bring_up("71", more="02", check=5),
    0x72: bring_up("72", more="02"),
    0x73: bring_up("73", more="02", check=5),
    0x98: bring_up("98", more="02"),
}


def sample(*axes: int) -> bytes:
    """ax ay az gx gy gz."""
    return struct.pack(">6h", *axes)


def some(n: int, first: int = 0) -> bytes:
    """``n`` samples; the gyroscope's x counts up from ``first``."""
    return b"".join(sample(8192, 1, 2, first + k, 4, 5) for k in range(n))


def count(n_bytes: int) -> Step:
    return r("72", reply=n_bytes.to_bytes(2, "big"))


def drain(data: bytes, waiting: int | None = None) -> list[Step]:
    """The count (``waiting`` bytes), and a burst that gives ``data``."""
    steps = [count(len(data) if waiting is None else waiting)]
    return [*steps, r("74", reply=data)] if data else steps


def started(who: int = 0x68) -> tuple[Mpu6050, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x68, PARTS[who])
    imu = Mpu6050(bus, clock)
    run(imu.bring_up(), clock)
    assert bus.steps == []
    return imu, bus, clock


@pytest.mark.parametrize("who", PARTS)
def test_bring_up_word_for_word_and_who_it_is(who: int) -> None:
    clock, bus = FakeClock(0), ScriptBus(0x68, PARTS[who])
    imu = Mpu6050(bus, clock)
    assert imu.identity == ""
    run(imu.bring_up(), clock)
    assert bus.steps == []
    assert imu.identity.startswith(f"WHO_AM_I 0x{who:02X} (")
    assert imu.odr_hz == 200.0
    assert clock.t_ns <= 160 * MS  # with the wait before a retry still within 0.5 s


@pytest.mark.parametrize("who", sorted(set(range(256)) - set(PARTS)))
def test_any_other_chip_is_told(who: int) -> None:
    clock, bus = FakeClock(), ScriptBus(0x68, [r("75", reply=bytes((who,)))])
    with pytest.raises(WrongChip, match=f"WHO_AM_I 0x{who:02X}, expected one of 0x68, 0x70, 0x71"):
        run(Mpu6050(bus, clock).bring_up(), clock)


@pytest.mark.parametrize(
    ("odr", "accel", "gyro", "settings", "hz"),
    [
        (104, 2, 250, "09030000", 100.0),
        (208, 4, 500, "04020808", 200.0),
        (417, 8, 1000, "01021010", 500.0),
        (208, 16, 2000, "04021818", 200.0),
    ],
)
def test_ranges_and_rates_in_their_own_bits(
    odr: int, accel: int, gyro: int, settings: str, hz: float
) -> None:
    clock, bus = FakeClock(), ScriptBus(0x68, bring_up(settings=settings))
    imu = Mpu6050(bus, clock, odr_hz=odr, accel_range_g=accel, gyro_range_dps=gyro)
    run(imu.bring_up(), clock)
    assert imu.odr_hz == hz
    assert bus.steps == []


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"odr_hz": 200}, "rate in Hz 200, allowed: 104, 208, 417"),
        ({"accel_range_g": 3}, "accelerometer range in g 3, allowed: 2, 4, 8, 16"),
        ({"gyro_range_dps": 125}, "gyroscope range in dps 125, allowed: 250, 500, 1000, 2000"),
        ({"address": 0x6A}, "address 0x6A, allowed: 0x68, 0x69"),
    ],
)
def test_any_other_setting_says_what_is_allowed(setting: dict[str, int], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        Mpu6050(ScriptBus(0x68), FakeClock(), **setting)


@pytest.mark.parametrize(
    ("accel", "gyro", "per_g", "per_dps"),
    [(2, 250, 16384, 131), (4, 500, 8192, 65.5), (8, 1000, 4096, 32.8), (16, 2000, 2048, 16.4)],
)
def test_counts_to_si(accel: int, gyro: int, per_g: float, per_dps: float) -> None:
    bus = ScriptBus(0x68)
    imu = Mpu6050(bus, FakeClock(), accel_range_g=accel, gyro_range_dps=gyro)
    bus.expect(*drain(sample(1000, -2000, 32767, -1000, 2000, -32768)))
    (got,) = imu.read()
    assert got[1:4] == pytest.approx((1000 * G / per_g, -2000 * G / per_g, 32767 * G / per_g))
    turns = [math.degrees(rate) * per_dps for rate in got[4:]]
    assert turns == pytest.approx((-1000, 2000, -32768))


def test_a_reset_that_never_ends() -> None:
    script = [*PARTS[0x68][:2], *[r("6B", reply="C0")] * 100]
    clock, bus = FakeClock(0), ScriptBus(0x68, script)
    with pytest.raises(ChipTimeout, match="0xC0, expected DEVICE_RESET"):
        run(Mpu6050(bus, clock).bring_up(), clock)
    assert 150 * MS <= clock.t_ns <= 160 * MS


@pytest.mark.parametrize("who", [0x68, 0x70])
@pytest.mark.parametrize("at", range(5))
def test_settings_that_do_not_hold(who: int, at: int) -> None:
    script = PARTS[who]
    good = script[7].reply
    assert isinstance(good, bytes)
    if at >= len(good):
        return
    other = bytes(b ^ (0x08 if i == at else 0) for i, b in enumerate(good))
    clock, bus = FakeClock(), ScriptBus(0x68, [*script[:7], script[7]._replace(reply=other)])
    expected = f"0x{other.hex().upper()}, expected 0x{good.hex().upper()}"
    with pytest.raises(BadData, match=expected):
        run(Mpu6050(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("got", ["0040", "4040", "0001", "FFFF"])
def test_power_lost_in_the_middle_of_the_bring_up(got: str) -> None:
    clock, bus = FakeClock(), ScriptBus(0x68, [*PARTS[0x68][:-1], r("6A", reply=got)])
    with pytest.raises(BadData, match=f"0x{got}, expected 0x4001. It lost its power"):
        run(Mpu6050(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("who", PARTS)
def test_a_nack_anywhere_in_the_bring_up_is_told_at_once(who: int) -> None:
    script = PARTS[who]
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x68, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(Mpu6050(bus, clock).bring_up(), clock)
        assert bus.steps == []


def test_a_batch_is_the_count_and_one_burst() -> None:
    imu, bus, clock = started()
    clock.t_ns += 20 * MS
    bus.expect(*drain(some(4, first=10)))
    got = imu.read()
    assert [round(math.degrees(s.gx) * 65.5) for s in got] == [10, 11, 12, 13]
    assert (bus.transactions, bus.bytes) == (2, 5 + 3 + 4 * 12)


def test_at_most_16_samples_a_read_and_the_rest_after() -> None:
    imu, bus, clock = started()
    clock.t_ns += 100 * MS
    data = some(20)
    bus.expect(*drain(data[: 16 * 12], waiting=len(data)))
    first = imu.read()
    assert len(first) == 16
    assert clock.t_ns - first[-1].t_ns == pytest.approx(4.5 * PERIOD_NS, abs=2)
    bus.expect(*drain(data[16 * 12 :]))
    second = imu.read()
    assert len(second) == 4
    steps = [b.t_ns - a.t_ns for a, b in itertools.pairwise(first + second)]
    assert steps == pytest.approx([PERIOD_NS] * 19, abs=2)


# -- what cannot be true ----------------------------------------------------------------------


@given(st.binary(min_size=12, max_size=192))
def test_any_bytes_are_their_numbers_or_told(junk: bytes) -> None:
    junk = junk[: len(junk) // 12 * 12]
    imu, bus, _ = started()
    records = [junk[k : k + 12] for k in range(0, len(junk), 12)]
    empty = any(len(set(record)) == 1 for record in records)
    bus.expect(*drain(junk), *([RESTART] if empty else []))
    if empty:
        with pytest.raises(BadData, match="twelve times"):
            imu.read()
        return
    for got, record in zip(imu.read(), records, strict=True):
        words = [record[k] << 8 | record[k + 1] for k in range(0, 12, 2)]
        signed = [word - 0x10000 if word & 0x8000 else word for word in words]
        assert got[1:4] == pytest.approx([c * G / 8192 for c in signed[:3]])
        assert got[4:] == pytest.approx([math.radians(c / 65.5) for c in signed[3:]])


@pytest.mark.parametrize("value", range(256))
def test_a_byte_twelve_times_is_no_sample(value: int) -> None:
    imu, bus, _ = started()
    data = some(2) + bytes((value,)) * 12
    bus.expect(*drain(data), RESTART)
    with pytest.raises(BadData, match=f"sample 3 of 3 is 0x{value:02X} twelve times; 3 samples"):
        imu.read()
    assert imu.dropped_samples == 3
    bus.expect(*drain(some(1)))
    assert len(imu.read()) == 1


def test_a_dowel_at_rest_in_free_fall_is_still_read() -> None:
    imu, bus, _ = started()
    for axes in ((-1, -1, -1, -1, -1, 0), (256, 256, 256, 256, 256, 256), (0, 0, 0, 0, 0, 1)):
        bus.expect(*drain(sample(*axes)))
        assert len(imu.read()) == 1


@given(st.sampled_from(sorted(PARTS)), st.integers(0, 0xFFFF))
def test_any_count_is_read_whole_or_told(who: int, n_bytes: int) -> None:
    imu, bus, _ = started(who)
    size = FIFO_BYTES[who]
    if n_bytes == 0:
        bus.expect(count(0))
        assert imu.read() == []
    elif n_bytes % 12 == 0 and n_bytes + 12 <= size:
        data = some(min(n_bytes // 12, 16))
        bus.expect(count(n_bytes), r("74", reply=data))
        assert len(imu.read()) == len(data) // 12
    elif n_bytes % 12 == 0 and n_bytes < size:  # one more sample would overflow it
        bus.expect(count(n_bytes), r("74", reply=some(16)), RESTART)
        with pytest.raises(BadData, match="overflow"):
            imu.read()
    else:
        again = [count(n_bytes)] if n_bytes % 12 else []
        bus.expect(count(n_bytes), *again, r("3A", reply="01"), RESTART)
        with pytest.raises(BadData, match=f"{n_bytes} bytes"):
            imu.read()
    assert bus.steps == []


def test_a_count_read_while_a_sample_came_is_read_again() -> None:
    imu, bus, _ = started()
    bus.expect(count(10), *drain(some(1)))
    assert len(imu.read()) == 1


@pytest.mark.parametrize(
    ("who", "n_bytes", "status", "words"),
    [
        (0x68, 1024, "00", "FIFO overflow, 1024 bytes, INT_STATUS 0x00; 85 samples dropped"),
        (0x70, 512, "11", "FIFO overflow, 512 bytes, INT_STATUS 0x11; 42 samples dropped"),
        (0x68, 512, "10", "FIFO overflow, 512 bytes"),  # a smaller FIFO than its id says
        (0x68, 100, "10", "FIFO overflow, 100 bytes"),
        (0x68, 100, "01", "FIFO count 100 bytes; 8 samples dropped, expected a multiple of 12 "),
        (0x68, 0xFFFF, "FF", "FIFO count 65535 bytes"),
        (0x70, 601, "00", "FIFO count 601 bytes; 50 samples dropped, expected .* below 512"),
        (0x72, 612, "00", "FIFO overflow, 612 bytes"),  # a larger FIFO than it is taken to have
        (0x72, 1020, "00", "FIFO overflow, 1020 bytes"),
        (0x72, 1032, "00", "FIFO count 1032 bytes"),
    ],
)
def test_a_count_that_cannot_be_is_explained(
    who: int, n_bytes: int, status: str, words: str
) -> None:
    imu, bus, _ = started(who)
    again = [count(n_bytes)] if n_bytes % 12 else []
    bus.expect(count(n_bytes), *again, r("3A", reply=status), RESTART)
    with pytest.raises(BadData, match=words):
        imu.read()
    assert imu.dropped_samples == n_bytes // 12
    bus.expect(*drain(some(1)))
    assert len(imu.read()) == 1


@pytest.mark.parametrize("who", PARTS)
def test_a_full_fifo_of_each_part_has_overflowed(who: int) -> None:
    imu, bus, _ = started(who)
    size = FIFO_BYTES[who]
    again = [count(size)] if size % 12 else []
    bus.expect(count(size), *again, r("3A", reply="00"), RESTART)
    with pytest.raises(BadData, match=f"FIFO overflow, {size} bytes"):
        imu.read()


class SlowBus(ScriptBus):
    """A burst takes ``burst_ns``: the program was put aside in it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(0x68, PARTS[0x68])
        self.clock = clock
        self.burst_ns = 0

    def write_read(self, address: int, writes: Iterable[bytes], n: int) -> bytes:
        writes = tuple(writes)
        if writes == (b"\x74",):
            self.clock.t_ns += self.burst_ns
        return super().write_read(address, writes, n)


@pytest.mark.parametrize(
    ("waiting", "burst_ms", "whole"),
    [
        (4, 385, True),
        (4, 390, False),
        (80, 23, True),
        (80, 24, False),
        (84, 4, True),
        (84, 5, False),
    ],
)
def test_a_fifo_that_may_have_overflowed_during_the_burst_is_not_believed(
    waiting: int, burst_ms: int, whole: bool
) -> None:
    """1024 bytes hold 85 samples; at 210 Hz (5 % fast) one comes each 4.76 ms."""
    clock = FakeClock()
    bus = SlowBus(clock)
    imu = Mpu6050(bus, clock)
    run(imu.bring_up(), clock)
    data = some(min(waiting, 16))
    bus.burst_ns = burst_ms * MS
    bus.expect(count(12 * waiting), r("74", reply=data), *([] if whole else [RESTART]))
    if whole:
        assert len(imu.read()) == len(data) // 12
    else:
        with pytest.raises(BadData, match=rf"overflow, {12 * waiting} bytes and time for \d+ more"):
            imu.read()
        assert bus.steps == []


def test_after_a_burst_that_failed_the_next_batch_is_timed_anew() -> None:
    imu, bus, clock = started()
    clock.t_ns += 20 * MS
    bus.expect(*drain(some(4)))
    before = imu.read()
    clock.t_ns += 20 * MS
    bus.expect(count(48), fails(5, "74", n=48))
    with pytest.raises(BusFault):
        imu.read()
    clock.t_ns += 20 * MS  # 24 bytes went with the failed burst: 6 samples are left of 8
    bus.expect(*drain(some(6)))
    after = imu.read()
    assert clock.t_ns - after[-1].t_ns == pytest.approx(2.5 * MS, abs=2)
    assert after[0].t_ns - before[-1].t_ns == pytest.approx(15 * MS, abs=10)
    assert [b.t_ns - a.t_ns for a, b in itertools.pairwise(after)] == pytest.approx(
        [PERIOD_NS] * 5, abs=2
    )


def test_nacks_are_tried_again_and_counted() -> None:
    imu, bus, _ = started()
    n, data = drain(some(1))
    bus.expect(fails(121, "72", n=2), n, fails(121, "74", n=12), data)
    assert len(imu.read()) == 1
    assert imu.retries == 2


def test_silence_is_explained_after_50_ms() -> None:
    imu, bus, clock = started()
    clock.t_ns += 50 * MS
    bus.expect(count(0))
    assert imu.read() == []
    clock.t_ns += MS
    good = r("19", reply="04020808")
    for steps, error, words in (
        ([r("75", reply="00")], WrongChip, "WHO_AM_I 0x00"),
        ([r("75", reply="FF")], WrongChip, "WHO_AM_I 0xFF"),
        ([r("75", reply="70")], WrongChip, "WHO_AM_I 0x70"),  # another part than before
        (
            [r("75", reply="68"), r("19", reply="00000000")],
            BadData,
            "SMPLRT_DIV to ACCEL_CONFIG are 0x",
        ),
        ([r("75", reply="68"), good, r("6A", reply="0040")], BadData, "lost its power"),
        (
            [r("75", reply="68"), good, r("6A", reply="0001")],
            BadData,
            "USER_CTRL, PWR_MGMT_1 are 0x",
        ),
        ([r("75", reply="68"), good, r("6A", reply="4001")], ChipTimeout, "no sample for 51 ms"),
    ):
        bus.expect(count(0), *steps)
        with pytest.raises(error, match=words):
            imu.read()
        assert bus.steps == []


def test_a_sample_ends_the_silence() -> None:
    imu, bus, clock = started()
    clock.t_ns += 49 * MS
    bus.expect(*drain(some(1)))
    assert imu.read()
    clock.t_ns += 49 * MS
    bus.expect(count(0))
    assert imu.read() == []


@pytest.mark.parametrize(
    ("who", "raw", "celsius"),
    [
        (0x68, "0000", 36.53),
        (0x68, "F204", 26.0),
        (0x70, "0000", 21.0),
        (0x71, "0685", 26.0),
        (0x73, "F97B", 16.0),
    ],
)
def test_temperature_by_the_parts_own_scale(who: int, raw: str, celsius: float) -> None:
    imu, bus, _ = started(who)
    bus.expect(r("41", reply=raw))
    assert imu.read_temperature() == pytest.approx(celsius, abs=0.01)


@pytest.mark.parametrize("who", [0x72, 0x98])
def test_the_temperature_of_a_clone_is_not_known(who: int) -> None:
    imu, _, _ = started(who)
    assert imu.read_temperature() is None


def test_stop_puts_it_to_sleep() -> None:
    imu, bus, _ = started()
    bus.expect(w("6B 41"))
    imu.stop()


# -- times ------------------------------------------------------------------------------------


def _feed(
    gaps_ms: Iterable[float], true_period_ns: float
) -> tuple[list[int], list[float], list[float]]:
    """Stamps given for a chip of ``true_period_ns`` read at ``gaps_ms``, true times, rates."""
    imu, bus, clock = started()
    start = clock.t_ns
    made = read = 0
    stamps: list[int] = []
    rates: list[float] = []
    for gap in gaps_ms:
        clock.t_ns += round(gap * MS)
        made = int((clock.t_ns - start) / true_period_ns)
        n = min(made - read, 16)
        bus.expect(*drain(some(n, read % 1000), waiting=12 * (made - read)))
        batch = imu.read()
        assert len(batch) == n
        stamps += [s.t_ns for s in batch]
        rates.append(imu.odr_hz)
        read += n
    return stamps, [start + (k + 1) * true_period_ns for k in range(read)], rates


@given(st.lists(st.floats(3.0, 60.0), min_size=1, max_size=40), st.floats(0.99, 1.01))
def test_stamps_are_smooth_monotone_and_never_a_period_off(gaps: list[float], rate: float) -> None:
    stamps, true, rates = _feed(gaps, PERIOD_NS / rate)
    assert all(a < b for a, b in itertools.pairwise(stamps))
    for k, (got, want) in enumerate(zip(stamps, true, strict=True)):
        assert abs(got - want) <= 1.6 * PERIOD_NS, k
    assert set(rates) <= {200.0}  # the rate that recordings carry never moves


@pytest.mark.parametrize("rate", [0.99, 0.9973, 1.0, 1.0042, 1.01])
def test_the_stamps_follow_the_real_rate_in_even_steps(rate: float) -> None:
    stamps, true, rates = _feed([5.0] * 4000, PERIOD_NS / rate)
    errors = [got - want for got, want in zip(stamps, true, strict=True)]
    assert all(abs(error) <= 1.1 * PERIOD_NS for error in errors)
    steps = [b - a for a, b in itertools.pairwise(stamps[2000:])]
    assert sum(steps) / len(steps) == pytest.approx(PERIOD_NS / rate, rel=5e-4)
    assert max(steps) < 1.1 * PERIOD_NS / rate
    assert min(steps) > 0.9 * PERIOD_NS / rate
    assert set(rates) == {200.0}


@pytest.mark.parametrize(
    ("true_hz", "good"),
    [(150, False), (176, False), (183, True), (219, True), (226, False), (1000, False)],
)
def test_a_part_that_runs_at_another_rate_is_told(true_hz: float, good: bool) -> None:
    """Ten per cent are more than any clock is off; 32 samples and more show them."""
    if good:
        _feed([5.0] * 400, 1e9 / true_hz)
        return
    imu, bus, clock = started()
    start = clock.t_ns
    words = r"rate (\d+) samples a second; \d+ samples dropped, expected 200\. The part does"
    with pytest.raises(BadData, match=words) as caught:
        _read_for_2_s(imu, bus, clock, true_hz)
    said = re.search(words, str(caught.value))
    assert said is not None
    assert int(said[1]) == pytest.approx(true_hz, rel=0.05)
    assert clock.t_ns - start < 400 * MS
    assert bus.steps == []


def _read_for_2_s(imu: Mpu6050, bus: ScriptBus, clock: FakeClock, true_hz: float) -> None:
    start, read = clock.t_ns, 0
    for _ in range(400):
        clock.t_ns += 5 * MS
        made = int((clock.t_ns - start) * 1e-9 * true_hz)
        n = min(made - read, 16)
        bus.steps = [*drain(some(n, read % 1000), waiting=12 * (made - read)), RESTART]
        imu.read()
        read += n


def test_a_part_whose_reset_value_is_another_clock_comes_up() -> None:
    script = [
        r("6B", reply="01") if step == r("6B", reply="40") else step for step in PARTS[0x70]
    ]  # PWR_MGMT_1 of an MPU-6500 after its reset
    clock, bus = FakeClock(), ScriptBus(0x68, script)
    run(Mpu6050(bus, clock).bring_up(), clock)
    assert bus.steps == []


def test_what_was_left_behind_is_not_counted_twice() -> None:
    imu, bus, clock = started()
    clock.t_ns += 5 * MS
    bus.expect(*drain(some(1)))
    imu.read()
    clock.t_ns += 150 * MS
    bus.expect(*drain(some(16), waiting=30 * 12))
    imu.read()
    clock.t_ns += 15 * MS
    bus.expect(*drain(some(16), waiting=17 * 12))
    assert len(imu.read()) == 16  # 33 in 165 ms: its own rate


def test_all_that_is_dropped_is_counted_and_the_silence_begins_anew() -> None:
    imu, bus, clock = started()
    for dropped in (5, 10):
        bus.expect(count(61), count(61), r("3A", reply="00"), w("6A 04", "6A 40"))
        with pytest.raises(BadData, match="5 samples dropped"):
            imu.read()
        assert imu.dropped_samples == dropped
    clock.t_ns += 50 * MS
    bus.expect(count(0))
    assert imu.read() == []


def test_what_is_said_of_a_byte_that_repeats() -> None:
    imu, bus, _ = started()
    bus.expect(*drain(bytes(12)), w("6A 04", "6A 40"))
    with pytest.raises(BadData) as caught:
        imu.read()
    assert str(caught.value) == (
        "MPU6050 at 0x68 on i2c-1: sample 1 of 1 is 0x00 twelve times; 1 samples dropped, "
        "expected accelerations and rates. "
        "Check the cable's length, pull-ups and supply if it happens again."
    )


def test_what_it_is_before_its_bring_up() -> None:
    imu = Mpu6050(ScriptBus(0x69), FakeClock(), 0x69)
    assert (imu.name, imu.address, imu.identity, imu.retries) == ("MPU6050", 0x69, "", 0)


def test_a_wrong_rate_is_told_at_the_32nd_sample() -> None:
    imu, bus, clock = started()
    for wait_ms, n in ((5, 1), (50, 16), (47, 15)):
        clock.t_ns += wait_ms * MS
        bus.expect(*drain(some(n)))
        assert len(imu.read()) == n  # the first only starts the counting
    clock.t_ns += 3 * MS
    bus.expect(*drain(some(1)), w("6A 04", "6A 40"))
    with pytest.raises(BadData, match="rate 320 samples a second"):
        imu.read()
