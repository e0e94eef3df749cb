"""LinuxBus builds true smbus2 messages; Link names the chip and counts its retries."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from smbus2 import i2c_msg

from drivers.bus import LinuxBus, open_bus, timeout_units
from drivers.errors import BadData, BusFault, DriverError, NoBus
from drivers.link import ERRNO_WORDS, Link
from tests.drivers.script import ScriptBus, fails, r, w


class FakeSmbus:
    """smbus2's one call: notes the messages, answers into the read's own buffer."""

    def __init__(self) -> None:
        self.seen: list[list[tuple[int, int, bytes]]] = []
        self.objects: list[tuple[i2c_msg, ...]] = []
        self.replies: list[bytes | OSError] = []
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        self.objects.append(messages)
        self.seen.append([(m.addr, m.flags, ctypes.string_at(m.buf, m.len)) for m in messages])
        reply = self.replies.pop(0) if self.replies else b""
        if isinstance(reply, OSError):
            raise reply
        if reply:
            assert messages[-1].len == len(reply)
            ctypes.memmove(messages[-1].buf, reply, len(reply))


def test_a_write_is_one_transaction_of_all_its_messages() -> None:
    smbus = FakeSmbus()
    LinuxBus(smbus, "i2c-1").write(0x29, b"\x00\x86\x01", b"\x00\x87\x40")
    assert smbus.seen == [[(0x29, 0, b"\x00\x86\x01"), (0x29, 0, b"\x00\x87\x40")]]


def test_a_read_comes_last_and_gives_the_bytes_with_their_zeros() -> None:
    smbus = FakeSmbus()
    smbus.replies = [b"\x00\xff\x00"]
    got = LinuxBus(smbus, "i2c-1").write_read(0x6A, (b"\x3a", b"\x78"), 3)
    assert got == b"\x00\xff\x00"
    assert [(a, flags) for a, flags, _ in smbus.seen[0]] == [(0x6A, 0), (0x6A, 0), (0x6A, 1)]
    assert [data for _, _, data in smbus.seen[0][:2]] == [b"\x3a", b"\x78"]


def test_messages_are_used_again_and_results_do_not_alias() -> None:
    smbus = FakeSmbus()
    smbus.replies = [b"\x01\x02", b"\x03\x04"]
    bus = LinuxBus(smbus, "i2c-1")
    first = bus.write_read(0x6A, (b"\x3a",), 2)
    second = bus.write_read(0x6A, [b"\x3a"], 2)
    assert (first, second) == (b"\x01\x02", b"\x03\x04")
    assert all(a is b for a, b in zip(smbus.objects[0], smbus.objects[1], strict=True))
    for _ in range(2):
        bus.write(0x6A, b"\x0a\x00", b"\x0a\x06")
    assert all(a is b for a, b in zip(smbus.objects[2], smbus.objects[3], strict=True))
    bus.write(0x6B, b"\x0a\x00", b"\x0a\x06")
    assert [at for at, _, _ in smbus.seen[4]] == [0x6B, 0x6B]


def test_it_is_closed_and_opened_again() -> None:
    first, second = FakeSmbus(), FakeSmbus()
    bus = LinuxBus(first, "i2c-7", lambda: second)
    assert bus.name == "i2c-7"
    bus.close()
    assert first.closed
    bus.reopen()
    bus.write(0x29, b"\0")
    assert (len(first.seen), len(second.seen)) == (0, 1)
    bus.close()
    assert second.closed


class Unplugged(FakeSmbus):
    def close(self) -> None:
        raise OSError(19, os.strerror(19))


def test_a_bus_that_has_gone_may_be_closed() -> None:
    LinuxBus(Unplugged(), "i2c-1").close()


def test_a_bus_without_an_opener_stays_as_it_is() -> None:
    smbus = FakeSmbus()
    bus = LinuxBus(smbus, "i2c-1")
    bus.reopen()
    bus.write(0x29, b"\0")
    assert len(smbus.seen) == 1


def test_many_different_messages_do_not_pile_up() -> None:
    smbus = FakeSmbus()
    bus = LinuxBus(smbus, "i2c-1")
    for k in range(1000):
        bus.write(0x29, k.to_bytes(2, "big"))
        bus.write_read(0x29, (k.to_bytes(2, "big"),), 1)
        assert len(bus._writes) <= 256
        assert len(bus._reads) <= 256
    assert smbus.seen[-1][0] == (0x29, 0, (999).to_bytes(2, "big"))
    assert smbus.seen[0][0] == (0x29, 0, b"\0\0")


def test_a_read_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        LinuxBus(FakeSmbus(), "i2c-1").write_read(0x29, (b"\0",), 0)


def test_the_kernels_errors_pass_through() -> None:
    smbus = FakeSmbus()
    smbus.replies = [OSError(110, "x"), OSError(121, "x")]
    bus = LinuxBus(smbus, "i2c-1")
    with pytest.raises(OSError, match="x") as caught:
        bus.write(0x29, b"\0")
    assert caught.value.errno == 110
    with pytest.raises(OSError, match="x") as caught:
        bus.write_read(0x29, (b"\0",), 1)
    assert caught.value.errno == 121


def test_a_bus_that_is_not_there_says_so() -> None:
    number = 987
    assert not Path(f"/dev/i2c-{number}").exists()
    with pytest.raises(NoBus, match=r"i2c-987.*Enable I2C") as caught:
        open_bus(number)
    assert caught.value.errno == 2
    assert isinstance(caught.value, DriverError)


@pytest.mark.parametrize("errno", sorted(ERRNO_WORDS))
def test_each_errno_has_its_words(errno: int) -> None:
    link = Link(ScriptBus(0x29, [w("0087 00", errno=errno)]), "VL53L1X", 0x29, index_bytes=2)
    with pytest.raises(BusFault) as caught:
        link.write(b"\x00\x87\x00")
    fault = caught.value
    words = ERRNO_WORDS[errno]
    assert (fault.errno, fault.chip, fault.address, fault.bus) == (errno, "VL53L1X", 0x29, "i2c-1")
    assert str(fault) == (
        f"VL53L1X at 0x29 on i2c-1: write at 0x0087 gave {words.got} (errno {errno}), "
        f"expected an acknowledge. {words.check}"
    )


def test_the_errnos_a_pi_gives_have_words() -> None:
    assert set(ERRNO_WORDS) == {2, 5, 6, 11, 13, 16, 19, 95, 110, 121}


def test_an_errno_without_words_is_told_as_the_system_tells_it() -> None:
    link = Link(ScriptBus(0x29, [w("00", errno=9)]), "VL53L1X", 0x29)
    with pytest.raises(BusFault, match=os.strerror(9)):
        link.write(b"\x00")


class Gone:
    """A bus whose failure has no number."""

    name = "i2c-1"

    def write(self, address: int, *messages: bytes) -> None:
        raise OSError("it is gone")

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        raise OSError("it is gone")


def test_a_failure_without_an_errno_is_told_in_its_own_words() -> None:
    with pytest.raises(BusFault) as caught:
        Link(Gone(), "LSM6DSOX", 0x6A).write(b"\x01\x00")
    assert caught.value.errno is None
    assert str(caught.value) == (
        "LSM6DSOX at 0x6A on i2c-1: write at 0x01 gave it is gone (errno 0), "
        "expected an acknowledge. Check the cable, the plug and the chip's supply."
    )


def test_what_a_chip_says_wrongly_names_the_chip() -> None:
    link = Link(ScriptBus(0x6B), "LSM6DSOX", 0x6B)
    with pytest.raises(BadData) as caught:
        link.check_held("CTRL are", b"\x0a\xbc", b"\x0a\xbd")
    assert str(caught.value) == (
        "LSM6DSOX at 0x6B on i2c-1: CTRL are 0x0ABC, expected 0x0ABD. It lost its power for a "
        "moment: check the plug and the supply."
    )
    link.check_held("CTRL are", b"\x0a", b"\x0a")
    for make in (link.wrong_chip, link.timeout, link.bad_data):
        fault = make("it", got="a", expected="b", check="Look.")
        assert str(fault) == "LSM6DSOX at 0x6B on i2c-1: it a, expected b. Look."
        assert (fault.chip, fault.address, fault.bus) == ("LSM6DSOX", 0x6B, "i2c-1")


def test_what_is_asked_again_is_counted() -> None:
    link = Link(ScriptBus(0x6A, [r("3A", reply="00")] * 2), "LSM6DSOX", 0x6A)
    for n in (1, 2):
        link.again((b"\x3a",), 1)
        assert link.retries == n


@pytest.mark.parametrize("nacks", [0, 1, 2])
def test_a_sample_is_tried_three_times_and_each_retry_counted(nacks: int) -> None:
    bus = ScriptBus(0x6A, [fails(121, "3A", n=2)] * nacks + [r("3A", reply="0102")])
    link = Link(bus, "LSM6DSOX", 0x6A)
    assert link.sample((b"\x3a",), 2) == b"\x01\x02"
    assert link.retries == nacks


def test_after_the_third_nack_the_fault_is_told() -> None:
    link = Link(ScriptBus(0x6A, [fails(121, "3A", n=2)] * 3), "LSM6DSOX", 0x6A)
    with pytest.raises(BusFault, match="read at 0x3A"):
        link.sample((b"\x3a",), 2)
    assert link.retries == 2


@pytest.mark.parametrize("errno", [5, 110, 16])
def test_only_a_nack_is_tried_again(errno: int) -> None:
    link = Link(ScriptBus(0x6A, [fails(errno, "3A", n=2)]), "LSM6DSOX", 0x6A)
    with pytest.raises(BusFault):
        link.sample((b"\x3a",), 2)
    assert link.retries == 0


def test_a_plain_read_is_not_tried_again() -> None:
    link = Link(ScriptBus(0x6A, [fails(121, "0F", n=1)]), "LSM6DSOX", 0x6A)
    with pytest.raises(BusFault, match="read at 0x0F"):
        link.read((b"\x0f",), 1)


@pytest.mark.parametrize(
    ("errno", "got", "check"),
    [
        (2, "No such file or directory", "Enable I2C (dtparam=i2c_arm=on, or the bus's overlay) "),
        (13, "Permission denied", "Add the user to the group i2c."),
        (16, "Device or resource busy", "Find who holds the bus (lsof)."),
        (5, "Input/output error", "Check the kernel's log (dmesg)."),
        (None, "it is gone", "Check the kernel's log (dmesg)."),
    ],
)
def test_a_bus_that_does_not_open_says_why_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, errno: int | None, got: str, check: str
) -> None:
    def opened(number: int) -> object:
        raise OSError("it is gone") if errno is None else OSError(errno, os.strerror(errno))

    monkeypatch.setattr("drivers.bus.SMBus", opened)
    with pytest.raises(NoBus) as caught:
        open_bus(3)
    said = f"i2c-3: opening /dev/i2c-3 gave {got}, expected an I2C bus. {check}"
    assert str(caught.value).startswith(said)
    assert caught.value.errno == errno


class Node(FakeSmbus):
    fd: int | None = 7


@pytest.mark.parametrize(("hz", "units"), [(400_000, 1), (100_000, 3), (10_000, 24)])
def test_a_bus_is_opened_with_a_short_timeout_and_no_hidden_retries(
    monkeypatch: pytest.MonkeyPatch, hz: int, units: int
) -> None:
    """I2C_TIMEOUT (0x0702) and I2C_RETRIES (0x0701) of linux/i2c-dev.h; twice 128 bytes."""
    asked: list[tuple[int, ...]] = []
    nodes: list[Node] = []

    def opened(number: int) -> Node:
        nodes.append(Node())
        return nodes[-1]

    monkeypatch.setattr("drivers.bus.SMBus", opened)
    monkeypatch.setattr("drivers.bus.ioctl", lambda *args: asked.append(args))
    assert timeout_units(hz) == units
    bus = open_bus(3, hz)
    assert bus.name == "i2c-3"
    assert asked == [(7, 0x0702, units), (7, 0x0701, 0)]
    bus.close()
    assert nodes[0].closed
    bus.reopen()
    assert asked == [(7, 0x0702, units), (7, 0x0701, 0)] * 2
    bus.write(0x29, b"\0")
    assert len(nodes[1].seen) == 1


def test_a_node_that_is_no_node_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node()
    node.fd = None
    monkeypatch.setattr("drivers.bus.SMBus", lambda number: node)
    asked: list[int] = []

    def refused(fd: int, *request: int) -> int:
        asked.append(fd)
        raise OSError(9, os.strerror(9))

    monkeypatch.setattr("drivers.bus.ioctl", refused)
    with pytest.raises(NoBus, match="opening /dev/i2c-3 gave Bad file descriptor"):
        open_bus(3)
    assert asked == [-1]
