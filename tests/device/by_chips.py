"""Somebody takes the dowel, stands tall and does reps in front of the simulated chips."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.sim.segments import Place
from services.schema import RepBody
from tests.device.perform import Steps, perform

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


def play(steps: Steps, *, drill: str = "dowel", place: Place | None = None) -> tuple[RepBody, ...]:
    """The reps of ``steps``."""
    before: Steps = [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 4.0})]
    done = perform(drill, [*before, *steps, ("stand", {})], place=place)
    taken_s = next(p.end_s for p in done.script.played if p.segment.step == "pick_up")
    # Where no pads are asked for, taking the dowel may itself look like a movement.
    return tuple(rep for rep in done.reps if rep.start_s > taken_s)


def codes(rep: RepBody) -> set[str]:
    return {fault.code for fault in rep.faults}
