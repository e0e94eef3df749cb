"""An I2C bus with smbus2's calls, a Pi kernel's rules, wire time and fault verbs.

Rules of a Pi 0-4 (linux i2c-bcm2835.c, i2c-dev.c): in one ``i2c_rdwr`` writes come first and
only one read, last (errno 95); at most 42 messages of at most 8192 bytes (22); a NACK is
errno 121. Wire time: 1 bit for every START, repeated START and STOP, 9 bits a byte, address
bytes included. On a virtual clock a transfer takes its wire time; on real time it takes none.
"""

from __future__ import annotations

import errno as codes
from collections.abc import Callable, Iterable, Sequence
from ctypes import memmove, string_at
from types import TracebackType
from typing import NamedTuple, NoReturn, Self, TypeVar

from smbus2 import i2c_msg

from drivers.clock import Clock
from drivers.sim.bus_faults import BusFaults, Until
from drivers.sim.bus_faults import fail as _fail
from drivers.sim.chip import SimChip
from drivers.sim.clock import VirtualClock

MAX_MESSAGES = 42
MAX_MESSAGE_BYTES = 8192
MAX_SMBUS_BYTES = 32
_PLANS_KEPT = 256

_Chip = TypeVar("_Chip", bound=SimChip)
_Message = tuple[int, bytes | None, int]
"""(address, data to write or None to read, bytes to read)."""


class _Plan(NamedTuple):
    """The wire's side of one kind of ``write_read``; times in ns from its beginning."""

    writes: tuple[tuple[bytes, int, int, int], ...]
    """Each message, when it has gone out, and all bits and bytes until then."""
    read_ns: int
    bits: int
    n_bytes: int


class SimBus:
    """One bus and the chips on it. Also satisfies ``drivers.bus.Bus`` by itself.

    ``transactions``, ``bytes`` (address bytes included) and ``wire_ns`` count what went over
    the wire, failures included; :meth:`reset_counters` starts again from zero.
    """

    def __init__(
        self,
        chips: Iterable[SimChip],
        clock: Clock,
        *,
        speed_hz: int = 400_000,
        name: str = "i2c-1",
    ) -> None:
        self.name = name
        self.speed_hz = speed_hz
        self.clock = clock
        self.chips: tuple[SimChip, ...] = ()
        self.stuck_timeout_ns = 10_000_000
        """How long a transfer waits on a stuck bus before errno 110 (virtual clock only)."""
        self.timeouts = 0
        """Transfers that a stuck line has let time out."""
        self.transactions = 0
        self.bytes = 0
        self.wire_ns = 0
        self._bit_ns = 1_000_000_000 // speed_hz
        self._advance = clock.advance if isinstance(clock, VirtualClock) else None
        self._now = clock.now_ns
        self._gone: dict[SimChip, int] = {}
        self._faults = BusFaults(self._time_out, lambda: self._account(11, 1))
        self._at: dict[int, tuple[SimChip, ...]] = {}
        self._plans: dict[tuple[tuple[bytes, ...], int], _Plan] = {}
        for chip in chips:
            self.add(chip)

    def add(self, chip: SimChip) -> None:
        """One more chip on the bus; two may share an address."""
        self.chips = (*self.chips, chip)
        chip.on_moved = self._map
        self._map()

    def chip(self, kind: type[_Chip], n: int = 0) -> _Chip:
        """The ``n``-th chip of a class; ``LookupError`` when there is none."""
        found = [c for c in self.chips if isinstance(c, kind)]
        if n >= len(found):
            raise LookupError(
                f"{self.name}: {kind.__name__} number {n}, expected one of {len(found)} on the bus"
            )
        return found[n]

    def reset_counters(self) -> None:
        self.transactions = self.bytes = self.wire_ns = 0

    def _map(self) -> None:
        table: dict[int, tuple[SimChip, ...]] = {}
        for chip in self.chips:
            table[chip.address] = (*table.get(chip.address, ()), chip)
        self._at = table

    # -- the wire ----------------------------------------------------------------------

    def _run(self, messages: Sequence[_Message]) -> bytes:
        """All messages in one transaction; returns what its last read gave."""
        if not self._faults.active:
            return self._transfer(messages)
        self._faults.before_transfer(messages[0][0])
        return self._faults.after_transfer(self._transfer(messages), messages[-1][0])

    def _transfer(self, messages: Sequence[_Message]) -> bytes:
        t_ns = self._now()
        bit_ns = self._bit_ns
        step_ns = bit_ns if self._advance is not None else 0
        bits = 1  # the STOP
        n_bytes = 0
        out = b""
        for address, data, n in messages:
            chips = self._at.get(address)
            if chips is None:
                if address == 0 and data is not None and self._general_call(data, t_ns):
                    chips = ()
                else:
                    self._nack(bits + 10, n_bytes + 1)
            elif len(chips) == 1:
                if chips[0].silent_until_ns > t_ns:
                    self._nack(bits + 10, n_bytes + 1)
            else:
                chips = tuple(c for c in chips if c.silent_until_ns <= t_ns)
                if not chips:
                    self._nack(bits + 10, n_bytes + 1)
            size = 1 + (n if data is None else len(data))
            n_bytes += size
            bits += 1 + 9 * size
            if data is None:
                out = chips[0].on_read(n, t_ns + 10 * step_ns)
                for chip in chips[1:]:  # open drain: a 0 of either wins
                    more = chip.on_read(n, t_ns + 10 * step_ns)
                    out = bytes(a & b for a, b in zip(out, more, strict=True))
            t_ns += (1 + 9 * size) * step_ns
            if data is not None:
                for chip in chips:
                    chip.on_write(data, t_ns)
        self._account(bits, n_bytes)
        return out

    def _account(self, bits: int, n_bytes: int) -> None:
        wire_ns = bits * self._bit_ns
        self.transactions += 1
        self.bytes += n_bytes
        self.wire_ns += wire_ns
        if self._advance is not None:
            self._advance(wire_ns)

    def _nack(self, bits: int, n_bytes: int) -> NoReturn:
        self._account(bits, n_bytes)
        raise _fail(codes.EREMOTEIO)

    def _general_call(self, data: bytes, t_ns: int) -> bool:
        answers = [
            chip.on_general_call(data, t_ns) for chip in self.chips if chip.silent_until_ns <= t_ns
        ]
        return any(answers)

    # -- fault verbs -------------------------------------------------------------------

    def unplug(self, address: int) -> None:
        """Whatever answers at ``address`` loses power; ``LookupError`` when nothing does."""
        for chip in self._named(address):
            chip.unplug()
            self._gone[chip] = address

    def plug(self, address: int, *, power_cycle: bool = True) -> None:
        """Bring back what was unplugged at ``address``, fresh from power-up by default."""
        for chip in [c for c, was_at in self._gone.items() if was_at == address]:
            del self._gone[chip]
            chip.plug(power_cycle=power_cycle)

    def nack_next(self, n: int = 1, address: int | None = None) -> None:
        """The next ``n`` transfers (those whose first message goes to ``address``) NACK."""
        self.fail_next(codes.EREMOTEIO, n, address)

    def fail_next(self, code: int, n: int = 1, address: int | None = None) -> None:
        """The next ``n`` transfers raise ``OSError`` with ``code``; no chip sees them."""
        self._faults.fail_next(code, n, address)

    def fail_at(self, n: int, code: int, *, seen: bool = False) -> None:
        """Transfer ``n`` from now (0: the next) raises ``code``; with ``seen`` the chips have
        done all of it and only the host does not know."""
        self._faults.fail_at(n, code, seen=seen)

    def before(self, n: int, do: Callable[[], None]) -> None:
        """Call ``do`` just before transfer ``n`` from now."""
        self._faults.before(n, do)

    def change_read(
        self,
        n: int,
        change: Callable[[bytes], bytes],
        count: int = 1,
        address: int | None = None,
    ) -> None:
        """What read ``n`` (of ``address``) from now, and ``count`` - 1 more, bring passes through
        ``change``."""
        self._faults.change(n, change, count, address)

    def join(self, chip: SimChip) -> None:
        """Another chip on the wires, at an address that may be taken."""
        self.chips = (*self.chips, chip)
        chip.on_moved = self._map
        self._map()

    def leave(self, chip: SimChip) -> None:
        """It is taken off again."""
        self.chips = tuple(other for other in self.chips if other is not chip)
        self._map()

    def stick(self, until: Until = "recover") -> None:
        """A line is held low: every transfer ends in errno 110 until what ``until`` says."""
        self._faults.stick(until)

    def release(self, by: Until) -> None:
        """The controller was bound anew, or the power switched: what that mends, lets go."""
        self._faults.release(by)

    def scl(self, level: float) -> None:
        """The level that somebody else than the controller gives the clock line."""
        self._faults.scl(level)

    @property
    def stuck(self) -> bool:
        return self._faults.stuck

    @property
    def closed(self) -> bool:
        return self._faults.closed

    def recover(self) -> None:
        """Whatever was wrong with the wires is over; pending failures are dropped too."""
        self._faults.recover()

    def _time_out(self) -> None:
        self.timeouts += 1
        if self._advance is not None:
            self._advance(self.stuck_timeout_ns)

    def _named(self, address: int) -> tuple[SimChip, ...]:
        chips = self._at.get(address)
        if chips is None:
            raise LookupError(f"{self.name}: no chip at 0x{address:02X}, expected one to unplug")
        return chips

    # -- drivers.bus.Bus ---------------------------------------------------------------

    def write(self, address: int, *messages: bytes) -> None:
        """Each of ``messages`` in one transaction. Raises ``OSError``."""
        if len(messages) == 1 and len(messages[0]) <= MAX_MESSAGE_BYTES:
            self._run(((address, messages[0], 0),))
            return
        self._checked([(address, data, 0) for data in messages])

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        """All ``writes``, then one read of ``n`` bytes. Raises ``OSError``."""
        key = (tuple(writes), n)
        plan = self._plans.get(key)
        at = self._at
        chips = at.get(address, ())
        t_ns = self._now()
        alone = len(chips) == 1 and chips[0].silent_until_ns <= t_ns
        if plan is None or not alone or self._faults.active:
            messages: list[_Message] = [(address, data, 0) for data in writes]
            messages.append((address, None, n))
            out = self._checked(messages)
            if len(self._plans) < _PLANS_KEPT:
                self._plans[key] = self._plan(writes, n)
            return out
        chip = chips[0]
        for data, end_ns, bits, n_bytes in plan.writes:
            chip.on_write(data, t_ns + end_ns)
            if self._at is not at:  # moved to another address: nobody answers the next message
                self._nack(bits + 10, n_bytes + 1)
        out = chip.on_read(n, t_ns + plan.read_ns)
        self._account(plan.bits, plan.n_bytes)
        return out

    def _plan(self, writes: Sequence[bytes], n: int) -> _Plan:
        """When each message of ``write_read`` reaches a chip, worked out once."""
        step_ns = self._bit_ns if self._advance is not None else 0
        bits, n_bytes = 1, 0
        steps = []
        for data in writes:
            bits += 10 + 9 * len(data)
            n_bytes += 1 + len(data)
            steps.append((data, (bits - 1) * step_ns, bits, n_bytes))
        read_ns = (bits - 1 + 10) * step_ns
        return _Plan(tuple(steps), read_ns, bits + 10 + 9 * n, n_bytes + 1 + n)

    def _checked(self, messages: list[_Message]) -> bytes:
        if not 0 < len(messages) <= MAX_MESSAGES:
            raise _fail(codes.EINVAL)
        last = len(messages) - 1
        for i, (_, data, n) in enumerate(messages):
            if (n if data is None else len(data)) > MAX_MESSAGE_BYTES:
                raise _fail(codes.EINVAL)
            if data is None and i != last:
                raise _fail(codes.EOPNOTSUPP)
        return self._run(messages)

    # -- smbus2 ------------------------------------------------------------------------

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """One combined transaction of ``smbus2.i2c_msg``; reads land in their message."""
        messages: list[_Message] = []
        for msg in i2c_msgs:
            if msg.flags & 1:
                messages.append((msg.addr, None, msg.len))
            else:
                messages.append((msg.addr, string_at(msg.buf, msg.len), 0))
        out = self._checked(messages)
        if out:
            memmove(i2c_msgs[-1].buf, out, len(out))

    def open(self, bus: int | str) -> None:
        """Usable again after :meth:`close`; the number is not looked at."""
        self._faults.set_closed(False)

    def close(self) -> None:
        """Transfers raise errno 9 from now on."""
        self._faults.set_closed(True)

    def reopen(self) -> None:
        """As ``drivers.bus.LinuxBus`` does it."""
        self._faults.set_closed(False)
        self._faults.release("reopen")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write_quick(self, i2c_addr: int, force: bool | None = None) -> None:
        self._run(((i2c_addr, b"", 0),))

    def read_byte(self, i2c_addr: int, force: bool | None = None) -> int:
        return self._run(((i2c_addr, None, 1),))[0]

    def write_byte(self, i2c_addr: int, value: int, force: bool | None = None) -> None:
        self._run(((i2c_addr, bytes((value,)), 0),))

    def read_byte_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        return self._run(((i2c_addr, bytes((register,)), 0), (i2c_addr, None, 1)))[0]

    def write_byte_data(
        self, i2c_addr: int, register: int, value: int, force: bool | None = None
    ) -> None:
        self._run(((i2c_addr, bytes((register, value)), 0),))

    def read_word_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        """Low byte first, as SMBus has it."""
        out = self._run(((i2c_addr, bytes((register,)), 0), (i2c_addr, None, 2)))
        return out[0] | out[1] << 8

    def write_word_data(
        self, i2c_addr: int, register: int, value: int, force: bool | None = None
    ) -> None:
        data = bytes((register, value & 0xFF, value >> 8))
        self._run(((i2c_addr, data, 0),))

    def read_i2c_block_data(
        self, i2c_addr: int, register: int, length: int, force: bool | None = None
    ) -> list[int]:
        """At most 32 bytes, else ``ValueError`` as smbus2 raises it."""
        if length > MAX_SMBUS_BYTES:
            raise ValueError(f"SMBus block of {length} bytes, expected at most {MAX_SMBUS_BYTES}")
        return list(self._run(((i2c_addr, bytes((register,)), 0), (i2c_addr, None, length))))

    def write_i2c_block_data(
        self, i2c_addr: int, register: int, data: Sequence[int], force: bool | None = None
    ) -> None:
        """At most 32 bytes, else ``ValueError`` as smbus2 raises it."""
        if len(data) > MAX_SMBUS_BYTES:
            raise ValueError(
                f"SMBus block of {len(data)} bytes, expected at most {MAX_SMBUS_BYTES}"
            )
        self._run(((i2c_addr, bytes((register, *data)), 0),))

    def read_block_data(self, i2c_addr: int, register: int, force: bool | None = None) -> list[int]:
        """SMBus block reads do not exist on a Pi: errno 95."""
        raise _fail(codes.EOPNOTSUPP)
