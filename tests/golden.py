"""Golden replays: the kept motions through the simulated chips, and what came of them.

``python -m tests.golden --write`` (``make golden``) writes them anew; without ``--write`` it says
what differs. A change of judging shows here as a diff to be looked at.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from device.config_model import Config
from device.workbench.motion_run import MotionOptions, load_motion, play_motion
from services.schema import RepBody

MOTIONS = Path(__file__).parent / "data" / "motions"
GOLDEN = Path(__file__).parent / "data" / "golden"
MADE_BY = "make golden"
TOLERANCES = {
    "start_s": 0.02,
    "bottom_s": 0.02,
    "end_s": 0.02,
    "peak_tilt_deg": 0.5,
    "hip_drop_mm": 8.0,
    "hip_travel_mm": 8.0,
    "hip_return_mm": 8.0,
    "peak_rate_dps": 3.0,
}
EXACT = ("verdict", "valid", "contacts", "beam_off_hip")


def names() -> list[str]:
    """The motions, without their ending."""
    return sorted(path.stem for path in MOTIONS.glob("*.csv") if path.stem != "INDEX")


def play(name: str, seed: int = 0) -> list[RepBody]:
    """The reps of one motion."""
    path = MOTIONS / f"{name}.csv"
    options = MotionOptions(seed=seed)
    return play_motion(Config(), load_motion(path), options, source=path.name).result.reps


def kept(reps: list[RepBody]) -> list[dict[str, Any]]:
    """What a golden file holds of the reps."""
    rows = []
    for rep in reps:
        values: dict[str, Any] = msgspec.to_builtins(rep)
        row = {field: values[field] for field in EXACT}
        for field in TOLERANCES:
            value = values[field]
            row[field] = None if value is None else round(value, 2)
        row["faults"] = sorted({fault["code"] for fault in values["faults"]})
        rows.append(row)
    return rows


def differences(name: str, expected: list[dict[str, Any]], got: list[dict[str, Any]]) -> list[str]:
    """One line for each."""
    if len(expected) != len(got):
        return [f"{name}: {len(got)} reps, expected {len(expected)}"]
    found = []
    for number, (a, b) in enumerate(zip(expected, got, strict=True), 1):
        for field in a:
            near = TOLERANCES.get(field)
            if near is None or a[field] is None or b[field] is None:
                same = a[field] == b[field] or field == "faults"
            else:
                same = abs(a[field] - b[field]) <= near
            if not same:
                found.append(f"{name} rep {number}: {field} {b[field]}, expected {a[field]}")
    return found


def read(name: str) -> list[dict[str, Any]]:
    """The golden reps of a motion."""
    reps: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text())["reps"]
    return reps


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Replace the golden reps of a motion."""
    GOLDEN.mkdir(exist_ok=True)
    golden = {"motion": f"{name}.csv", "made_by": MADE_BY, "seed": 0, "reps": rows}
    (GOLDEN / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n")


def main(arguments: list[str]) -> int:
    """0 when all is as it was, or written."""
    status = 0
    for name in names():
        rows = kept(play(name))
        if arguments == ["--write"]:
            write(name, rows)
            continue
        for line in differences(name, read(name), rows):
            status = 1
            print(line)  # noqa: T201  # a command's output
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
