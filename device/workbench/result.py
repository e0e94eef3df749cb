"""What a replay gives back: the reps, cues and output changes of a source, as JSON."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from device.tick import SetDone, TickInput, TickOutput
from services.schema import RepBody, SetBody

STALE_GAP_NS = {"imu": 100_000_000, "tof": 150_000_000, "contact": 100_000_000}


class CueRow(msgspec.Struct, frozen=True):
    """Something told, and by what."""

    time_s: float
    code: str
    channel: list[str]


class OutputRow(msgspec.Struct, frozen=True):
    """A change of an output; ``value`` 1 = on. ``tone_hz`` for the buzzer."""

    time_s: float
    pin: str
    value: float
    tone_hz: float | None = None


class StateRow(msgspec.Struct, frozen=True):
    """A change of the life cycle."""

    time_s: float
    name: str


class ConditionRow(msgspec.Struct, frozen=True):
    """The named conditions that hold from then on, the most important first."""

    time_s: float
    codes: list[str]


class HealthRow(msgspec.Struct, frozen=True):
    """How the sensors did."""

    samples: dict[str, int]
    dropped: int
    bus_errors: int
    stale_ms: int


class Result(msgspec.Struct, frozen=True):
    """One source replayed. Times in s from its first sample."""

    source: str
    drill: str
    duration_s: float
    reps: list[RepBody]
    cues: list[CueRow]
    outputs: list[OutputRow]
    state: list[StateRow]
    health: HealthRow
    sets: list[SetBody] = []
    conditions: list[ConditionRow] = []


class Collected:
    """Gathers what each tick says."""

    def __init__(self, origin_ns: int) -> None:
        self._origin_ns = origin_ns
        self._reps: list[RepBody] = []
        self._sets: list[SetBody] = []
        self._cues: list[CueRow] = []
        self._outputs: list[OutputRow] = []
        self._states: list[StateRow] = []
        self._conditions: list[ConditionRow] = []
        self._last_ns: dict[str, int] = {}
        self._stale_ns = 0
        self.samples = {"imu": 0, "tof": 0, "contact": 0}

    def _s(self, t_ns: int) -> float:
        return round((t_ns - self._origin_ns) * 1e-9, 4)

    def add(self, tick: TickInput, output: TickOutput) -> None:
        """One tick and its outcome."""
        if tick.imu:
            self._count("imu", tick.t_ns, len(tick.imu))
        if tick.tof:
            self._count("tof", tick.t_ns, len(tick.tof))
        if tick.pads:
            self._count("contact", tick.t_ns, len(tick.pads))
        for change in output.outputs:
            tone_hz = change.value if change.pin == "buzzer" and change.value > 0 else None
            value = 1.0 if tone_hz is not None else change.value
            self._outputs.append(OutputRow(self._s(tick.t_ns), change.pin, value, tone_hz))
        for cue in output.cues:
            self._cues.append(CueRow(self._s(cue.t_ns), cue.code, list(cue.channels)))
        if output.reps:
            self._reps.extend(rep.body for rep in output.reps)
        if output.sets:
            self.add_sets(output.sets)
        for answer in output.answers:
            self._reps[-1] = msgspec.structs.replace(self._reps[-1], self_estimate=answer.estimate)
        if output.conditions is not None:
            self._conditions.append(ConditionRow(self._s(tick.t_ns), list(output.conditions)))
        if output.state is not None:
            self._states.append(StateRow(self._s(tick.t_ns), output.state))

    def _count(self, name: str, t_ns: int, n: int) -> None:
        self.samples[name] += n
        gap_ns = t_ns - self._last_ns.get(name, t_ns)
        if gap_ns > STALE_GAP_NS[name]:
            self._stale_ns += gap_ns - STALE_GAP_NS[name]
        self._last_ns[name] = t_ns

    def add_sets(self, sets: Iterable[SetDone]) -> None:
        """Sets that ended, the last one perhaps with the source."""
        self._sets.extend(done.summary for done in sets)

    def result(
        self,
        *,
        source: str,
        drill: str,
        duration_s: float,
        samples: dict[str, int],
        bus_errors: int,
        dropped: int = 0,
    ) -> Result:
        """The whole."""
        return Result(
            source=source,
            drill=drill,
            duration_s=round(duration_s, 3),
            reps=self._reps,
            cues=self._cues,
            outputs=self._outputs,
            state=self._states,
            conditions=self._conditions,
            health=HealthRow(samples, dropped, bus_errors, round(self._stale_ns * 1e-6)),
            sets=self._sets,
        )
