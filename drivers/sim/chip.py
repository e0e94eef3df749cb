"""What every simulated chip has: a power supply, an address, fault verbs and a strict eye."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import cos, log, sin, sqrt, tau
from typing import ClassVar, Literal, NamedTuple

from drivers.clock import Clock
from drivers.sim.scene import Scene

NEVER_NS = 1 << 62
"""A time that does not come: a chip held in reset stays silent until then."""

_VIOLATIONS_KEPT = 1000
_NOISE_N = 8191  # prime, so that no number of draws a sample repeats the same pattern soon
_NOISE_MOST = 8

ViolationKind = Literal[
    "unknown_read",
    "unknown_write",
    "read_only",
    "reserved_bits",
    "run_mode",
    "protocol",
]


class Violation(NamedTuple):
    """Something a datasheet does not allow. ``register`` is the index, ``value`` what came."""

    kind: ViolationKind
    register: int
    value: int


class Noise:
    """Standard normal numbers, drawn once and dealt in a ring: cheap in the sample path."""

    __slots__ = ("_at", "_pool")

    def __init__(self, rng: random.Random) -> None:
        pool: list[float] = []
        uniform = rng.random
        for _ in range(_NOISE_N // 2 + 1):  # Box and Muller, as in rng.gauss: two at a time
            turn = tau * uniform()
            reach = sqrt(-2.0 * log(1.0 - uniform()))
            pool += (cos(turn) * reach, sin(turn) * reach)
        del pool[_NOISE_N:]
        self._pool = pool + pool[:_NOISE_MOST]
        self._at = 0

    def __call__(self) -> float:
        at = self._at = (self._at + 1) % _NOISE_N
        return self._pool[at]

    def take(self, n: int) -> list[float]:
        """The next ``n`` numbers (at most 8)."""
        first = self._at + 1
        self._at = (self._at + n) % _NOISE_N
        return self._pool[first : first + n]


class SimChip:
    """One chip on one bus. ``index`` counts the chips of its kind on the rig (0 first).

    The bus calls :meth:`on_write` and :meth:`on_read` with the time of the message; between
    two calls nothing runs: a chip makes up what happened meanwhile from the scene.
    """

    kind: ClassVar[str]
    sensor: ClassVar[Literal["tof", "imu", "pads", "haptic", "screen"]]
    """What it is to the station."""
    default_address: ClassVar[int]
    boot_ns: ClassVar[int] = 0
    """From power to the first ACK."""

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.scene = scene
        self.index = index
        self.home_address = self.default_address if address is None else address
        self.violations: list[Violation] = []
        self.silent_until_ns = 0
        """NACKs before this time; read by the bus at every transfer."""
        self.on_moved: Callable[[], None] = lambda: None
        """Called when the chip answers at another address; set by its bus."""
        self._address = self.home_address
        self._frozen = False
        self._held: set[str] = set()
        self.rng = random.Random(f"{self.kind}-{index}-{seed}")
        self.noise = Noise(self.rng)

    @property
    def address(self) -> int:
        return self._address

    def _move_to(self, address: int) -> None:
        if address != self._address:
            self._address = address
            self.on_moved()

    def violate(self, kind: ViolationKind, register: int, value: int = 0) -> None:
        """Note a violation (the first thousand are kept)."""
        if len(self.violations) < _VIOLATIONS_KEPT:
            self.violations.append(Violation(kind, register, value))

    # -- the bus's side ----------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        """One write message, address byte not included; may be empty (a probe)."""
        raise NotImplementedError

    def on_read(self, n: int, t_ns: int) -> bytes:
        """One read message of ``n`` bytes."""
        raise NotImplementedError

    def on_general_call(self, data: bytes, t_ns: int) -> bool:
        """A write to address 0; True when this chip acknowledges it."""
        return False

    # -- fault verbs -------------------------------------------------------------------

    def reset(self, t_ns: int) -> None:
        """Registers and engines as after power-up at ``t_ns``."""
        raise NotImplementedError

    def power_cycle(self) -> None:
        """Power off and on at once: registers back to reset, then the boot time."""
        self._power_up(self.clock.now_ns())

    def unplug(self) -> None:
        """No power and no answer until :meth:`plug`."""
        self._hold("unplugged")

    def plug(self, *, power_cycle: bool = True) -> None:
        """Answer again; with its old registers only when ``power_cycle`` is False."""
        self._release("unplugged", power_up=power_cycle)

    def supply(self, on: bool) -> None:
        """A switch in its supply: no plug, so an unplugged chip stays unplugged."""
        if on:
            self._release("no supply", power_up=True)
        else:
            self._hold("no supply")

    def _hold(self, reason: str) -> None:
        self._held.add(reason)
        self.silent_until_ns = NEVER_NS

    def _release(self, reason: str, *, power_up: bool) -> None:
        if reason not in self._held:
            return
        self._held.discard(reason)
        if self._held:
            return
        self.silent_until_ns = 0
        if power_up:
            self._power_up(self.clock.now_ns())

    def _power_up(self, t_ns: int) -> None:
        if not self._held:
            self.silent_until_ns = t_ns + self.boot_ns
        self._frozen = False
        self._move_to(self.home_address)
        self.reset(t_ns)

    def freeze(self) -> None:
        """The chip goes on answering, but nothing new comes until it is unfrozen or reset."""
        self._settle(self.clock.now_ns())
        self._frozen = True

    def unfreeze(self) -> None:
        """Go on; what would have been measured meanwhile never was."""
        if self._frozen:
            self._frozen = False
            self._resume(self.clock.now_ns())

    def stick(self, stuck: bool) -> None:
        """The chip goes on giving new samples, all of the same value; False ends it."""
        raise NotImplementedError

    def _settle(self, t_ns: int) -> None:
        """Make up everything that happened until ``t_ns``."""

    def _resume(self, t_ns: int) -> None:
        """Start measuring again at ``t_ns``."""
