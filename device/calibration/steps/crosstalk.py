"""Light that the window throws back onto each ranger (ST UM2510).

It pulls far ranges short. A board is moved away until it shows, for each ranger by itself; from
there ``crosstalk = signal per SPAD * (1 - mean / true)``. Then the same with the compensation in
force.
"""

from __future__ import annotations

from collections.abc import Mapping

from device.calibration.ranges import Seen, not_seen, seen
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

LADDER_MM = (300.0, 450.0, 600.0, 800.0, 1000.0)
SECONDS = 4.0
ONSET_SHARE = 0.04
ONSET_MM = 15.0
"""The error has set in where it is more than either: a tape is read to 3 mm, an offset to 1 mm."""
MOST_KCPS = 20.0
MOST_FAR_SHARE = 0.015
MOST_FAR_MM = 8.0
RESIDUAL_SHARE = 0.015
RESIDUAL_MM = 8.0


def _ask(number: int) -> Ask:
    return Ask(f"board_{number}_mm", "mm", LADDER_MM[number], 200.0, 1200.0)


def _phases(ground: Ground) -> tuple[Phase, ...]:
    tells = ["Stand a light board (60 x 80 cm or more) square to the rangers"] + [
        "Move the board further away"
    ] * (len(LADDER_MM) - 1)
    return tuple(
        Phase(
            f"board{number}",
            f"{tell}, its face {mm:.0f} mm from their lenses (measured to 2 mm; else type it).",
            SECONDS,
            (_ask(number),),
        )
        for number, (tell, mm) in enumerate(zip(tells, LADDER_MM, strict=True))
    )


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    return not_seen(ground, got, key)


def _true_mm(ground: Ground, number: int) -> float:
    return ground.typed[_ask(number).name]


def _onset(board: Seen, true_mm: float) -> bool:
    return true_mm - board.mean_mm > max(ONSET_MM, ONSET_SHARE * true_mm, 5.0 * board.error_mm)


def _enough(ground: Ground, samples: Samples) -> bool:
    return all(
        any(
            _onset(seen(samples[f"board{number}"].tof[ranger]), _true_mm(ground, number))
            for number in range(len(samples))
        )
        for ranger in range(ground.rangers)
    )


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    found, at, errors = [], [], []
    for ranger in range(ground.rangers):
        for number in range(len(samples)):
            true_mm = _true_mm(ground, number)
            board = seen(samples[f"board{number}"].tof[ranger])
            if board.mean_mm - true_mm > max(MOST_FAR_MM, MOST_FAR_SHARE * true_mm):
                return Complaint(
                    f"ranger {ranger}", f"{board.mean_mm:.0f} mm for a board at {true_mm:.0f} mm",
                    "as far or nearer", "Measure again, or calibrate the offset again.",
                )  # fmt: skip
            if _onset(board, true_mm):
                break
        # Where it has not set in up to the last, what is left there is the best that is known.
        kcps = max(0.0, board.signal_kcps * (1.0 - board.mean_mm / true_mm))
        if kcps > MOST_KCPS:
            return Complaint(
                f"ranger {ranger}", f"{kcps:.1f} kcps per SPAD from the window",
                f"at most {MOST_KCPS:.0f}", "Clean the window; check its gap to the sensor.",
            )  # fmt: skip
        found.append(round(512.0 * kcps) / 512.0)  # the register's steps
        at.append(true_mm)
        errors.append(board.signal_kcps * board.error_mm / true_mm)
    return Found({"crosstalk_kcps": found}, {"measured_at_mm": at, "standard_error_kcps": errors})


def _verify(ground: Ground, samples: Samples, got: Gathered) -> Complaint | dict[str, list[float]]:
    complaint = not_seen(ground, got, "board, compensation in force")
    if complaint is not None:
        return complaint
    true_mm = _true_mm(ground, len(samples) - 1)
    left = [seen(got.tof[ranger]).mean_mm - true_mm for ranger in range(ground.rangers)]
    for ranger, mm in enumerate(left):
        if abs(mm) > max(RESIDUAL_MM, RESIDUAL_SHARE * true_mm):
            return Complaint(
                f"ranger {ranger} with its compensation", f"{mm:+.1f} mm off the board",
                f"within {max(RESIDUAL_MM, RESIDUAL_SHARE * true_mm):.0f} mm",
                "Was the board moved? Begin again.",
            )  # fmt: skip
    return {"residual_mm": left}


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    return with_calibrated(config, tof_crosstalk_kcps=tuple(values["crosstalk_kcps"]))


CROSSTALK = Step(
    "crosstalk",
    "Light that the window throws back",
    place="wall",
    sensor="tof",
    phases=_phases,
    result=_result,
    depends=("tof.chip", "tof.addresses"),
    put=_put,
    best_days=180,
    needs=("offset",),
    check=_check,
    enough=_enough,
    verify=_verify,
)
