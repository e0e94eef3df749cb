"""Mounting heights of the rangers, typed and then seen: a board's edge is held at the height.

A ranger recessed by r looks at a square of ``2 r tan(13.5 deg)`` on the wall's face (VL53L1X). A
board flush on the wall with its upper edge 3 cm below the beam is not seen, 3 cm above it wholly,
and at the beam's height half of it: the share says how far off the typed height is.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import radians, tan
from statistics import median
from typing import Final

import msgspec

from device.calibration.ranges import per_spad_kcps
from device.calibration.step import (
    Ask,
    Complaint,
    Found,
    Gathered,
    Ground,
    Phase,
    Samples,
    Step,
)
from device.config_model import Config

SECONDS = 2.0
HALF_CONE_DEG: Final[Mapping[str, float]] = {"vl53l1x": 13.5, "vl53l4cd": 9.0}
"""Half of what a ranger looks at: the data sheets' 27 and 18 degrees."""
USUAL_HALF_CONE_DEG = 13.5
MARGIN_M = 0.03
LEAST_RECESS_MM = 15.0
UNSEEN_SHARE = 0.05
EDGE_SHARES = (0.1, 0.9)
"""Outside these the edge is hardly within the beam: the typed height is off by 1 cm or more."""
PLANE_MM = 20.0
"""A board flush on the wall is within this of the plane."""


def _ask(ground: Ground, ranger: int) -> Ask:
    return Ask(f"height_{ranger}_m", "m", ground.config.tof.heights_m[ranger], 0.3, 1.6)


def _phases(ground: Ground) -> tuple[Phase, ...]:
    found = []
    for ranger in range(ground.rangers):
        name = f"ranger {ranger} ({'the lowest' if ranger == 0 else 'the next above'})"
        found += [
            Phase(
                f"below{ranger}",
                f"Measure the height of the lens of {name} above the floor and type it. Hold a "
                f"light board flush on the wall, its level upper edge {1e3 * MARGIN_M:.0f} mm "
                "below that height.",
                SECONDS,
                (_ask(ground, ranger),),
            ),
            Phase(
                f"above{ranger}",
                f"Slide it up until the edge is {1e3 * MARGIN_M:.0f} mm above that height.",
                SECONDS,
            ),
            Phase(f"at{ranger}", "Slide it down until the edge is exactly at it.", SECONDS),
        ]
    return tuple(found)


def _light(got: Gathered, ranger: int) -> float:
    return median(map(per_spad_kcps, got.tof[ranger]))


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    """The whole board must be there, at the wall's plane."""
    if not key.startswith("above"):
        return None
    ranger = int(key.removeprefix("above"))
    ranges = [sample.range_mm for sample in got.tof[ranger] if sample.valid]
    typed_m = ground.typed[_ask(ground, ranger).name]
    recess_mm = ground.config.tof.recess_mm
    if len(ranges) > 0.9 * len(got.tof[ranger]) and abs(median(ranges) - recess_mm) < PLANE_MM:
        return None
    seen = f"{median(ranges):.0f} mm" if ranges else "nothing"
    return Complaint(
        f"ranger {ranger} and a board up to {typed_m + MARGIN_M:.2f} m", f"{seen}",
        f"the board, at {recess_mm:.0f} mm",
        "It looks higher than typed, or the board is not there: measure its height again.",
    )  # fmt: skip


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    tof = ground.config.tof
    half_cone_deg = HALF_CONE_DEG.get(tof.chip, USUAL_HALF_CONE_DEG)
    half_m = 1e-3 * max(tof.recess_mm, LEAST_RECESS_MM) * tan(radians(half_cone_deg))
    heights, shares = [], []
    for ranger in range(ground.rangers):
        typed_m = ground.typed[_ask(ground, ranger).name]
        whole = _light(samples[f"above{ranger}"], ranger)
        below = _light(samples[f"below{ranger}"], ranger) / whole
        share = _light(samples[f"at{ranger}"], ranger) / whole
        name, again = f"ranger {ranger}", "Measure its height again, and try that."
        if below > UNSEEN_SHARE:
            return Complaint(
                name, f"a board whose edge is at {typed_m - MARGIN_M:.3f} m", "nothing so low",
                f"It looks lower than {typed_m:.3f} m. {again}",
            )  # fmt: skip
        low, high = EDGE_SHARES
        if not low <= share <= high:
            way = "lower" if share > high else "higher"
            return Complaint(
                name, f"{100 * share:.0f} % of a board whose edge is at {typed_m:.3f} m",
                f"{100 * low:.0f} to {100 * high:.0f} %",
                f"It looks about {1e3 * half_m:.0f} mm {way} than that. {again}",
            )  # fmt: skip
        heights.append(round(typed_m + (1.0 - 2.0 * share) * half_m, 4))
        shares.append(share)
    if any(above <= below for below, above in pairwise(heights)):
        texts = ", ".join(f"{height:.3f}" for height in heights)
        return Complaint("the rangers", f"{texts} m", "the lowest first", "Check their order.")
    return Found({"heights_m": heights}, {"edge_share": shares})


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    tof = msgspec.structs.replace(config.tof, heights_m=tuple(values["heights_m"]))
    return msgspec.structs.replace(config, tof=tof)


HEIGHTS = Step(
    "heights",
    "Mounting heights, with the edge of a board",
    place="wall",
    sensor="tof",
    phases=_phases,
    result=_result,
    depends=("tof.chip", "tof.addresses", "tof.heights_m"),
    put=_put,
    best_days=730,
    needs=("plane",),
    check=_check,
)
