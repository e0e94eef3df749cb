"""Range offset of each ranger, with a board at a known distance (ST UM2510).

The chip's own offsets are zeroed, a board is ranged; what is missing to the known distance is
the offset. Then the same once more with it in force.
"""

from __future__ import annotations

from collections.abc import Mapping

from device.calibration.ranges import not_seen, seen
from device.calibration.step import (
    Ask,
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

MOST_MM = 60.0
"""Parts are off by some 25 mm (ST); more means that the board is somewhere else."""
RESIDUAL_MM = 3.0
SECONDS = 3.0

BOARD = Ask("board_mm", "mm", 140.0, 60.0, 400.0)


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (
        Phase(
            "board",
            "Hold a grey or white board square in front of the rangers, its face 140 mm from their "
            "lenses (measure it; another distance can be typed).",
            SECONDS,
            (BOARD,),
        ),
    )


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    return not_seen(ground, got, "board")


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    true_mm = ground.typed[BOARD.name]
    offsets, spreads, errors = [], [], []
    for ranger in range(ground.rangers):
        board = seen(samples["board"].tof[ranger])
        offset_mm = true_mm - board.mean_mm
        if abs(offset_mm) > MOST_MM:
            return Complaint(
                f"ranger {ranger}", f"{board.mean_mm:.0f} mm for a board at {true_mm:.0f} mm",
                f"within {MOST_MM:.0f} mm", "Measure the board's distance from the lens again.",
            )  # fmt: skip
        offsets.append(round(4.0 * offset_mm) / 4.0)  # the register's steps
        spreads.append(board.sd_mm)
        errors.append(board.error_mm)
    return Found({"offset_mm": offsets}, {"sigma_mm": spreads, "standard_error_mm": errors})


def _verify(ground: Ground, samples: Samples, got: Gathered) -> Complaint | dict[str, list[float]]:
    complaint = not_seen(ground, got, "board, offset in force")
    if complaint is not None:
        return complaint
    true_mm = ground.typed[BOARD.name]
    left = [seen(got.tof[ranger]).mean_mm - true_mm for ranger in range(ground.rangers)]
    for ranger, mm in enumerate(left):
        if abs(mm) > RESIDUAL_MM:
            return Complaint(
                f"ranger {ranger} with its offset", f"{mm:+.1f} mm off the board",
                f"within {RESIDUAL_MM:.0f} mm", "Was the board moved? Begin again.",
            )  # fmt: skip
    return {"residual_mm": left}


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    return with_calibrated(config, tof_offset_mm=tuple(values["offset_mm"]))


OFFSET = Step(
    "offset",
    "Range offset, with a board at a known distance",
    place="wall",
    sensor="tof",
    phases=_phases,
    result=_result,
    depends=("tof.chip", "tof.addresses"),
    put=_put,
    best_days=365,
    check=_check,
    verify=_verify,
    prepare=lambda config: with_calibrated(
        config, tof_offset_mm=(0.0,) * len(config.tof.addresses)
    ),
)
