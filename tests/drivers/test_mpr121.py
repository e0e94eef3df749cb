"""MPR121 pads against transcripts written from NXP's data sheet."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from drivers.mpr121 import Mpr121Pads
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

FILTERS = "01 01 0E 00 01 05 01 00 00 00 00" + "00" * 11  # 0x2B..0x40
BLOCK = "2B" + FILTERS + "0C06" * 12 + "0000" + "11 10 20"  # ..0x5D
CHARGE = bytes(range(0x10, 0x24))
REST = (600, 610, 620)


def everything(
    counts: tuple[int, ...] = REST,
    baseline: tuple[int, ...] = (150, 152, 155),
    ranges: int = 0,
) -> bytes:
    """0x00..0x2A."""
    filtered = struct.pack("<13H", *counts, *[0] * 10)
    return struct.pack("<HH", 0, ranges) + filtered + bytes(baseline) + bytes(10)


def data(counts: tuple[int, ...] = REST) -> Step:
    return r("04", reply=struct.pack("<3H", *counts))


def sample(counts: tuple[int, ...] = REST, touched: int = 0) -> Step:
    return r("00", reply=struct.pack("<HHHHH", touched, 0, *counts))


RESET = [w("80 63"), r("5C", reply="10 24 00"), w(BLOCK)]
LEARN = [
    w("7B 09 00 C9 82 B5", "5E C3"),
    data((0, 0, 0)),
    data(),
    r("00", reply=everything()),
    w("5E 00", "7B 00", "5E 43"),
    r("5F", reply=CHARGE),
]
AGAIN = [w("5F" + CHARGE.hex(), "7B 00", "5E 43"), data()]


def started(**kwargs: float) -> tuple[Mpr121Pads, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x5A, RESET + LEARN)
    kwargs = {"full_counts": 60, "close_level": 0.2, "open_level": 0.1, **kwargs}
    pads = Mpr121Pads(bus, clock, **kwargs)  # type: ignore[arg-type]  # any of its settings
    run(pads.bring_up(), clock)
    assert bus.steps == []
    return pads, bus, clock


def test_bring_up_in_blocks_while_stopped() -> None:
    assert len(bytes.fromhex(BLOCK)) == 1 + 0x5D - 0x2B + 1
    assert len(RESET + LEARN) - 1 == 8  # one poll more than the least
    started()


def test_thresholds_of_the_chip_are_the_levels_in_counts() -> None:
    clock = FakeClock()
    block = BLOCK.replace("0C06" * 12, "1E14" * 12)
    bus = ScriptBus(0x5A, [*RESET[:2], w(block), *LEARN])
    pads = Mpr121Pads(bus, clock, full_counts=100, close_level=0.3, open_level=0.2)
    run(pads.bring_up(), clock)
    assert bus.steps == []


def test_what_is_a_full_press_and_a_contact_unless_told() -> None:
    clock, bus = FakeClock(), ScriptBus(0x5A, RESET + LEARN)
    pads = Mpr121Pads(bus, clock)
    run(pads.bring_up(), clock)
    bus.expect(sample((600 - 120, 610 - 12, 620 - 11)))
    assert [(s.level, s.closed) for s in pads.read()] == [
        (1.0, True),
        (pytest.approx(0.1), True),
        (pytest.approx(11 / 120), False),
    ]


def test_after_a_replug_the_saved_settings_are_written_and_nothing_is_learnt() -> None:
    pads, bus, clock = started()
    bus.expect(*RESET, *AGAIN)
    run(pads.bring_up(), clock)
    bus.expect(sample((540, 610, 620)))
    assert [s.closed for s in pads.read()] == [True, False, False]


def test_all_three_pads_in_one_transaction_of_13_bytes() -> None:
    pads, bus, clock = started()
    bus.expect(sample((570, 598, 614)))
    got = pads.read()
    assert (bus.transactions, bus.bytes) == (1, 13)
    assert [s.pad for s in got] == [0, 1, 2]
    assert [s.level for s in got] == pytest.approx([0.5, 0.2, 0.1])
    assert [s.closed for s in got] == [True, True, False]
    assert {s.t_ns for s in got} == {clock.t_ns}


def test_it_is_read_every_10_ms_and_not_in_between() -> None:
    pads, bus, clock = started()
    for _ in range(50):
        bus.expect(sample())
        assert len(pads.read()) == 3
        bus.expect()
        clock.t_ns += 5 * MS
        assert pads.read() == ()
        clock.t_ns += 5 * MS
    clock.t_ns += 1000 * MS  # after a pause it does not catch up in a burst
    bus.expect(sample())
    pads.read()
    bus.expect()
    clock.t_ns += 3 * MS
    assert pads.read() == ()


def test_a_long_press_does_not_fade_and_an_open_pad_follows_drift() -> None:
    pads, bus, clock = started()
    for _ in range(3000):
        clock.t_ns += 10 * MS
        bus.expect(sample((540, 607, 620)))
        got = pads.read()
    assert got[0].level == pytest.approx(1.0)
    # three counts of drift, followed for 30 s with a time constant of 20 s
    left = 3 / 60 * math.exp(-30 / 20)
    assert got[1].level == pytest.approx(left / (1 - (3 / 60 - left)), rel=0.02)
    pads.rezero()
    clock.t_ns += 10 * MS
    bus.expect(sample((540, 607, 620)))
    got = pads.read()
    assert [s.level for s in got] == pytest.approx([1.0, 0.0, 0.0])


def test_over_current_is_told() -> None:
    pads, bus, _ = started()
    bus.expect(sample(touched=0x8000))
    with pytest.raises(BadData, match="OVCF"):
        pads.read()


@pytest.mark.parametrize("touched", [0x0FFF, 0x1000, 0x7000])
def test_other_status_bits_are_no_over_current(touched: int) -> None:
    pads, bus, _ = started()
    bus.expect(sample(touched=touched))
    assert len(pads.read()) == 3


def test_a_lost_power_is_found_and_never_taken_for_contact() -> None:
    pads, bus, _ = started()
    bus.expect(sample((0, 0, 0)), r("5E", reply="00"))
    with pytest.raises(BadData, match=r"0x5E is 0x00, expected 0x43.*lost its power"):
        pads.read()


def test_a_pad_at_0_while_running_is_named() -> None:
    pads, bus, _ = started()
    bus.expect(sample((600, 0, 620)), r("5E", reply="43"))
    with pytest.raises(BadData, match="pad thoracic 0"):
        pads.read()


def test_a_count_of_more_than_ten_bits_is_none() -> None:
    pads, bus, clock = started()
    bus.expect(sample((600, 0x3FF, 620)))
    assert len(pads.read()) == 3
    clock.t_ns += 10 * MS
    bus.expect(sample((600, 0x400, 620)))
    with pytest.raises(BadData, match="counts of the pads 0x580200046C02, expected 10 bits each"):
        pads.read()


def test_nacks_are_tried_again_and_counted() -> None:
    pads, bus, _ = started()
    bus.expect(fails(121, "00", n=10), sample())
    assert len(pads.read()) == 3
    assert pads.retries == 1


@pytest.mark.parametrize(
    ("all_bytes", "pad"),
    [
        (everything((19, 610, 620)), "head"),
        (everything((600, 801, 620)), "thoracic"),
        (everything(baseline=(150, 152, 0)), "sacrum"),
        (everything(ranges=0b010), "thoracic"),
    ],
)
def test_an_electrode_that_cannot_be_measured_is_named(all_bytes: bytes, pad: str) -> None:
    clock = FakeClock()
    bus = ScriptBus(0x5A, [*RESET, LEARN[0], data(), r("00", reply=all_bytes)])
    with pytest.raises(BadData, match=f"pad {pad}"):
        run(Mpr121Pads(bus, clock).bring_up(), clock)


def test_what_is_said_of_an_electrode_is_in_counts() -> None:
    clock = FakeClock()
    raw = everything((600, 801, 620), ranges=0b010)
    bus = ScriptBus(0x5A, [*RESET, LEARN[0], data(), r("00", reply=raw)])
    said = (
        r"pad thoracic \(electrode 1\) has count 801, baseline 608, out-of-range flag 1, expected"
    )
    with pytest.raises(BadData, match=said):
        run(Mpr121Pads(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("counts", [(20, 610, 620), (600, 800, 620)])
def test_the_range_of_counts_includes_its_ends(counts: tuple[int, ...]) -> None:
    clock = FakeClock()
    bus = ScriptBus(
        0x5A, [*RESET, LEARN[0], data(), r("00", reply=everything(counts)), *LEARN[-2:]]
    )
    run(Mpr121Pads(bus, clock).bring_up(), clock)


def test_flags_of_electrodes_that_are_not_there_are_no_failure() -> None:
    clock, whole = FakeClock(), everything(ranges=0x1FF8)
    bus = ScriptBus(0x5A, [*RESET, LEARN[0], data(), r("00", reply=whole), *LEARN[-2:]])
    run(Mpr121Pads(bus, clock).bring_up(), clock)
    assert bus.steps == []


def test_a_failed_auto_configuration_is_told() -> None:
    clock = FakeClock()
    bus = ScriptBus(0x5A, [*RESET, LEARN[0], data(), r("00", reply=everything(ranges=0x8000))])
    with pytest.raises(BadData, match="ACFF"):
        run(Mpr121Pads(bus, clock).bring_up(), clock)


def test_no_data_is_a_timeout_within_its_bound() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x5A, [*RESET, LEARN[0], *[data((620, 0, 600))] * 100])
    with pytest.raises(ChipTimeout, match=r"0x6C0200005802, expected all above 0\. Check the pads"):
        run(Mpr121Pads(bus, clock).bring_up(), clock)
    assert clock.t_ns <= 220 * MS


@pytest.mark.parametrize("reply", ["10 04 00", "00 00 00", "10 24 0C"])
def test_another_chip_at_the_address_is_a_wrong_chip(reply: str) -> None:
    clock, bus = FakeClock(), ScriptBus(0x5A, [RESET[0], r("5C", reply=reply)])
    with pytest.raises(WrongChip, match="expected 0x102400"):
        run(Mpr121Pads(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("first", [True, False])
def test_a_nack_anywhere_in_the_bring_up_is_told_at_once(first: bool) -> None:
    script = RESET + (LEARN if first else AGAIN)
    for k, step in enumerate(script):
        pads, bus, clock = started()
        if first:
            pads = Mpr121Pads(bus, clock)
        bus.expect(*script[:k], step._replace(reply=121))
        with pytest.raises(BusFault):
            run(pads.bring_up(), clock)
        assert bus.steps == []


def test_stop_stops() -> None:
    pads, bus, _ = started()
    bus.expect(w("5E 00"))
    pads.stop()


@pytest.mark.parametrize(
    "setting",
    [
        {"address": 0x59},
        {"full_counts": 0},
        {"period_ms": 3},
        {"open_level": 0.3},
        {"period_ms": 101},
        {"full_counts": 800.5},
        {"full_counts": 0.9},
    ],
)
def test_settings_that_cannot_be(setting: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"allowed|expected"):
        Mpr121Pads(ScriptBus(0x5A), FakeClock(), **setting)  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize(
    "setting",
    [
        {"period_ms": 4},
        {"period_ms": 100},
        {"address": 0x5D},
        {"full_counts": 1},
        {"full_counts": 800},
    ],
)
def test_settings_at_their_ends(setting: dict[str, int]) -> None:
    Mpr121Pads(ScriptBus(0x5A), FakeClock(), **setting)


@given(st.tuples(*[st.integers(1, 1023)] * 3), st.integers(0, 0x7FFF))
def test_level_falls_with_the_count(counts: tuple[int, int, int], touched: int) -> None:
    pads, bus, _ = started()
    bus.expect(sample(counts, touched))
    for got, rest, count in zip(pads.read(), REST, counts, strict=True):
        assert got.level == pytest.approx(min(1.0, max(0.0, (rest - count) / 60)))


def test_it_is_read_on_the_grid_of_its_period_however_late_a_read_comes() -> None:
    pads, bus, clock = started(period_ms=10)
    t0_ns = clock.t_ns

    def read_at(ms: float) -> bool:
        bus.steps = [sample()]
        clock.t_ns = t0_ns + round(ms * MS)
        return bool(pads.read())

    assert read_at(0)
    assert not read_at(8.9)
    assert read_at(9.0)  # a millisecond early is in time: due at 10, and next at 20
    assert not read_at(18.9)
    assert read_at(24.9)  # late, but on the grid of its period: next at 30
    assert not read_at(28.9)
    assert read_at(29.0)
    assert read_at(45.0)  # half a period late: a new grid, next at 55
    assert not read_at(53.9)
    assert read_at(54.0)


def test_what_it_is_before_and_after_its_bring_up() -> None:
    clock, bus = FakeClock(), ScriptBus(0x5B, RESET + LEARN)
    pads = Mpr121Pads(bus, clock, 0x5B)
    assert (pads.name, pads.address, pads.identity) == ("MPR121", 0x5B, "")
    bus.address = 0x5B
    waits = list(pads.bring_up())
    assert waits[0] >= 1 * MS  # the soft reset
    assert pads.identity == "no identity register; 0x5C..0x5E read 0x102400 after a reset"


@pytest.mark.parametrize(
    ("full_counts", "levels", "written"),
    [(1, (0.3, 0.2), "0101"), (800, (0.9, 0.8), "FFFF"), (300, (0.85, 0.5), "FF96")],
)
def test_thresholds_of_the_chip_are_1_to_255(
    full_counts: float, levels: tuple[float, float], written: str
) -> None:
    clock = FakeClock()
    block = BLOCK.replace("0C06" * 12, written * 12)
    bus = ScriptBus(0x5A, [*RESET[:2], w(block), *LEARN])
    close, open_ = levels
    pads = Mpr121Pads(bus, clock, full_counts=full_counts, close_level=close, open_level=open_)
    run(pads.bring_up(), clock)
    assert bus.steps == []
