"""A bus that plays a golden transcript, and a clock that only tests move."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from drivers.samples import Steps

MS = 1_000_000


class Step(NamedTuple):
    """One transaction: what must be written, and what comes back (bytes, or an errno)."""

    writes: tuple[bytes, ...]
    n: int
    reply: bytes | int


def w(*messages: str, errno: int | None = None) -> Step:
    """A transaction of writes, in hex."""
    return Step(tuple(bytes.fromhex(m) for m in messages), 0, b"" if errno is None else errno)


def r(*messages: str, reply: str | bytes) -> Step:
    """Writes in hex, then a read that gives ``reply``."""
    data = bytes.fromhex(reply) if isinstance(reply, str) else reply
    return Step(tuple(bytes.fromhex(m) for m in messages), len(data), data)


def fails(errno: int, *messages: str, n: int) -> Step:
    """A read that raises ``errno``."""
    return Step(tuple(bytes.fromhex(m) for m in messages), n, errno)


class FakeClock:
    """Moves when told to, or when somebody sleeps on it."""

    def __init__(self, t_ns: int = 1_000 * MS) -> None:
        self.t_ns = t_ns

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until_ns(self, t_ns: int) -> None:
        self.t_ns = max(self.t_ns, t_ns)


class ScriptBus:
    """Compares each transaction with the next step of its script."""

    name = "i2c-1"

    def __init__(self, address: int, steps: Iterable[Step] = ()) -> None:
        self.address = address
        self.steps = list(steps)
        self.transactions = 0
        self.bytes = 0
        """On the wire, address bytes included."""

    def write(self, address: int, *messages: bytes) -> None:
        self._play(address, messages, 0)

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        return self._play(address, tuple(writes), n)

    def _play(self, address: int, writes: tuple[bytes, ...], n: int) -> bytes:
        self.transactions += 1
        self.bytes += sum(1 + len(m) for m in writes) + (1 + n if n else 0)
        assert self.steps, f"nothing more expected, got {[m.hex() for m in writes]} and read {n}"
        step = self.steps.pop(0)
        assert address == self.address
        assert ([m.hex() for m in writes], n) == ([m.hex() for m in step.writes], step.n)
        if isinstance(step.reply, int):
            raise OSError(step.reply, os.strerror(step.reply))
        return step.reply

    def expect(self, *steps: Step) -> None:
        """Play these next; whatever was left must have been played."""
        assert self.steps == []
        self.steps = list(steps)
        self.transactions = self.bytes = 0


def run(steps: Steps, clock: FakeClock) -> None:
    """Run a bring-up; a wait that is not positive and short is a mistake."""
    for wait_ns in steps:
        assert 0 < wait_ns <= 200 * MS
        clock.t_ns += wait_ns
