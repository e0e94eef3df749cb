"""VL53L1X against transcripts written from ST's ULD and register map."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.vl53_result import decode
from drivers.vl53l1x import Vl53l1x
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

BLOCK = (
    "00 00 00 01 02 00 02 08 00 08 10 01 01 00 00 00"
    "00 FF 00 0F 00 00 00 00 00 20 0B 00 00 02 0A 21"
    "00 00 05 00 00 00 00 C8 00 00 38 FF 01 00 08 00"
    "00 01 CC 0F 01 F1 0D 01 68 00 80 08 B8 00 00 00"
    "00 0F 89 00 00 00 00 00 00 00 01 0F 0D 0E 0E 00"
    "00 02 C7 FF 9B 00 00 00 01 00 00"
)
SHORT_20 = ("004B 14", "005E 0051 07 006E 05", "0069 38", "0078 0705 0606")
BOOT = [r("00E5", reply="02"), r("00E5", reply="03")]
CLEAR, RESULT = "0086 01", "0089"


def bring_up(
    settings: tuple[str, ...] = SHORT_20, calibration: tuple[str, ...] = (), im: str = "000003A0"
) -> list[Step]:
    """36 oscillator counts a ms, times 24 ms, times 1.075 = 928."""
    return [
        *BOOT,
        r("010F", reply="EACC10"),
        w("0087 00"),
        w("002D" + BLOCK),
        w("0087 40"),
        r("0031", reply="02"),
        r("0031", reply="03"),
        w("0086 01", "0087 00"),
        r("0006", reply="AF00"),
        r("00DE", reply="F824"),  # only the lowest 10 bits are the value: 36
        w("0008 09", "000B 00", *settings, *calibration),
        w("006C" + im, "0086 01 40"),
    ]


def result(
    status: int = 9,
    stream: int = 1,
    *,
    range_mm: int = 555,
    sigma: int = 12,
    signal: int = 640,
    ambient: int = 3,
    spads: int = 0x4080,
    peak: int = 999,
) -> bytes:
    return struct.pack(
        ">BBBHHHHHhH", status, 1, stream, spads, peak, ambient, sigma, 777, range_mm, signal
    )


def ranging(**kwargs: object) -> tuple[Vl53l1x, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x29, bring_up())
    tof = Vl53l1x(bus, clock, **kwargs)  # type: ignore[arg-type]  # any of its settings
    run(tof.bring_up(), clock)
    assert bus.steps == []
    return tof, bus, clock


def test_the_block_is_93_bytes_in_one_write() -> None:
    assert len(bytes.fromhex(BLOCK)) == 91
    clock = FakeClock()
    bus = ScriptBus(0x29, bring_up())
    tof = Vl53l1x(bus, clock)
    assert tof.identity == ""
    run(tof.bring_up(), clock)
    assert bus.steps == []
    assert tof.identity == ("model 0xEACC, revision 0x10, oscillator 0xAF00, calibration 36")


LONG_50 = ("004B 0A", "005E 00AD 0F 00C6 0D", "0069 B8", "0078 0F0D 0E0E")


def test_long_mode_and_its_own_budgets() -> None:
    clock = FakeClock()
    bus = ScriptBus(0x29, bring_up(LONG_50, im="00000910"))  # 36 * 60 * 1.075 = 2322
    tof = Vl53l1x(bus, clock, distance_mode="long", timing_budget_ms=50, inter_measurement_ms=60)
    bus.steps[-1] = w("006C 00000912", "0086 01 40")
    run(tof.bring_up(), clock)
    assert bus.steps == []
    assert tof.period_ns == 60 * MS


SHORT_BUDGETS = {
    15: "001D 07 0027 05",
    33: "00D6 07 006E 05",
    50: "01AE 07 01E8 05",
    100: "02E1 07 0388 05",
    200: "03E1 07 0496 05",
    500: "0591 07 05C1 05",
}
LONG_BUDGETS = {
    20: "001E 0F 0022 0D",
    33: "0060 0F 006E 0D",
    100: "01CC 0F 01EA 0D",
    200: "02D9 0F 02F8 0D",
    500: "048F 0F 04A4 0D",
}


@pytest.mark.parametrize(
    ("mode", "budget", "words"),
    [("short", k, v) for k, v in SHORT_BUDGETS.items()]
    + [("long", k, v) for k, v in LONG_BUDGETS.items()],
)
def test_every_budget_of_the_table(mode: str, budget: int, words: str) -> None:
    clock = FakeClock()
    head = SHORT_20 if mode == "short" else LONG_50
    counts = int(36 * (budget + 4) * 1.075).to_bytes(4, "big").hex()
    bus = ScriptBus(0x29, bring_up((head[0], "005E" + words, *head[2:]), im=counts))
    tof = Vl53l1x(
        bus,
        clock,
        distance_mode=mode,  # type: ignore[arg-type]  # the table's own names
        timing_budget_ms=budget,
        inter_measurement_ms=budget + 4,
    )
    run(tof.bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize(
    ("offset", "crosstalk", "messages"),
    [
        (-12.25, None, ("001E 1FCF 0000 0000",)),
        (20.0, None, ("001E 0050 0000 0000",)),
        (None, 1.5, ("0016 0300 0000 0000",)),
        (None, 127.9999, ("0016 FFFF 0000 0000",)),  # 65535.95
        (1.0, 0.5, ("001E 0004 0000 0000", "0016 0100 0000 0000")),
    ],
)
def test_offset_and_crosstalk_in_their_own_units(
    offset: float | None, crosstalk: float | None, messages: tuple[str, ...]
) -> None:
    clock, bus = FakeClock(), ScriptBus(0x29, bring_up(calibration=messages))
    run(Vl53l1x(bus, clock, offset_mm=offset, crosstalk_kcps=crosstalk).bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"distance_mode": "medium"}, "short, long"),
        ({"timing_budget_ms": 25}, "15, 20, 33, 50, 100, 200, 500"),
        ({"distance_mode": "long", "timing_budget_ms": 15}, "20, 33, 50, 100, 200, 500"),
        ({"inter_measurement_ms": 23}, "24 to 5000"),
        ({"inter_measurement_ms": 5001}, "24 to 5000"),
        ({"offset_mm": 1024.0}, "-1024 to 1023.75"),
        ({"crosstalk_kcps": 128.0}, "0 to 127.99"),
        ({"address": 0x30}, "XSHUT"),
    ],
)
def test_any_other_setting_says_what_is_allowed(setting: dict[str, object], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        Vl53l1x(ScriptBus(0x29), FakeClock(), **setting)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("address", [0x08, 0x77])
def test_addresses_at_their_ends(address: int) -> None:
    levels: list[bool] = []
    tof = Vl53l1x(ScriptBus(address), FakeClock(), address, xshut=levels.append)
    assert tof.address == address
    for beyond in (0x07, 0x78):
        with pytest.raises(ValueError, match="0x08 to 0x77"):
            Vl53l1x(ScriptBus(beyond), FakeClock(), beyond, xshut=levels.append)


def test_another_address_is_given_after_xshut() -> None:
    clock = FakeClock()
    levels: list[object] = []
    bus = ScriptBus(0x30, bring_up())

    class Two(ScriptBus):
        def write(self, address: int, *messages: bytes) -> None:
            if address == 0x29:
                assert messages == (b"\x00\x01\x30",)
                levels.append("moved")
                assert tof.placed is False
            else:
                assert tof.placed is True
                super().write(address, *messages)

        def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
            if address == 0x29:
                assert (tuple(writes), n) == ((b"\x01\x0f",), 2)
                levels.append("asked")
                if answer is not None:
                    raise OSError(answer, "as the kernel says it")
                return b"\xea\xcc"
            return super().write_read(address, writes, n)

    answer: int | None = 121
    two = Two(0x30, bus.steps)
    tof = Vl53l1x(two, clock, 0x30, xshut=levels.append)
    tof.hold()
    run(tof.bring_up(), clock)
    assert levels == [False, False, "asked", True, "moved"]
    assert two.steps == []
    levels.clear()
    answer = None
    with pytest.raises(WrongChip) as caught:
        run(tof.bring_up(), clock)
    assert str(caught.value) == (
        "VL53L1X at 0x30 on i2c-1: at 0x29, while XSHUT holds this one in reset, there is "
        "an answer, expected none. "
        "Another ranger has lost its address, or XSHUT is not wired to this one."
    )
    answer = 110
    with pytest.raises(BusFault, match=r"0x30 on i2c-1: read at 0x010F gave a timeout"):
        run(tof.bring_up(), clock)
    assert levels == [False, "asked"] * 2


def test_waits_about_xshut_and_a_move_that_nobody_hears() -> None:
    clock, levels, waits = FakeClock(), list[bool](), list[int]()

    class Deaf(ScriptBus):
        def write(self, address: int, *messages: bytes) -> None:
            raise OSError(121, "no acknowledge")

        def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
            raise OSError(121, "no acknowledge")

    steps = Vl53l1x(Deaf(0x29), clock, 0x30, xshut=levels.append).bring_up()
    with pytest.raises(BusFault, match="VL53L1X at 0x29 on i2c-1: write at 0x0001 gave no ack"):
        waits.extend(steps)
    assert waits == [1 * MS, 2 * MS]  # low long enough; boot takes 1.2 ms
    assert levels == [False, True]


def test_a_wrong_id_is_a_wrong_chip() -> None:
    clock, bus = FakeClock(), ScriptBus(0x29, [BOOT[1], r("010F", reply="EEAC10")])
    with pytest.raises(WrongChip, match=r"0xEEAC, expected 0xEACC"):
        run(Vl53l1x(bus, clock).bring_up(), clock)


def test_no_boot_is_a_timeout_within_its_bound() -> None:
    clock, bus = FakeClock(0), ScriptBus(0x29, [BOOT[0]] * 600)
    with pytest.raises(ChipTimeout, match="boot state"):
        run(Vl53l1x(bus, clock).bring_up(), clock)
    assert 500 * MS <= clock.t_ns <= 510 * MS


def test_no_first_range_is_a_timeout_within_its_bound() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x29, bring_up()[:6] + [r("0031", reply="02")] * 600)
    with pytest.raises(ChipTimeout, match="first range"):
        run(Vl53l1x(bus, clock).bring_up(), clock)
    assert 400 * MS <= clock.t_ns <= 510 * MS


@pytest.mark.parametrize(("frequency", "calibration"), [("AF00", "FC00"), ("0000", "0024")])
def test_an_oscillator_of_0_is_bad_data(frequency: str, calibration: str) -> None:
    osc = [r("0006", reply=frequency), r("00DE", reply=calibration)]
    clock, bus = FakeClock(), ScriptBus(0x29, [*bring_up()[:-4], *osc])
    with pytest.raises(BadData, match="oscillator"):
        run(Vl53l1x(bus, clock).bring_up(), clock)


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = bring_up(calibration=("001E 0004 0000 0000",))
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x29, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault) as caught:
            run(Vl53l1x(bus, clock, offset_mm=1.0).bring_up(), clock)
        assert caught.value.errno == 121
        assert bus.steps == []


def test_a_sample_polled_is_two_transactions_and_thirty_bytes() -> None:
    tof, bus, clock = ranging()
    bus.expect(r("0031", reply="03"), r(CLEAR, RESULT, reply=result(19, 0)))
    got = tof.read()
    assert got is not None
    assert (got.t_ns, got.range_mm, got.valid, got.status) == (clock.t_ns, 555.0, True, 6)
    assert (bus.transactions, bus.bytes) == (2, 30)


def test_a_sample_on_gpio1_is_one_transaction_and_25_bytes() -> None:
    pin = [False]
    tof, bus, _ = ranging(gpio1=lambda: pin[0])
    bus.expect()
    assert tof.read() is None
    pin[0] = True
    bus.expect(r(CLEAR, RESULT, reply=result()))
    assert tof.read() is not None
    assert (bus.transactions, bus.bytes) == (1, 25)


def test_the_bus_is_left_alone_until_a_sample_may_be_due() -> None:
    tof, bus, clock = ranging()
    bus.expect(r("0031", reply="03"), r(CLEAR, RESULT, reply=result(stream=1)))
    assert tof.read() is not None
    bus.expect()
    for _ in range(22):
        clock.t_ns += MS
        assert tof.read() is None
    clock.t_ns += MS
    bus.expect(r("0031", reply="02"))
    assert tof.read() is None


@pytest.mark.parametrize("period_ms", [23.0, 24.0, 24.7])
@pytest.mark.parametrize("tick_ms", [5.0, 3.7])
def test_no_sample_is_late_by_more_than_a_tick_and_polls_stay_few(
    period_ms: float, tick_ms: float
) -> None:
    tof, _, clock = ranging()
    start = clock.t_ns
    polls, lateness = 0, []

    class Ready:
        """Ready every ``period_ms``; counts the polls."""

        taken = -1
        name = "i2c-1"

        def write(self, address: int, *messages: bytes) -> None:
            raise AssertionError

        def write_read(self, address: int, writes: object, n: int) -> bytes:
            nonlocal polls
            due = int((clock.t_ns - start) / (period_ms * MS)) - 1
            if n == 1:
                polls += 1
                return bytes((0x02 | (due > self.taken),))
            self.taken = due
            lateness.append((clock.t_ns - start) / MS - (due + 1) * period_ms)
            count = due if due < 256 else 128 + due % 128
            return result(stream=count, signal=640 + due % 7)

    tof._link.bus = Ready()
    ticks = int(12_000 / tick_ms)
    for _ in range(ticks):
        clock.t_ns += round(tick_ms * MS)
        tof.read()
    assert len(lateness) >= 12_000 / period_ms - 2
    assert max(lateness) <= tick_ms
    assert polls <= 1.3 * len(lateness)  # until the period is known, and to go on knowing it


def test_the_same_stream_count_again_is_nothing_new_and_in_the_end_a_timeout() -> None:
    tof, bus, clock = ranging(gpio1=lambda: True)
    bus.expect(r(CLEAR, RESULT, reply=result(stream=7)))
    assert tof.read() is not None
    for _ in range(3):
        clock.t_ns += 24 * MS
        bus.expect(r(CLEAR, RESULT, reply=result(stream=7)), r("0087", reply="40"))
        assert tof.read() is None
    clock.t_ns += 28 * MS  # the line is given up by now, and 0x31 polled
    bus.expect(r("0031", reply="02"), r("0087", reply="40"))
    with pytest.raises(ChipTimeout, match=r"100 ms, stream count 7, expected one every 24 ms"):
        tof.read()


def test_a_lost_power_is_found_by_the_mode_register() -> None:
    tof, bus, clock = ranging()
    bus.expect(*[r("0031", reply="02")] * 19, r("0031", reply="02"), r("0087", reply="00"))
    for _ in range(19):
        clock.t_ns += 5 * MS
        assert tof.read() is None
    clock.t_ns += 5 * MS
    with pytest.raises(BadData, match="lost its power"):
        tof.read()


def test_no_update_is_not_a_sample() -> None:
    tof, bus, _ = ranging(gpio1=lambda: True)
    bus.expect(r(CLEAR, RESULT, reply=result(status=0x80)), r("0087", reply="40"))
    assert tof.read() is None


def test_nacks_are_tried_again_and_counted() -> None:
    tof, bus, _ = ranging(gpio1=lambda: True)
    bus.expect(*[fails(121, CLEAR, RESULT, n=17)] * 2, r(CLEAR, RESULT, reply=result(stream=3)))
    assert tof.read() is not None
    assert tof.retries == 2


def test_stop_stops() -> None:
    tof, bus, _ = ranging()
    bus.expect(w("0087 00"))
    tof.stop()


ULD = {9: 0, 6: 1, 4: 2, 8: 3, 5: 4, 1: 5, 2: 5, 3: 5, 17: 5, 19: 6, 7: 7}
ULD |= {12: 9, 18: 10, 22: 11, 23: 12, 13: 13}


@pytest.mark.parametrize("flags", [0x00, 0x20, 0x40, 0x80, 0xE0])
@pytest.mark.parametrize("raw", range(32))
def test_status_by_the_table_whatever_the_flags(raw: int, flags: int) -> None:
    got = decode(result(raw | flags, 5), 0, first=False)
    assert got.status == ULD.get(raw, 255)
    assert got.valid == (raw == 9)


@pytest.mark.parametrize(
    ("status", "stream", "first", "ulds", "valid"),
    [
        (19, 0, True, 6, True),
        (19, 0, False, 6, False),
        (19, 3, False, 6, False),
        (9, 0, True, 6, True),
        (9, 0, False, 6, False),
        (7, 0, True, 7, False),
    ],
)
def test_without_a_wrap_check_only_the_first_is_trusted(
    status: int, stream: int, first: bool, ulds: int, valid: bool
) -> None:
    got = decode(result(status, stream), 0, first=first)
    assert (got.status, got.valid) == (ulds, valid)


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({"sigma": 120}, True),
        ({"sigma": 121}, False),
        ({"signal": 13}, True),
        ({"signal": 12}, False),
        ({"range_mm": 0}, False),
        ({"range_mm": -3}, False),
        ({"range_mm": 39, "signal": 255}, False),
        ({"range_mm": 39, "signal": 256}, True),
        ({"range_mm": 40, "signal": 255}, True),
    ],
)
def test_a_valid_status_must_be_plausible(fields: dict[str, int], valid: bool) -> None:
    got = decode(result(**fields), 0, first=False)
    assert (got.status, got.valid) == (0, valid)


@given(st.binary(min_size=17, max_size=17), st.booleans())
def test_every_field_has_its_place_and_scale(raw: bytes, first: bool) -> None:
    got = decode(raw, 42, first=first)
    range_mm = raw[13] << 8 | raw[14]
    assert got.t_ns == 42
    assert got.stream_count == raw[2]
    assert got.spads == (raw[3] << 8 | raw[4]) / 256
    assert got.ambient_kcps == (raw[7] << 8 | raw[8]) * 7.8125
    assert got.sigma_mm == (raw[9] << 8 | raw[10]) * 0.25
    assert got.range_mm == (range_mm - 65536 if range_mm > 32767 else range_mm)
    assert got.signal_kcps == (raw[15] << 8 | raw[16]) * 7.8125
    peak = decode(raw, 42, first=first, peak=True)
    assert peak.signal_kcps == (raw[5] << 8 | raw[6]) * 7.8125
    assert got.status == (255 if got.spads == 0 else got.status)
    assert not got.valid or got.status == 0 or (first and got.status == 6)


@pytest.mark.parametrize("offset_mm", [-1024.0, 1023.75])
def test_an_offset_at_its_ends_is_taken_and_beyond_refused(offset_mm: float) -> None:
    Vl53l1x(ScriptBus(0x29), FakeClock(), offset_mm=offset_mm)
    beyond = offset_mm + (0.25 if offset_mm > 0 else -0.25)
    with pytest.raises(ValueError, match=r"allowed: -1024 to 1023\.75"):
        Vl53l1x(ScriptBus(0x29), FakeClock(), offset_mm=beyond)
    Vl53l1x(ScriptBus(0x29), FakeClock(), inter_measurement_ms=5000)
