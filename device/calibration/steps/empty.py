"""Nobody there, for a minute: sunlight, false targets, and what the clean window throws back.

The light per SPAD that comes back from an empty scene is the window's own: kept, it shows later
that the window is dirty (``device.window_watch``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from device.calibration.ranges import LEAST_RANGES, per_spad_kcps
from device.calibration.step import (
    Complaint,
    Found,
    Ground,
    Phase,
    Samples,
    Step,
    with_calibrated,
)
from device.config_model import Config
from drivers.samples import TofSample

SECONDS = 60.0
MOST_SUN_KCPS = 1000.0
"""With more ambient light the range of dark cloth (5 %, 0.55 m) is noisier than 5 mm."""
MOST_FALSE_SHARE = 0.005
MOST_WINDOW_KCPS = 15.0
"""A clean cover glass gives some kcps per SPAD (ST)."""
STEADY_KCPS = 0.5
"""The window's own light changes less than this from second to second; a passer-by's more."""
BLOCKS = 60


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (
        Phase(
            "empty",
            "Wipe the windows. Clear at least 2 m in front of the wall, step aside, and leave it "
            "so for a minute, with the light as it is at its brightest.",
            SECONDS,
        ),
    )


def _blocks(samples: Sequence[TofSample]) -> list[float]:
    """Light per SPAD, the median of each second or so."""
    size = max(1, len(samples) // BLOCKS)
    return [
        median(map(per_spad_kcps, samples[at : at + size]))
        for at in range(0, len(samples) - size + 1, size)
    ]


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    window, sun, brightest, false, steady = [], [], [], [], []
    for ranger in range(ground.rangers):
        got = samples["empty"].tof[ranger]
        name = f"ranger {ranger}"
        if len(got) < LEAST_RANGES:
            return Complaint(
                name, f"{len(got)} ranges", f"at least {LEAST_RANGES}", "Check its cable."
            )
        ambient = sorted(sample.ambient_kcps for sample in got)
        high_kcps = ambient[int(0.99 * (len(ambient) - 1))]
        if high_kcps > MOST_SUN_KCPS:
            return Complaint(
                name, f"ambient light of {high_kcps:.0f} kcps", f"at most {MOST_SUN_KCPS:.0f}",
                "The sun, or a lamp with infrared light, shines in: shade the wall or the window.",
            )  # fmt: skip
        targets = [sample.range_mm for sample in got if sample.valid]
        if len(targets) > MOST_FALSE_SHARE * len(got):
            return Complaint(
                name, f"a target at {median(targets):.0f} mm in {len(targets)} of {len(got)} "
                "ranges", "an empty scene",
                "Clear what stands there; near 0 mm: clean the window.",
            )  # fmt: skip
        blocks = _blocks(got)
        if max(blocks) - min(blocks) > STEADY_KCPS:
            return Complaint(
                name, f"light per SPAD that changes by {max(blocks) - min(blocks):.1f} kcps",
                f"at most {STEADY_KCPS}", "Somebody moves in front: step further aside.",
            )  # fmt: skip
        if median(blocks) > MOST_WINDOW_KCPS:
            return Complaint(
                name, f"{median(blocks):.1f} kcps per SPAD from an empty scene",
                f"at most {MOST_WINDOW_KCPS:.0f}", "Clean the window; check its gap to the sensor.",
            )  # fmt: skip
        window.append(median(blocks))
        steady.append(max(blocks) - min(blocks))
        sun.append(median(ambient))
        brightest.append(high_kcps)
        false.append(float(len(targets)))
    return Found(
        {"empty_kcps": window, "ambient_kcps": sun},
        {"ambient_high_kcps": brightest, "false_targets": false, "spread_kcps": steady},
    )


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    return with_calibrated(config, tof_empty_kcps=tuple(values["empty_kcps"]))


EMPTY = Step(
    "empty",
    "Empty scene and sunlight, for a minute",
    place="wall",
    sensor="tof",
    phases=_phases,
    result=_result,
    depends=("tof.chip", "tof.addresses"),
    put=_put,
    best_days=90,
)
