"""Which named conditions hold at the wall: each debounced on and off, told when one changes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import acos, cos, degrees, radians

from device.anthropometry import balanced_travel_mm
from device.conditions import CONDITIONS, Condition, WallView
from device.hem import HemWatch
from device.lifecycle import Lifecycle
from device.machine import Machine
from device.measures import Measured
from device.pad_watch import PadWatch, Three
from device.range_watch import RangeWatch, SecondBody
from device.setup import Setting
from device.signals import MS, Signals
from device.tick import TickInput
from device.window_watch import WindowWatch

EVERY_NS = 40 * MS
HUNG_NS = 1000 * MS
HUNG_DEG = 0.1
"""People sway: a dowel that turns by less than this in 1.4 s is on nobody."""
SWAY_LOOKS = 35


class _Debounced:
    __slots__ = ("active", "condition", "since_ns")

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.active = False
        self.since_ns: int | None = None

    def step(self, t_ns: int, holds: bool) -> bool:
        """True when it begins or ends at this look."""
        if holds == self.active:
            self.since_ns = None
            return False
        if self.since_ns is None:
            self.since_ns = t_ns
        wait_ms = self.condition.on_ms if holds else self.condition.off_ms
        if t_ns - self.since_ns < wait_ms * MS:
            return False
        self.active, self.since_ns = holds, None
        return True


class Watch:
    """Looks at the signals of one station."""

    def __init__(self, setting: Setting, stature_m: float) -> None:
        self._stature_m = stature_m
        self._ranges = RangeWatch(setting.recess_mm)
        self._window = WindowWatch(setting.window_kcps, setting.recess_mm)
        self._second = SecondBody()
        self._hem = HemWatch()
        self._pads = PadWatch()
        self._states = tuple(_Debounced(condition) for condition in CONDITIONS)
        self._tilts: deque[float] = deque(maxlen=SWAY_LOOKS)
        self._next_ns = 0
        self._followed = 0
        self._side_zero_deg = 0.0
        self._was_moving = False
        self._paused_before_ns: int | None = None
        self.codes: tuple[str, ...] = ()
        """What holds now, the most important first."""
        self.paused = False
        """Something holds under which nothing can be judged."""
        self.paused_by: str | None = None
        """The latest of these."""

    @property
    def held_pads(self) -> Three:
        return self._pads.held

    @property
    def hem(self) -> bool:
        return self._hem.is_hem

    # -- news ---------------------------------------------------------------------------

    def tof(self, tick: TickInput, signals: Signals, followed: int) -> None:
        """The ranges of a tick, already taken in by ``signals``."""
        self._followed = followed
        for ranger, sample in tick.tof:
            self._window.add(ranger, sample)
            nearer_mm = self._ranges.add(ranger, sample, moving=self._was_moving)
            if ranger == followed and nearer_mm:
                self._second.jumped(nearer_mm, self._ahead_mm(signals, sample.range_mm))

    def zeroed(self, signals: Signals) -> None:
        """A person's zeroes were taken: what was found before was found of somebody else."""
        self._side_zero_deg = signals.side_deg
        self._second.forget()
        self._hem = HemWatch()

    def rep(self, measured: Measured, *, judged: bool) -> Measured:
        """A measured repetition without what the ranger cannot tell, and not valid at all where
        something stood in between. ``judged``: the ranger's height lets the ratio be judged."""
        self._hem.add(measured.hem_share)
        self._pads.rep(measured.peak_tilt_deg)
        if self._hem.is_hem:
            measured = _without_range(measured)
        elif not judged:
            measured = replace(measured, hinge_ratio=None)
        by = self.pause_in(measured.start_ns)
        if by is not None and measured.valid:
            measured = replace(measured, valid=False, why_unscored=by)
        return measured

    def pause_in(self, start_ns: int) -> str | None:
        """The condition that made judging pause at or after ``start_ns``."""
        ended_ns = self._paused_before_ns
        was = self.paused or (ended_ns is not None and ended_ns >= start_ns)
        return self.paused_by if was else None

    # -- every tick ---------------------------------------------------------------------

    def step(
        self,
        tick: TickInput,
        signals: Signals,
        machine: Machine,
        life: Lifecycle,
        setting: Setting,
        lost: tuple[str, ...],
    ) -> bool:
        """True when the conditions changed."""
        t_ns, pads = tick.t_ns, self._pads
        if machine.moving and not self._was_moving:
            pads.begin()
        self._was_moving = machine.moving
        if machine.moving:
            for sample in tick.pads:
                pads.sample(sample.pad, sample.level)
        if t_ns < self._next_ns:
            return False
        self._next_ns = t_ns + EVERY_NS
        view = self._view(t_ns, signals, machine, life, setting, lost)
        changed = False
        for state in self._states:
            changed = state.step(t_ns, state.condition.holds(view)) or changed
        if not changed:
            return False
        active = [state.condition for state in self._states if state.active]
        self.codes = tuple(condition.code for condition in active)
        pausing = next((condition for condition in active if condition.pauses), None)
        if pausing is not None:
            self.paused_by = pausing.code
        elif self.paused:
            self._paused_before_ns = t_ns
        self.paused = pausing is not None
        return True

    def _view(
        self,
        t_ns: int,
        signals: Signals,
        machine: Machine,
        life: Lifecycle,
        setting: Setting,
        lost: tuple[str, ...],
    ) -> WallView:
        closed = (signals.pads[0].closed, signals.pads[1].closed, signals.pads[2].closed)
        seen = setting.tof_fitted and signals.target_seen and "tof" not in lost
        range_mm = signals.range_mm if seen else None
        quiet_ns = signals.rest_ns()
        tilt_deg, side_deg = signals.tilt_abs_deg, signals.side_deg
        if not setting.uses_imu:
            # The dowel may be anywhere: nothing is said of it.
            tilt_deg = side_deg = 0.0
        lean_deg = degrees(acos(cos(radians(tilt_deg)) * cos(radians(side_deg))))
        swayed_deg = self._swayed_deg(tilt_deg)
        hangs = setting.uses_imu and quiet_ns > HUNG_NS and swayed_deg < HUNG_DEG
        empty = setting.tof_fitted and not signals.target_seen and hangs
        worn = life.state in ("SET_UP", "READY", "SET", "RESTING")
        if setting.uses_pads:
            self._pads.step(t_ns, signals.pads, empty=empty, worn=worn)
        self._second.step(
            t_ns,
            self._ahead_mm(signals, range_mm) if range_mm is not None else None,
            steady=range_mm is not None and signals.range_steady and signals.rest_ns() > 0,
        )
        unused = life.state in ("IDLE", "NEAR", "LEFT") and not any(closed)
        self._window.nobody(unused and (hangs or not setting.uses_imu))
        pressed, held = self._pads.pressed, self._pads.held
        return WallView(
            state=life.state,
            lost=lost,
            covered=setting.tof_fitted
            and self._ranges.covered(t_ns, self._followed if worn else None),
            second_body=self._second.here,
            hem=self._hem.is_hem,
            body=signals.target_seen if setting.tof_fitted else any(closed),
            gap_mm=None if range_mm is None else range_mm - setting.recess_mm,
            nearest_mm=self._ranges.nearest_mm(t_ns) if setting.tof_fitted else None,
            uses_tof=setting.uses_tof,
            lean_deg=lean_deg,
            tilt_abs_deg=tilt_deg,
            side_deg=side_deg,
            side_moved_deg=side_deg - self._side_zero_deg if setting.uses_imu else 0.0,
            quiet_ns=quiet_ns,
            hangs=hangs,
            moving=machine.moving,
            uses_pads=setting.uses_pads,
            closed=closed,
            judged=life.judged,
            held_pads=(
                pressed[0] or held[0],
                pressed[1] or held[1],
                pressed[2] or held[2],
            ),
            loose=signals.loose(t_ns),
            window_dirty=self._window.dirty,
        )

    def _swayed_deg(self, tilt_deg: float) -> float:
        """How far the dowel has turned lately."""
        self._tilts.append(tilt_deg)
        return max(self._tilts) - min(self._tilts)

    def _ahead_mm(self, signals: Signals, range_mm: float) -> float | None:
        """How much nearer the range is than a balanced hinge of this tilt asks for."""
        rest_mm = signals.rest_range_mm
        if rest_mm is None:
            return None
        way_mm = balanced_travel_mm(signals.tilt_abs_deg, signals.rest_abs_deg, self._stature_m)
        return rest_mm - range_mm - max(way_mm, 0.0)


def _without_range(measured: Measured) -> Measured:
    """The same, but what the ranger saw was not the hips."""
    return replace(
        measured,
        hip_travel_mm=None,
        hip_return_mm=None,
        hinge_ratio=None,
        shin_angle_deg=None,
        knee_flexion_deg=None,
        drop_angle_deg=None,
        onset_lag_s=None,
        tapped=None,
        tap_gap_mm=None,
    )
