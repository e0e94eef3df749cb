"""A scenario as a scene: what every chip feels in an hour at the wall.

Pieces are made when time reaches them and forgotten soon after, so hours cost no more memory
than minutes.
"""

from __future__ import annotations

from dataclasses import asdict
from math import pi, sin
from typing import Final

from drivers.sim.body import Body
from drivers.sim.dowel import Worn
from drivers.sim.person import KEPT, TimeLine
from drivers.sim.scenario_file import Fault, Person, Scenario, Station
from drivers.sim.scenario_plan import Piece, plan
from drivers.sim.scenario_truth import ScenarioTruth
from drivers.sim.scene import Motion6, Reflection
from drivers.sim.segments import Place, Segment, SegmentMaker
from drivers.sim.wall_life import PIECES, SUN_KCPS, Ask, WallLife

IN_SCENE: Final = frozenset({"noise", "sunlight", "hand", "second_body"})
"""Kinds of faults that the world makes; all others are done to chips and buses."""
HAND_MM: Final = 20.0
STEPS_IN_MM: Final = (150.0, 40.0, 0.4)
"""Somebody between person and wall: from the face of the wall, how far they sway, how often."""


class ScenarioScene(TimeLine):
    """Plays ``scenario`` from ``t0_ns`` on, and then holds its last pose: a Scene.

    Draws come from ``seed``. Time is to be asked for in its order, but for the last seconds.
    ``truth`` is for evaluation only. ``worn``: where everybody carries the IMU.
    """

    def __init__(
        self, scenario: Scenario, seed: int = 0, t0_ns: int = 0, *, worn: Worn = "dowel"
    ) -> None:
        super().__init__(t0_ns)
        planned = plan(scenario, seed)
        self.truth: ScenarioTruth = planned.truth
        self._pieces = planned.pieces
        self._next = 0
        self.tof_heights_m = scenario.station.tof_heights_m
        self._makers = [
            _maker(person, scenario.station, seed + 7919 * number, worn)
            for number, person in enumerate(scenario.person)
        ]
        self._lives = [WallLife(maker) for maker in self._makers]
        self._recess_mm = 1000.0 * self._makers[0].place.recess_m
        self._faults = tuple(fault for fault in scenario.fault if fault.kind in IN_SCENE)

    @property
    def duration_s(self) -> float:
        return self.truth.duration_s

    @property
    def arrivals_s(self) -> tuple[float, ...]:
        """When somebody has come up to the wall, or has then taken the dowel: time for a key."""
        comes = ("approach", "pick_up")
        after = (*(piece.step for piece in self._pieces[1:]), "")
        return tuple(
            piece.end_s
            for piece, then in zip(self._pieces, after, strict=True)
            if piece.step in comes and then not in comes
        )

    def _more(self) -> bool:
        if self._next >= len(self._pieces):
            return False
        self._append(self._make(self._pieces[self._next]))
        self._next += 1
        del self.played[:-KEPT]
        return True

    def _make(self, piece: Piece) -> Segment:
        maker = self._makers[piece.who]
        if piece.rep is not None:
            rep = asdict(piece.rep)
            del rep["pattern"]
            return maker.make(piece.step, piece.start_s, {**rep, "pause_s": piece.pause_s})
        if piece.step in PIECES or piece.dowel == "floor":
            return self._lives[piece.who].make(
                Ask(
                    piece.step,
                    piece.start_s,
                    piece.for_s,
                    piece.dowel,
                    piece.distance_m,
                    piece.pad,
                    piece.seed,
                )
            )
        return maker.make(piece.step, piece.start_s, {"for_s": piece.for_s})

    # -- what the world adds: sun, knocks, wet pads ---------------------------------------------

    def _fault(self, chip: str, t_s: float) -> Fault | None:
        for fault in self._faults:
            if fault.chip == chip and fault.at_s <= t_s < fault.end_s:
                return fault
        return None

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        seen = super().reflection(sensor, t_ns)
        if self._faults:
            t_s = (t_ns - self.t0_ns) * 1e-9
            fault = self._fault("tof", t_s)
            if fault is not None and fault.kind == "sunlight":
                return seen._replace(ambient_kcps=SUN_KCPS)
            if fault is not None and fault.kind == "hand":
                return seen._replace(range_mm=HAND_MM, reflectance=1.0)
            if fault is not None and fault.kind == "second_body":
                far_mm, sway_mm, hz = STEPS_IN_MM
                far_mm += self._recess_mm + sway_mm * sin(2 * pi * hz * (t_s - fault.at_s))
                return seen._replace(range_mm=far_mm, reflectance=0.4)
            if fault is not None and seen.range_mm is not None:
                jitter_mm = 120.0 * sin(2 * pi * 9.7 * t_s) * sin(2 * pi * 3.1 * t_s)
                return seen._replace(range_mm=max(seen.range_mm + jitter_mm, 0.0))
        return seen

    def imu(self, t_ns: int) -> Motion6:
        felt = super().imu(t_ns)
        if self._faults:
            t_s = (t_ns - self.t0_ns) * 1e-9
            if self._fault("imu", t_s) is not None:
                shake = sin(2 * pi * 23.0 * t_s) + sin(2 * pi * 37.0 * t_s)
                turn = 0.3 * sin(2 * pi * 11.0 * t_s)
                return Motion6(
                    felt.ax + 1.5 * shake,
                    felt.ay - shake,
                    felt.az + shake,
                    felt.gx,
                    felt.gy + turn,
                    felt.gz - turn,
                )
        return felt

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        force_n = super().pad_force_n(t_ns)
        if self._faults:
            t_s = (t_ns - self.t0_ns) * 1e-9
            if self._fault("pads", t_s) is not None:
                a, b, c = (
                    f * (sin(2 * pi * hz * t_s) > 0.0)
                    for f, hz in zip(force_n, (7.0, 5.3, 6.1), strict=True)
                )
                return (a, b, c)
        return force_n


def _maker(person: Person, station: Station, seed: int, worn: Worn) -> SegmentMaker:
    place = Place(
        gap_m=station.gap_m,
        tof_heights_m=station.tof_heights_m,
        reflectance=person.reflectance,
        hem_mm=person.hem_mm,
        dowel_low_m=person.dowel_low_m,
        never_closes=person.never_closes,
        always_closes=person.always_closes,
        worn=worn,
    )
    return SegmentMaker(Body(person.stature_m, person.girth), place, seed)
