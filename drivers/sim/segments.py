"""Pieces of a visit to the wall, each ready to be played: coming, picking up, reps, leaving.

Every piece begins and ends standing still in the same place (or away), so pieces join
without a jump. Sway runs on through all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from drivers.sim.body import PATTERNS, Body, Posture, Rep, draw_rep, posture_of, standing
from drivers.sim.dowel import (
    CLIP_BEHIND_M,
    CLIP_UP_M,
    IMU_BEHIND_M,
    IMU_UP_M,
    Moving,
    Worn,
    imu_series,
)
from drivers.sim.film import Film, filmed
from drivers.sim.knock import knocks_mps2
from drivers.sim.motion import CONTACTS, Motion
from drivers.sim.outline import BUTTOCK_M, DowelShape, Outline, look
from drivers.sim.player import (
    GRID_HZ,
    RANGE_EVERY,
    RECESS_M,
    TOF_BELOW_HIP_M,
    Track,
    Truth,
    hanging_hem_m,
    sway_in_time,
)
from drivers.sim.posture import FULL_N, SACRUM_OPENS_DEG, pad_forces_n
from drivers.sim.smooth import Array, minimum_jerk

AWAY_M = 3.2
"""How far in front of the standing place somebody is who has left: out of every beam."""
PELVIS_TURNS = 1 / 3
"""Share of the trunk's turn that the pelvis goes along with (assumption)."""
HOOK_M = (-0.35, 1.25)
"""Where the dowel's IMU hangs: forward of the standing hip, and up from the floor."""

SAYS = {
    "away": "Nobody is here; the dowel hangs on its hook.",
    "approach": "I am walking up to the wall.",
    "pick_up": "I am taking the dowel and laying it along my back.",
    "stand": "I am standing tall.",
    "rest": "I am resting, standing, with the dowel on my back.",
    "hang_up": "I am hanging the dowel back on its hook.",
    "leave": "I am walking away.",
    "hinge": "I am doing a good hinge.",
    "squat": "I am squatting: knees forward, hips down.",
    "knees_first": "I am bending my knees before my hips.",
    "trunk_bend": "I am bending my trunk without sending the hips back.",
    "trunk_bend_mild": "I am bending my trunk and sending the hips back too little.",
    "rounding": "I am rounding my low back.",
    "rounding_mild": "I am rounding my low back a little.",
    "head_drop": "I am letting my head drop.",
    "overarch": "I am leaning back too far at the top.",
    "side_lean": "I am leaning to one side as I hinge.",
    "twist": "I am turning my trunk as I hinge.",
    "back_to_wall": "I am sitting back so that my shoulders reach the wall.",
}
STEPS = tuple(SAYS)


@dataclass(frozen=True)
class Place:
    """How the station stands to the person: see MotionScene for the meaning of each."""

    gap_m: float = 0.50
    tof_heights_m: tuple[float, ...] | None = None
    recess_m: float = RECESS_M
    reflectance: float = 0.4
    sway_mm: float = 5.0
    sacrum_opens_deg: float = SACRUM_OPENS_DEG
    hem_mm: float = 0.0
    never_closes: tuple[str, ...] = ()
    """Pads that this person's hair, belt or shape never lets close."""
    dowel_low_m: float = 0.0
    """How far the dowel's lower end hangs below the hip joint."""
    always_closes: tuple[str, ...] = ()
    """Pads that a hand presses, or that are stuck, as long as the dowel is with this person."""
    worn: Worn = "dowel"
    """"clip": the IMU is over the sacrum from the first instant on, and no dowel is there."""


@dataclass(frozen=True)
class Segment:
    """One piece: what the chips feel, how long, in plain words, and the truth about it."""

    step: str
    says: str
    duration_s: float
    track: Track
    truth: Truth
    rep: Rep | None = None
    film: Film | None = None


@dataclass
class Felt:
    """What all chips feel during a piece, on the grids of Track, and the truth about it.

    Pieces that are not a plain posture change these series before they become a track.
    """

    imu: Array
    force_n: Array
    ranges: list[tuple[Array, Array]]
    truth: Truth
    film: Film


@dataclass(frozen=True)
class Carried:
    """A dowel that is not simply worn: its IMU's place (n, 2) m, pitch and roll (n, 2) rad,
    how far it is laid on the back (n,) 0 to 1, and pad forces (n, 3)."""

    place: Array
    turn: Array
    on_back: Array
    force_n: Array


class SegmentMaker:
    """Makes segments for one body at one place; random draws come from ``seed``."""

    def __init__(self, body: Body, place: Place | None = None, seed: int = 0) -> None:
        self.body = body
        self.place = place or Place()
        wrong = {*self.place.never_closes, *self.place.always_closes} - set(CONTACTS)
        if wrong:
            raise ValueError(f"pad {min(wrong)!r}, expected one of {', '.join(CONTACTS)}")
        self.rng = np.random.default_rng(seed)
        self._sway_seed = int(self.rng.integers(2**31))
        hip_fwd, hip_up = body.rest_hip()
        self.tof_heights_m = self.place.tof_heights_m or (hip_up - TOF_BELOW_HIP_M,)
        self._sensor_fwd_m = (
            hip_fwd - BUTTOCK_M * body.girth - self.place.gap_m - self.place.recess_m
        )
        self._wall_fwd_m = self._sensor_fwd_m + self.place.recess_m
        self._behind_m = IMU_BEHIND_M + BUTTOCK_M * (body.girth - 1.0)
        self._shape = DowelShape(low_m=-self.place.dowel_low_m, behind_m=self._behind_m)
        self.hook = np.array([hip_fwd + HOOK_M[0], HOOK_M[1]])

    def make(self, step: str, start_s: float, args: Mapping[str, float] | None = None) -> Segment:
        """The segment of ``step`` that begins at ``start_s`` (for the sway).

        ``args``: ``for_s`` for steps without reps; fields of Rep and ``pause_s`` (standing
        after it) for reps. Raises ValueError for an unknown step or argument.
        """
        given = dict(args or {})
        if step in PATTERNS:
            return self._rep(step, start_s, given)
        makers: dict[str, tuple[float, Callable[[float, float], Segment]]] = {
            "away": (5.0, self._away),
            "approach": (4.0, self._approach),
            "pick_up": (5.0, self._pick_up),
            "stand": (3.0, self._stand),
            "rest": (10.0, self._rest),
            "hang_up": (4.0, self._hang_up),
            "leave": (4.0, self._leave),
        }
        if step not in makers:
            raise ValueError(f"step {step!r}, expected one of {', '.join(STEPS)}")
        for_s, maker = makers[step]
        for_s = given.pop("for_s", for_s)
        if given:
            raise ValueError(f"step {step!r}: argument {next(iter(given))!r}, expected for_s")
        if not for_s > 0:
            raise ValueError(f"step {step!r}: for_s {for_s}, expected a time above 0 s")
        return maker(start_s, for_s)

    def _rep(self, pattern: str, start_s: float, given: dict[str, float]) -> Segment:
        pause_s = given.pop("pause_s", float(self.rng.uniform(0.8, 1.4)))
        rep = draw_rep(pattern, self.rng)
        known = {f.name for f in fields(Rep)} - {"pattern"}
        wrong = set(given) - known
        if wrong:
            raise ValueError(
                f"step {pattern!r}: argument {min(wrong)!r}, "
                f"expected pause_s or one of {', '.join(sorted(known))}"
            )
        changes: dict[str, Any] = given
        rep = replace(rep, **changes)
        if min(rep.down_s, rep.up_s) <= 0 or min(rep.hold_s, pause_s) < 0 or not 0 <= rep.lag < 1:
            raise ValueError(
                f"step {pattern!r}: down {rep.down_s}, hold {rep.hold_s}, up {rep.up_s}, pause "
                f"{pause_s} s, lag {rep.lag}: expected times above 0 and a lag of 0 to 1"
            )
        time_s = grid_s(rep.duration_s + pause_s)
        return self._on_back(pattern, start_s, time_s, posture_of(rep, time_s), rep)

    def _stand(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        return self._on_back("stand", start_s, time_s, standing(len(time_s)))

    def _rest(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        return self._on_back("rest", start_s, time_s, standing(len(time_s)))

    def _away(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        return self._hung("away", start_s, time_s, np.full(len(time_s), AWAY_M))

    def _approach(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        come = minimum_jerk(time_s / (0.8 * for_s))
        return self._hung("approach", start_s, time_s, AWAY_M * (1 - come))

    def _leave(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        return self._hung("leave", start_s, time_s, AWAY_M * minimum_jerk(time_s / (0.8 * for_s)))

    def _pick_up(self, start_s: float, for_s: float) -> Segment:
        """A fifth reaching, two fifths carrying, then the pads close from the sacrum up."""
        time_s = grid_s(for_s)
        share = time_s / for_s
        laid = minimum_jerk((share - 0.2) / 0.4)
        press = [minimum_jerk((share - from_) / 0.05) for from_ in (0.78, 0.72, 0.65)]
        return self._moved("pick_up", start_s, time_s, laid, press)

    def _hang_up(self, start_s: float, for_s: float) -> Segment:
        time_s = grid_s(for_s)
        share = time_s / for_s
        laid = 1 - minimum_jerk((share - 0.3) / 0.5)
        press = [1 - minimum_jerk((share - from_) / 0.05) for from_ in (0.10, 0.15, 0.20)]
        return self._moved("hang_up", start_s, time_s, laid, press)

    def hung(self, n: int) -> Carried:
        """The dowel on its hook for ``n`` instants."""
        place = np.broadcast_to(self.hook, (n, 2))
        return Carried(place, np.zeros((n, 2)), np.zeros(n), np.zeros((n, 3)))

    def _hung(self, step: str, start_s: float, time_s: Array, offset_m: Array) -> Segment:
        n = len(time_s)
        return self._play(step, start_s, time_s, standing(n), offset_m, self.hung(n), None)

    def _moved(
        self, step: str, start_s: float, time_s: Array, laid: Array, press: list[Array]
    ) -> Segment:
        n = len(time_s)
        # On its way the dowel is lifted off, leans forward and sideways.
        swing = np.sin(np.pi * laid) ** 2
        place = self.hook + np.stack([np.zeros(n), 0.15 * swing], axis=1)
        turn = np.radians(np.stack([25 * swing, 12 * swing], axis=1))
        force = FULL_N * np.stack(press, axis=1)
        carried = Carried(place, turn, laid, force)
        return self._play(step, start_s, time_s, standing(n), np.zeros(n), carried, None)

    def _on_back(
        self, step: str, start_s: float, time_s: Array, posture: Posture, rep: Rep | None = None
    ) -> Segment:
        return self._play(step, start_s, time_s, posture, np.zeros(len(time_s)), None, rep)

    def _play(
        self,
        step: str,
        start_s: float,
        time_s: Array,
        posture: Posture,
        offset_m: Array,
        carried: Carried | None,
        rep: Rep | None,
    ) -> Segment:
        felt = self.feel(start_s, time_s, posture, offset_m, carried)
        track = Track(felt.imu, felt.force_n, felt.ranges, self.place.reflectance)
        return Segment(step, SAYS[step], float(time_s[-1]), track, felt.truth, rep, felt.film)

    def feel(
        self,
        start_s: float,
        time_s: Array,
        posture: Posture,
        offset_m: Array,
        carried: Carried | None,
    ) -> Felt:
        """What the chips feel of a posture, ``offset_m`` (n,) forward of the standing place,
        with the dowel on the back (None) or ``carried``. ``time_s`` (n,): see grid_s."""
        lean = sway_in_time(time_s + start_s, self.place.sway_mm, self._sway_seed).value[:, 0]
        motion = self.body.motion(time_s, posture, lean)
        left_m = self.body.hip_left_m(posture)
        imu, force_n = self._clip(motion, left_m, offset_m) or self._dowel(motion, left_m, carried)
        for pad in self.place.never_closes:
            force_n[:, CONTACTS.index(pad)] = 0.0
        held = slice(None) if carried is None else carried.on_back > 0.5
        for pad in self.place.always_closes:
            force_n[held, CONTACTS.index(pad)] = FULL_N
        worn = carried is None or bool(carried.on_back.min() > 0.99)
        worn = worn and self.place.worn == "dowel"
        hip, tilt = motion.hip, motion.trunk_deg
        truth = Truth(
            time_s,
            tilt - tilt[0],
            (hip[0, 0] - hip[:, 0] - offset_m) * 1000,
            (hip[0, 1] - hip[:, 1]) * 1000,
        )
        ranges = self._ranges(motion, offset_m, worn)
        return Felt(imu, force_n, ranges, truth, self._film(motion, offset_m, carried))

    def _film(self, motion: Motion, offset_m: Array, carried: Carried | None) -> Film:
        shift = np.stack([offset_m - self._wall_fwd_m, np.zeros(len(offset_m))], axis=1)
        points = {name: xy + shift for name, xy in motion.points.items()}
        dowel = None
        if self.place.worn == "dowel":
            dowel = self._shape.ends(points["hip"], np.radians(motion.trunk_deg))
            if carried is not None:
                place = carried.place - np.array([self._wall_fwd_m, 0.0])
                away = self._shape.held(place, carried.turn[:, 0], IMU_UP_M)
                dowel = away + carried.on_back[:, None, None] * (dowel - away)
        return filmed(points, dowel, self.body.girth, RANGE_EVERY, GRID_HZ)

    def _clip(self, motion: Motion, left_m: Array, offset_m: Array) -> tuple[Array, Array] | None:
        """What a clipped IMU feels, and nothing on the pads; None where the dowel is used."""
        if self.place.worn != "clip":
            return None
        pitch, side = (
            np.radians(motion.angles[name]) for name in ("pelvis_pitch_deg", "lateral_lean_deg")
        )
        turned = PELVIS_TURNS * np.radians(motion.angles["heading_deg"])
        fwd, up = motion.hip.T
        place = np.stack([fwd + offset_m, left_m, up], axis=1)
        turn = _moving(np.stack([pitch, side, turned], axis=1))
        behind_m = CLIP_BEHIND_M + self._behind_m - IMU_BEHIND_M
        return imu_series(_moving(place), turn, CLIP_UP_M, behind_m), np.zeros((len(pitch), 3))

    def _dowel(self, motion: Motion, left_m: Array, carried: Carried | None) -> tuple[Array, Array]:
        tilt = np.radians(motion.trunk_deg)
        zero = np.zeros(len(tilt))
        if carried is None:
            side, twist = (
                np.radians(motion.angles[a]) for a in ("lateral_lean_deg", "heading_deg")
            )
            hip = self._hip_felt(motion, left_m, twist)
            turn = _moving(np.stack([tilt, side, twist], axis=1))
            imu = imu_series(hip, turn, IMU_UP_M, self._behind_m)
            force = pad_forces_n(motion.points, motion.angles, {}, self.place.sacrum_opens_deg)
            return imu, force
        up = np.stack([np.sin(tilt), np.cos(tilt)], axis=1)
        back = np.stack([-up[:, 1], up[:, 0]], axis=1)
        laid = carried.on_back
        worn = motion.hip + IMU_UP_M * up + self._behind_m * back
        place = carried.place + laid[:, None] * (worn - self.hook)
        pitch, roll = carried.turn[:, 0] + laid * tilt, carried.turn[:, 1]
        imu = imu_series(_moving(place), _moving(np.stack([pitch, roll, zero], axis=1)), 0.0, 0.0)
        return imu, carried.force_n

    def _hip_felt(self, motion: Motion, left_m: Array, twist_rad: Array) -> Moving:
        """The hips as the dowel's IMU feels them, in the plane that the trunk has turned to; with
        the knocks of a dowel that hits the wall. The feet stay where they are."""
        fwd, up = motion.hip.T
        place = _moving(np.stack([fwd, left_m, up], axis=1))
        tilt = np.radians(motion.trunk_deg)
        low, shape = self._shape.low_m, self._shape
        ends = [
            fwd + along * np.sin(tilt) - shape.behind_m * np.cos(tilt)
            for along in (low, low + shape.length_m)
        ]
        accel = place.accel.copy()
        accel[:, 0] += knocks_mps2(np.stack(ends, axis=1), self._wall_fwd_m, GRID_HZ)
        cos, sin = np.cos(twist_rad), np.sin(twist_rad)
        accel[:, 0], accel[:, 1] = (
            cos * accel[:, 0] + sin * accel[:, 1],
            cos * accel[:, 1] - sin * accel[:, 0],
        )
        return Moving(place.value, place.rate, accel)

    def _ranges(self, motion: Motion, offset_m: Array, on_back: bool) -> list[tuple[Array, Array]]:
        # A turned pelvis brings the half of the buttock nearer that faces the ranger.
        turned_m = self._shape.beside_m * np.sin(
            PELVIS_TURNS * np.radians(motion.angles["heading_deg"])
        )
        shift = np.stack([offset_m - turned_m, np.zeros(len(offset_m))], axis=1)[::RANGE_EVERY]
        outline = Outline(
            {name: xy[::RANGE_EVERY] + shift for name, xy in motion.points.items()},
            np.radians(motion.trunk_deg[::RANGE_EVERY]),
            self.body.girth,
            self._shape if on_back else None,
            self._hem_m(motion.hip[::RANGE_EVERY, 0]),
        )
        return [look(outline, self._sensor_fwd_m, height) for height in self.tof_heights_m]

    def _hem_m(self, hip_fwd_m: Array) -> Array | None:
        if not self.place.hem_mm:
            return None
        return hanging_hem_m(hip_fwd_m, GRID_HZ / RANGE_EVERY, self.place.hem_mm / 1000)


def grid_length_s(length_s: float) -> float:
    """The length that a piece of about ``length_s`` has in the end."""
    return max(2, round(length_s * GRID_HZ / RANGE_EVERY)) * RANGE_EVERY / GRID_HZ


def grid_s(length_s: float) -> Array:
    """Instants at 480 Hz; a whole number of range instants, so that both grids end together."""
    times: Array = np.arange(round(grid_length_s(length_s) * GRID_HZ) + 1) / GRID_HZ
    return times


def _moving(value: Array) -> Moving:
    rate = np.gradient(value, 1 / GRID_HZ, axis=0, edge_order=2)
    return Moving(value, rate, np.gradient(rate, 1 / GRID_HZ, axis=0, edge_order=2))
