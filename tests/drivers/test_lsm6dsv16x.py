"""LSM6DSV16X against transcripts written from ST's register header."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.lsm6dsv16x import Lsm6dsv16x
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

G = 9.80665
RESTART = w("0A 00", "0A 06")
CTRL45 = "00 02"
"""CTRL4 and CTRL5: whatever the part has there."""


def bring_up(
    fine: str = "00", rates: str = "0707", ranges: str = "02 00 01", batch: str = "77"
) -> list[Step]:
    return [
        w("01 00"),
        r("0F", reply="70"),
        w("10 00 00"),
        w("12 05"),
        r("12", reply="05"),
        r("12", reply="44"),
        w("12 44"),
        w("63 08"),
        r("4F", reply=fine),
        w("15" + ranges),
        w("07 00 00" + batch + "06"),
        w("10" + rates),
        r("10", reply=rates + "44" + CTRL45 + ranges),
        RESTART,
    ]


def word(sensor: int, counter: int, x: int, y: int, z: int) -> bytes:
    """Bit 0 of a tag means nothing on this part: it is set on every other word here."""
    return struct.pack("<Bhhh", sensor << 3 | (counter & 3) << 1 | counter & 1, x, y, z)


def pair(counter: int, value: int = 0) -> bytes:
    return word(1, counter, value, 2, 3) + word(2, counter, 4, 5, 6)


def drain(data: bytes) -> list[Step]:
    n = len(data) // 7
    status = n.to_bytes(2, "little")
    return [r("1B", reply=status), r("78", reply=data)] if n else [r("1B", reply=status)]


def started() -> tuple[Lsm6dsv16x, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x6A, bring_up())
    imu = Lsm6dsv16x(bus, clock)
    run(imu.bring_up(), clock)
    assert bus.steps == []
    clock.t_ns += 15 * MS
    bus.expect(*drain(pair(1) + pair(2) + pair(3)))
    assert imu.read() == []  # still settling
    return imu, bus, clock


def test_bring_up_word_for_word() -> None:
    clock, bus = FakeClock(0), ScriptBus(0x6A, bring_up("FD"))
    imu = Lsm6dsv16x(bus, clock)
    assert (imu.name, imu.address, imu.identity) == ("LSM6DSV16X", 0x6A, "")
    assert imu.odr_hz == 240.0
    run(imu.bring_up(), clock)
    assert bus.steps == []
    assert imu.identity == "WHO_AM_I 0x70, INTERNAL_FREQ -3"
    assert 70 * MS <= clock.t_ns <= 75 * MS  # the gyroscope's turn-on


@given(st.integers(-128, 127))
def test_the_rate_is_the_parts_own(fine: int) -> None:
    clock, bus = FakeClock(), ScriptBus(0x6A, bring_up(f"{fine & 0xFF:02X}"))
    imu = Lsm6dsv16x(bus, clock)
    run(imu.bring_up(), clock)
    assert imu.odr_hz == pytest.approx(240 * (1 + 0.0013 * fine))
    bus.expect(*drain(b"".join(pair(k) for k in range(8))))
    clock.t_ns += 50 * MS
    got = imu.read()
    assert got[1].t_ns - got[0].t_ns == pytest.approx(1e9 / imu.odr_hz, abs=2)


@pytest.mark.parametrize(
    ("odr", "own_hz", "accel", "gyro", "rates", "ranges", "batch"),
    [
        (104, 120, 2, 125, "0606", "00 00 00", "66"),
        (208, 240, 4, 250, "0707", "01 00 01", "77"),
        (208, 240, 8, 500, "0707", "02 00 02", "77"),
        (417, 480, 16, 1000, "0808", "03 00 03", "88"),
        (417, 480, 16, 2000, "0808", "04 00 03", "88"),
    ],
)
def test_ranges_and_rates_in_their_own_registers(
    odr: int, own_hz: float, accel: int, gyro: int, rates: str, ranges: str, batch: str
) -> None:
    clock = FakeClock()
    bus = ScriptBus(0x6A, bring_up(rates=rates, ranges=ranges, batch=batch))
    imu = Lsm6dsv16x(bus, clock, odr_hz=odr, accel_range_g=accel, gyro_range_dps=gyro)
    assert imu.odr_hz == own_hz
    run(imu.bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"odr_hz": 240}, "LSM6DSV16X rate in Hz 240, allowed: 104, 208, 417"),
        ({"accel_range_g": 3}, "LSM6DSV16X accelerometer range in g 3, allowed: 2, 4, 8, 16"),
        (
            {"gyro_range_dps": 4000},
            "LSM6DSV16X gyroscope range in dps 4000, allowed: 125, 250, 500, 1000, 2000",
        ),
        ({"address": 0x6C}, "address 0x6C, allowed: 0x6A, 0x6B"),
    ],
)
def test_any_other_setting_says_what_is_allowed(setting: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Lsm6dsv16x(ScriptBus(0x6A), FakeClock(), **setting)


@pytest.mark.parametrize(
    ("accel", "gyro", "mg", "mdps"),
    [
        (2, 125, 0.061, 4.375),
        (4, 250, 0.122, 8.75),
        (8, 500, 0.244, 17.5),
        (16, 1000, 0.488, 35.0),
        (16, 2000, 0.488, 70.0),
    ],
)
def test_counts_to_si(accel: int, gyro: int, mg: float, mdps: float) -> None:
    bus = ScriptBus(0x6A)
    imu = Lsm6dsv16x(bus, FakeClock(), accel_range_g=accel, gyro_range_dps=gyro)
    bus.expect(*drain(word(1, 0, 1000, -2000, 32767) + word(2, 0, -1000, 2000, -32768)))
    (got,) = imu.read()
    ka, kg = mg * 1e-3 * G, math.radians(mdps * 1e-3)
    assert got[1:4] == pytest.approx((-1000 * ka, 2000 * ka, -32768 * ka))
    assert got[4:] == pytest.approx((1000 * kg, -2000 * kg, 32767 * kg))


def test_at_its_second_address() -> None:
    clock, bus = FakeClock(), ScriptBus(0x6B, bring_up())
    run(Lsm6dsv16x(bus, clock, 0x6B).bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize("who", [who for who in range(256) if who != 0x70])
def test_any_other_chip_is_told(who: int) -> None:
    clock = FakeClock()
    bus = ScriptBus(0x6A, [w("01 00"), r("0F", reply=f"{who:02X}")])
    with pytest.raises(WrongChip, match=f"WHO_AM_I 0x{who:02X}, expected 0x70. Check SA0 and"):
        run(Lsm6dsv16x(bus, clock).bring_up(), clock)
    assert bus.steps == []


def test_a_reset_that_never_ends() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x6A, bring_up()[:4] + [r("12", reply="45")] * 100)
    with pytest.raises(ChipTimeout) as caught:
        run(Lsm6dsv16x(bus, clock).bring_up(), clock)
    assert 50 * MS <= clock.t_ns <= 52 * MS
    assert str(caught.value) == (
        "LSM6DSV16X at 0x6A on i2c-1: CTRL3 after 50 ms of reset is 0x45, "
        "expected SW_RESET (bit 0) cleared. Check the supply."
    )


@pytest.mark.parametrize("at", [0, 1, 2, 5, 6, 7])
@given(st.integers(1, 255))
def test_any_setting_that_does_not_hold_is_told(at: int, flip: int) -> None:
    script = bring_up()
    settings = bytearray(bytes.fromhex("0707 44 0002 020001"))
    settings[at] ^= flip
    clock = FakeClock()
    bus = ScriptBus(0x6A, [*script[:-2], script[-2]._replace(reply=bytes(settings))])
    with pytest.raises(BadData, match=r"CTRL1, 2, 3, 6, 7, 8 are 0x.*, expected 0x070744020001"):
        run(Lsm6dsv16x(bus, clock).bring_up(), clock)


@given(st.binary(min_size=2, max_size=2))
def test_ctrl4_and_ctrl5_are_not_ours(both: bytes) -> None:
    script = bring_up()
    reply = bytes.fromhex("070744") + both + bytes.fromhex("020001")
    clock = FakeClock()
    bus = ScriptBus(0x6A, [*script[:-2], script[-2]._replace(reply=reply), RESTART])
    run(Lsm6dsv16x(bus, clock).bring_up(), clock)
    assert bus.steps == []


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = bring_up()
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x6A, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(Lsm6dsv16x(bus, clock).bring_up(), clock)
        assert bus.steps == []


def test_a_batch_is_status_and_one_burst_and_bit_0_of_a_tag_means_nothing() -> None:
    imu, bus, clock = started()
    clock.t_ns += 10 * MS
    bus.expect(*drain(pair(0, 10) + pair(1, 20)))
    got = imu.read()
    assert [round(math.degrees(s.gx) / 17.5e-3) for s in got] == [10, 20]
    assert (bus.transactions, bus.bytes) == (2, 5 + 3 + 4 * 7)


def test_a_bad_tag_is_told_and_counted() -> None:
    imu, bus, _ = started()
    bus.expect(*drain(word(0x17, 0, 0, 0, 0)), RESTART)
    with pytest.raises(BadData, match=r"sensor 23, counter 0\); 1 words dropped"):
        imu.read()
    assert imu.dropped_words == 1


def test_an_overrun_says_how_long_it_takes_here() -> None:
    imu, bus, _ = started()
    bus.expect(r("1B", reply="00 41"), RESTART)
    with pytest.raises(BadData, match=r"256 words dropped.*away for over 0\.5 s"):
        imu.read()


def test_silence_is_explained_after_50_ms() -> None:
    imu, bus, clock = started()
    clock.t_ns += 50 * MS
    bus.expect(*drain(b""))
    assert imu.read() == []
    clock.t_ns += MS
    for reply, error, said in (
        ("70 00 00 44 00 00 00 00 00", BadData, "expected 0x070744020001. It lost its power"),
        (
            "70 07 07 44 00 00 02 00 01",
            ChipTimeout,
            "no sample for 51 ms, an empty FIFO, expected 240 samples a second. Power it off",
        ),
        ("00 00 00 00 00 00 00 00 00", WrongChip, "WHO_AM_I 0x00"),
    ):
        bus.expect(*drain(b""), r("0F", reply=reply))
        with pytest.raises(error, match=said):
            imu.read()


def test_nacks_are_tried_again_and_counted() -> None:
    imu, bus, _ = started()
    status, data = drain(pair(0))
    bus.expect(fails(121, "1B", n=2), status, fails(121, "78", n=14), data)
    assert len(imu.read()) == 1
    assert imu.retries == 2


@given(st.integers(-32768, 32767))
def test_temperature(raw: int) -> None:
    bus = ScriptBus(0x6A, [r("20", reply=struct.pack("<h", raw))])
    assert Lsm6dsv16x(bus, FakeClock()).read_temperature() == 25 + raw / 256


def test_stop_powers_down() -> None:
    imu, bus, _ = started()
    bus.expect(w("10 00 00"))
    imu.stop()


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
        assert all(junk[k] >> 3 in (1, 2) for k in range(0, len(junk), 7))
