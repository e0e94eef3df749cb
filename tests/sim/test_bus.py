"""The bus: a Pi kernel's rules, wire time, faults, smbus2's calls."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import i2c_msg

from drivers.bus import Bus
from drivers.clock import Clock, MonotonicClock
from drivers.sim import SIM_CHIPS, SimBus, VirtualClock, bus_with
from drivers.sim.bus_faults import Until
from drivers.sim.chip import SimChip
from drivers.sim.lsm6dsox import SimLsm6dsox
from drivers.sim.scene import StillScene
from drivers.sim.vl53l1x import SimVl53l1x


class Memory(SimChip):
    """256 bytes behind an 8-bit index; notes when it was spoken to."""

    kind: ClassVar[str] = "memory"
    default_address: ClassVar[int] = 0x50

    def __init__(self, clock: Clock, address: int = 0x50, fill: int = 0) -> None:
        super().__init__(clock, StillScene(), address)
        self.cells = bytearray([fill]) * 256
        self.at = 0
        self.times: list[int] = []

    def on_write(self, data: bytes, t_ns: int) -> None:
        self.times.append(t_ns)
        if data:
            self.at = data[0]
            self.cells[self.at : self.at + len(data) - 1] = data[1:]

    def on_read(self, n: int, t_ns: int) -> bytes:
        self.times.append(t_ns)
        return bytes(self.cells[self.at : self.at + n]).ljust(n, b"\xff")

    def reset(self, t_ns: int) -> None:
        self.cells[:] = bytes(256)


def _bus(speed_hz: int = 400_000) -> tuple[SimBus, Memory, VirtualClock]:
    clock = VirtualClock()
    chip = Memory(clock)
    return SimBus([chip], clock, speed_hz=speed_hz), chip, clock


def _errno(call: Callable[[], object]) -> int | None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the errno is what is looked at
        call()
    return caught.value.errno


def test_a_write_and_a_read_take_their_bits() -> None:
    bus, chip, clock = _bus()
    start = clock.now_ns()
    bus.write_read(0x50, (b"\x10",), 4)
    # S addr reg, Sr addr 4 bytes, P: 7 bytes of 9 bits, 3 conditions
    bits = 7 * 9 + 3
    assert bus.wire_ns == bits * 2500 == clock.now_ns() - start
    assert (bus.transactions, bus.bytes) == (1, 7)
    assert chip.times == [start + 19 * 2500, start + 29 * 2500]


@given(
    speed_hz=st.sampled_from((100_000, 400_000)),
    writes=st.lists(st.binary(max_size=40), min_size=1, max_size=6),
    n=st.integers(1, 200),
)
def test_wire_time_is_nine_bits_a_byte_and_one_a_condition(
    speed_hz: int, writes: list[bytes], n: int
) -> None:
    bus, _, clock = _bus(speed_hz)
    start = clock.now_ns()
    bus.write_read(0x50, writes, n)
    n_bytes = sum(1 + len(w) for w in writes) + 1 + n
    bits = 9 * n_bytes + len(writes) + 2
    assert bus.bytes == n_bytes
    assert clock.now_ns() - start == bus.wire_ns == bits * (1_000_000_000 // speed_hz)


@given(
    writes=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    n=st.integers(1, 200),
    speed_hz=st.sampled_from((100_000, 400_000)),
)
def test_a_transfer_made_again_is_the_same_as_by_smbus2(
    writes: list[bytes], n: int, speed_hz: int
) -> None:
    """The plan kept of a transfer gives the bytes and the instants of the messages themselves."""
    seen = []
    for again in (False, True):
        bus, chip, clock = _bus(speed_hz)
        if again:
            bus.write_read(0x50, writes, n)
            chip.power_cycle()
            chip.times.clear()
            bus.reset_counters()
        start = clock.now_ns()
        if again:
            got = bus.write_read(0x50, writes, n)
        else:
            read = i2c_msg.read(0x50, n)
            bus.i2c_rdwr(*(i2c_msg.write(0x50, data) for data in writes), read)
            got = bytes(read)
        times = [t_ns - start for t_ns in chip.times]
        seen.append((got, times, bus.wire_ns, bus.bytes, bus.transactions))
    assert seen[0] == seen[1]


def test_a_chip_moved_by_a_message_does_not_answer_the_next() -> None:
    bus = bus_with("vl53l1x", clock=VirtualClock())
    move = (b"\x00\x01\x30", b"\x01\x0f")
    costs = []
    for _ in range(2):
        bus.reset_counters()
        assert _errno(lambda: bus.write_read(0x29, move, 2)) == errno.EREMOTEIO
        costs.append((bus.wire_ns, bus.bytes))
        assert bus.write_read(0x30, move, 2) == b"\xea\xcc"  # there already: now it is kept
        bus.write(0x30, b"\x00\x01\x29")
    assert costs[0] == costs[1]


def test_the_public_minimum_for_a_ranging_is_695_us() -> None:
    """stack.md's arithmetic: poll, 17 bytes, clear; 30 bytes in 3 transactions."""
    bus = bus_with("vl53l1x", clock=VirtualClock())
    bus.write_read(0x29, (b"\x00\x31",), 1)
    bus.write_read(0x29, (b"\x00\x89",), 17)
    bus.write(0x29, b"\x00\x86\x01")
    assert (bus.transactions, bus.bytes, bus.wire_ns) == (3, 30, 695_000)
    bus.reset_counters()
    assert (bus.transactions, bus.bytes, bus.wire_ns) == (0, 0, 0)


def test_real_time_takes_no_wire_time() -> None:
    bus = bus_with("lsm6dsox")
    assert isinstance(bus.clock, MonotonicClock)
    assert bus.read_byte_data(0x6A, 0x0F) == 0x6C
    assert bus.wire_ns == 39 * 2500


def test_reads_come_last_and_once() -> None:
    bus, chip, _ = _bus()
    read, write = i2c_msg.read(0x50, 2), i2c_msg.write(0x50, b"\x00")
    assert _errno(lambda: bus.i2c_rdwr(write, read, write)) == errno.EOPNOTSUPP
    assert _errno(lambda: bus.i2c_rdwr(read, read)) == errno.EOPNOTSUPP
    assert _errno(lambda: bus.i2c_rdwr(write, read, read)) == errno.EOPNOTSUPP
    assert chip.times == []  # refused before the wire
    bus.i2c_rdwr(write, write, read)
    bus.i2c_rdwr(read)


def test_too_many_or_too_long_messages_are_refused() -> None:
    bus, _, _ = _bus()
    bus.i2c_rdwr(*[i2c_msg.write(0x50, b"\x00")] * 42)
    assert _errno(lambda: bus.i2c_rdwr(*[i2c_msg.write(0x50, b"\x00")] * 43)) == errno.EINVAL
    assert _errno(bus.i2c_rdwr) == errno.EINVAL
    assert _errno(lambda: bus.i2c_rdwr(i2c_msg.read(0x50, 8193))) == errno.EINVAL
    assert _errno(lambda: bus.write(0x50, bytes(8193))) == errno.EINVAL
    bus.write(0x50, bytes(8192))


def test_nobody_home_is_errno_121_and_costs_an_address() -> None:
    bus, _, _ = _bus()
    assert _errno(lambda: bus.write(0x51, b"\x00")) == errno.EREMOTEIO
    assert (bus.bytes, bus.wire_ns) == (1, 11 * 2500)


def test_smbus2_calls_agree_with_each_other() -> None:
    bus, chip, _ = _bus()
    bus.write_byte_data(0x50, 0x10, 0xAB)
    bus.write_word_data(0x50, 0x11, 0x1234)
    bus.write_i2c_block_data(0x50, 0x13, [1, 2, 3])
    assert chip.cells[0x10:0x16].hex() == "ab3412010203"
    assert bus.read_byte_data(0x50, 0x10) == 0xAB
    assert bus.read_word_data(0x50, 0x11) == 0x1234
    assert bus.read_i2c_block_data(0x50, 0x10, 6) == [0xAB, 0x34, 0x12, 1, 2, 3]
    bus.write_byte(0x50, 0x15)
    assert bus.read_byte(0x50) == 3
    msg = i2c_msg.read(0x50, 3)
    bus.i2c_rdwr(i2c_msg.write(0x50, [0x13]), msg)
    assert bytes(msg) == bytes((1, 2, 3))
    with pytest.raises(ValueError, match="33 bytes"):
        bus.read_i2c_block_data(0x50, 0, 33)
    with pytest.raises(ValueError, match="33 bytes"):
        bus.write_i2c_block_data(0x50, 0, [0] * 33)
    assert _errno(lambda: bus.read_block_data(0x50, 0)) == errno.EOPNOTSUPP


def test_closed_is_closed_until_opened() -> None:
    bus, _, _ = _bus()
    with bus as same:
        assert same is bus
        bus.read_byte(0x50)
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EBADF
    bus.open(1)
    bus.read_byte(0x50)


def test_two_chips_on_one_address_hear_both_and_answer_wired_and() -> None:
    clock = VirtualClock()
    a, b = Memory(clock, fill=0b1100), Memory(clock, fill=0b1010)
    bus = SimBus([a, b], clock)
    assert bus.write_read(0x50, (b"\x00",), 2) == bytes((0b1000,) * 2)
    bus.write(0x50, b"\x07\x55")
    assert a.cells[7] == b.cells[7] == 0x55
    b.unplug()
    assert bus.read_byte_data(0x50, 0) == 0b1100
    a.unplug()
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EREMOTEIO


def test_unplugged_nacks_and_comes_back_from_reset() -> None:
    bus, chip, _ = _bus()
    bus.write(0x50, b"\x01\x77")
    bus.unplug(0x50)
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EREMOTEIO
    bus.plug(0x50, power_cycle=False)
    assert chip.cells[1] == 0x77
    bus.unplug(0x50)
    bus.plug(0x50)
    assert chip.cells[1] == 0
    with pytest.raises(LookupError):
        bus.unplug(0x51)


def test_a_ranger_plugged_in_again_is_back_at_its_first_address() -> None:
    clock = VirtualClock()
    bus = bus_with("vl53l1x", clock=clock)
    bus.write(0x29, b"\x00\x01\x30")
    assert _errno(lambda: bus.read_byte(0x29)) == errno.EREMOTEIO
    bus.unplug(0x30)
    bus.plug(0x30)
    assert _errno(lambda: bus.read_byte(0x29)) == errno.EREMOTEIO  # still booting
    clock.advance(1_200_000)
    assert bus.write_read(0x29, (b"\x01\x0f",), 2) == b"\xea\xcc"


def test_failures_on_order() -> None:
    bus, chip, clock = _bus()
    bus.nack_next(2, 0x50)
    bus.fail_next(errno.EIO)
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EREMOTEIO
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EREMOTEIO
    assert _errno(lambda: bus.read_byte(0x50)) == errno.EIO
    assert chip.times == []
    bus.read_byte(0x50)
    bus.nack_next(1, 0x51)
    bus.read_byte(0x50)  # meant for another
    bus.stick()
    start = clock.now_ns()
    assert _errno(lambda: bus.write(0x50, b"\x00")) == errno.ETIMEDOUT
    assert clock.now_ns() - start == bus.stuck_timeout_ns
    bus.recover()
    bus.read_byte(0x50)


def test_the_nth_transfer_fails_once_and_with_its_answer_lost_the_chip_has_done_it() -> None:
    bus, chip, _ = _bus()
    bus.fail_at(2, errno.EIO)
    bus.write(0x50, b"\x00\x01")
    bus.write(0x50, b"\x01\x02")
    assert _errno(lambda: bus.write(0x50, b"\x02\x03")) == errno.EIO
    bus.write(0x50, b"\x03\x04")
    assert chip.cells[:4] == b"\x01\x02\x00\x04"
    bus.fail_at(0, errno.ETIMEDOUT, seen=True)
    assert _errno(lambda: bus.write(0x50, b"\x00\x09")) == errno.ETIMEDOUT
    assert chip.cells[0] == 9
    bus.write(0x50, b"\x00\x01")


def test_something_happens_just_before_a_transfer() -> None:
    bus, chip, _ = _bus()
    done: list[int] = []
    bus.before(1, lambda: done.append(len(chip.times)))
    bus.write(0x50, b"\x00")
    assert done == []
    bus.write(0x50, b"\x00")
    bus.write(0x50, b"\x00")
    assert done == [1]


def test_reads_from_the_nth_on_are_changed_and_writes_do_not_count() -> None:
    bus, chip, _ = _bus()
    chip.cells[:] = bytes(range(256))
    bus.change_read(1, lambda raw: b"\xff" * len(raw), count=2)
    got = []
    for _ in range(4):
        bus.write(0x50, b"\x07")
        got.append(bus.read_byte(0x50))
    assert got == [7, 255, 255, 7]


@pytest.mark.parametrize(
    ("until", "not_by", "by"),
    [
        ("clocks", (), ("clocks", "unbind", "power")),
        ("unbind", ("clocks",), ("unbind", "power")),
        ("power", ("clocks", "unbind"), ("power",)),
        ("recover", ("clocks", "unbind", "power"), ()),
    ],
)
def test_a_stuck_bus_lets_go_by_what_mends_it_and_by_nothing_less(
    until: Until, not_by: tuple[Until, ...], by: tuple[Until, ...]
) -> None:
    bus, _, _ = _bus()
    for done in by:
        bus.stick(until)
        for less in not_by:
            bus.release(less)
            assert _errno(lambda: bus.read_byte(0x50)) == errno.ETIMEDOUT
        bus.release(done)
        bus.read_byte(0x50)
    bus.stick(until)
    bus.recover()
    bus.read_byte(0x50)


def test_nine_rising_edges_on_the_clock_line_free_it_and_eight_do_not() -> None:
    bus, _, _ = _bus()
    for _ in range(2):  # counted from the sticking
        bus.stick("clocks")
        for _ in range(8):
            bus.scl(0.0)
            bus.scl(1.0)
            bus.scl(1.0)
        assert bus.stuck
        bus.scl(0.0)
        assert bus.stuck
        bus.scl(1.0)
        assert not bus.stuck


def test_general_call_resets_the_converter_only() -> None:
    bus = bus_with("ads1115", "lsm6dsox", clock=VirtualClock())
    bus.write(0x48, b"\x02\x12\x34")
    bus.write(0x6A, b"\x10\x50")
    bus.write(0x00, b"\x06")
    assert bus.write_read(0x48, (b"\x02",), 2) == b"\x80\x00"
    assert bus.read_byte_data(0x6A, 0x10) == 0x50
    lonely = bus_with("lsm6dsox", clock=VirtualClock())
    assert _errno(lambda: lonely.write(0x00, b"\x06")) == errno.EREMOTEIO


def test_bus_with_numbers_and_places_its_chips() -> None:
    bus = bus_with("vl53l1x@0x30", "vl53l1x@49", "lsm6dsox@0x6B", clock=VirtualClock())
    assert [c.address for c in bus.chips] == [0x30, 0x31, 0x6B]
    assert [bus.chip(SimVl53l1x, n).index for n in (0, 1)] == [0, 1]
    assert bus.chip(SimLsm6dsox).address == 0x6B
    with pytest.raises(LookupError, match="number 2"):
        bus.chip(SimVl53l1x, 2)
    with pytest.raises(ValueError, match="bmi999"):
        bus_with("bmi999")
    as_the_drivers_see_it: Bus = bus
    assert as_the_drivers_see_it.name == "i2c-1"


@pytest.mark.parametrize("name", SIM_CHIPS)
@given(data=st.data())
def test_no_sequence_of_messages_breaks_a_chip(name: str, data: st.DataObject) -> None:
    clock = VirtualClock()
    bus = bus_with(name, clock=clock, seed=1)
    chip = bus.chips[0]
    wide = name == "vl53l1x"
    registers = st.integers(0, 0x150) if wide else st.integers(0, 255)
    steps = data.draw(
        st.lists(
            st.tuples(
                registers,
                st.binary(max_size=12),
                st.integers(0, 60),
                st.sampled_from((0, 10_000, 3_000_000, 200_000_000, 30_000_000_000)),
                st.sampled_from(("", "", "", "freeze", "unfreeze", "power_cycle")),
            ),
            max_size=12,
        )
    )
    for register, payload, n, wait_ns, verb in steps:
        index = register.to_bytes(2, "big") if wide else bytes((register,))
        clock.advance(wait_ns)
        if verb:
            getattr(chip, verb)()
        clock.sleep_until_ns(chip.silent_until_ns)
        bus.write(chip.address, index + payload)
        clock.sleep_until_ns(chip.silent_until_ns)
        assert len(bus.write_read(chip.address, (index,), n)) == n
        assert len(bus.write_read(chip.address, (), n)) == n
