"""How often a steady mover is told to rest, and one who tires is not, on the body model.

``python -m tests.fatigue_rate --sets 100 --seed 1``: random people do sets of ten good hinges
through the simulated chips, their tempo and depth scattering as they please; then sets in which
from the fourth rep on something gets worse: the back rounds, the hips stay forward, the knees go
forward, the descent slows. Also what the steady sets say of twist and knocks. About 3 s a set.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from device.score import Score
from drivers.sim.body import Body
from services.schema import RepBody
from tests.device.perform import perform

REPS = 10
Change = Callable[[dict[str, float], float], None]


def _rounding(rep: dict[str, float], f: float) -> None:
    rep["lumbar_deg"] = 3.0 + 22.0 * f


def _forward(rep: dict[str, float], f: float) -> None:
    rep["shift_m"] = 0.06 * f


def _knees(rep: dict[str, float], f: float) -> None:
    rep["shin_deg"] = 2.0 + 14.0 * f


def _slower(rep: dict[str, float], f: float) -> None:
    rep["down_s"] *= 1.0 + 0.6 * f


TIRING: tuple[Change, ...] = (_rounding, _forward, _knees, _slower)


class Told(NamedTuple):
    """One set: whether rest was advised, and its reps."""

    rest: bool
    reps: list[RepBody]


def one_set(seed: int, number: int, change: Change | None) -> Told:
    """The set ``number`` of ``seed``; ``change`` makes its person tire."""
    rng = np.random.default_rng([seed, number])
    body = Body(float(rng.uniform(1.5, 2.0)), float(rng.uniform(0.9, 1.2)))
    tempo_s, spread = float(rng.uniform(1.4, 2.8)), float(rng.uniform(0.05, 0.12))
    steps = []
    for i in range(REPS):
        rep = {
            "down_s": float(np.clip(tempo_s * (1 + spread * rng.normal()), 1.0, 4.0)),
            "up_s": float(np.clip(0.9 * tempo_s * (1 + spread * rng.normal()), 0.9, 4.0)),
            "peak_tilt_deg": float(47.0 + 2.5 * rng.normal()),
        }
        if change is not None:
            change(rep, max(i - 3, 0) / 6)
        steps.append(("hinge", rep))
    before = [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 4.0})]
    found = perform(
        "dowel", [*before, *steps, ("stand", {})], body=body, seed=1000 * seed + number
    ).reps
    score = Score()
    score.new_set()
    rest = False
    for one in found:
        score.add(one, body.stature_m)
        rest = rest or score.stop_advised
    return Told(rest, found)


def main() -> int:
    parser = argparse.ArgumentParser(description="how often rest is advised, rightly and wrongly")
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    steady = [one_set(args.seed, k, None) for k in range(args.sets)]
    reps = [rep for told in steady for rep in told.reps]
    lines = [f"steady: {sum(told.rest for told in steady)} of {len(steady)} sets told to rest"]
    for name, values in (
        ("twist deg", [rep.twist_deg for rep in reps]),
        ("side deg", [rep.side_lean_deg for rep in reps]),
        ("smoothness", [rep.smoothness for rep in reps]),
        ("points", [rep.score for rep in reps]),
    ):
        known = [value for value in values if value is not None]
        lines.append(f"{name}: {min(known)} to {max(known)} in {len(known)} of {len(reps)} reps")
    lines.append(f"knocks: {sum(rep.knocks or 0 for rep in reps)}")
    each = max(args.sets // len(TIRING), 1)
    for change in TIRING:
        told = sum(one_set(args.seed + 1, k, change).rest for k in range(each))
        lines.append(f"tiring, {change.__name__.strip('_')}: {told} of {each} sets told to rest")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
