"""LSM6DSOX against transcripts written from ST's register header and datasheet."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.lsm6dsox import Lsm6dsox
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

G = 9.80665
RESTART = w("0A 00", "0A 06")
PERIOD_NS = 32e9 / 6667


def bring_up(fine: str = "00", ctrl: str = "5854", batch: str = "55") -> list[Step]:
    return [
        w("01 00"),
        r("0F", reply="6C"),
        w("12 05"),
        r("12", reply="05"),
        r("12", reply="04"),
        w("18 E2"),
        w("12 44"),
        r("63", reply=fine),
        w("07 00 00" + batch + "06"),
        w("10" + ctrl),
        r("10", reply=ctrl + "44"),
        RESTART,
    ]


def word(sensor: int, counter: int, x: int, y: int, z: int) -> bytes:
    tag = sensor << 3 | (counter & 3) << 1
    tag |= tag.bit_count() % 2  # even parity
    return struct.pack("<Bhhh", tag, x, y, z)


def pair(counter: int, value: int = 0) -> bytes:
    """Gyroscope, then accelerometer, of one instant; ``value`` is the gyroscope's x."""
    return word(1, counter, value, 2, 3) + word(2, counter, 4, 5, 6)


def drain(data: bytes, waiting: int | None = None) -> list[Step]:
    n = len(data) // 7
    status = (n if waiting is None else waiting).to_bytes(2, "little")
    return [r("3A", reply=status), r("78", reply=data)] if n else [r("3A", reply=status)]


def started(*, discard: bool = True) -> tuple[Lsm6dsox, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x6A, bring_up())
    imu = Lsm6dsox(bus, clock)
    run(imu.bring_up(), clock)
    assert bus.steps == []
    if discard:
        clock.t_ns += 15 * MS
        bus.expect(*drain(pair(1) + pair(2) + pair(3)))
        assert imu.read() == []
    return imu, bus, clock


def test_bring_up_word_for_word() -> None:
    imu, _, _ = started(discard=False)
    assert imu.odr_hz == pytest.approx(6667 / 32)


@pytest.mark.parametrize(("fine", "value"), [("07", 7), ("F9", -7), ("80", -128)])
def test_the_rate_is_the_parts_own(fine: str, value: int) -> None:
    clock, bus = FakeClock(), ScriptBus(0x6A, bring_up(fine))
    imu = Lsm6dsox(bus, clock)
    run(imu.bring_up(), clock)
    assert imu.odr_hz == pytest.approx(6667 / 32 * (1 + 0.0015 * value))


@pytest.mark.parametrize(
    ("odr", "accel", "gyro", "ctrl", "batch"),
    [
        (104, 2, 250, "4040", "44"),
        (208, 16, 125, "5452", "55"),
        (417, 8, 1000, "6C68", "66"),
        (208, 4, 2000, "585C", "55"),
    ],
)
def test_ranges_and_rates_in_their_own_bits(
    odr: int, accel: int, gyro: int, ctrl: str, batch: str
) -> None:
    clock, bus = FakeClock(), ScriptBus(0x6A, bring_up(ctrl=ctrl, batch=batch))
    imu = Lsm6dsox(bus, clock, odr_hz=odr, accel_range_g=accel, gyro_range_dps=gyro)
    assert imu.odr_hz == pytest.approx(odr, rel=0.002)
    run(imu.bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"odr_hz": 200}, "104, 208, 417"),
        ({"accel_range_g": 3}, "2, 4, 8, 16"),
        ({"gyro_range_dps": 300}, "125, 250, 500, 1000, 2000"),
        ({"address": 0x6C}, "address 0x6C, allowed: 0x6A, 0x6B"),
    ],
)
def test_any_other_setting_says_what_is_allowed(setting: dict[str, int], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        Lsm6dsox(ScriptBus(0x6A), FakeClock(), **setting)


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
def test_counts_to_si(accel: int, gyro: int, mg: float, mdps: float) -> None:
    clock = FakeClock()
    bus = ScriptBus(0x6A)
    imu = Lsm6dsox(bus, clock, accel_range_g=accel, gyro_range_dps=gyro)
    bus.expect(*drain(word(1, 0, 1000, -2000, 32767) + word(2, 0, -1000, 2000, -32768)))
    (got,) = imu.read()
    ka, kg = mg * 1e-3 * G, math.radians(mdps * 1e-3)
    assert got[1:4] == pytest.approx((-1000 * ka, 2000 * ka, -32768 * ka))
    assert got[4:] == pytest.approx((1000 * kg, -2000 * kg, 32767 * kg))


def test_wrong_chip_timeout_and_settings_that_do_not_hold() -> None:
    script = bring_up()
    clock, bus = FakeClock(), ScriptBus(0x6A, [script[0], r("0F", reply="6B")])
    with pytest.raises(WrongChip, match="WHO_AM_I 0x6B, expected 0x6C"):
        run(Lsm6dsox(bus, clock).bring_up(), clock)
    clock, bus = FakeClock(0), ScriptBus(0x6A, script[:3] + [r("12", reply="05")] * 100)
    with pytest.raises(ChipTimeout, match="SW_RESET"):
        run(Lsm6dsox(bus, clock).bring_up(), clock)
    assert clock.t_ns <= 60 * MS
    bus = ScriptBus(0x6A, [*script[:-2], r("10", reply="585444")._replace(reply=b"\0\0\x04")])
    with pytest.raises(BadData, match="0x000004, expected 0x585444"):
        run(Lsm6dsox(bus, clock).bring_up(), clock)


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = bring_up()
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x6A, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(Lsm6dsox(bus, clock).bring_up(), clock)
        assert bus.steps == []


def test_a_batch_is_status_and_one_burst() -> None:
    imu, bus, clock = started()
    clock.t_ns += 10 * MS
    bus.expect(*drain(pair(0, 10) + pair(1, 20)))
    got = imu.read()
    assert [round(math.degrees(s.gx) / 17.5e-3) for s in got] == [10, 20]
    assert (bus.transactions, bus.bytes) == (2, 5 + 3 + 4 * 7)


def test_the_first_three_pairs_are_dropped() -> None:
    imu, bus, clock = started(discard=False)
    bus.expect(*drain(pair(0) + pair(1)))
    assert imu.read() == []
    clock.t_ns += 10 * MS
    bus.expect(*drain(pair(2) + pair(3, 33)))
    (got,) = imu.read()
    assert round(math.degrees(got.gx) / 17.5e-3) == 33


def test_words_are_paired_by_counter_in_either_order_and_across_reads() -> None:
    imu, bus, clock = started()
    bus.expect(*drain(word(2, 0, 7, 0, 0)))
    assert imu.read() == []
    clock.t_ns += 10 * MS
    bus.expect(*drain(word(1, 0, 70, 0, 0) + word(1, 1, 80, 0, 0) + word(2, 1, 8, 0, 0)))
    got = imu.read()
    assert [round(s.ax / (0.122e-3 * G)) for s in got] == [7, 8]
    assert [round(math.degrees(s.gx) / 17.5e-3) for s in got] == [70, 80]


def test_at_most_16_words_a_read_and_the_rest_after() -> None:
    imu, bus, clock = started()
    clock.t_ns += 72 * MS
    data = b"".join(pair(k, k) for k in range(15))
    bus.expect(*drain(data[: 16 * 7], waiting=30))
    first = imu.read()
    assert len(first) == 8
    # 7 instants are still in the chip: the newest read is that much older.
    assert clock.t_ns - first[-1].t_ns == pytest.approx(7 * PERIOD_NS, abs=PERIOD_NS)
    bus.expect(*drain(data[16 * 7 :], waiting=14))
    second = imu.read()
    assert len(second) == 7
    steps = [b.t_ns - a.t_ns for a, b in zip(first + second, (first + second)[1:], strict=False)]
    assert all(step == pytest.approx(PERIOD_NS, rel=0.1) for step in steps)


def test_a_status_that_cannot_be_true_is_read_again() -> None:
    imu, bus, clock = started()
    clock.t_ns += 5 * MS
    # 2 instants at most, and 16 words to spare
    bus.expect(r("3A", reply="1500"), *drain(pair(0)))
    assert len(imu.read()) == 1
    assert imu.retries == 1
    bus.expect(r("3A", reply="1500"), r("3A", reply="1500"), RESTART)
    with pytest.raises(BadData, match=r"0x0015; 21 words dropped, expected at most 18 words"):
        imu.read()


BAD_TAGS = {
    "even parity": bytes((word(1, 0, 0, 0, 0)[0] ^ 1, 0, 0, 0, 0, 0, 0)),
    "sensor 1": word(3, 0, 0, 0, 0),
    "counter 0": pair(1),
    "the twin of counter 0": word(1, 0, 0, 0, 0) + pair(1),
    "one gyroscope word": word(1, 0, 0, 0, 0) * 2,
    "one accelerometer word": word(2, 0, 0, 0, 0) * 2,
}


@pytest.mark.parametrize("expected", BAD_TAGS)
def test_what_cannot_be_true_restarts_the_fifo(expected: str) -> None:
    imu, bus, _ = started()
    data = BAD_TAGS[expected]
    bus.expect(*drain(data), RESTART)
    with pytest.raises(BadData, match=rf"{len(data) // 7} words dropped, expected {expected}"):
        imu.read()
    assert imu.dropped_words == len(data) // 7
    # After a restart any counter may come first, and the first instant may be half.
    bus.expect(*drain(word(2, 2, 0, 0, 0) + pair(3)))
    assert len(imu.read()) == 1


def test_only_the_first_instant_after_a_restart_may_be_half() -> None:
    imu, bus, _ = started(discard=False)
    bus.expect(*drain(word(2, 1, 0, 0, 0) + word(2, 2, 0, 0, 0) + word(2, 3, 0, 0, 0)), RESTART)
    with pytest.raises(BadData, match="twin of counter 2"):
        imu.read()


@pytest.mark.parametrize("flag", [0x40, 0x08])
def test_an_overrun_now_or_latched_restarts_the_fifo(flag: int) -> None:
    imu, bus, _ = started()
    bus.expect(r("3A", reply=bytes((0x00, flag | 0x02))), RESTART)
    with pytest.raises(BadData, match=r"overrun; 512 words dropped.* away for over 1\.2 s"):
        imu.read()


@pytest.mark.parametrize("flag", [0x80, 0x20, 0x10])
def test_other_flags_are_no_overrun_and_no_count(flag: int) -> None:
    imu, bus, _ = started()
    bus.expect(r("3A", reply=bytes((2, flag))), r("78", reply=pair(0)))
    assert len(imu.read()) == 1


def test_silence_is_explained_after_50_ms() -> None:
    imu, bus, clock = started()
    clock.t_ns += 50 * MS
    bus.expect(*drain(b""))
    assert imu.read() == []
    clock.t_ns += MS
    for reply, error in (
        ("6C 00 00 04", BadData),
        ("6C 58 54 44", ChipTimeout),
        ("00 00 00 00", WrongChip),
    ):
        bus.expect(*drain(b""), r("0F", reply=reply))
        with pytest.raises(error):
            imu.read()


def test_nacks_are_tried_again_and_counted() -> None:
    imu, bus, _ = started()
    status, data = drain(pair(0))
    bus.expect(fails(121, "3A", n=2), status, fails(121, "78", n=14), data)
    assert len(imu.read()) == 1
    assert imu.retries == 2


def test_temperature() -> None:
    imu, bus, _ = started()
    bus.expect(r("20", reply="80FF"), r("20", reply="0005"))
    assert imu.read_temperature() == 24.5
    assert imu.read_temperature() == 30.0


def test_stop_powers_down() -> None:
    imu, bus, _ = started()
    bus.expect(w("10 00 00"))
    imu.stop()


def _feed(gaps_ms: Iterable[float], true_period_ns: float) -> tuple[list[int], list[float]]:
    """Stamps given for a chip of ``true_period_ns`` read at ``gaps_ms``, and the true times."""
    imu, bus, clock = started()
    start = clock.t_ns
    made = read = 0
    stamps: list[int] = []
    for gap in gaps_ms:
        clock.t_ns += round(gap * MS)
        made = int((clock.t_ns - start) / true_period_ns)
        data = b"".join(pair(k) for k in range(read, made))
        bus.expect(*drain(data))
        batch = imu.read()
        assert len(batch) == made - read
        if batch:
            age = clock.t_ns - batch[-1].t_ns
            assert -1 <= age <= PERIOD_NS + 1
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


@given(st.binary(max_size=70))
def test_no_bytes_whatever_make_it_fail_in_another_way(junk: bytes) -> None:
    junk = junk[: len(junk) // 7 * 7]
    imu, bus, _ = started()
    bus.expect(*drain(junk), RESTART)
    try:
        imu.read()
    except BadData:
        assert bus.steps == []
    else:
        assert bus.steps == [RESTART]
        assert all(junk[k].bit_count() % 2 == 0 for k in range(0, len(junk), 7))
