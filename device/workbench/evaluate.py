"""``hinge evaluate``: every motion of a folder through the station, against what really happened.

The folder holds motions and an INDEX.csv with a row a rep: ``file, rep, start, end, peak`` (s),
``label`` and ``complete`` (1: both ends upright). Truth of tilt, travel and drop is computed from
the motion's own time series; the pipeline sees registers only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from device.config_model import Config
from device.errors import InputFileError
from device.workbench.motion_run import MotionOptions, Played, load_motion, play_motion
from drivers.sim.player import Truth
from services.schema import RepBody

PAD_NAMES = frozenset({"SACRUM", "THORACIC", "HEAD", "ALL_LOST"})
ROUNDED = PAD_NAMES | {"HIPS_NOT_BACK"}
ACCEPTED: dict[str, frozenset[str]] = {
    "squat": frozenset({"KNEE_DRIVEN", "KNEES_FIRST"}),
    "hinge": frozenset({"GOOD", "KNEES_FIRST"}),
    "hinge-rounded": ROUNDED,
    "spine-bend": ROUNDED,
}
"""Names that say the label. ``mixed`` may be anything but GOOD."""
COLUMNS = ("file", "rep", "start", "end", "peak", "label", "complete")
TOP_S = 0.3
"""The person stood tallest within so long before a rep's start."""


class Wanted(msgspec.Struct, frozen=True):
    """One row of the index."""

    file: str
    rep: int
    start_s: float
    end_s: float
    peak_s: float
    label: str
    complete: bool


class Row(msgspec.Struct, frozen=True):
    """One rep: what it is, what it was called, and how far the measures are off."""

    file: str
    rep: int
    label: str
    complete: bool
    verdict: str | None
    """None: missed."""
    accepted: bool
    tilt_error_deg: float | None = None
    travel_error_mm: float | None = None
    drop_error_mm: float | None = None


class Ghost(msgspec.Struct, frozen=True):
    """A rep that nobody did."""

    file: str
    start_s: float
    end_s: float
    verdict: str


class Errors(msgspec.Struct, frozen=True):
    """Bias, standard deviation and RMSE of a measure, and how many it rests on."""

    n: int
    bias: float | None
    sd: float | None
    rmse: float | None


class Evaluation(msgspec.Struct, frozen=True):
    """The whole folder."""

    folder: str
    motions: int
    rows: list[Row]
    ghosts: list[Ghost]
    confusion: dict[str, dict[str, int]]
    tilt_deg: Errors
    travel_mm: Errors
    drop_mm: Errors
    speed: float
    """Seconds of motion a second of computing."""

    @property
    def findings(self) -> list[str]:
        """What a complete rep should not be, in words."""
        found = [
            f"{row.file} rep {row.rep} ({row.label}): "
            + ("missed" if row.verdict is None else f"named {row.verdict}")
            for row in self.rows
            if row.complete and not row.accepted
        ]
        found += [
            f"{ghost.file}: a rep at {ghost.start_s:.2f} s that nobody did" for ghost in self.ghosts
        ]
        return found


def read_index(folder: Path) -> list[Wanted]:
    """Raises ``InputFileError``: no index, a missing column, a cell that is no number."""
    path = folder / "INDEX.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputFileError(
                    path,
                    "missing column",
                    got=", ".join(reader.fieldnames or ()) or "an empty file",
                    expected=", ".join(missing),
                )
            return [_wanted(path, number, row) for number, row in enumerate(reader, start=2)]
    except OSError as error:
        raise InputFileError(
            path, "cannot be read", got=error.strerror or str(error), expected="a row a rep"
        ) from None


def _wanted(path: Path, line: int, row: dict[str, str | None]) -> Wanted:
    def number(name: str) -> float:
        text = row[name] or ""
        try:
            return float(text)
        except ValueError:
            raise InputFileError(
                path, f"line {line}, column {name}", got=repr(text), expected="a number"
            ) from None

    return Wanted(
        file=row["file"] or "",
        rep=int(number("rep")),
        start_s=number("start"),
        end_s=number("end"),
        peak_s=number("peak"),
        label=row["label"] or "",
        complete=number("complete") == 1.0,
    )


def evaluate(
    config: Config,
    folder: Path,
    options: MotionOptions,
    only_closed: bool,
    now_s: Callable[[], float],
    progress: Callable[[str, int, int], None],
) -> Evaluation:
    """Play every motion of the index. ``only_closed``: pads were forced closed, so a rounded
    bend may be named HIPS_NOT_BACK or GOOD as its ratio says, and no pad may be named."""
    index = read_index(folder)
    files = list(dict.fromkeys(wanted.file for wanted in index))
    rows: list[Row] = []
    ghosts: list[Ghost] = []
    length_s = 0.0
    begun_s = now_s()
    for number, file in enumerate(files):
        progress(file, number, len(files))
        played = play_motion(config, load_motion(folder / file), options, source=file)
        length_s += played.result.duration_s
        wanted = [w for w in index if w.file == file]
        more, extra = compare(wanted, played, options.stretch, only_closed)
        rows += more
        ghosts += extra
    progress("", len(files), len(files))
    confusion: dict[str, dict[str, int]] = {}
    for row in rows:
        line = confusion.setdefault(row.label, {})
        name = row.verdict or "missed"
        line[name] = line.get(name, 0) + 1
    return Evaluation(
        folder=folder.name,
        motions=len(files),
        rows=rows,
        ghosts=ghosts,
        confusion=confusion,
        tilt_deg=_errors([row.tilt_error_deg for row in rows]),
        travel_mm=_errors([row.travel_error_mm for row in rows]),
        drop_mm=_errors([row.drop_error_mm for row in rows]),
        speed=round(length_s / max(now_s() - begun_s, 1e-9), 1),
    )


def compare(
    wanted: Sequence[Wanted], played: Played, stretch: float, only_closed: bool
) -> tuple[list[Row], list[Ghost]]:
    """Match reps to the index by the instant of their peak."""
    reps = played.result.reps
    used: set[int] = set()
    rows = []
    for want in wanted:
        peak_s = want.peak_s * stretch
        match = next(
            (
                i
                for i, rep in enumerate(reps)
                if i not in used and rep.start_s <= peak_s <= rep.end_s
            ),
            None,
        )
        if match is None:
            rows.append(Row(want.file, want.rep, want.label, want.complete, None, False))
            continue
        used.add(match)
        rows.append(_row(want, reps[match], played.truth, only_closed))
    ghosts = [
        Ghost(played.result.source, rep.start_s, rep.end_s, rep.verdict)
        for i, rep in enumerate(reps)
        if i not in used
    ]
    return rows, ghosts


def accepted(label: str, verdict: str, pads_opened: bool, only_closed: bool) -> bool:
    """Whether ``verdict`` says ``label``."""
    if only_closed:
        if verdict in PAD_NAMES:
            return False
        if label in ("hinge-rounded", "spine-bend"):
            return verdict in ("HIPS_NOT_BACK", "GOOD")
    if label == "mixed":
        return verdict != "GOOD"
    if label == "hinge" and pads_opened:
        # The posture opened a pad: to say so is right, whatever the lift is called.
        return verdict in ACCEPTED["hinge"] | PAD_NAMES
    return verdict in ACCEPTED.get(label, frozenset())


def _row(want: Wanted, rep: RepBody, truth: Truth, only_closed: bool) -> Row:
    loss = rep.contact_loss_ms
    opened = any((ms or 0) > 0 for ms in (loss.head, loss.thoracic, loss.sacrum))
    time_s = truth.time_s
    before = (time_s >= rep.start_s - TOP_S) & (time_s <= rep.start_s)
    if not before.any():
        before[:1] = True
    tallest = int(np.argmin(np.where(before, truth.hip_drop_mm, np.inf)))
    inside = (time_s >= rep.start_s) & (time_s <= rep.end_s)
    down = (time_s >= rep.start_s) & (time_s <= rep.bottom_s)

    def off(
        measured: float | None, series: np.ndarray, over: np.ndarray, zero: float
    ) -> float | None:
        if measured is None or not over.any():
            return None
        return round(measured - (float(np.max(series[over])) - zero), 2)

    return Row(
        file=want.file,
        rep=want.rep,
        label=want.label,
        complete=want.complete,
        verdict=rep.verdict,
        accepted=accepted(
            want.label, rep.verdict, opened, only_closed or rep.contacts == "not_judged"
        ),
        tilt_error_deg=off(rep.peak_tilt_deg, truth.tilt_deg, inside, 0.0),
        travel_error_mm=off(
            rep.hip_travel_mm, truth.hip_travel_mm, down, float(truth.hip_travel_mm[tallest])
        ),
        drop_error_mm=off(
            rep.hip_drop_mm, truth.hip_drop_mm, inside, float(truth.hip_drop_mm[tallest])
        ),
    )


def _errors(values: Sequence[float | None]) -> Errors:
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return Errors(0, None, None, None)
    return Errors(
        len(known),
        round(float(known.mean()), 2),
        round(float(known.std()), 2),
        round(float(np.sqrt((known**2).mean())), 2),
    )
