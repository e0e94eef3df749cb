"""Tagged words into pairs: every tag there can be, every order, every loss."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadData
from drivers.link import Link
from drivers.st_fifo import BadTagError, Layout, Pairing, StFifo
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, w

KA, KG = 0.5, 0.25
RESTART = w("0A 00", "0A 06")
both = pytest.mark.parametrize("parity", [True, False])


def word(sensor: int, counter: int, x: int = 1, y: int = 2, z: int = 3, *, odd: int = 0) -> bytes:
    """A word; even parity in bit 0, ``odd`` flips it."""
    tag = sensor << 3 | (counter & 3) << 1
    tag |= tag.bit_count() % 2 ^ odd
    return struct.pack("<Bhhh", tag, x, y, z)


def pair(counter: int, value: int = 0) -> bytes:
    return word(1, counter, value) + word(2, counter, value)


def pairing(parity: bool = True) -> Pairing:
    return Pairing(KA, KG, parity=parity)


@both
@given(
    axes=st.lists(st.integers(-32768, 32767), min_size=6, max_size=6),
    counter=st.integers(0, 3),
    gyro_first=st.booleans(),
)
def test_every_count_comes_out_on_its_own_axis(
    parity: bool, axes: list[int], counter: int, gyro_first: bool
) -> None:
    gx, gy, gz, ax, ay, az = axes
    words = [word(1, counter, gx, gy, gz), word(2, counter, ax, ay, az)]
    raw = b"".join(words if gyro_first else words[::-1])
    expected = (ax * KA, ay * KA, az * KA, gx * KG, gy * KG, gz * KG)
    assert pairing(parity).pairs(raw) == [expected]


@both
@pytest.mark.parametrize("tag", range(256))
def test_of_all_tags_only_those_of_the_two_sensors_are_taken(parity: bool, tag: int) -> None:
    ours = tag >> 3 in (1, 2) and not (parity and tag.bit_count() % 2)
    pairs = pairing(parity)
    raw = bytes((tag, 1, 0, 2, 0, 3, 0))
    if ours:
        assert pairs.pairs(raw) == []
        assert not pairs.done
    else:
        with pytest.raises(BadTagError) as caught:
            pairs.pairs(raw)
        assert caught.value.got == f"0x{tag:02X} (sensor {tag >> 3}, counter {tag >> 1 & 3})"
        odd = parity and tag.bit_count() % 2
        wanted = "even parity" if odd else "sensor 1 (gyroscope) or 2 (accelerometer)"
        assert caught.value.expected == wanted


@given(st.integers(0, 3), st.lists(st.booleans(), min_size=1, max_size=30), st.data())
def test_any_stream_cut_anywhere_gives_the_same_pairs(
    first: int, orders: list[bool], data: st.DataObject
) -> None:
    raw = b""
    for k, gyro_first in enumerate(orders):
        words = [word(1, first + k, k), word(2, first + k, k)]
        raw += b"".join(words if gyro_first else words[::-1])
    cut = data.draw(st.integers(0, 2 * len(orders))) * 7
    pairs = pairing()
    got = pairs.pairs(raw[:cut])
    assert pairs.done is (cut % 14 == 0)
    got += pairs.pairs(raw[cut:])
    assert [p[0] for p in got] == [k * KA for k in range(len(orders))]
    assert pairs.done


@both
@pytest.mark.parametrize(("before", "after"), [*itertools.product(range(4), range(4))])
def test_the_next_instant_carries_the_next_counter(parity: bool, before: int, after: int) -> None:
    pairs = pairing(parity)
    pairs.pairs(pair(before))
    if after == (before + 1) % 4:
        assert len(pairs.pairs(pair(after))) == 1
        return
    with pytest.raises(BadTagError) as caught:
        pairs.pairs(pair(after))
    same = after == before
    wanted = "one gyroscope word a counter" if same else f"counter {(before + 1) % 4}"
    assert caught.value.expected == wanted


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (word(1, 0) * 2, "one gyroscope word a counter"),
        (word(2, 3) * 2, "one accelerometer word a counter"),
        (word(2, 0) + word(2, 1) + word(2, 2), "the twin of counter 1"),
        (pair(2) + word(1, 3) + word(1, 0), "the twin of counter 3"),
        (pair(0) + pair(2), "counter 1"),
        (word(2, 1) + word(1, 2) + word(1, 3), "the twin of counter 2"),
    ],
)
def test_a_word_that_came_twice_or_never(raw: bytes, expected: str) -> None:
    with pytest.raises(BadTagError) as caught:
        pairing().pairs(raw)
    assert caught.value.expected == expected


def test_the_first_instant_after_a_restart_may_be_half_and_no_other() -> None:
    pairs = pairing()
    for _ in range(2):
        assert pairs.pairs(word(2, 3, 9) + pair(0, 4)) == [(2.0, 1.0, 1.5, 1.0, 0.5, 0.75)]
        pairs.restart()
        assert pairs.done
    assert pairs.pairs(word(1, 1, 5)) == []
    pairs.restart()  # what was half is forgotten
    assert pairs.pairs(word(2, 1, 6)) == []
    assert pairs.pairs(word(1, 1, 8)) == [(3.0, 1.0, 1.5, 2.0, 0.5, 0.75)]


# -- one chip's FIFO ------------------------------------------------------------------------

LAYOUT = Layout(status=b"\x1b", count_high=0x01, words=256, parity=False)
PERIOD_NS = 4 * MS


def fifo() -> tuple[StFifo, ScriptBus, FakeClock, Link]:
    clock, bus = FakeClock(), ScriptBus(0x6A)
    link = Link(bus, "CHIP", 0x6A)
    one = StFifo(link, clock, LAYOUT, KA, KG, 1e9 / PERIOD_NS)
    return one, bus, clock, link


def drain(data: bytes, waiting: int | None = None) -> list[Step]:
    n = len(data) // 7
    count = n if waiting is None else waiting
    status = bytes((count & 0xFF, count >> 8))
    return [r("1B", reply=status), r("78", reply=data)] if n else [r("1B", reply=status)]


@given(low=st.integers(0, 255), high=st.integers(0, 255))
def test_every_status_there_can_be(low: int, high: int) -> None:
    one, bus, _, _ = fifo()
    waiting = low | (high & 1) << 8
    status = r("1B", reply=bytes((low, high)))
    if high & 0x48:
        bus.expect(status, RESTART)
        with pytest.raises(BadData) as caught:
            one.read()
        assert caught.value.got == f"0x{high:02X}, overrun; {waiting} words dropped"
        assert caught.value.check == "The loop was away for over 0.5 s: see its lag."
        assert one.dropped_words == waiting
    else:
        n = min(waiting, 16)
        data = b"".join(word(1 + k % 2, k // 2) for k in range(n))
        bus.expect(status, *([r("78", reply=data)] if n else []))
        assert len(one.read()) == n // 2
        assert one.dropped_words == 0
    assert bus.steps == []


def test_the_overrun_says_how_long_the_loop_was_away() -> None:
    one, bus, _, _ = fifo()
    one.set_rate(100.0)
    bus.expect(r("1B", reply="00 41"), RESTART)
    with pytest.raises(BadData) as caught:
        one.read()
    assert str(caught.value) == (
        "CHIP at 0x6A on i2c-1: FIFO status 0x41, overrun; 256 words dropped, "
        "expected a FIFO drained every tick. The loop was away for over 1.3 s: see its lag."
    )


@pytest.mark.parametrize(
    ("after_ms", "left", "most"), [(8, 0, 22), (11, 0, 22), (12, 0, 24), (4, 8, 28)]
)
def test_more_words_than_time_can_have_made_are_read_again(
    after_ms: int, left: int, most: int
) -> None:
    one, bus, clock, link = fifo()
    bus.expect(RESTART)
    one.start()
    clock.t_ns += 40 * MS
    some = b"".join(pair(k) for k in range(8))
    bus.expect(*drain(some, waiting=16 + left))
    one.read()
    clock.t_ns += after_ms * MS
    few = b"".join(pair(k) for k in range(8))
    bus.expect(*drain(few, waiting=most))
    one.read()
    assert link.retries == 0

    one, bus, clock, link = fifo()
    bus.expect(RESTART)
    one.start()
    clock.t_ns += 40 * MS
    bus.expect(*drain(some, waiting=16 + left))
    one.read()
    clock.t_ns += after_ms * MS
    bus.expect(drain(b"", waiting=most + 1)[0], *drain(pair(0)))  # misread once
    assert len(one.read()) == 1
    assert link.retries == 1
    assert one.dropped_words == 0

    clock.t_ns += 8 * MS
    bus.expect(drain(b"", waiting=255)[0], drain(b"", waiting=200)[0], RESTART)
    with pytest.raises(BadData) as caught:
        one.read()
    assert str(caught.value) == (
        "CHIP at 0x6A on i2c-1: FIFO status 0x00C8; 200 words dropped, expected at most 22 words "
        "since the last read. Check the cable's length and pull-ups if it happens again."
    )
    assert one.dropped_words == 200
    bus.expect(*drain(pair(3)))  # and any counter may come first
    assert len(one.read()) == 1

    clock.t_ns += 8 * MS
    bus.expect(drain(b"", waiting=300)[0], drain(b"", waiting=257)[0], RESTART)
    with pytest.raises(BadData, match="0x0101; 257 words dropped, expected at most 22 words"):
        one.read()
    assert one.dropped_words == 457


@pytest.mark.parametrize("again", [22, 23])
def test_the_second_reading_of_a_status_counts_by_the_same_limit(again: int) -> None:
    one, bus, clock, _ = fifo()
    bus.expect(RESTART)
    one.start()
    clock.t_ns += 8 * MS
    status = [drain(b"", waiting=300)[0], drain(b"", waiting=again)[0]]
    if again == 22:
        bus.expect(*status, r("78", reply=b"".join(pair(k) for k in range(8))))
        assert len(one.read()) == 5  # three are dropped after a start
    else:
        bus.expect(*status, RESTART)
        with pytest.raises(BadData, match="23 words dropped, expected at most 22 words"):
            one.read()


def test_silence_is_timed_from_the_last_word_or_the_start() -> None:
    one, bus, clock, _ = fifo()
    bus.expect(RESTART)
    one.start()
    assert one.silent_ns == 0
    clock.t_ns += 7 * MS
    bus.expect(*drain(b""))
    assert one.read() == []
    assert one.silent_ns == 7 * MS
    clock.t_ns += MS
    bus.expect(*drain(pair(0)))
    one.read()
    assert one.silent_ns == 0
    clock.t_ns += 3 * MS
    bus.expect(*drain(b""))
    one.read()
    assert one.silent_ns == 3 * MS


def test_three_pairs_are_dropped_after_a_start_and_none_after_a_mend() -> None:
    one, bus, _, _ = fifo()
    bus.expect(RESTART)
    one.start()
    bus.expect(*drain(pair(0) + pair(1)), *drain(pair(2) + pair(3, 7) + pair(0, 8)))
    assert one.read() == []
    assert [s.ax for s in one.read()] == [7 * KA, 8 * KA]
    bus.expect(*drain(word(7, 1)), RESTART)
    with pytest.raises(BadData) as caught:
        one.read()
    assert str(caught.value) == (
        "CHIP at 0x6A on i2c-1: FIFO tag 0x3A (sensor 7, counter 1); 1 words dropped, expected "
        "sensor 1 (gyroscope) or 2 (accelerometer). "
        "Check the cable's length and pull-ups if it happens again."
    )
    bus.expect(*drain(pair(2, 9)))
    assert [s.gx for s in one.read()] == [9 * KG]


def test_the_age_of_the_newest_counts_what_was_left_behind() -> None:
    for left, newer in ((0, 0), (2, 1), (4, 2), (40, 20)):
        one, bus, clock, _ = fifo()
        bus.expect(*drain(b"".join(pair(k) for k in range(8)), waiting=16 + left))
        got = one.read()
        assert clock.t_ns - got[-1].t_ns == pytest.approx((newer + 0.5) * PERIOD_NS, abs=2)
        assert got[1].t_ns - got[0].t_ns == pytest.approx(PERIOD_NS, abs=2)


def test_a_lone_word_at_the_end_makes_the_newest_pair_one_older() -> None:
    one, bus, clock, _ = fifo()
    bus.expect(*drain(pair(0) + word(1, 1)))
    (got,) = one.read()
    assert clock.t_ns - got.t_ns == pytest.approx(1.5 * PERIOD_NS, abs=2)


def test_the_rate_sets_the_step_of_the_stamps() -> None:
    one, bus, clock, _ = fifo()
    one.set_rate(125.0)
    bus.expect(*drain(pair(0) + pair(1)))
    a, b = one.read()
    assert b.t_ns - a.t_ns == pytest.approx(8 * MS, abs=2)
    assert clock.t_ns - b.t_ns == pytest.approx(4 * MS, abs=2)


def test_status_and_words_are_tried_again_after_a_nack() -> None:
    one, bus, _, link = fifo()
    status, data = drain(pair(0))
    bus.expect(fails(121, "1B", n=2), status, fails(121, "78", n=14), data)
    assert len(one.read()) == 1
    assert link.retries == 2
