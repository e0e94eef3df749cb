"""What else happens at a wall: leaning, passing by, cleaning, a dowel dropped or turned.

Each piece is physical: postures, places of the dowel, forces of hands on pads, light. Pieces
begin and end where the neighbouring ones do, so they join without a jump. The patterns are
assumptions, not measured scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.sim.body import REST_TRUNK_DEG, Posture, Rep, posture_of, standing
from drivers.sim.motion import CONTACTS
from drivers.sim.player import GRID_HZ, RANGE_EVERY, Track, Truth
from drivers.sim.posture import FULL_N
from drivers.sim.segments import AWAY_M, Carried, Felt, Segment, SegmentMaker, grid_s
from drivers.sim.smooth import Array, minimum_jerk

DowelAt = Literal["hung", "back", "floor"]

SUN_KCPS = 6000.0
"""Ambient light that direct sun behind the person adds on the chip."""
HAND_N = 5.0
FALL_M = 1.0
CROSS_S = 1.0
"""How long a passer-by is in the beam."""

SAYS = {
    "nobody": "Nobody is here.",
    "loiter": "I am standing at the wall without the dowel.",
    "lean": "I am leaning.",
    "pass_by": "I am walking past the wall.",
    "cover_sensor": "I am covering the sensors with my hand.",
    "bag": "I have hung my bag in front of the sensors.",
    "clean": "I am wiping the wall and the dowel.",
    "hold_loosely": "I am holding the dowel loosely.",
    "hand_on_pad": "I am pressing a pad with my hand.",
    "drop_dowel": "I am dropping the dowel.",
    "upside_down": "I am holding the dowel upside down.",
    "turned": "I am holding the dowel turned away.",
    "sunlight": "I am standing in bright sunlight.",
}
PIECES = tuple(SAYS)


@dataclass(frozen=True)
class Ask:
    """A piece that is wanted. ``dowel`` is where it is when the piece begins; ``distance_m``
    from the wall (None: drawn), ``pad`` for a hand, ``seed`` for what is irregular."""

    step: str
    start_s: float
    for_s: float
    dowel: DowelAt = "hung"
    distance_m: float | None = None
    pad: str = "sacrum"
    seed: int = 0


def nobody(ask: Ask, tofs: int) -> Segment:
    """An empty wall, the dowel on its hook or on the floor: a few samples, however long."""
    n = RANGE_EVERY + 1
    force = [0.0, 0.0, 0.0]
    imu = [9.80665, 0.0, 0.0, 0.0, 0.0, 0.0]
    if ask.dowel == "floor":
        imu = [0.0, 0.0, 9.80665, 0.0, 0.0, 0.0]
    empty = (np.full(2, np.nan), np.zeros(2))
    zero = np.zeros(2)
    return Segment(
        ask.step,
        SAYS["nobody"],
        ask.for_s,
        Track(np.tile(imu, (n, 1)), np.tile(force, (n, 1)), [empty] * tofs, 0.0),
        Truth(np.array([0.0, ask.for_s]), zero, zero, zero),
    )


class WallLife:
    """Makes the pieces of one person that ``SegmentMaker`` does not know."""

    def __init__(self, maker: SegmentMaker) -> None:
        self.maker = maker

    def _offset_of(self, distance_m: float) -> float:
        """How far forward of the standing place one is ``distance_m`` from the wall."""
        return distance_m - self.maker.place.gap_m

    def make(self, ask: Ask) -> Segment:
        """Raises ValueError for an unknown step."""
        makers: dict[str, Callable[[Ask, Array, np.random.Generator], Felt]] = {
            "loiter": self._loiter,
            "lean": self._lean,
            "pass_by": self._pass_by,
            "cover_sensor": self._cover_sensor,
            "bag": self._bag,
            "clean": self._clean,
            "hold_loosely": self._hold_loosely,
            "hand_on_pad": self._hand_on_pad,
            "drop_dowel": self._drop_dowel,
            "pick_up": self._pick_up,
            "approach": self._approach,
            "leave": self._leave,
            "upside_down": self._upside_down,
            "turned": self._turned,
            "sunlight": self._loiter,
        }
        if ask.step == "nobody":
            return nobody(ask, len(self.maker.tof_heights_m))
        if ask.step not in makers:
            raise ValueError(f"step {ask.step!r}, expected one of {', '.join(makers)}")
        time_s = grid_s(ask.for_s)
        felt = makers[ask.step](ask, time_s, np.random.default_rng(ask.seed))
        ambient = {"ambient_kcps": SUN_KCPS} if ask.step == "sunlight" else {}
        track = Track(felt.imu, felt.force_n, felt.ranges, self.maker.place.reflectance, **ambient)
        says = SAYS.get(ask.step, f"I {ask.step.replace('_', ' ')}, the dowel on the floor.")
        return Segment(ask.step, says, float(time_s[-1]), track, felt.truth, film=felt.film)

    # -- where the dowel is ---------------------------------------------------------------

    def _base(self, dowel: DowelAt, n: int) -> Carried | None:
        if dowel == "back":
            return None
        hung = self.maker.hung(n)
        if dowel == "hung":
            return hung
        place = hung.place - np.array([0.0, FALL_M])
        return Carried(place, _pitched(np.full(n, np.pi / 2)), hung.on_back, hung.force_n)

    def _still(
        self, ask: Ask, time_s: Array, offset_m: Array | None = None, posture: Posture | None = None
    ) -> Felt:
        n = len(time_s)
        offset_m = np.zeros(n) if offset_m is None else offset_m
        posture = posture or standing(n)
        return self.maker.feel(ask.start_s, time_s, posture, offset_m, self._base(ask.dowel, n))

    # -- without the dowel ----------------------------------------------------------------

    def _loiter(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        del rng
        return self._still(ask, time_s)

    def _approach(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        del rng
        return self._still(ask, time_s, AWAY_M * (1 - minimum_jerk(time_s / (0.8 * ask.for_s))))

    def _leave(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        del rng
        return self._still(ask, time_s, AWAY_M * minimum_jerk(time_s / (0.8 * ask.for_s)))

    def _lean(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """Against the wall without the dowel; sideways with it on the back."""
        n = len(time_s)
        there = _in_and_out(time_s, min(2.0, ask.for_s / 4))
        if ask.dowel == "back":
            roll = np.radians(float(rng.choice([-1.0, 1.0])) * 14.0) * there
            worn = Carried(
                self.maker.hung(n).place,
                np.stack([np.zeros(n), roll], axis=1),
                np.ones(n),
                np.full((n, 3), FULL_N),
            )
            return self.maker.feel(ask.start_s, time_s, standing(n), np.zeros(n), worn)
        touch_m = self._offset_of(0.01)
        posture = standing(n)
        posture = replace(posture, trunk_deg=posture.trunk_deg - 2.0 * REST_TRUNK_DEG * there)
        return self._still(ask, time_s, touch_m * there, posture)

    def _pass_by(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """Across the beam within a second; arms swing, so the range is no constant."""
        distance_m = float(rng.uniform(0.3, 1.5)) if ask.distance_m is None else ask.distance_m
        middle_s = ask.for_s / 2
        swing_m = 0.06 * np.sin(2 * np.pi * 1.8 * time_s + float(rng.uniform(0, 6.28)))
        felt = self._still(ask, time_s, self._offset_of(distance_m) + swing_m)
        half_s = min(CROSS_S, ask.for_s) / 2
        in_beam = 1 - minimum_jerk((np.abs(time_s - middle_s) - half_s + 0.15) / 0.15)
        felt.ranges = [_dimmed(seen, in_beam[::RANGE_EVERY]) for seen in felt.ranges]
        return felt

    # -- in front of the sensors ------------------------------------------------------------

    def _cover_sensor(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """A hand, a bag or a towel at 1 to 5 cm of the glass of every ranger."""
        near_m = float(rng.uniform(0.01, 0.05)) if ask.distance_m is None else ask.distance_m
        felt = self._still(ask, time_s)
        covered = _in_and_out(time_s, 0.3)[::RANGE_EVERY] > 0.5
        wobble_mm = 2.0 * np.sin(2 * np.pi * 0.7 * time_s[::RANGE_EVERY])
        felt.ranges = [
            (np.where(covered, near_m * 1000 + wobble_mm, mm), np.where(covered, 1.0, shine))
            for mm, shine in felt.ranges
        ]
        return felt

    def _bag(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """A bag hangs there, and nobody stands behind it."""
        far_m = float(rng.uniform(0.25, 0.6)) if ask.distance_m is None else ask.distance_m
        felt = self._still(ask, time_s, np.full(len(time_s), AWAY_M))
        there = _in_and_out(time_s, 0.5)[::RANGE_EVERY]
        swing_mm = 15.0 * np.exp(-time_s / 4) * np.sin(2 * np.pi * 0.8 * time_s)
        mm = 1000 * (far_m + self.maker.place.recess_m) + swing_mm[::RANGE_EVERY]
        felt.ranges = [
            (np.where(there > 0.1, mm, np.nan), 0.8 * there) for _ in self.maker.tof_heights_m
        ]
        return felt

    def _clean(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """Somebody wipes the wall and the hanging dowel, and presses its pads one by one."""
        n = len(time_s)
        there = _in_and_out(time_s, min(0.8, ask.for_s / 4))
        base = self._base(ask.dowel, n)
        if base is None:
            raise ValueError("cleaning with the dowel on the back, expected it hung or lying")
        shaken_m = 0.015 * _wander(time_s, rng, (1.3, 2.1, 2.9), 2) * there[:, None]
        turned = np.radians(5.0) * _wander(time_s, rng, (0.9, 1.6, 2.2), 2) * there[:, None]
        force = np.zeros((n, 3))
        at_s = float(rng.uniform(1.0, 1.5))
        while at_s < ask.for_s - 1.0:
            long_s = float(rng.uniform(0.25, 0.7))
            pressed = (time_s >= at_s) & (time_s < at_s + long_s)
            force[pressed, int(rng.integers(3))] = float(rng.uniform(2.0, 5.0))
            at_s += long_s + float(rng.uniform(0.15, 0.8))
        base = Carried(base.place + shaken_m, base.turn + turned, base.on_back, force)
        moving_m = (0.25 + 0.12 * _wander(time_s, rng, (0.23, 0.41, 0.7), 1)[:, 0]) * there
        felt = self.maker.feel(ask.start_s, time_s, standing(n), moving_m, base)
        felt.force_n = force
        coarse_s = time_s[::RANGE_EVERY]
        ranges = []
        for mm, shine in felt.ranges:
            # The cloth passes each glass a few times.
            wiped = np.zeros(len(coarse_s), dtype=bool)
            for wipe_s in rng.uniform(1.0, max(ask.for_s - 1.0, 1.1), max(1, int(ask.for_s / 6))):
                wiped |= np.abs(coarse_s - wipe_s) < 0.35
            cloth_mm = 30 + 60 * np.abs(np.sin(2 * np.pi * 1.5 * coarse_s))
            ranges.append((np.where(wiped, cloth_mm, mm), np.where(wiped, 0.9, shine)))
        felt.ranges = ranges
        return felt

    # -- with the dowel, wrongly --------------------------------------------------------------

    def _hold_loosely(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """The dowel wanders and trembles, pads flicker, and the hips do not move."""
        n = len(time_s)
        loose = _in_and_out(time_s, 0.5)
        lean = np.radians(4.0) * _wander(time_s, rng, (0.21, 0.37, 0.6), 1)[:, 0] ** 2
        tremor_hz = tuple(rng.uniform(4.0, 8.0, 3).tolist())
        tremble = np.radians(0.8) * _wander(time_s, rng, tremor_hz, 2)
        turn = (tremble + np.stack([lean, 0.5 * np.roll(lean, n // 5)], axis=1)) * loose[:, None]
        shake_m = 0.001 * _wander(time_s, rng, tremor_hz, 2) * loose[:, None]
        place = self.maker.hung(n).place + shake_m
        force = np.full((n, 3), FULL_N)
        for pad in range(3):
            force[_flicker(time_s, rng) & (loose > 0.5), pad] = 0.0
        held = Carried(place, turn, np.ones(n), force)
        return self.maker.feel(ask.start_s, time_s, standing(n), np.zeros(n), held)

    def _hand_on_pad(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        del rng
        felt = self._still(ask, time_s)
        pressed = _in_and_out(time_s, 0.2) > 0.5
        felt.force_n[pressed, CONTACTS.index(ask.pad)] = HAND_N
        return felt

    def _drop_dowel(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """Off the back or the hook, half a second of falling, a rattle, then it lies."""
        del rng
        n = len(time_s)
        fallen = minimum_jerk((time_s - 0.4) / 0.5)
        rattle = np.exp(-np.maximum(time_s - 0.9, 0) / 0.12) * (time_s > 0.9)
        rattle = 0.002 * rattle * np.sin(2 * np.pi * 14 * (time_s - 0.9))
        place = self.maker.hung(n).place + np.stack([np.zeros(n), rattle - FALL_M * fallen], axis=1)
        worn = ask.dowel == "back"
        force = np.full((n, 3), FULL_N if worn else 0.0)
        force[time_s > 0.4] = 0.0
        on_back = (1 - fallen) if worn else np.zeros(n)
        falling = Carried(place, _pitched(np.pi / 2 * fallen), on_back, force)
        return self.maker.feel(ask.start_s, time_s, standing(n), np.zeros(n), falling)

    def _pick_up(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """From the floor: bend down for it, and lay it on the back."""
        del rng
        n = len(time_s)
        share = time_s / ask.for_s
        bend = Rep(peak_tilt_deg=62.0, shin_deg=6.0, down_s=0.2, hold_s=0.05, up_s=0.2)
        lifted = minimum_jerk((share - 0.22) / 0.28)
        laid = minimum_jerk((share - 0.45) / 0.2)
        press = [minimum_jerk((share - from_) / 0.05) for from_ in (0.80, 0.75, 0.68)]
        place = self.maker.hung(n).place
        place = place - np.stack([np.zeros(n), FALL_M * (1 - lifted)], axis=1)
        force = FULL_N * np.stack(press, axis=1)
        carried = Carried(place, _pitched(np.pi / 2 * (1 - lifted)), laid, force)
        return self.maker.feel(ask.start_s, time_s, posture_of(bend, share), np.zeros(n), carried)

    def _upside_down(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """From the hook, turned over, on the back; two bends (from 17 s on); back on the hook."""
        del rng
        there, posture = self._held_and_bent(ask, time_s)
        force = FULL_N * np.repeat(minimum_jerk((there[:, None] - 0.85) / 0.15), 3, axis=1)
        held = Carried(self.maker.hung(len(there)).place, _pitched(np.pi * there), there, force)
        return self.maker.feel(ask.start_s, time_s, posture, np.zeros(len(there)), held)

    def _turned(self, ask: Ask, time_s: Array, rng: np.random.Generator) -> Felt:
        """As upside_down, but turned a quarter about its own length: the pads look aside."""
        del rng
        there, posture = self._held_and_bent(ask, time_s)
        n = len(there)
        place, upright = self.maker.hung(n).place, np.zeros((n, 2))
        held = Carried(place, upright, there, np.zeros((n, 3)))
        felt = self.maker.feel(ask.start_s, time_s, posture, np.zeros(n), held)
        angle = np.pi / 2 * minimum_jerk(there * 2)
        felt.imu = _about_length(felt.imu, angle)
        return felt

    def _held_and_bent(self, ask: Ask, time_s: Array) -> tuple[Array, Posture]:
        there = _in_and_out(time_s, min(3.0, ask.for_s / 4))
        rep = Rep(peak_tilt_deg=40.0, down_s=1.6, hold_s=0.3, up_s=1.6)
        posture = standing(len(time_s))
        if ask.for_s >= 17.0:
            for begin_s in (5.5, 10.0):
                bent = posture_of(rep, time_s - begin_s)
                now = (time_s >= begin_s) & (time_s < begin_s + rep.duration_s)
                posture = Posture(
                    *(
                        np.where(now, getattr(bent, field.name), getattr(posture, field.name))
                        for field in fields(Posture)
                    )
                )
        return there, posture


def _pitched(pitch_rad: Array) -> Array:
    return np.stack([pitch_rad, np.zeros(len(pitch_rad))], axis=1)


def _in_and_out(time_s: Array, ease_s: float) -> Array:
    """0 at both ends of the piece, 1 between."""
    eased: Array = minimum_jerk(time_s / ease_s) - minimum_jerk(
        (time_s - time_s[-1] + ease_s) / ease_s
    )
    return eased


def _wander(time_s: Array, rng: np.random.Generator, f_hz: Sequence[float], k: int) -> Array:
    """``k`` irregular series (n, k) of about 1 in size, made of waves at ``f_hz``."""
    phase = rng.uniform(0, 2 * np.pi, (len(f_hz), k))
    waves = np.sin(2 * np.pi * np.array(f_hz)[:, None] * time_s[:, None, None] + phase)
    series: Array = waves.sum(axis=1) / np.sqrt(len(f_hz) / 2)
    return series


def _flicker(time_s: Array, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Open (True) and closed in turn for 40 to 180 ms each."""
    edges = np.cumsum(rng.uniform(0.04, 0.18, int(time_s[-1] / 0.04) + 2))
    is_open: NDArray[np.bool_] = np.searchsorted(edges, time_s) % 2 == 1
    return is_open


def _dimmed(seen: tuple[Array, Array], share: Array) -> tuple[Array, Array]:
    """Something that fills only ``share`` of the beam; below a tenth it is not there."""
    mm, shine = seen
    return np.where(share > 0.1, mm, np.nan), shine * share


def _about_length(imu: Array, angle_rad: Array) -> Array:
    """What the IMU of a dowel reads that is turned about its own length by ``angle_rad``."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    out = imu.copy()
    for y, z in ((1, 2), (4, 5)):
        out[:, y] = cos * imu[:, y] + sin * imu[:, z]
        out[:, z] = cos * imu[:, z] - sin * imu[:, y]
    # The turning itself is felt about the length.
    out[:, 3] += np.gradient(angle_rad, 1 / GRID_HZ)
    return out
