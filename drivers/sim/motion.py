"""A motion: a person as a table of points over time, and its CSV file.

Points are joint centres in the person's sagittal plane in metres: forward (the way the
person faces) and up from the floor. Angles are degrees, forward positive; ``trunk_deg`` is
the lean of the dowel's line from the vertical.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from drivers.sim.smooth import Array, minimum_jerk

REQUIRED_POINTS = ("ankle", "knee", "hip", "c7")
OPTIONAL_POINTS = ("l5", "thorax", "head", "sacrum")
OPTIONAL_ANGLES = (
    "knee_flex_deg",
    "pelvis_pitch_deg",
    "thorax_pitch_deg",
    "lumbar_flex_deg",
    "lateral_lean_deg",
    "heading_deg",
)
CONTACTS = ("head", "thoracic", "sacrum")

REQUIRED = (
    "time",
    *(f"{point}_{axis}" for point in REQUIRED_POINTS for axis in ("fwd", "up")),
    "trunk_deg",
)
MIN_ROWS = 10
MAX_GAP_S = 0.1
"""Empty cells over at most this time are filled by straight lines."""
MAX_STEP_S = 0.5
HIP_UP_M = (0.2, 1.6)
"""Where a hip joint can be when a motion starts: outside, the units are not metres."""

FARTHEST_M = 100.0
"""Motion capture has its origin in the room; farther is a slip of the pen or another unit."""


class MotionError(ValueError):
    """A motion file that cannot be used: file, line, column, got, expected, in one line."""


@dataclass(frozen=True)
class Motion:
    """A motion of n samples.

    ``time_s`` (n,), strictly increasing; ``points`` name -> (n, 2) metres, forward and up;
    ``angles`` column -> (n,) degrees, always with ``trunk_deg``; ``contacts`` pad -> (n,)
    of 0 and 1, which then rule over what the posture would give.
    """

    time_s: Array
    points: dict[str, Array]
    angles: dict[str, Array]
    contacts: dict[str, Array] = field(default_factory=dict)
    name: str = ""

    @property
    def hip(self) -> Array:
        return self.points["hip"]

    @property
    def trunk_deg(self) -> Array:
        return self.angles["trunk_deg"]

    @property
    def rate_hz(self) -> float:
        """Mean sample rate."""
        return float((len(self.time_s) - 1) / (self.time_s[-1] - self.time_s[0]))

    @property
    def duration_s(self) -> float:
        return float(self.time_s[-1] - self.time_s[0])

    def table(self) -> tuple[list[str], Array]:
        """Points and angles as named columns (n, k), in the order of the file."""
        names: list[str] = []
        columns: list[Array] = []
        for point, xy in self.points.items():
            names += [f"{point}_fwd", f"{point}_up"]
            columns += [xy[:, 0], xy[:, 1]]
        for angle, values in self.angles.items():
            names.append(angle)
            columns.append(values)
        return names, np.stack(columns, axis=1)

    def with_table(self, time_s: Array, table: Array, contacts: dict[str, Array]) -> Motion:
        """The same columns with other samples."""
        points = {}
        at = 0
        for point in self.points:
            points[point] = table[:, at : at + 2]
            at += 2
        angles = {name: table[:, at + i] for i, name in enumerate(self.angles)}
        return Motion(time_s, points, angles, contacts, self.name)

    def evenly(self) -> Motion:
        """The motion on an even time grid of its own rate; itself when it is even already."""
        n = len(self.time_s)
        even = np.linspace(self.time_s[0], self.time_s[-1], n)
        step_s = even[1] - even[0]
        # Times rounded to 0.1 ms are even: moving samples there would only add noise.
        if np.max(np.abs(self.time_s - even)) <= 0.05 * step_s + 0.6e-4:
            return replace(self, time_s=even)
        return self._sampled_at(even)

    def resampled(self, rate_hz: float) -> Motion:
        """The motion at another rate, by straight lines between samples."""
        n = max(2, round(self.duration_s * rate_hz) + 1)
        return self._sampled_at(np.linspace(self.time_s[0], self.time_s[-1], n))

    def _sampled_at(self, time_s: Array) -> Motion:
        _, table = self.table()
        columns = [np.interp(time_s, self.time_s, column) for column in table.T]
        last = np.clip(np.searchsorted(self.time_s, time_s, "right") - 1, 0, len(self.time_s) - 1)
        contacts = {pad: values[last] for pad, values in self.contacts.items()}
        return self.with_table(time_s, np.stack(columns, axis=1), contacts)

    def stretched(self, factor: float) -> Motion:
        """The same motion, slower by ``factor``."""
        if not factor > 0:
            raise ValueError(f"stretch factor {factor}, expected a number above 0")
        start_s = self.time_s[0]
        return replace(self, time_s=start_s + (self.time_s - start_s) * factor)

    def with_contacts_closed(self) -> Motion:
        """The same motion with all three pads pressed throughout."""
        ones = np.ones(len(self.time_s))
        return replace(self, contacts={pad: ones.copy() for pad in CONTACTS})

    def then(self, other: Motion, pause_s: float = 0.5) -> Motion:
        """This motion, a smooth passage of ``pause_s`` and ``other``, with the columns both have.

        The other is moved forward or back so that the hips meet.
        """
        rate_hz = self.rate_hz
        first, second = self.resampled(rate_hz), other.resampled(rate_hz)
        shift = np.array([first.hip[-1, 0] - second.hip[0, 0], 0.0])
        count = max(1, round(pause_s * rate_hz))
        ease = minimum_jerk(np.arange(1, count) / count)

        def joined(a: Array, b: Array) -> Array:
            across = ease.reshape(-1, *([1] * (a.ndim - 1)))
            result: Array = np.concatenate([a, a[-1] + across * (b[0] - a[-1]), b])
            return result

        points = {
            p: joined(xy, second.points[p] + shift)
            for p, xy in first.points.items()
            if p in second.points
        }
        angles = {
            c: joined(v, second.angles[c]) for c, v in first.angles.items() if c in second.angles
        }
        contacts = {
            pad: np.concatenate([v, np.full(count - 1, v[-1]), second.contacts[pad]])
            for pad, v in first.contacts.items()
            if pad in second.contacts
        }
        time_s = first.time_s[0] + np.arange(len(points["hip"])) / rate_hz
        return Motion(time_s, points, angles, contacts, f"{self.name}+{other.name}".strip("+"))


def read_motion(path: str | Path) -> Motion:
    """Read a motion file.

    Raises MotionError when the file cannot be used.
    """
    path = Path(path)
    header, rows, lines = _rows(path)
    where = {name: i for i, name in enumerate(header) if name}
    missing = [name for name in REQUIRED if name not in where]
    if missing:
        raise MotionError(
            f"{path}: line 1: missing column {', '.join(missing)}; "
            f"got {', '.join(header[:8])} ..., expected {', '.join(REQUIRED)}"
        )
    twice = [name for name in where if header.count(name) > 1]
    if twice:
        raise MotionError(f"{path}: line 1: column {twice[0]} stands twice, expected once")
    if len(rows) < MIN_ROWS:
        raise MotionError(f"{path}: got {len(rows)} rows of samples, expected at least {MIN_ROWS}")

    def column(name: str) -> Array:
        return _numbers(path, name, rows, lines, where[name])

    time_s = column("time")
    _check_time(path, time_s, lines)

    def series(name: str, needed: bool) -> Array | None:
        if name not in where:
            return None
        return _filled(path, name, time_s, column(name), lines, needed)

    points: dict[str, Array] = {}
    for point in (*REQUIRED_POINTS, *OPTIONAL_POINTS):
        fwd = series(f"{point}_fwd", point in REQUIRED_POINTS)
        up = series(f"{point}_up", point in REQUIRED_POINTS)
        if fwd is not None and up is not None:
            points[point] = np.stack([fwd, up], axis=1)
    angles: dict[str, Array] = {}
    for angle in ("trunk_deg", *OPTIONAL_ANGLES):
        values = series(angle, angle == "trunk_deg")
        if values is not None:
            angles[angle] = np.unwrap(values, period=360.0)
    contacts: dict[str, Array] = {}
    for pad in CONTACTS:
        values = series(f"contact_{pad}", False)
        if values is not None:
            contacts[pad] = _contact(path, pad, column(f"contact_{pad}"), values, lines)
    hip_up = float(points["hip"][0, 1])
    if not HIP_UP_M[0] <= hip_up <= HIP_UP_M[1]:
        raise MotionError(
            f"{path}: line {lines[0]}: hip_up: got {hip_up:g}, expected {HIP_UP_M[0]} to "
            f"{HIP_UP_M[1]} m: are the points in metres above the floor?"
        )
    for name, xy in points.items():
        far = np.flatnonzero(np.abs(xy).max(axis=1) > FARTHEST_M)
        if len(far):
            i = int(far[0])
            raise MotionError(
                f"{path}: line {lines[i]}: {name}: got {xy[i, 0]:g}, {xy[i, 1]:g}, expected "
                f"metres, at most {FARTHEST_M:g} from the origin"
            )
    return Motion(time_s, points, angles, contacts, path.name)


def write_motion(motion: Motion, path: str | Path) -> None:
    """Write a motion file: metres to 0.1 mm, degrees to 0.01, times to 0.1 ms."""
    names, table = motion.table()
    head = ["time", *names, *(f"contact_{pad}" for pad in motion.contacts)]
    places = [2 if name.endswith("_deg") else 4 for name in names]
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        for i, time_s in enumerate(motion.time_s):
            cells = [f"{value:.{p}f}" for value, p in zip(table[i], places, strict=True)]
            pads = [f"{values[i]:.0f}" for values in motion.contacts.values()]
            writer.writerow([f"{time_s:.4f}", *cells, *pads])


def _rows(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows of cells and the line number of each row."""
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [cell.strip() for cell in next(reader, [])]
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) != len(header):
                    raise MotionError(
                        f"{path}: line {reader.line_num}: got {len(row)} cells, "
                        f"expected {len(header)} as in line 1"
                    )
                rows.append(row)
                lines.append(reader.line_num)
    except OSError as error:
        raise MotionError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MotionError(f"{path}: not text: byte {error.start} is not UTF-8") from error
    except csv.Error as error:
        raise MotionError(f"{path}: line {reader.line_num}: not CSV: {error}") from error
    if not any(header):
        raise MotionError(f"{path}: line 1: empty, expected a header with {', '.join(REQUIRED)}")
    return header, rows, lines


def _numbers(path: Path, name: str, rows: list[list[str]], lines: list[int], at: int) -> Array:
    """One column; nan where the cell is empty."""
    values = np.empty(len(rows))
    for i, row in enumerate(rows):
        cell = row[at].strip()
        if not cell:
            values[i] = math.nan
            continue
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise MotionError(
                f"{path}: line {lines[i]}: {name}: got {cell[:40]!r}, expected a finite number"
            )
        values[i] = value
    return values


def _check_time(path: Path, time_s: Array, lines: list[int]) -> None:
    empty = np.flatnonzero(np.isnan(time_s))
    if len(empty):
        raise MotionError(f"{path}: line {lines[empty[0]]}: time: empty, expected seconds")
    step_s = np.diff(time_s)
    back = np.flatnonzero(step_s <= 0)
    if len(back):
        i = int(back[0]) + 1
        raise MotionError(
            f"{path}: line {lines[i]}: time: got {time_s[i]:g} after {time_s[i - 1]:g}, "
            "expected increasing times"
        )
    far = np.flatnonzero(step_s > MAX_STEP_S)
    if len(far):
        i = int(far[0]) + 1
        raise MotionError(
            f"{path}: line {lines[i]}: time: got {time_s[i]:g} after {time_s[i - 1]:g}, expected "
            f"steps of at most {MAX_STEP_S} s: is the time in seconds?"
        )


def _filled(
    path: Path, name: str, time_s: Array, values: Array, lines: list[int], needed: bool
) -> Array | None:
    """Short gaps filled by straight lines; None for an optional column with a long gap."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) == len(values):
        return values
    if len(known) == 0:
        if needed:
            raise MotionError(f"{path}: {name}: every cell is empty, expected numbers")
        return None
    # Time without a sample: between the known neighbours, less the one step there would be anyway.
    step_s = float(np.median(np.diff(time_s)))
    edges = np.concatenate([[time_s[0] - step_s], time_s[known], [time_s[-1] + step_s]])
    empty_s = np.diff(edges) - step_s
    worst = int(np.argmax(empty_s))
    if empty_s[worst] > MAX_GAP_S + 1e-6:
        if not needed:
            return None
        line = lines[int(known[worst - 1]) + 1] if worst > 0 else lines[0]
        raise MotionError(
            f"{path}: line {line}: {name}: empty for {empty_s[worst]:.2f} s, "
            f"expected gaps of at most {MAX_GAP_S} s"
        )
    filled: Array = np.interp(time_s, time_s[known], values[known])
    return filled


def _contact(path: Path, pad: str, given: Array, filled: Array, lines: list[int]) -> Array:
    odd = np.flatnonzero(~np.isnan(given) & (given != 0) & (given != 1))
    if len(odd):
        i = int(odd[0])
        raise MotionError(
            f"{path}: line {lines[i]}: contact_{pad}: got {given[i]:g}, expected 0 or 1"
        )
    return np.where(filled >= 0.5, 1.0, 0.0)
