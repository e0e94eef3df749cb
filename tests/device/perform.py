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


def perform(
    drill: str,
    steps: Steps,
    *,
    body: Body = BODY,
    place: Place | None = None,
    config: str = "",
    seed: int = 1,
    keys: Sequence[tuple[float, Key]] = (),
) -> Performed:
    """``steps`` (see SegmentMaker.make) done as ``drill``; the stature is known."""
    known = parse(f'{config}\n[practice]\ndrill = "{drill}"\n')
    place = replace(place or Place(), worn=worn_for(known))
    script = Script(steps, body, place, seed)
    station = msgspec.structs.replace(known.station, stature_m=body.stature_m)
    known = msgspec.structs.replace(
        known, tof=with_rangers(known.tof, script.tof_heights_m), station=station
    )
    result = play_scene(
        known,
        Late(script),
        seed=seed,
        duration_s=script.duration_s,
        tofs=len(script.tof_heights_m),
        offset_s=0.0,
        source=drill,
        keys=keys,
    )
    return Performed(result, script)
