"""VL53L4CD against transcripts written from ST's ULD."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.vl53l4cd import Vl53l4cd, timeout_code
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, r, run, w
from tests.drivers.test_vl53l1x import BLOCK as L1X_BLOCK
from tests.drivers.test_vl53l1x import result

# The VL53L1X's block, but: (register: value)
OTHERS = "2D=12 30=11 4B=14 60=07 63=05 64=00 65=A0 69=38 78=07 79=05 7A=06 7B=06"
# 20 ms timed: (20000 - 4300) / 2 = 7850 us a phase at 0xBC00 (11.75 MHz)
TIMED_20 = ("005E 009F", "0061 00D5")
CLEAR, RESULT = "0086 01", "0089"


def _block() -> str:
    block = bytearray.fromhex(L1X_BLOCK)
    for part in OTHERS.split():
        at, value = (int(text, 16) for text in part.split("="))
        assert block[at - 0x2D] != value
        block[at - 0x2D] = value
    return block.hex()


def bring_up(
    timing: tuple[str, ...] = TIMED_20,
    calibration: tuple[str, ...] = (),
    im: str = "0000038F",
    start: str = "40",
) -> list[Step]:
    """36 oscillator counts a ms, times 24 ms, times 1.055 = 911."""
    return [
        r("00E5", reply="02"),
        r("00E5", reply="03"),
        r("010F", reply="EBAA10"),
        w("0087 00"),
        w("002D" + _block()),
        w("0087 40"),
        r("0031", reply="03"),  # active low: a range waits when bit 0 is 0
        r("0031", reply="02"),
        w("0086 01", "0087 00"),
        r("0006", reply="BC00"),
        r("00DE", reply="F824"),
        w("0008 09", "000B 00", "0024 0500", *timing, *calibration),
        w("006C" + im, "0086 01" + start),
    ]


def ranging(**kwargs: object) -> tuple[Vl53l4cd, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x29, bring_up())
    tof = Vl53l4cd(bus, clock, **kwargs)  # type: ignore[arg-type]  # any of its settings
    run(tof.bring_up(), clock)
    assert bus.steps == []
    return tof, bus, clock


def test_bring_up_and_what_it_learned() -> None:
    tof, _, _ = ranging()
    assert tof.name == "VL53L4CD"
    assert tof.period_ns == 24 * MS
    assert tof.identity == ("model 0xEBAA, revision 0x10, oscillator 0xBC00, calibration 36")


CODES = {
    10: (0x0098, 0x00CB),
    15: (0x00FE, 0x01A9),
    20: (0x01B2, 0x01ED),
    33: (0x029B, 0x02CF),
    50: (0x02F2, 0x03A1),
    100: (0x03F8, 0x04A5),
    200: (0x04FB, 0x05A7),
}


@pytest.mark.parametrize(("budget_ms", "codes"), CODES.items())
def test_codes_of_ulds_formula_without_a_pause(budget_ms: int, codes: tuple[int, int]) -> None:
    a, b = codes
    timing = (f"005E {a:04X}", f"0061 {b:04X}")
    bus, clock = ScriptBus(0x29, bring_up(timing, im="00000000", start="21")), FakeClock()
    tof = Vl53l4cd(bus, clock, timing_budget_ms=budget_ms, inter_measurement_ms=budget_ms)
    run(tof.bring_up(), clock)
    assert bus.steps == []
    assert tof.period_ns == budget_ms * MS


@pytest.mark.parametrize(
    ("budget_ms", "period_ms", "timing", "im"),
    [
        (10, 11, ("005E 0039", "0061 004D"), "000001A1"),  # 2850 us; 417 ticks
        (100, 500, ("005E 02F3", "0061 03A2"), "00004A2E"),  # 47850 us; 18990 ticks
    ],
)
def test_timed_budgets_are_two_phases(
    budget_ms: int, period_ms: int, timing: tuple[str, ...], im: str
) -> None:
    bus, clock = ScriptBus(0x29, bring_up(timing, im=im)), FakeClock()
    tof = Vl53l4cd(bus, clock, timing_budget_ms=budget_ms, inter_measurement_ms=period_ms)
    run(tof.bring_up(), clock)
    assert bus.steps == []


def test_codes_where_a_bit_moves_into_the_exponent() -> None:
    """At 0xBC00 a macro period of 16 clocks is 49 us: 256 of them less one is the last plain."""
    codes = [timeout_code(us, 0xBC00, 16) for us in range(12_400, 12_800)]
    assert set(codes) == {*range(252, 256), *range(0x0180, 0x0183)}
    assert codes == sorted(codes)
    assert [us for us in (12_573, 12_574) if timeout_code(us, 0xBC00, 16) == 0x0180] == [12_574]


@given(st.integers(2850, 197_500), st.integers(0xA000, 0xC000), st.sampled_from([16, 12]))
def test_a_code_is_the_phase_within_its_own_resolution(
    phase_us: int, oscillator: int, clocks: int
) -> None:
    code = timeout_code(phase_us, oscillator, clocks)
    low, high = code & 0xFF, code >> 8
    macro_us = 2304 * clocks / (oscillator * 2**-12 * 64)  # PLL: 64 times the oscillator
    # cut off are the low bits, never rounded up by more than half a period
    assert ((low << high) + 0.4) * macro_us <= phase_us
    assert phase_us <= ((low + 1 << high) + 1.6) * macro_us
    assert low > 0x7F or high == 0


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"timing_budget_ms": 9, "inter_measurement_ms": 24}, "10 to 200"),
        ({"timing_budget_ms": 201, "inter_measurement_ms": 300}, "10 to 200"),
        ({"inter_measurement_ms": 19}, "20, or 21 to 5000"),
        ({"inter_measurement_ms": 5001}, "20, or 21 to 5000"),
        ({"offset_mm": 1024.0}, "-1024 to 1023.75"),
        ({"crosstalk_kcps": -0.1}, "0 to 127.99"),
        ({"address": 0x30}, "XSHUT"),
    ],
)
def test_any_other_setting_says_what_is_allowed(setting: dict[str, object], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        Vl53l4cd(ScriptBus(0x29), FakeClock(), **setting)  # type: ignore[arg-type]  # on purpose


def test_offset_and_crosstalk_come_with_the_settings() -> None:
    script = bring_up(calibration=("001E 1FCF 0000 0000", "0016 0300 0000 0000"))
    bus, clock = ScriptBus(0x29, script), FakeClock()
    run(Vl53l4cd(bus, clock, offset_mm=-12.25, crosstalk_kcps=1.5).bring_up(), clock)
    assert bus.steps == []


def test_a_vl53l1x_in_its_place_is_a_wrong_chip() -> None:
    clock = FakeClock()
    bus = ScriptBus(0x29, [bring_up()[1], r("010F", reply="EACC10")])
    with pytest.raises(WrongChip, match="0xEACC, expected 0xEBAA"):
        run(Vl53l4cd(bus, clock).bring_up(), clock)


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = bring_up()
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x29, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault) as caught:
            run(Vl53l4cd(bus, clock).bring_up(), clock)
        assert caught.value.errno == 121
        assert bus.steps == []


def test_no_first_range_is_a_timeout_within_its_bound() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x29, bring_up()[:6] + [r("0031", reply="03")] * 600)
    with pytest.raises(ChipTimeout, match="first range"):
        run(Vl53l4cd(bus, clock).bring_up(), clock)
    assert 400 * MS <= clock.t_ns <= 510 * MS


def test_the_first_range_is_dropped_and_the_next_is_30_bytes() -> None:
    tof, bus, clock = ranging()
    bus.expect(r("0031", reply="02"), r(CLEAR, RESULT, reply=result(stream=0)))
    assert tof.read() is None
    clock.t_ns += 24 * MS
    bus.expect(r("0031", reply="02"), r(CLEAR, RESULT, reply=result(stream=1, peak=650)))
    got = tof.read()
    assert got is not None
    assert (got.range_mm, got.valid, got.status, got.stream_count) == (555.0, True, 0, 1)
    assert got.signal_kcps == 650 * 7.8125  # 0x008E: as received
    assert (bus.transactions, bus.bytes) == (2, 30)


def test_ready_is_a_low_line() -> None:
    level = [True]
    tof, bus, clock = ranging(gpio1=lambda: level[0])
    bus.expect()
    assert tof.read() is None
    level[0] = False
    bus.expect(r(CLEAR, RESULT, reply=result(stream=0)))
    assert tof.read() is None  # the first
    clock.t_ns += 24 * MS
    bus.expect(r(CLEAR, RESULT, reply=result(stream=1)))
    assert tof.read() is not None
    assert (bus.transactions, bus.bytes) == (1, 25)


@pytest.mark.parametrize(("pause_ms", "start"), [(4, "40"), (0, "21")])
def test_a_lost_power_is_found_by_the_mode_register(pause_ms: int, start: str) -> None:
    timing, im = (TIMED_20, "0000038F") if pause_ms else (("005E 01B2", "0061 01ED"), "00000000")
    bus, clock = ScriptBus(0x29, bring_up(timing, im=im, start=start)), FakeClock()
    tof = Vl53l4cd(bus, clock, inter_measurement_ms=20 + pause_ms)
    run(tof.bring_up(), clock)
    clock.t_ns += 100 * MS
    bus.expect(r("0031", reply="03"), r("0087", reply="00"))
    with pytest.raises(BadData, match=f"0x00, expected 0x{start}"):
        tof.read()
    bus.expect(r("0031", reply="03"), r("0087", reply=start))
    with pytest.raises(ChipTimeout):
        tof.read()


def test_without_spads_nothing_was_measured() -> None:
    tof, bus, clock = ranging()
    bus.expect(r("0031", reply="02"), r(CLEAR, RESULT, reply=result(stream=0)))
    tof.read()
    clock.t_ns += 24 * MS
    bus.expect(r("0031", reply="02"), r(CLEAR, RESULT, reply=result(stream=1, spads=0)))
    got = tof.read()
    assert got is not None
    assert (got.status, got.valid) == (255, False)
