"""``hinge drills``: the catalogue, and where to stand for it."""

from __future__ import annotations

import difflib
import math
import sys
from typing import Any

import click
import msgspec

from device.anthropometry import DEFAULT_STATURE_M
from device.drills import DRILLS, Drill
from device.errors import UsageError
from device.wall import SEED_DISTANCES, distances, tap_tilt_at_deg

LEAST_M, MOST_M = 1.0, 2.3


class Stand(msgspec.Struct, frozen=True):
    """A place to stand, and the tilt that a tap there takes, with the weight over mid-foot or 4 cm
    nearer to the heels; null where it is out of reach."""

    name: str
    heels_cm: float
    tap_tilt_deg: float | None
    tap_tilt_on_heels_deg: float | None


class Entry(msgspec.Struct, frozen=True):
    """A drill of the catalogue."""

    name: str
    code: str
    title: str
    how: str
    sensors: tuple[str, ...]
    imu: str
    target_deg: tuple[float, float]
    sets: int
    reps: int
    stances: tuple[str, ...]
    armed: tuple[str, ...]
    loaded: bool
    reach_cm: float | None
    easier: str | None
    harder: str | None
    regress: str
    progress: str


class Catalogue(msgspec.Struct, frozen=True):
    """Drills, and the places to stand for somebody of this stature."""

    stature_m: float
    stands: tuple[Stand, ...]
    drills: tuple[Entry, ...]


def catalogue(stature_m: float, name: str | None = None) -> Catalogue:
    """Raises ``UsageError`` for a drill that does not exist or a stature that nobody has."""
    if not (math.isfinite(stature_m) and LEAST_M <= stature_m <= MOST_M):
        raise UsageError(f"--stature: got {stature_m:g}, expected {LEAST_M} to {MOST_M} m")
    if name is not None and name not in DRILLS:
        near = difflib.get_close_matches(name, DRILLS, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"drill: got {name!r}, expected one of {', '.join(DRILLS)}.{meant}")
    chosen = DRILLS.values() if name is None else (DRILLS[name],)
    return Catalogue(stature_m, stands(stature_m), tuple(_entry(d, stature_m) for d in chosen))


def stands(stature_m: float) -> tuple[Stand, ...]:
    """The personal distances and the seeds' own, with the tilt that a tap there takes."""
    found = []
    for place in distances(stature_m):
        tilts = (
            tap_tilt_at_deg(place, stature_m),
            tap_tilt_at_deg(place, stature_m, on_heels=True),
        )
        shown = [None if tilt is None else round(tilt) for tilt in tilts]
        found.append(Stand(place.name, round(100 * place.heels_m, 1), *shown))
    return tuple(found)


def _entry(drill: Drill, stature_m: float) -> Entry:
    return Entry(
        name=drill.name,
        code=drill.code,
        title=drill.title,
        how=drill.how,
        sensors=drill.sensors,
        imu=drill.imu,
        target_deg=(drill.target_low_deg, drill.target_high_deg),
        sets=drill.sets,
        reps=drill.reps,
        stances=drill.stances,
        armed=tuple(sorted(drill.armed)),
        loaded=drill.loaded,
        reach_cm=None if drill.reach_share is None else round(100 * drill.reach_share * stature_m),
        easier=drill.easier,
        harder=drill.harder,
        regress=drill.regress,
        progress=drill.progress,
    )


def _rows(found: Catalogue) -> list[str]:
    """In columns; the last one is the widest, so that nothing is cut."""
    rows = [("drill", "no", "needs", "tilt", "dose", "easier", "harder")]
    for drill in found.drills:
        low, high = drill.target_deg
        side = "" if "parallel" in drill.stances else " a side"
        rows.append(
            (
                drill.name,
                drill.code,
                _needs(drill),
                f"{low:.0f}-{high:.0f}°",
                f"{drill.sets} x {drill.reps}{side}",
                drill.easier or "-",
                drill.harder or "-",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _needs(drill: Entry) -> str:
    """The sensors in short: the IMU by where it rides."""
    short = {"ranger": "ToF", "IMU": drill.imu, "pads": "pads"}
    return " ".join(short[sensor] for sensor in drill.sensors) or "by hand"


def _lines(found: Catalogue) -> list[str]:
    lines = []
    if len(found.drills) == 1:
        (drill,) = found.drills
        lines += [f"{drill.title}: {drill.how}"]
        lines += [f"Needs: {', '.join(drill.sensors) or 'nothing: counted by hand'}."]
        lines += [f"Judged: {', '.join(drill.armed) or 'nothing'}."]
        lines += [f"Too hard: {drill.regress}."] if drill.regress else []
        lines += [f"Too easy: {drill.progress}."] if drill.progress else []
        lines += [f"Reach: {drill.reach_cm:.0f} cm."] if drill.reach_cm is not None else []
    lines.append(f"Heels to the wall at a stature of {found.stature_m:.2f} m:")
    for stand in found.stands:
        own = "" if stand.name in {d.name for d in SEED_DISTANCES} else "own "
        lines.append(f"  {stand.heels_cm:5.1f} cm  {own}{stand.name}: {_tap(stand)}")
    return lines


def _tap(stand: Stand) -> str:
    if stand.tap_tilt_deg is not None:
        return f"tap at {stand.tap_tilt_deg:.0f}°"
    if stand.tap_tilt_on_heels_deg is not None:
        return f"tap at {stand.tap_tilt_on_heels_deg:.0f}° with the weight on the heels"
    return "reach only, no tap"


@click.command()
@click.argument("name", required=False)
@click.option(
    "--stature",
    "stature_m",
    type=float,
    default=DEFAULT_STATURE_M,
    show_default=True,
    help="Stature in metres, for the distances.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def drills(name: str | None, stature_m: float, as_json: bool) -> None:
    """The catalogue of drills: sensors, targets, doses, what is judged, where to stand."""
    found = catalogue(stature_m, name)
    if as_json:
        shown: Any = msgspec.json.format(msgspec.json.encode(found), indent=2)
        sys.stdout.write(shown.decode() + "\n")
        return
    for line in (*_rows(found), "", *_lines(found)):
        click.echo(line)
