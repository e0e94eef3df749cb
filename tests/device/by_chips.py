"""A body's steps through the simulated chips, the real drivers and the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from device.config_model import Config
from device.workbench.motion_run import Late, play_scene, with_rangers
from drivers.sim.body import Body
from drivers.sim.person import Script
from drivers.sim.segments import Place
from services.schema import RepBody

Steps = Sequence[tuple[str, Mapping[str, float]]]
EVEN: Mapping[str, float] = {
    "peak_tilt_deg": 47.0,
    "shin_deg": 2.0,
    "lumbar_deg": 2.0,
    "neck_deg": 0.0,
    "down_s": 2.0,
    "hold_s": 0.4,
    "up_s": 1.9,
}
"""A good rep without any spread."""


def play(
    steps: Steps,
    *,
    drill: str = "dowel",
    body: Body | None = None,
    place: Place | None = None,
    seed: int = 0,
) -> tuple[RepBody, ...]:
    """The reps of somebody who takes the dowel, stands tall and does ``steps``."""
    body = body or Body()
    script = Script(
        [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 4.0}), *steps, ("stand", {})],
        body,
        place,
        seed,
    )
    taken_s = next(p.end_s for p in script.played if p.segment.step == "pick_up")
    replace = msgspec.structs.replace
    config = Config()
    config = replace(
        config,
        station=replace(config.station, stature_m=body.stature_m),
        tof=with_rangers(config.tof, script.tof_heights_m),
        practice=replace(config.practice, drill=drill, reps=100),
    )
    result = play_scene(
        config,
        Late(script),
        seed=seed,
        duration_s=script.duration_s,
        tofs=len(script.tof_heights_m),
        offset_s=0.0,
        source="script",
    )
    # Where no pads are asked for, taking the dowel may itself look like a movement.
    return tuple(rep for rep in result.reps if rep.start_s > taken_s)


def codes(rep: RepBody) -> set[str]:
    return {fault.code for fault in rep.faults}
