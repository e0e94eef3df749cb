"""The loop of the live station: read, judge, act, hand over; 200 times a second.

One thread touches chips and pins. Whatever may stall (disk, sockets) sits behind a queue or
a non-blocking socket.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from device.condition_log import ConditionLog
from device.journal import Journal
from device.live import Live
from device.notify import Notify
from device.outbox import OutboxHealth
from device.pacer import TICK_NS, Pacer, PacerHealth
from device.recorder import Recorder, RecorderHealth
from device.sensors import SensorsHealth
from device.tick import OutputChange, SetDone, TickInput, TickOutput
from drivers.clock import Clock
from services.schema import DeviceState, Message

HEALTH_NS: Final = 1_000_000_000
BETWEEN_SETS: Final = frozenset({"IDLE", "RESTING", "LEFT"})
"""States of the life cycle in which nobody is judged: time to collect garbage."""


class Reader(Protocol):
    def read(self, t_ns: int) -> TickInput: ...

    def health(self) -> SensorsHealth: ...


class Middle(Protocol):
    """The pure middle: ``device.pipeline.Pipeline``."""

    def step(self, tick: TickInput, /) -> TickOutput: ...

    def finish(self) -> Sequence[SetDone]: ...


class Actuators(Protocol):
    """``drivers.outputs.Outputs``, or what stands for it."""

    def set(self, name: str, value: float) -> None: ...

    def all_off(self) -> None: ...


class Post(Protocol):
    """``device.outbox.Outbox``."""

    def put(self, message: Message) -> None: ...

    def health(self) -> OutboxHealth: ...


class Health(NamedTuple):
    """Once a second: how the loop and what it feeds are doing."""

    pacer: PacerHealth
    sensors: SensorsHealth
    outbox: OutboxHealth
    recorder: RecorderHealth | None
    output_errors: int

    def state(self, frames_dropped: int) -> DeviceState:
        """What the page and the log service's health show."""
        return DeviceState(
            disk_error=self.outbox.disk_error,
            waiting=self.outbox.depth,
            in_memory=self.outbox.in_memory,
            oldest_s=round(self.outbox.oldest_s, 1),
            refused=self.outbox.rejected,
            frames_dropped=frames_dropped,
            ticks_missed=self.pacer.missed,
            recording=None if self.recorder is None else self.recorder.state,
            ticks_dropped=0 if self.recorder is None else self.recorder.dropped,
        )

    def __str__(self) -> str:
        lost = f"lost {', '.join(self.sensors.lost)}" if self.sensors.lost else "all sensors"
        waiting = f"{self.outbox.depth} to send"
        said = f" ({self.outbox.last_error})" if self.outbox.last_error else ""
        if self.recorder is not None and self.recorder.state != "recording":
            said += f"; recording {self.recorder.state}"
        return (
            f"{lost}; {self.pacer.missed} ticks missed, lag {self.pacer.lag_ms:.1f} ms; "
            f"{waiting}{said}"
        )


def run_loop(
    sensors: Reader,
    middle: Middle,
    outputs: Actuators,
    outbox: Post,
    live: Live | None,
    recorder: Recorder | None,
    clock: Clock,
    stop: Callable[[], bool],
    *,
    journal: Journal,
    notify: Notify | None = None,
    say: Callable[[str], None] = lambda text: None,
    speak: Callable[[str], None] = lambda words: None,
    keep: Callable[[], int] = lambda: 0,
    on_health: Callable[[Health], None] = lambda health: None,
    collect: Callable[[], object] = gc.collect,
    period_ns: int = TICK_NS,
) -> Health:
    """Tick until ``stop()``; then all outputs are off and an open visit is closed.

    Args:
        say: Gets each new sensor fault, output error and condition at the wall, one line each.
        speak: Gets the words to speak, "" to fall silent; must return at once.
        keep: Called in each tick after the outputs are set: one step of what keeps an output
            alive (``device.haptic``); gives how often that has failed.
        on_health: Gets the health once a second.
        collect: Collects garbage; called at the start and between sets, the collector is off
            otherwise.

    Raises nothing about chips, pins, disk or sockets: those are said and counted. What the
    middle raises is a mistake in the program and ends it, outputs off.
    """
    pacer = Pacer(clock, period_ns)
    acting = _Acting(outputs, say)
    conditions = ConditionLog()
    due_ns = clock.now_ns() + HEALTH_NS
    first = True
    whole = False
    state: DeviceState | None = None
    keep_errors = 0

    def health() -> Health:
        kept = recorder.health() if recorder is not None else None
        errors = acting.errors + keep_errors
        return Health(pacer.take_health(), sensors.health(), outbox.health(), kept, errors)

    was_enabled = gc.isenabled()
    collect()
    gc.freeze()
    gc.disable()
    try:
        while not stop():
            t_ns = pacer.wait()
            tick = sensors.read(t_ns)
            output = middle.step(tick)
            acting.apply(output.outputs)
            keep_errors = keep()
            if output.say is not None:
                speak(output.say)
            if recorder is not None:
                recorder.put(tick)
            for message in journal.messages(output):
                outbox.put(message)
            if live is not None and output.live is not None:
                live.send(msgspec.structs.replace(output.live, device=state))
            for fault in tick.faults:
                say(f"{fault.sensor} {fault.kind}{': ' if fault.text else ''}{fault.text}")
            if output.conditions is not None:
                for line in conditions.lines(t_ns, output.conditions):
                    say(line)
            if first and notify is not None:
                notify.ready()
            first = False
            if t_ns >= due_ns:
                due_ns = t_ns + HEALTH_NS
                now = health()
                on_health(now)
                state = now.state(0 if live is None else live.dropped)
                if notify is not None:
                    notify.alive(str(now))
            if output.state in BETWEEN_SETS:
                collect()
        whole = True
    finally:
        acting.off()
        if was_enabled:
            gc.enable()
        gc.unfreeze()
        # A middle that has just failed is not asked for more.
        unfinished = middle.finish() if whole else ()
        for message in journal.close("the station was stopped", unfinished):
            outbox.put(message)
        if notify is not None:
            notify.stopping()
    return health()


class _Acting:
    """Sets outputs; a pin that fails is said once, and must not end the judging."""

    def __init__(self, outputs: Actuators, say: Callable[[str], None]) -> None:
        self._outputs = outputs
        self._say = say
        self._failing: set[str] = set()
        self._used: set[str] = set()
        self.errors = 0

    def apply(self, changes: Sequence[OutputChange]) -> None:
        for change in changes:
            self._used.add(change.pin)
            self._set(change.pin, change.value)

    def off(self) -> None:
        """Each by itself: one that fails must not leave the others on."""
        for pin in sorted(self._used):
            self._set(pin, 0.0)
        try:
            self._outputs.all_off()
        except Exception as error:  # noqa: BLE001  as below
            self._failed("all", f"outputs off: {error}")

    def _set(self, pin: str, value: float) -> None:
        try:
            self._outputs.set(pin, value)
        # Pin libraries raise errors without a common base.
        except Exception as error:  # noqa: BLE001
            self._failed(pin, f"output {pin} to {value}: {error}")
        else:
            self._failing.discard(pin)

    def _failed(self, pin: str, text: str) -> None:
        self.errors += 1
        if pin not in self._failing:
            self._failing.add(pin)
            self._say(text)
