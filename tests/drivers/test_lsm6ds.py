"""The LSM6DS family against transcripts written from ST's register headers and datasheets."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.lsm6ds import Lsm6ds
from drivers.lsm6dsox import Lsm6dsox
from drivers.lsm6dsv16x import Lsm6dsv16x
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

G = 9.80665
PERIOD_NS = 32e9 / 6667
"""Of an LSM6DSOX."""
RESTART = w("0A 00", "0A 06")
NAMES = ("LSM6DSOX", "LSM6DSV16X")
parts = pytest.mark.parametrize("name", NAMES)


class Part(NamedTuple):
    """What a transcript of each part has in its own way."""

    driver: type[Lsm6ds]
    who: str
    before_reset: tuple[str, ...]
    resetting: str
    """CTRL3 while it resets, and once it has."""
    reset: str
    after_reset: tuple[str, ...]
    trim: str
    batch: str
    rates: str
    """CTRL1, CTRL2 and, apart, CTRL6..8 as the driver sets them by itself."""
    ranges: str
    others: str
    """CTRL4 and CTRL5: whatever the part has there."""
    status: str
    held: str
    said: str
    """The registers held, as they are called."""
    rate_hz: float
    trim_step: float
    trim_name: str
    ctrl3: str


PARTS = {
    "LSM6DSOX": Part(
        Lsm6dsox, "6C", (), "05", "04", ("18 E2", "12 44"), "63", "55", "5854", "", "", "3A",
        "585444", "CTRL1_XL, CTRL2_G, CTRL3_C", 6667 / 32, 0.0015, "INTERNAL_FREQ_FINE",
        "CTRL3_C",
    ),
    "LSM6DSV16X": Part(
        Lsm6dsv16x, "70", ("10 00 00",), "45", "44", ("12 44", "63 08"), "4F", "77", "0707",
        "02 00 01", "00 02", "1B", "070744020001", "CTRL1, 2, 3, 6, 7, 8", 240.0, 0.0013,
        "INTERNAL_FREQ", "CTRL3",
    ),
}  # fmt: skip


def bring_up(part: Part, fine: str = "00") -> list[Step]:
    return [
        w("01 00"),
        r("0F", reply=part.who),
        *(w(message) for message in part.before_reset),
        w("12 05"),
        r("12", reply=part.resetting),
        r("12", reply=part.reset),
        *(w(message) for message in part.after_reset),
        r(part.trim, reply=fine),
        *([w("15" + part.ranges)] if part.ranges else []),
        w("07 00 00" + part.batch + "06"),
        w("10" + part.rates),
        r("10", reply=part.rates + "44" + part.others + part.ranges),
        RESTART,
    ]


def word(name: str, sensor: int, counter: int, x: int, y: int, z: int) -> bytes:
    """Bit 0 of a tag: even parity, or nothing (then it is set on every other word here)."""
    tag = sensor << 3 | (counter & 3) << 1
    tag |= tag.bit_count() % 2 if name == "LSM6DSOX" else counter & 1
    return struct.pack("<Bhhh", tag, x, y, z)


class Bench:
    """One part on a script, brought up; ``settled``: its first three pairs dropped too."""

    def __init__(self, name: str, *, settled: bool = True) -> None:
        self.part = PARTS[name]
        self.period_ns = 1e9 / self.part.rate_hz
        self.clock, self.bus = FakeClock(), ScriptBus(0x6A, bring_up(PARTS[name]))
        self.imu = self.part.driver(self.bus, self.clock)
        run(self.imu.bring_up(), self.clock)
        assert self.bus.steps == []
        if settled:
            self.clock.t_ns += 15 * MS
            self.bus.expect(*self.drain(self.pair(1) + self.pair(2) + self.pair(3)))
            assert self.imu.read() == []

    def word(self, sensor: int, counter: int, x: int, y: int, z: int) -> bytes:
        return word(self.imu.name, sensor, counter, x, y, z)

    def pair(self, counter: int, value: int = 0) -> bytes:
        """Gyroscope, then accelerometer, of one instant; ``value`` is the gyroscope's x."""
        return self.word(1, counter, value, 2, 3) + self.word(2, counter, 4, 5, 6)

    def drain(self, data: bytes, waiting: int | None = None) -> list[Step]:
        n = len(data) // 7
        status = self.status((n if waiting is None else waiting).to_bytes(2, "little").hex())
        return [status, r("78", reply=data)] if n else [status]

    def status(self, reply: str) -> Step:
        return r(self.part.status, reply=reply)


@parts
def test_bring_up_word_for_word(name: str) -> None:
    clock, bus, part = FakeClock(0), ScriptBus(0x6A, bring_up(PARTS[name], "FD")), PARTS[name]
    imu = part.driver(bus, clock)
    assert (imu.name, imu.address, imu.identity) == (name, 0x6A, "")
    assert imu.odr_hz == pytest.approx(part.rate_hz)
    run(imu.bring_up(), clock)
    assert bus.steps == []
    assert imu.identity == f"WHO_AM_I 0x{part.who}, {part.trim_name} -3"
    assert 70 * MS <= clock.t_ns <= 75 * MS  # the gyroscope's turn-on


@parts
@given(fine=st.integers(-128, 127))
def test_the_rate_is_the_parts_own(name: str, fine: int) -> None:
    bench = Bench(name, settled=False)
    bench.bus.expect(*bring_up(PARTS[name], f"{fine & 0xFF:02X}"))
    run(bench.imu.bring_up(), bench.clock)
    part, imu = bench.part, bench.imu
    assert imu.odr_hz == pytest.approx(part.rate_hz * (1 + part.trim_step * fine))
    bench.bus.expect(*bench.drain(b"".join(bench.pair(k) for k in range(8))))
    bench.clock.t_ns += 50 * MS
    got = imu.read()
    assert got[1].t_ns - got[0].t_ns == pytest.approx(1e9 / imu.odr_hz, abs=2)


@pytest.mark.parametrize(
    ("name", "odr", "own_hz", "accel", "gyro", "rates", "ranges", "batch"),
    [
        ("LSM6DSOX", 104, 104.17, 2, 250, "4040", "", "44"),
        ("LSM6DSOX", 208, 208.34, 16, 125, "5452", "", "55"),
        ("LSM6DSOX", 417, 416.69, 8, 1000, "6C68", "", "66"),
        ("LSM6DSOX", 208, 208.34, 4, 2000, "585C", "", "55"),
        ("LSM6DSV16X", 104, 120, 2, 125, "0606", "00 00 00", "66"),
        ("LSM6DSV16X", 208, 240, 4, 250, "0707", "01 00 01", "77"),
        ("LSM6DSV16X", 208, 240, 8, 500, "0707", "02 00 02", "77"),
        ("LSM6DSV16X", 417, 480, 16, 1000, "0808", "03 00 03", "88"),
        ("LSM6DSV16X", 417, 480, 16, 2000, "0808", "04 00 03", "88"),
    ],
)
def test_ranges_and_rates_in_their_own_bits(
    name: str, odr: int, own_hz: float, accel: int, gyro: int, rates: str, ranges: str, batch: str
) -> None:
    clock, part = FakeClock(), PARTS[name]
    bus = ScriptBus(0x6A, bring_up(part._replace(rates=rates, ranges=ranges, batch=batch)))
    imu = part.driver(bus, clock, odr_hz=odr, accel_range_g=accel, gyro_range_dps=gyro)
    assert imu.odr_hz == pytest.approx(own_hz, abs=0.01)
    run(imu.bring_up(), clock)
    assert bus.steps == []


@parts
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"odr_hz": 200}, "rate in Hz 200, allowed: 104, 208, 417"),
        ({"odr_hz": 240}, "rate in Hz 240, allowed: 104, 208, 417"),
        ({"accel_range_g": 3}, "accelerometer range in g 3, allowed: 2, 4, 8, 16"),
        (
            {"gyro_range_dps": 4000},
            "gyroscope range in dps 4000, allowed: 125, 250, 500, 1000, 2000",
        ),
        ({"address": 0x6C}, "address 0x6C, allowed: 0x6A, 0x6B"),
    ],
)
def test_any_other_setting_says_what_is_allowed(
    name: str, setting: dict[str, int], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^{name} {said}$"):
        PARTS[name].driver(ScriptBus(0x6A), FakeClock(), **setting)


@parts
@pytest.mark.parametrize(
    ("accel", "gyro", "mg", "mdps"),
    [
        (2, 125, 0.061, 4.375),
        (2, 250, 0.061, 8.75),
        (4, 500, 0.122, 17.5),
        (8, 1000, 0.244, 35),
        (16, 2000, 0.488, 70),
    ],
)
def test_counts_to_si(name: str, accel: int, gyro: int, mg: float, mdps: float) -> None:
    bench = Bench(name)
    imu = bench.part.driver(bench.bus, bench.clock, accel_range_g=accel, gyro_range_dps=gyro)
    gyro_word = bench.word(1, 0, 1000, -2000, 32767)
    bench.bus.expect(*bench.drain(gyro_word + bench.word(2, 0, -1000, 2000, -32768)))
    (got,) = imu.read()
    ka, kg = mg * 1e-3 * G, math.radians(mdps * 1e-3)
    assert got[1:4] == pytest.approx((-1000 * ka, 2000 * ka, -32768 * ka))
    assert got[4:] == pytest.approx((1000 * kg, -2000 * kg, 32767 * kg))


@parts
def test_at_its_second_address(name: str) -> None:
    clock, bus = FakeClock(), ScriptBus(0x6B, bring_up(PARTS[name]))
    run(PARTS[name].driver(bus, clock, 0x6B).bring_up(), clock)
    assert bus.steps == []


@parts
def test_any_other_chip_is_told(name: str) -> None:
    part = PARTS[name]
    for who in set(range(256)) - {int(part.who, 16)}:
        clock, bus = FakeClock(), ScriptBus(0x6A, [w("01 00"), r("0F", reply=f"{who:02X}")])
        said = f"WHO_AM_I 0x{who:02X}, expected 0x{part.who}. Check SA0 and"
        with pytest.raises(WrongChip, match=said):
            run(part.driver(bus, clock).bring_up(), clock)
        assert bus.steps == []


@parts
def test_a_reset_that_never_ends(name: str) -> None:
    clock, part = FakeClock(0), PARTS[name]
    started = bring_up(PARTS[name])[: 3 + len(part.before_reset)]
    bus = ScriptBus(0x6A, started + [r("12", reply=part.resetting)] * 100)
    with pytest.raises(ChipTimeout) as caught:
        run(part.driver(bus, clock).bring_up(), clock)
    assert 50 * MS <= clock.t_ns <= 52 * MS
    assert str(caught.value) == (
        f"{name} at 0x6A on i2c-1: {part.ctrl3} after 50 ms of reset is 0x{part.resetting}, "
        "expected SW_RESET (bit 0) cleared. Check the supply."
    )


@pytest.mark.parametrize(
    ("name", "at"),
    [(name, at) for name, n in zip(NAMES, (3, 8), strict=True) for at in range(n)],
)
@given(flip=st.integers(1, 255))
def test_any_setting_that_does_not_hold_is_told(name: str, at: int, flip: int) -> None:
    *script, read_back, restart = bring_up(PARTS[name])
    assert isinstance(read_back.reply, bytes)
    settings = bytearray(read_back.reply)
    settings[at] ^= flip
    clock, part = FakeClock(), PARTS[name]
    bus = ScriptBus(0x6A, [*script, read_back._replace(reply=bytes(settings)), restart])
    if at in (3, 4):  # CTRL4 and CTRL5 are not ours
        run(part.driver(bus, clock).bring_up(), clock)
        assert bus.steps == []
        return
    with pytest.raises(BadData, match=rf"{part.said} are 0x.*, expected 0x{part.held}\. It lost"):
        run(part.driver(bus, clock).bring_up(), clock)


@parts
def test_a_nack_anywhere_in_the_bring_up_is_told_at_once(name: str) -> None:
    script = bring_up(PARTS[name])
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x6A, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(PARTS[name].driver(bus, clock).bring_up(), clock)
        assert bus.steps == []


@parts
def test_a_batch_is_status_and_one_burst(name: str) -> None:
    bench = Bench(name)
    bench.clock.t_ns += 10 * MS
    bench.bus.expect(*bench.drain(bench.pair(0, 10) + bench.pair(1, 20)))
    got = bench.imu.read()
    assert [round(math.degrees(s.gx) / 17.5e-3) for s in got] == [10, 20]
    assert (bench.bus.transactions, bench.bus.bytes) == (2, 5 + 3 + 4 * 7)


def test_the_first_three_pairs_are_dropped() -> None:
    bench = Bench("LSM6DSOX", settled=False)
    bench.bus.expect(*bench.drain(bench.pair(0) + bench.pair(1)))
    assert bench.imu.read() == []
    bench.clock.t_ns += 10 * MS
    bench.bus.expect(*bench.drain(bench.pair(2) + bench.pair(3, 33)))
    (got,) = bench.imu.read()
    assert round(math.degrees(got.gx) / 17.5e-3) == 33


def test_words_are_paired_by_counter_in_either_order_and_across_reads() -> None:
    bench = Bench("LSM6DSOX")
    word = bench.word
    bench.bus.expect(*bench.drain(word(2, 0, 7, 0, 0)))
    assert bench.imu.read() == []
    bench.clock.t_ns += 10 * MS
    bench.bus.expect(
        *bench.drain(word(1, 0, 70, 0, 0) + word(1, 1, 80, 0, 0) + word(2, 1, 8, 0, 0))
    )
    got = bench.imu.read()
    assert [round(s.ax / (0.122e-3 * G)) for s in got] == [7, 8]
    assert [round(math.degrees(s.gx) / 17.5e-3) for s in got] == [70, 80]


def test_at_most_16_words_a_read_and_the_rest_after() -> None:
    bench = Bench("LSM6DSOX")
    clock, period_ns = bench.clock, bench.period_ns
    clock.t_ns += 72 * MS
    data = b"".join(bench.pair(k, k) for k in range(15))
    bench.bus.expect(*bench.drain(data[: 16 * 7], waiting=30))
    first = bench.imu.read()
    assert len(first) == 8
    # 7 instants are still in the chip: the newest read is that much older.
    assert clock.t_ns - first[-1].t_ns == pytest.approx(7 * period_ns, abs=period_ns)
    bench.bus.expect(*bench.drain(data[16 * 7 :], waiting=14))
    second = bench.imu.read()
    assert len(second) == 7
    steps = [b.t_ns - a.t_ns for a, b in zip(first + second, (first + second)[1:], strict=False)]
    assert all(step == pytest.approx(period_ns, rel=0.1) for step in steps)


def test_a_status_that_cannot_be_true_is_read_again() -> None:
    bench = Bench("LSM6DSOX")
    bench.clock.t_ns += 5 * MS
    # 2 instants at most, and 16 words to spare
    bench.bus.expect(bench.status("1500"), *bench.drain(bench.pair(0)))
    assert len(bench.imu.read()) == 1
    assert bench.imu.retries == 1
    bench.bus.expect(bench.status("1500"), bench.status("1500"), RESTART)
    with pytest.raises(BadData, match=r"0x0015; 21 words dropped, expected at most 18 words"):
        bench.imu.read()


def sox(sensor: int, counter: int) -> bytes:
    return word("LSM6DSOX", sensor, counter, 0, 0, 0)


BAD_TAGS = {
    "even parity": bytes((sox(1, 0)[0] ^ 1, 0, 0, 0, 0, 0, 0)),
    "sensor 1": sox(3, 0),
    "counter 0": sox(1, 1),
    "the twin of counter 0": sox(1, 0) + sox(1, 1),
    "one gyroscope word": sox(1, 0) * 2,
    "one accelerometer word": sox(2, 0) * 2,
}


@pytest.mark.parametrize("expected", BAD_TAGS)
def test_what_cannot_be_true_restarts_the_fifo(expected: str) -> None:
    bench = Bench("LSM6DSOX")
    data = BAD_TAGS[expected]
    bench.bus.expect(*bench.drain(data), RESTART)
    with pytest.raises(BadData, match=rf"{len(data) // 7} words dropped, expected {expected}"):
        bench.imu.read()
    assert bench.imu.dropped_words == len(data) // 7
    # After a restart any counter may come first, and the first instant may be half.
    bench.bus.expect(*bench.drain(bench.word(2, 2, 0, 0, 0) + bench.pair(3)))
    assert len(bench.imu.read()) == 1


def test_a_bad_tag_of_a_part_without_parity() -> None:
    bench = Bench("LSM6DSV16X")
    bench.bus.expect(*bench.drain(bench.word(0x17, 0, 0, 0, 0)), RESTART)
    with pytest.raises(BadData, match=r"sensor 23, counter 0\); 1 words dropped"):
        bench.imu.read()
    assert bench.imu.dropped_words == 1


def test_only_the_first_instant_after_a_restart_may_be_half() -> None:
    bench = Bench("LSM6DSOX", settled=False)
    data = b"".join(bench.word(2, counter, 0, 0, 0) for counter in (1, 2, 3))
    bench.bus.expect(*bench.drain(data), RESTART)
    with pytest.raises(BadData, match="twin of counter 2"):
        bench.imu.read()


@pytest.mark.parametrize(
    ("name", "flags", "words", "away_s"),
    [
        ("LSM6DSOX", "42", 512, "1.2"),
        ("LSM6DSOX", "0A", 512, "1.2"),
        ("LSM6DSV16X", "41", 256, "0.5"),
        ("LSM6DSV16X", "09", 256, "0.5"),
    ],
)
def test_an_overrun_now_or_latched_restarts_the_fifo(
    name: str, flags: str, words: int, away_s: str
) -> None:
    bench = Bench(name)
    bench.bus.expect(bench.status("00" + flags), RESTART)
    with pytest.raises(BadData, match=rf"overrun; {words} words.* over {away_s} s"):
        bench.imu.read()


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("LSM6DSOX", "80"),
        ("LSM6DSOX", "20"),
        ("LSM6DSOX", "10"),
        ("LSM6DSV16X", "80"),
        ("LSM6DSV16X", "20"),
        ("LSM6DSV16X", "06"),
    ],
)
def test_other_flags_are_no_overrun_and_no_count(name: str, flag: str) -> None:
    bench = Bench(name)
    bench.bus.expect(bench.status("02" + flag), r("78", reply=bench.pair(0)))
    assert len(bench.imu.read()) == 1


@pytest.mark.parametrize(
    ("name", "replies"),
    [
        ("LSM6DSOX", ("6C 00 00 04", "6C 58 54 44", "00 00 00 00")),
        (
            "LSM6DSV16X",
            (
                "70 00 00 44 00 00 00 00 00",
                "70 07 07 44 00 00 02 00 01",
                "00 00 00 00 00 00 00 00 00",
            ),
        ),
    ],
)
def test_silence_is_explained_after_50_ms(name: str, replies: tuple[str, ...]) -> None:
    bench = Bench(name)
    bench.clock.t_ns += 50 * MS
    bench.bus.expect(*bench.drain(b""))
    assert bench.imu.read() == []
    bench.clock.t_ns += MS
    answers: tuple[tuple[type[Exception], str], ...] = (
        (BadData, f"expected 0x{bench.part.held}. It lost its power"),
        (
            ChipTimeout,
            f"no sample for 51 ms, an empty FIFO, expected {bench.part.rate_hz:.0f} samples a "
            "second. Power it off",
        ),
        (WrongChip, "WHO_AM_I 0x00"),
    )
    for reply, (error, said) in zip(replies, answers, strict=True):
        bench.bus.expect(*bench.drain(b""), r("0F", reply=reply))
        with pytest.raises(error, match=said):
            bench.imu.read()


@parts
def test_nacks_are_tried_again_and_counted(name: str) -> None:
    bench = Bench(name)
    status, data = bench.drain(bench.pair(0))
    bench.bus.expect(fails(121, bench.part.status, n=2), status, fails(121, "78", n=14), data)
    assert len(bench.imu.read()) == 1
    assert bench.imu.retries == 2


@parts
@given(raw=st.integers(-32768, 32767))
def test_temperature(name: str, raw: int) -> None:
    bus = ScriptBus(0x6A, [r("20", reply=struct.pack("<h", raw))])
    assert PARTS[name].driver(bus, FakeClock()).read_temperature() == 25 + raw / 256


@parts
def test_stop_powers_down(name: str) -> None:
    bench = Bench(name)
    bench.bus.expect(w("10 00 00"))
    bench.imu.stop()
    assert bench.bus.steps == []


def _feed(gaps_ms: Iterable[float], true_period_ns: float) -> tuple[list[int], list[float]]:
    """Stamps given for a chip of ``true_period_ns`` read at ``gaps_ms``, and the true times."""
    bench = Bench("LSM6DSOX")
    clock = bench.clock
    start = clock.t_ns
    made = read = 0
    stamps: list[int] = []
    for gap in gaps_ms:
        clock.t_ns += round(gap * MS)
        made = int((clock.t_ns - start) / true_period_ns)
        data = b"".join(bench.pair(k, k % 7) for k in range(read, made))
        bench.bus.expect(*bench.drain(data))
        batch = bench.imu.read()
        assert len(batch) == made - read
        if batch:
            age = clock.t_ns - batch[-1].t_ns
            assert -1 <= age <= bench.period_ns + 1
        stamps += [sample.t_ns for sample in batch]
        read = made
    return stamps, [start + (k + 1) * true_period_ns for k in range(read)]


@given(
    st.lists(st.floats(3.0, 36.0), min_size=1, max_size=40),
    st.floats(0.99, 1.01),
)
def test_stamps_are_smooth_monotone_and_never_a_period_off(gaps: list[float], rate: float) -> None:
    stamps, true = _feed(gaps, PERIOD_NS * rate)
    assert all(a < b for a, b in itertools.pairwise(stamps))
    for k, (got, want) in enumerate(zip(stamps, true, strict=True)):
        assert abs(got - want) <= 1.6 * PERIOD_NS, k


def test_stamps_settle_to_even_steps() -> None:
    stamps, true = _feed([5.0] * 400, PERIOD_NS)
    steps = [b - a for a, b in itertools.pairwise(stamps)]
    assert all(step == pytest.approx(PERIOD_NS, rel=0.01) for step in steps[50:])
    assert all(abs(g - t) < PERIOD_NS for g, t in zip(stamps, true, strict=True))


@parts
@given(junk=st.binary(max_size=70))
def test_no_bytes_whatever_make_it_fail_in_another_way(name: str, junk: bytes) -> None:
    junk = junk[: len(junk) // 7 * 7]
    bench = Bench(name)
    bench.bus.expect(*bench.drain(junk), RESTART)
    try:
        bench.imu.read()
    except BadData:
        assert bench.bus.steps == []
    else:
        assert bench.bus.steps == [RESTART]
        assert all(junk[k] >> 3 in (1, 2) for k in range(0, len(junk), 7))
        if name == "LSM6DSOX":  # the part with a parity
            assert all(junk[k].bit_count() % 2 == 0 for k in range(0, len(junk), 7))
