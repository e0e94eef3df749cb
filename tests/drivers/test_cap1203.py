"""CAP1203 pads against transcripts written from Microchip's data sheet."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cap1203 import RATE_HZ, Cap1203Pads, calibrations, pressed_counts
from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

TABLES = ("1F 6F A0 07 A4 07 38", "27 00 00", "2A 00", "2F 0F 05 05 05", "44 40")
SET_UP = [
    r("FD", reply="6D 5D 01"),
    w("00 00", *TABLES),
    *[r(table[:2], reply=table[3:]) for table in TABLES],
]
DONE = [r("26", reply="00"), r("02", reply="00")]
WAIT = [r("26", reply="07"), r("02", reply="00")]
REST = (286, 409, 348)  # 14, 20 and 17 pF of 50
SAMPLE_MS = 35


def balance(*values: int) -> list[Step]:
    low = sum((value & 3) << 2 * pad for pad, value in enumerate(values))
    return [r("B1", reply=bytes(value >> 2 for value in values)), r("B9", reply=bytes((low,)))]


def learn(values: tuple[int, int, int] = REST) -> list[Step]:
    return [*SET_UP, w("26 07"), *WAIT, *DONE, *balance(*values) * 2]


def again(values: tuple[int, int, int] = REST) -> list[Step]:
    return [*SET_UP, *DONE, *balance(*values) * 2]


def counts(*deltas: int) -> Step:
    return r("10", reply=bytes(delta & 0xFF for delta in deltas))


def checks(*, sampling: int = 0x38, status: int = 0, noise: int = 0) -> list[Step]:
    return [
        r("24", reply=bytes((sampling,))),
        r("02", reply=bytes((status,))),
        r("0A", reply=bytes((noise,))),
    ]


def sample(*deltas: int, noise: int = 0, worn: tuple[int, ...] = ()) -> list[Step]:
    asked = balance(*worn) if worn else []
    return [counts(*deltas), *checks(noise=noise), *asked, counts(*deltas)]


def started(**settings: float) -> tuple[Cap1203Pads, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x28, learn())
    pads = Cap1203Pads(bus, clock, **settings)  # type: ignore[arg-type]  # any of its settings
    run(pads.bring_up(), clock)
    assert bus.steps == []
    return pads, bus, clock


def test_bring_up_writes_in_blocks_and_reads_every_setting_back() -> None:
    pads, _, _ = started()
    assert pads.identity == (
        "product 0x6D, manufacturer 0x5D, revision 0x01, calibration 286 409 348"
    )


def test_a_calibration_is_waited_for_and_one_cycle_more() -> None:
    clock, bus = FakeClock(0), ScriptBus(0x28, learn())
    run(Cap1203Pads(bus, clock).bring_up(), clock)
    assert clock.t_ns == (20 + 20 + 40) * MS


@pytest.mark.parametrize(("full", "open_level", "threshold"), [(10, 0.01, 1), (127, 0.5, 64)])
def test_the_threshold_is_never_0(full: int, open_level: float, threshold: int) -> None:
    clock, line = FakeClock(), f"2F 0F {threshold:02X} {threshold:02X} {threshold:02X}"
    steps = learn()
    steps[1] = w("00 00", *TABLES[:3], line, TABLES[4])
    steps[5] = r("2F", reply=line[3:])
    bus = ScriptBus(0x28, steps)
    pads = Cap1203Pads(bus, clock, full_counts=full, close_level=0.6, open_level=open_level)
    run(pads.bring_up(), clock)
    assert bus.steps == []


def test_its_rate_is_said_to_be_that_of_its_cycle() -> None:
    assert round(RATE_HZ, 2) == 28.57


def test_the_threshold_of_the_chip_is_where_a_closed_pad_opens() -> None:
    clock = FakeClock()
    steps = [
        w("00 00", *TABLES[:3], "2F 0F 14 14 14", TABLES[4]) if step == SET_UP[1] else step
        for step in learn()
    ]
    steps[5] = r("2F", reply="0F 14 14 14")
    bus = ScriptBus(0x28, steps)
    run(Cap1203Pads(bus, clock, full_counts=80, close_level=0.5, open_level=0.25).bring_up(), clock)
    assert bus.steps == []


@pytest.mark.parametrize("reply", ["6B 5D 01", "50 5D 01", "6D 5C 01", "00 00 00", "FF FF FF"])
def test_another_chip_is_told(reply: str) -> None:
    clock, bus = FakeClock(), ScriptBus(0x28, [r("FD", reply=reply)])
    with pytest.raises(WrongChip, match="expected 0x6D5D"):
        run(Cap1203Pads(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("table", range(len(TABLES)))
def test_a_setting_that_does_not_stay_is_told(table: int) -> None:
    clock = FakeClock()
    text = bytearray(bytes.fromhex(TABLES[table]))
    text[-1] ^= 0x01
    wrong = r(TABLES[table][:2], reply=bytes(text[1:]))
    bus = ScriptBus(0x28, [*SET_UP[: 2 + table], wrong])
    with pytest.raises(WrongChip, match=f"from 0x{text[0]:02X} read back"):
        run(Cap1203Pads(bus, clock).bring_up(), clock)


@pytest.mark.parametrize(("flag", "at", "words"), [(0x20, "26", "ACAL"), (0x40, "2E", "BC_OUT")])
@pytest.mark.parametrize("bit", range(3))
def test_a_pad_that_cannot_be_calibrated_is_named(flag: int, at: str, words: str, bit: int) -> None:
    clock = FakeClock()
    name = ("head", "thoracic", "sacrum")[bit]
    told = [r("02", reply=bytes((flag,))), r(at, reply=bytes((1 << bit,)))]
    for steps in (
        [*SET_UP, w("26 07"), r("26", reply="07"), *told],  # while it goes on
        [*SET_UP, w("26 07"), r("26", reply="00"), *told],  # after it
    ):
        bus = ScriptBus(0x28, steps)
        with pytest.raises(BadData, match=f"of pad {name} .*{words}.*5 to 50 pF"):
            run(Cap1203Pads(bus, clock).bring_up(), clock)
    pads, bus, clock = started()
    bus.expect(counts(0, 0, 0), checks()[0], *told)
    with pytest.raises(BadData, match=f"of pad {name} .*{words}"):
        pads.read()


def test_a_calibration_that_never_ends_is_a_timeout_within_its_bound() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x28, [*SET_UP, w("26 07"), *[r("26", reply="02"), r("02", reply="00")] * 99])
    with pytest.raises(ChipTimeout, match=r"0x02 \(pad thoracic not done\)"):
        run(Cap1203Pads(bus, clock).bring_up(), clock)
    assert clock.t_ns == 1000 * MS


@pytest.mark.parametrize("first", [True, False])
def test_a_nack_anywhere_in_the_bring_up_is_told_at_once(first: bool) -> None:
    script = learn() if first else again()
    for k, step in enumerate(script):
        pads, bus, clock = started()
        if first:
            pads = Cap1203Pads(bus, clock)
        bus.expect(*script[:k], step._replace(reply=121))
        with pytest.raises(BusFault):
            run(pads.bring_up(), clock)
        assert bus.steps == []


# -- reading ----------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_count_is_a_signed_byte_and_100_a_full_press(raw: tuple[int, int, int]) -> None:
    pads, bus, clock = started()
    again = r("10", reply=bytes(raw))
    bus.expect(again, *checks(), again)
    got = pads.read()
    assert [s.pad for s in got] == [0, 1, 2]
    for one, byte in zip(got, raw, strict=True):
        delta = byte - 256 if byte > 127 else byte
        assert one.level == min(1.0, max(0.0, delta / 100))
        assert one.closed is (delta >= 10)
        assert one.t_ns == clock.t_ns


def test_six_bytes_for_a_look_and_eighteen_more_for_what_is_new() -> None:
    pads, bus, clock = started()
    bus.expect(*sample(1, 0, 0))
    assert len(pads.read()) == 3
    assert (bus.transactions, bus.bytes) == (5, 24)
    for _ in range(4):
        clock.t_ns += 5 * MS
        bus.expect()
        assert pads.read() == ()  # not even looked at
    clock.t_ns += 5 * MS
    bus.expect(counts(1, 0, 0))
    assert pads.read() == ()  # nothing has changed
    clock.t_ns += 3 * MS
    bus.expect()
    assert pads.read() == ()
    clock.t_ns += 2 * MS
    bus.expect(*sample(1, 0, 2))
    assert len(pads.read()) == 3  # at once when something has


def test_a_look_that_is_a_little_early_counts() -> None:
    """A tick is seldom exactly 5 ms after the one before."""
    pads, bus, clock = started()
    bus.expect(*sample(1, 0, 0))
    pads.read()
    clock.t_ns += 24 * MS - 1
    bus.expect()
    assert pads.read() == ()
    clock.t_ns += 1
    bus.expect(counts(1, 0, 0))
    assert pads.read() == ()
    clock.t_ns += 4 * MS - 1
    bus.expect()
    assert pads.read() == ()
    clock.t_ns += 1
    bus.expect(counts(1, 0, 0))
    assert pads.read() == ()
    assert bus.steps == []


def test_counts_that_stay_are_given_once_a_cycle() -> None:
    pads, bus, clock = started()
    given_at: list[int] = []
    for ms in range(0, 400, 5):
        clock.t_ns = 2_000_000_000 + ms * MS
        told = not given_at or ms - given_at[-1] >= SAMPLE_MS
        looked = told or ms >= 25
        bus.expect(*(sample(0, 0, 0) if told else [counts(0, 0, 0)] if looked else []))
        if pads.read():
            given_at.append(ms)
    assert given_at == list(range(0, 400, 35))


def test_after_a_pause_it_does_not_catch_up_in_a_burst() -> None:
    pads, bus, clock = started()
    bus.expect(*sample(0, 0, 0))
    pads.read()
    clock.t_ns += 1000 * MS
    bus.expect(*sample(0, 0, 0))
    pads.read()
    clock.t_ns += 3 * MS  # one look, not the two hundred that were missed
    bus.expect()
    assert pads.read() == ()


@pytest.mark.parametrize("noise", range(8))
def test_a_pad_whose_count_was_thrown_away_gives_nothing(noise: int) -> None:
    pads, bus, _ = started()
    bus.expect(*sample(50, 50, 50, noise=noise))
    assert [s.pad for s in pads.read()] == [pad for pad in range(3) if not noise >> pad & 1]


@given(st.integers(0, 255))
def test_any_other_sampling_is_a_lost_power(sampling: int) -> None:
    pads, bus, _ = started()
    bus.expect(counts(90, 90, 90), checks(sampling=sampling)[0])
    if sampling == 0x38:
        bus.steps += [*checks()[1:], counts(90, 90, 90)]
        assert len(pads.read()) == 3
        return
    with pytest.raises(BadData, match=rf"0x24 is 0x{sampling:02X}, expected 0x38.*lost its power"):
        pads.read()


@given(st.integers(0, 255))
def test_only_two_bits_of_the_status_are_faults(status: int) -> None:
    pads, bus, _ = started()
    bus.expect(counts(0, 0, 0), *checks(status=status)[:2])
    if status & 0x60:
        bus.steps.append(r("26" if status & 0x20 else "2E", reply="01"))
        with pytest.raises(BadData):
            pads.read()
        return
    bus.steps += [checks()[2], counts(0, 0, 0)]
    assert len(pads.read()) == 3


@pytest.mark.parametrize(("status", "at"), [(0x20, "26"), (0x40, "2E")])
def test_a_status_that_no_pad_bears_out_is_the_wires(status: int, at: str) -> None:
    pads, bus, _ = started()
    bus.expect(
        counts(0, 0, 0), *checks(status=status)[:2], r(at, reply="F8"), checks()[2],
        counts(0, 0, 0),
    )  # fmt: skip
    assert len(pads.read()) == 3


@given(st.integers(0, 23))
def test_a_count_that_does_not_stay_is_not_taken(bit: int) -> None:
    pads, bus, clock = started()
    bus.expect(*sample(0, 0, 0))
    assert len(pads.read()) == 3
    deltas = [0, 0, 0]
    deltas[bit // 8] = 1 << bit % 8
    clock.t_ns += 25 * MS
    bus.expect(counts(*deltas), *checks(), counts(0, 0, 0))
    assert pads.read() == ()
    clock.t_ns += 5 * MS  # and looked at again soon
    bus.expect(*sample(40, 0, 0))
    assert pads.read()[0].closed


def test_a_long_press_does_not_fade_and_an_open_pad_follows_drift() -> None:
    pads, bus, clock = started()
    for n in range(900):
        clock.t_ns += 35 * MS
        bus.expect(*sample(80, 4, n & 1))
        got = pads.read()
    assert got[0].level == pytest.approx(0.8)
    left = 0.04 * math.exp(-899 * 0.035 / 20)
    assert got[1].level == pytest.approx(left / (1 - (0.04 - left)), rel=0.02)
    pads.rezero()
    clock.t_ns += 35 * MS
    bus.expect(*sample(80, 4, 1))
    assert [s.level for s in pads.read()] == pytest.approx([0.8, 0.0, 0.0])


def test_nacks_are_tried_again_and_counted() -> None:
    pads, bus, _ = started()
    bus.expect(fails(121, "10", n=3), *sample(0, 0, 0))
    assert len(pads.read()) == 3
    assert pads.retries == 1


def test_stop_is_deep_sleep() -> None:
    pads, bus, _ = started()
    bus.expect(w("00 10"))
    pads.stop()


@pytest.mark.parametrize(
    "setting",
    [{"address": 0x29}, {"full_counts": 9}, {"full_counts": 128}, {"period_ms": 36},
     {"period_ms": 0}, {"open_level": 0.3}],
)  # fmt: skip
def test_settings_that_cannot_be(setting: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"allowed|expected"):
        Cap1203Pads(ScriptBus(0x28), FakeClock(), **setting)  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize(
    "setting", [{"full_counts": 10}, {"full_counts": 127}, {"period_ms": 1}, {"period_ms": 35}]
)
def test_settings_at_their_ends(setting: dict[str, int]) -> None:
    Cap1203Pads(ScriptBus(0x28), FakeClock(), **setting)


# -- a zero learnt while worn -----------------------------------------------------------------


@given(st.lists(st.integers(0, 1023), min_size=3, max_size=3))
def test_calibrations_are_ten_bits_each(values: list[int]) -> None:
    high, low = (step.reply for step in balance(*values))
    assert isinstance(high, bytes)
    assert isinstance(low, bytes)
    assert calibrations(high, low[0]) == tuple(values)
    assert calibrations(high, low[0] | 0xC0) == tuple(values)


@given(
    rest_pf=st.floats(8.0, 30.0),
    learnt_pf=st.floats(0.0, 6.0),
    touch_pf=st.floats(0.0, 6.0),
)
def test_a_press_that_was_taken_for_the_zero_is_put_back(
    rest_pf: float, learnt_pf: float, touch_pf: float
) -> None:
    """In the chip's own terms: 1023 for 50 pF; 390.6 counts for a capacitance that doubles."""
    rest = round(rest_pf / 50 * 1023)
    learnt = round((rest_pf + learnt_pf) / 50 * 1023)
    delta = round(390.625 * (touch_pf - learnt_pf) / (rest_pf + learnt_pf))
    want = 390.625 * touch_pf / rest_pf
    # half a count of the delta and half a step of both calibrations
    assert pressed_counts(delta, learnt, rest) == pytest.approx(want, abs=1.0 + 390.625 / rest)


def test_plugged_in_while_worn_the_pads_are_closed_until_they_open() -> None:
    pads, bus, clock = started()
    worn = (286 + 102, 409, 348 + 60)
    bus.expect(*again(worn))
    run(pads.bring_up(), clock)
    assert "calibration 286 409 348" in pads.identity
    bus.expect(*sample(0, 0, 0, worn=worn))
    assert [(s.closed, round(s.level, 2)) for s in pads.read()] == [
        (True, 1.0), (False, 0.0), (True, 0.67)
    ]  # fmt: skip
    clock.t_ns += 35 * MS
    # the head pad opens: the count falls below the worn zero
    bus.expect(*sample(-102, 0, 0, worn=worn))
    assert [s.closed for s in pads.read()] == [False, False, True]
    clock.t_ns += 35 * MS
    # the chip calibrates it anew: two reads must say so
    new = balance(287, 409, 408)
    bus.expect(counts(0, 0, 0), *checks(), *new, *balance(*worn))
    assert pads.read() == ()
    clock.t_ns += 5 * MS
    bus.expect(counts(0, 0, 0), *checks(), *new, *new, counts(0, 0, 0))
    assert [s.closed for s in pads.read()] == [False, False, True]
    clock.t_ns += 35 * MS
    new = balance(287, 409, 349)
    bus.expect(counts(0, 0, 0), *checks(), *new, *new, counts(0, 0, 0))
    assert [s.closed for s in pads.read()] == [False, False, False]
    clock.t_ns += 35 * MS
    bus.expect(*sample(0, 0, 0))  # and nothing is asked any more
    assert [s.closed for s in pads.read()] == [False, False, False]


@pytest.mark.parametrize(("more", "asked"), [(0, False), (3, False), (4, True)])
def test_what_closes_no_pad_is_drift(more: int, asked: bool) -> None:
    """5 counts of 390.6 are 3.7 steps of 286."""
    pads, bus, clock = started()
    found = (286 + more, 409, 348)
    bus.expect(*again(found))
    run(pads.bring_up(), clock)
    bus.expect(*sample(0, 0, 0, worn=found if asked else ()))
    pads.read()
    assert bus.steps == []


@pytest.mark.parametrize(("more", "asked"), [(7, False), (8, True)])
def test_what_just_closes_a_pad_is_a_press(more: int, asked: bool) -> None:
    """8 steps of 625 are 5 counts of 390.625 to the last bit."""
    clock, bus = FakeClock(), ScriptBus(0x28, learn((625, 409, 348)))
    pads = Cap1203Pads(bus, clock)
    run(pads.bring_up(), clock)
    found = (625 + more, 409, 348)
    bus.expect(*again(found))
    run(pads.bring_up(), clock)
    bus.expect(*sample(0, 0, 0, worn=found if asked else ()))
    pads.read()
    assert bus.steps == []


def test_less_than_at_the_first_start_is_the_new_zero() -> None:
    """The dowel hung on a metal hook then: off it a pad has less capacitance, touched or not."""
    pads, bus, clock = started()
    bus.expect(*again((250, 409, 348)))
    run(pads.bring_up(), clock)
    bus.expect(*again((260, 409, 348)))
    run(pads.bring_up(), clock)
    bus.expect(*sample(0, 0, 0, worn=(260, 409, 348)))
    assert pads.read()[0].closed


@pytest.mark.parametrize("value", [0, 0x3FF])
@pytest.mark.parametrize("pad", range(3))
def test_a_calibration_at_its_end_is_none(value: int, pad: int) -> None:
    clock = FakeClock()
    values = [286, 409, 348]
    values[pad] = value
    bus = ScriptBus(0x28, [*SET_UP, w("26 07"), *DONE, *balance(*values)])
    name = ("head", "thoracic", "sacrum")[pad]
    with pytest.raises(BadData, match=f"of pad {name} is 0x{value:03X}, expected"):
        run(Cap1203Pads(bus, clock).bring_up(), clock)


@pytest.mark.parametrize("value", [1, 0x3FE])
def test_a_calibration_beside_its_end_is_one(value: int) -> None:
    clock, bus = FakeClock(), ScriptBus(0x28, learn((value, 409, 348)))
    run(Cap1203Pads(bus, clock).bring_up(), clock)
    assert bus.steps == []


def test_a_calibration_that_reads_differently_is_not_kept() -> None:
    clock = FakeClock()
    bus = ScriptBus(0x28, [*learn()[:-2], *balance(286, 409, 349)])
    with pytest.raises(BadData, match="read twice gave two values"):
        run(Cap1203Pads(bus, clock).bring_up(), clock)
