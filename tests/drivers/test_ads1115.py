"""ADS1115 pads against transcripts written from TI's data sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115 import Ads1115Pads, pressure
from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

# start, AIN0..2 against ground, 4.096 V, single shot, 860 SPS, comparator off
CONFIG = ("C3E3", "D3E3", "E3E3")
BUSY = ("43E3", "53E3", "63E3")


def bring_up() -> list[Step]:
    return [
        w("02 8A5C", "03 7FFF"),
        r("02", reply="8A5C"),
        r("03", reply="7FFF"),
        w("01 C3E3"),
        r("01", reply="43E3"),
        r("01", reply="C3E3"),
        w("01 C3E3"),
    ]


def conversion(pad: int, counts: int) -> list[Step]:
    """``pad`` is found done with ``counts``; the next pad is started."""
    following = (pad + 1) % 3
    return [
        r("01", reply=CONFIG[pad]),
        r("01" + CONFIG[following], "00", reply=counts.to_bytes(2, "big", signed=True)),
    ]


def counts(ohm: float) -> int:
    """What the converter reads for an FSR of ``ohm`` over 10 k at 3.3 V."""
    return round(3.3 * 10_000 / (ohm + 10_000) / 125e-6)


def started(**kwargs: float) -> tuple[Ads1115Pads, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x48, bring_up())
    kwargs = {"full_ohm": 5_000.0, **kwargs}
    pads = Ads1115Pads(bus, clock, **kwargs)  # type: ignore[arg-type]  # any of its settings
    run(pads.bring_up(), clock)
    assert bus.steps == []
    return pads, bus, clock


def test_one_conversion_a_tick_each_pad_in_turn() -> None:
    pads, bus, clock = started()
    got = []
    for pad, ohm in ((0, 5_000), (1, 10_000), (2, 50_000), (0, 1e6)):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, counts(ohm)))
        (sample,) = pads.read()
        assert sample.t_ns == clock.t_ns
        assert (bus.transactions, bus.bytes) == (2, 14)
        got.append((sample.pad, round(sample.level, 3), sample.closed))
    assert got == [(0, 1.0, True), (1, 0.5, True), (2, 0.1, False), (0, 0.005, False)]


def test_what_is_a_full_press_and_a_contact_unless_told() -> None:
    clock, bus = FakeClock(), ScriptBus(0x48, bring_up())
    pads = Ads1115Pads(bus, clock)
    run(pads.bring_up(), clock)
    got = []
    for pad, ohm in ((0, 3_000), (1, 19_800), (2, 20_200), (0, 37_000), (1, 38_000)):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, counts(ohm)))
        (sample,) = pads.read()
        got.append((round(sample.level, 2), sample.closed))
    assert got == [(1.0, True), (0.15, True), (0.15, False), (0.08, True), (0.08, False)]


def test_thresholds_have_hysteresis() -> None:
    pads, bus, clock = started(close_level=0.3, open_level=0.2)
    closed = []
    for level in (0.25, 0.31, 0.25, 0.19):
        for pad in range(3):
            clock.t_ns += 5 * MS
            bus.expect(*conversion(pad, counts(5_000 / level)))
            (sample,) = pads.read()
        closed.append(sample.closed)
    assert closed == [False, True, True, False]


def test_nothing_is_asked_before_the_conversion_can_be_done() -> None:
    pads, bus, clock = started()
    bus.expect()
    clock.t_ns += 1_329_999
    assert pads.read() == ()
    clock.t_ns += 1
    bus.expect(*conversion(0, 0))
    assert len(pads.read()) == 1


def test_a_busy_converter_is_no_sample_and_in_the_end_a_timeout() -> None:
    pads, bus, clock = started()
    for _ in range(4):
        clock.t_ns += 5 * MS
        bus.expect(r("01", reply=BUSY[0]))
        assert pads.read() == ()
    clock.t_ns += MS
    bus.expect(r("01", reply=BUSY[0]))
    with pytest.raises(ChipTimeout, match="busy"):
        pads.read()
    bus.expect(w("01 C3E3"))
    assert pads.read() == ()


@pytest.mark.parametrize("config", ["8583", "D3E3", "C3E2", "0000"])
def test_a_configuration_that_is_not_ours_is_told(config: str) -> None:
    pads, bus, clock = started()
    clock.t_ns += 5 * MS
    bus.expect(r("01", reply=config))
    with pytest.raises(BadData, match=rf"pad head reads 0x{config}, expected 0xC3E3"):
        pads.read()
    # And it starts again by itself, with the first pad.
    bus.expect(w("01 C3E3"))
    assert pads.read() == ()
    clock.t_ns += 5 * MS
    bus.expect(*conversion(0, 0))
    assert pads.read()[0].pad == 0


@pytest.mark.parametrize("nothing", [0, -1])
def test_a_pressed_pad_that_reads_nothing_is_believed_the_second_time(nothing: int) -> None:
    pads, bus, clock = started()
    got = []
    for turn in range(3):
        for pad in range(3):
            clock.t_ns += 5 * MS
            fallen = pad == 1 and turn > 0
            doubt = [r("02", reply="8A5C")] if fallen and turn == 1 else []
            bus.expect(*conversion(pad, nothing if fallen else 13_000), *doubt)
            got += [(s.pad, s.closed) for s in pads.read()]
    pressed = [(0, True), (1, True), (2, True)]
    assert got == [*pressed, (0, True), (2, True), (0, True), (1, False), (2, True)]


def test_an_open_pad_that_reads_nothing_costs_nothing_more() -> None:
    pads, bus, clock = started()
    for pad, raw in ((0, 999), (1, 999), (2, 999), (0, 0), (1, -1), (2, 1)):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, raw))
        assert len(pads.read()) == 1
    assert bus.steps == []


def test_a_power_loss_between_the_two_transactions_is_no_open_pad() -> None:
    pads, bus, clock = started()
    for pad in range(3):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, 13_000))
        pads.read()
    clock.t_ns += 5 * MS
    bus.expect(*conversion(0, 0), r("02", reply="8000"))
    with pytest.raises(BadData, match=r"0x8000, expected 0x8A5C.*lost its power"):
        pads.read()
    bus.expect(w("01 C3E3"))
    assert pads.read() == ()
    assert bus.steps == []


def test_nacks_are_tried_again_and_counted() -> None:
    pads, bus, clock = started()
    clock.t_ns += 5 * MS
    config, result = conversion(0, 100)
    bus.expect(fails(121, "01", n=2), config, fails(121, "01 D3E3", "00", n=2), result)
    assert len(pads.read()) == 1
    assert pads.retries == 2


def test_a_failed_start_is_not_taken_for_a_conversion() -> None:
    pads, bus, clock = started()
    clock.t_ns += 5 * MS
    bus.expect(conversion(0, 0)[0], fails(110, "01 D3E3", "00", n=2))
    with pytest.raises(BusFault):
        pads.read()
    bus.expect(w("01 C3E3"))
    assert pads.read() == ()


def test_rezero_takes_what_an_open_pad_reads() -> None:
    pads, bus, clock = started()
    for pad, level in enumerate((0.1, 0.5, 0.0)):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, counts(5_000 / level) if level else 0))
        pads.read()
    pads.rezero()
    levels = []
    for pad, level in enumerate((0.1, 0.5, 0.0)):
        clock.t_ns += 5 * MS
        bus.expect(*conversion(pad, counts(5_000 / level) if level else 0))
        levels.append(round(pads.read()[0].level, 3))
    assert levels == [0.0, 0.5, 0.0]


def test_stop_forgets_the_conversion() -> None:
    pads, bus, clock = started()
    bus.expect()
    pads.stop()
    clock.t_ns += 5 * MS
    bus.expect(w("01 C3E3"))
    assert pads.read() == ()


def test_a_chip_that_keeps_nothing_is_a_wrong_chip() -> None:
    script = bring_up()
    for cut, reply in ((1, "0000"), (2, "8A5C"), (4, "8583")):
        register = script[cut].writes[0].hex()
        bus = ScriptBus(0x48, [*script[:cut], r(register, reply=reply)])
        clock = FakeClock()
        with pytest.raises(WrongChip, match=f"0x{reply}"):
            run(Ads1115Pads(bus, clock).bring_up(), clock)


def test_a_first_conversion_that_never_ends_is_a_timeout() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x48, bring_up()[:4] + [r("01", reply="43E3")] * 100)
    with pytest.raises(ChipTimeout):
        run(Ads1115Pads(bus, clock).bring_up(), clock)
    assert clock.t_ns < 25 * MS


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = bring_up()
    for k, step in enumerate(script):
        clock, bus = FakeClock(0), ScriptBus(0x48, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(Ads1115Pads(bus, clock).bring_up(), clock)
        assert bus.steps == []


@pytest.mark.parametrize("setting", [{"address": 0x4C}, {"full_ohm": 10}, {"close_level": 0.05}])
def test_settings_that_cannot_be(setting: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"allowed|expected"):
        Ads1115Pads(ScriptBus(0x48), FakeClock(), **setting)  # type: ignore[arg-type]  # wrong


@given(st.floats(500.0, 1e6))
def test_pressure_is_conductance(ohm: float) -> None:
    assert pressure(counts(ohm), 5_000.0) == pytest.approx(5_000.0 / ohm, rel=0.01, abs=1e-3)


@given(st.integers(-32768, 32766))
def test_pressure_grows_with_every_count_and_stays_finite(raw: int) -> None:
    assert pressure(raw, 5_000.0) <= pressure(raw + 1, 5_000.0) < 50.0
    assert (pressure(raw, 5_000.0) < 0) == (raw < 0)


def test_what_it_is_before_and_after_its_bring_up() -> None:
    clock, bus = FakeClock(), ScriptBus(0x49, bring_up())
    pads = Ads1115Pads(bus, clock, 0x49)
    assert (pads.name, pads.address, pads.identity) == ("ADS1115", 0x49, "")
    run(pads.bring_up(), clock)
    assert pads.identity == "no identity register; configuration reads back"


def test_before_its_bring_up_a_read_only_starts_a_conversion() -> None:
    bus = ScriptBus(0x48, [w("01 C3E3")])
    assert Ads1115Pads(bus, FakeClock()).read() == ()
    assert bus.steps == []


@pytest.mark.parametrize(("settings", "full_ohm"), [({}, 3_000.0), ({"full_ohm": 100.0}, 100.0)])
def test_a_level_is_exact(settings: dict[str, float], full_ohm: float) -> None:
    clock, bus = FakeClock(), ScriptBus(0x48, bring_up())
    pads = Ads1115Pads(bus, clock, **settings)  # type: ignore[arg-type]  # one of its settings
    run(pads.bring_up(), clock)
    clock.t_ns += 5 * MS
    bus.expect(*conversion(0, 8_000))  # 1 V: the FSR has 23 k
    assert pads.read()[0].level == pytest.approx(full_ohm / 23_000, rel=1e-9)


def test_from_how_much_a_fall_to_nothing_is_looked_into() -> None:
    pads, bus, clock = started()
    for pad, raw in ((0, 1000), (1, 999), (2, 999), (0, 0)):
        clock.t_ns += 5 * MS
        doubt = [r("02", reply="8A5C")] if raw == 0 else []
        bus.expect(*conversion(pad, raw), *doubt)
        assert len(pads.read()) == 1 - len(doubt)
    assert bus.steps == []


@pytest.mark.parametrize("full_ohm", [100.0, 100_000.0])
def test_a_full_press_at_its_ends(full_ohm: float) -> None:
    Ads1115Pads(ScriptBus(0x48), FakeClock(), full_ohm=full_ohm)


@pytest.mark.parametrize("full_ohm", [99.9, 100_000.5])
def test_a_full_press_beyond_its_ends(full_ohm: float) -> None:
    with pytest.raises(ValueError, match="allowed: 100 to 100000"):
        Ads1115Pads(ScriptBus(0x48), FakeClock(), full_ohm=full_ohm)


def test_both_thresholds_are_named_if_they_do_not_hold() -> None:
    script, clock = bring_up(), FakeClock()
    bus = ScriptBus(0x48, [*script[:2], r("03", reply="8ABC")])
    said = "threshold register 3 reads back 0x8ABC, expected 0x7FFF. Check which chip is fitted."
    with pytest.raises(WrongChip, match=said):
        run(Ads1115Pads(bus, clock).bring_up(), clock)
