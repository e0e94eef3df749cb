"""The wall's plane: how far each ranger stands behind it, with a board flush on the wall."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import msgspec

from device.calibration.ranges import not_seen, seen
from device.calibration.step import (
    Complaint,
    Found,
    Gathered,
    Ground,
    Phase,
    Samples,
    Step,
    with_calibrated,
)
from device.config_model import Config

SECONDS = 3.0
LEAST_MM, MOST_MM = 15.0, 150.0
MOST_APART_MM = 25.0
"""From ranger to ranger: they hang in one box."""


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (
        Phase(
            "flush",
            "Press a flat light board flush against the wall's face (or the box's), over all "
            "rangers.",
            SECONDS,
        ),
    )


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    return not_seen(ground, got, "board flush on the wall")


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    boards = [seen(samples["flush"].tof[ranger]) for ranger in range(ground.rangers)]
    recess = [board.mean_mm for board in boards]
    for ranger, mm in enumerate(recess):
        if not LEAST_MM <= mm <= MOST_MM:
            return Complaint(
                f"ranger {ranger}", f"{mm:.0f} mm to the board",
                f"{LEAST_MM:.0f} to {MOST_MM:.0f} mm", "Press the board flush against the wall.",
            )  # fmt: skip
    if max(recess) - min(recess) > MOST_APART_MM:
        texts = ", ".join(f"{mm:.0f}" for mm in recess)
        return Complaint(
            "the rangers", f"{texts} mm to the board", f"within {MOST_APART_MM:.0f} mm",
            "Press the board flush over all of them; check that the box is upright.",
        )  # fmt: skip
    return Found({"recess_mm": recess}, {"sigma_mm": [board.sd_mm for board in boards]})


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    """One plane for all: what a ranger stands deeper or less deep goes into its offset."""
    recess = values["recess_mm"]
    plane_mm = median(recess)
    offsets = config.calibrated.tof_offset_mm
    if offsets is not None:
        moved = zip(offsets, recess, strict=True)
        config = with_calibrated(
            config, tof_offset_mm=tuple(mm + plane_mm - own_mm for mm, own_mm in moved)
        )
    tof = msgspec.structs.replace(config.tof, recess_mm=plane_mm)
    return msgspec.structs.replace(config, tof=tof)


PLANE = Step(
    "plane",
    "The wall's plane, with a board flush on it",
    place="wall",
    sensor="tof",
    phases=_phases,
    result=_result,
    depends=("tof.chip", "tof.addresses", "tof.recess_mm"),
    put=_put,
    best_days=365,
    needs=("offset",),
    check=_check,
)
