"""Somebody does a drill: a body on the simulated rig, real drivers, the pipeline's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from device.config import parse
from device.tick import Key
from device.workbench.motion_run import Late, play_scene, with_rangers, worn_for
from device.workbench.result import Result
from drivers.sim.body import Body
from drivers.sim.person import Script
from drivers.sim.scene import Motion6, Reflection
from drivers.sim.segments import Place
from services.schema import RepBody

Steps = Sequence[tuple[str, Mapping[str, float]]]
BODY = Body(1.75)


class Performed(NamedTuple):
    """What the station said, and what was done."""

    result: Result
    script: Script

    @property
    def reps(self) -> list[RepBody]:
        return self.result.reps

    @property
    def verdicts(self) -> list[str]:
        return [rep.verdict for rep in self.result.reps]

    @property
    def codes(self) -> list[set[str]]:
        """Codes found in each rep."""
        return [{fault.code for fault in rep.faults} for rep in self.result.reps]

    @property
    def states(self) -> list[str]:
        return [row.name for row in self.result.state]

    def truth(self) -> list[tuple[float, float, float]]:
        """Largest tilt, travel and drop of each rep that was done."""
        return [
            (
                float(piece.segment.truth.tilt_deg.max()),
                float(piece.segment.truth.hip_travel_mm.max()),
                float(piece.segment.truth.hip_drop_mm.max()),
            )
            for piece in self.script.played
            if piece.segment.rep is not None
        ]


class _Lifted:
    """A scene whose pads are open from ``from_s`` to ``until_s``."""

    def __init__(self, script: Script, from_s: float, until_s: float) -> None:
        self._script = script
        self._from_s, self._until_s = from_s, until_s
        self.t0_ns = 0

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self._script.reflection(sensor, t_ns - self.t0_ns)

    def imu(self, t_ns: int) -> Motion6:
        return self._script.imu(t_ns - self.t0_ns)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        if self._from_s <= (t_ns - self.t0_ns) * 1e-9 < self._until_s:
            return (0.0, 0.0, 0.0)
        return self._script.pad_force_n(t_ns - self.t0_ns)


class _Hung(_Lifted):
    """A scene in which nobody has taken the dowel."""

    def __init__(self, script: Script) -> None:
        super().__init__(script, 0.0, float("inf"))

    def imu(self, t_ns: int) -> Motion6:
        return Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0)


def _lift(script: Script, step: int | None) -> tuple[float, float]:
    if step is None:
        return 0.0, 0.0
    middle_s = script.played[step].start_s + 1.5
    return middle_s, middle_s + 0.5


def perform(
    drill: str,
    steps: Steps,
    *,
    body: Body = BODY,
    place: Place | None = None,
    config: str = "",
    seed: int = 1,
    keys: Sequence[tuple[float, Key]] = (),
    lifted: int | None = None,
    hung: bool = False,
) -> Performed:
    """``steps`` (see SegmentMaker.make) done as ``drill``; the stature is known. ``lifted``: the
    step in which the whole dowel leaves the back for half a second; ``hung``: it hangs on its hook
    all the time."""
    head, _, tail = config.partition("[practice]")
    known = parse(f'{head}\n[practice]\ndrill = "{drill}"\n{tail}')
    place = replace(place or Place(), worn=worn_for(known))
    script = Script(steps, body, place, seed)
    station = msgspec.structs.replace(known.station, stature_m=body.stature_m)
    known = msgspec.structs.replace(
        known, tof=with_rangers(known.tof, script.tof_heights_m), station=station
    )
    result = play_scene(
        known,
        Late(_Hung(script) if hung else _Lifted(script, *_lift(script, lifted))),
        seed=seed,
        duration_s=script.duration_s,
        tofs=len(script.tof_heights_m),
        offset_s=0.0,
        source=drill,
        keys=keys,
    )
    return Performed(result, script)
