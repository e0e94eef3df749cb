"""Finds repetitions in the stream, one sample at a time.

A repetition starts when tilt, travel or drop leave their rest for three samples, and ends at
the next top (a pause upright), rest, or turn (upright again and at once going down: touch and
go). Nothing here judges; see ``measures`` and ``faults``.
"""

from __future__ import annotations

from typing import NamedTuple

from device.signals import REST_SLOW_MPS, TOP_SLOW_MPS, TOP_TILT_DEG, S, Signals
from device.strapdown import REST, TOP, TURN, UNKNOWN, Anchor

START_TILT_DEG = 5.0
START_DROP_MM = 20.0
WITH_TRAVEL_DEG = 2.0
START_SAMPLES = 3
DEEP_TILT_DEG = 45.0
DEEP_DROP_MM = 200.0
"""Tilt and drop that weigh the same in how deep a posture is."""
RETURNED = 0.35
"""Share of the deepest posture under which the person counts as upright again."""
TURN_RISE = 0.25
"""How much deeper again than the turn before it counts as the next repetition."""
TURN_DEPTH = 0.5
SINKING_NS = 300_000_000
"""Who was at the lowest so far just now is on the way down, not back."""
TOP_DOUBT = 0.6
"""How much of the drop's uncertainty is granted to a short pause."""
BACK_MM = 20.0
DRIFTED_MM = 150.0
"""Past this the live drop says nothing of the height any more."""
MIN_TILT_DEG = 15.0
MIN_TRAVEL_MM = 50.0
MIN_DROP_MM = 50.0
MIN_NS = 600_000_000
MAX_NS = 15 * S
BEAM_OFF_DROP_MM = 60.0
LONGEST_WAIT_SAMPLES = 4000
STALE_TOP_MPS = TOP.velocity_sd_mps
"""While the velocity is known better than this, a slow moment before a movement adds nothing:
it may be the movement's own beginning."""
LEAST_SAMPLES = 4
LIKELY_NS = 40_000_000
SOON_REST_NS = 200_000_000
"""Quiet for so long without having been a top: it will be a rest, if anything."""
BEGAN_IN_HOLE_NS = 10_000_000
"""Who is away from rest so soon after a hole in the samples began to move in it."""
HOLE_NS = 300_000_000
HOLE_SHARE = 0.1
"""A hole longer than this, or than this share of a repetition that began in it, breaks it."""


def is_big_enough(peak_tilt_deg: float, travel_mm: float | None, drop_mm: float) -> bool:
    """Whether a movement is a repetition at all."""
    return (
        peak_tilt_deg >= MIN_TILT_DEG
        or (travel_mm is not None and travel_mm >= MIN_TRAVEL_MM)
        or drop_mm >= MIN_DROP_MM
    )


class Movement(NamedTuple):
    """A finished movement: where it lies in the signals, and what it is closed by."""

    start_index: int
    """Into ``Signals.samples``; the integration begins at index 0, the anchor."""
    end_index: int
    start_anchor: Anchor
    end_anchor: Anchor
    start_ns: int
    broken: bool = False
    """A hole in the IMU's samples lies in it: ``Signals`` has only what came after."""


class RepMachine:
    """Waits for a movement, follows it, and says when it is over.

    Call ``step`` after every IMU sample. A ``Movement`` is returned while the samples it
    speaks of are still in ``signals``; call ``done`` after measuring it.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self.reset()

    def reset(self) -> None:
        """Nobody is moving, and nothing is known: the next repetition needs a rest."""
        self.moving = False
        self.armed = False
        self.deepest = 0.0
        self._over = 0
        self._start_ns = 0
        self._peak_tilt = self._peak_drop = self._peak_travel = 0.0
        self._broken = False
        self._hole_ns = 0
        self._peak_drop_ns = 0
        self._least = 0.0
        self._least_ns = 0
        self._end: Anchor | None = None
        self._turn_ns: int | None = None

    def arm_unanchored(self) -> None:
        """Measuring began in the middle of things: do not wait for a rest."""
        self._signals.begin_unanchored()
        self.armed = True

    @property
    def start_ns(self) -> int:
        """When the movement under way began."""
        return self._start_ns

    def rest_ns(self) -> int:
        """How long the dowel has been quiet."""
        return self._signals.rest_ns()

    def depth(self) -> float:
        """How deep the posture is now: 1 is a 45 deg hinge or 200 mm of drop; may be negative."""
        signals = self._signals
        drop_mm, unknown_mm = signals.drop_mm, signals.drop_uncertainty_mm()
        # Only what the drift since the anchor cannot explain.
        sure_mm = max(drop_mm - unknown_mm, 0.0) + min(drop_mm + unknown_mm, 0.0)
        return signals.tilt_deg / DEEP_TILT_DEG + sure_mm / DEEP_DROP_MM

    def step(self) -> Movement | None:
        """Take in the newest sample of ``signals``."""
        return self._follow() if self.moving else self._wait()

    # -- waiting ------------------------------------------------------------------------

    def _wait(self) -> Movement | None:
        signals = self._signals
        upright = abs(signals.tilt_deg) < MIN_TILT_DEG
        if upright and signals.at_rest() and not signals.gathered_speed(REST_SLOW_MPS):
            signals.anchor_here(REST)
            self.armed = True
        elif self.armed and signals.at_top() and not signals.gathered_speed(TOP_SLOW_MPS):
            if signals.velocity_sd_mps() >= STALE_TOP_MPS:
                signals.anchor_here(TOP if signals.bias_known else UNKNOWN)
        elif len(signals.samples) > LONGEST_WAIT_SAMPLES:
            signals.samples.forget(LONGEST_WAIT_SAMPLES // 2)
            self.armed = False
        if not self.armed:
            return None
        away = signals.tilt_deg > START_TILT_DEG or signals.drop_mm > START_DROP_MM
        self._over = self._over + 1 if away else 0
        # A coat that swings is no hip: the dowel must go along a little.
        if signals.away_ranges >= START_SAMPLES and signals.tilt_deg > WITH_TRAVEL_DEG:
            self._over = START_SAMPLES
        if self._over >= START_SAMPLES:
            first = max(len(signals.samples) - START_SAMPLES, 0)
            start_ns = signals.samples.times_ns[first]
            if signals.hole is not None and start_ns - signals.hole[1] <= BEGAN_IN_HOLE_NS:
                # Away as the IMU came back: the repetition began while it was gone.
                from_ns, to_ns = signals.hole
                self._begin(from_ns)
                self._hole_ns = to_ns - from_ns
            else:
                self._begin(start_ns)
        return None

    def _begin(self, start_ns: int) -> None:
        self.moving = True
        self._over = 0
        self._start_ns = start_ns
        self._peak_tilt = self._peak_drop = self._peak_travel = 0.0
        self.deepest = 0.0
        self._broken = False
        self._hole_ns = 0
        self._least, self._least_ns = 1e9, start_ns

    # -- moving -------------------------------------------------------------------------

    def _follow(self) -> Movement | None:
        signals = self._signals
        t_ns = signals.samples.times_ns[-1]
        depth = self.depth()
        self._peak_tilt = max(self._peak_tilt, signals.tilt_deg)
        if signals.drop_mm > self._peak_drop:
            self._peak_drop, self._peak_drop_ns = signals.drop_mm, t_ns
        if signals.travel_mm is not None:
            self._peak_travel = max(self._peak_travel, signals.travel_mm)
        if depth > self.deepest:
            self.deepest = depth
            self._least, self._least_ns = depth, t_ns
        elif depth < self._least:
            self._least, self._least_ns = depth, t_ns
        first_ns = signals.samples.times_ns[0]
        if signals.anchor_ns is not None and first_ns > self._start_ns + self._hole_ns:
            self._broken = True
        if t_ns - self._start_ns > MAX_NS:
            self.reset()
            return None
        if self._upright() and self._settled():
            # The pause began earlier than it was long enough to be called one.
            began_ns = max(signals.pause_began_ns() or t_ns, self._start_ns)
            if self._broken:
                began_ns = t_ns
            return self._finish(
                signals.samples.index_at(began_ns), REST if signals.at_rest() else TOP
            )
        if (
            not self._broken
            and self.deepest > TURN_DEPTH
            and self._least < RETURNED * self.deepest
            and depth > self._least + TURN_RISE
        ):
            self._turn_ns = self._least_ns
            return self._finish(signals.samples.index_at(self._least_ns), TURN)
        return None

    def likely(self) -> Movement | None:
        """What ``step`` will return before long if nothing moves any more, or if the turn is one.

        Once begun it stays the same until then; None while no end is in sight.
        """
        signals = self._signals
        t_ns = signals.samples.times_ns[-1]
        if not self.moving or self._broken or self._hole_ns or t_ns - self._start_ns < MIN_NS:
            return None
        began_ns, end = signals.pause_began_ns(), TURN
        if began_ns is not None and self._trunk_is_up():
            began_ns = max(began_ns, self._start_ns)
            rests = signals.rest_ns() > SOON_REST_NS or signals.tilt_deg >= TOP_TILT_DEG
            end = REST if rests or signals.anchor is UNKNOWN else TOP
        elif self.deepest > TURN_DEPTH and self._least < RETURNED * self.deepest:
            began_ns = self._least_ns
        else:
            return None
        samples = signals.samples
        start_index, end_index = samples.index_at(self._start_ns), samples.index_at(began_ns)
        if (
            t_ns - began_ns < LIKELY_NS
            or end_index - start_index < LEAST_SAMPLES
            or not is_big_enough(self._peak_tilt, self._peak_travel, self._peak_drop)
        ):
            return None
        return Movement(start_index, end_index, signals.anchor, end, self._start_ns)

    def _settled(self) -> bool:
        signals = self._signals
        if signals.at_rest():
            return True
        # Without a known velocity at the start a slow moment may be the bottom of a squat.
        return signals.anchor is not UNKNOWN and signals.at_top()

    def _upright(self) -> bool:
        signals = self._signals
        if not self._trunk_is_up():
            return False
        unknown_mm = signals.drop_uncertainty_mm()
        if unknown_mm > DRIFTED_MM:
            return signals.at_rest() or (signals.at_top() and self._hips_are_back())
        sinking = signals.samples.times_ns[-1] - self._peak_drop_ns < SINKING_NS
        if sinking and signals.drop_mm > unknown_mm:
            return False
        # A pause in the middle of rising is not taken for the top; a rest is, and so is one with
        # the hips back where they were.
        doubt = 1.0 if signals.at_rest() or self._hips_are_back() else TOP_DOUBT
        return abs(signals.drop_mm) < max(40.0, RETURNED * self._peak_drop) + doubt * unknown_mm

    def _trunk_is_up(self) -> bool:
        tilt_deg = self._signals.tilt_deg
        if tilt_deg <= max(START_TILT_DEG, RETURNED * self._peak_tilt, 0.0):
            return True
        return tilt_deg < MIN_TILT_DEG and self._peak_drop > DEEP_DROP_MM

    def _hips_are_back(self) -> bool:
        travel = self._signals.travel_mm
        return travel is not None and abs(travel) < BACK_MM

    def _finish(self, end_index: int, end: Anchor) -> Movement | None:
        signals = self._signals
        self._end = end
        start_index = signals.samples.index_at(self._start_ns)
        # A pause belongs to the repetition until it is long enough to be one.
        over_ns = signals.samples.times_ns[-1 if end is not TURN else end_index]
        most_ns = min(HOLE_NS, HOLE_SHARE * (over_ns - self._start_ns))
        self._broken = self._broken or self._hole_ns > most_ns
        movement = Movement(
            start_index,
            end_index,
            signals.anchor,
            end,
            start_ns=self._start_ns,
            broken=self._broken,
        )
        long_enough = over_ns - self._start_ns >= MIN_NS
        big_enough = is_big_enough(self._peak_tilt, self._peak_travel, self._peak_drop)
        if long_enough and big_enough and end_index - start_index >= LEAST_SAMPLES:
            return movement
        self.done()
        return None

    def done(self) -> None:
        """The movement was measured: anchor where it ended and go on."""
        end, turn_ns = self._end, self._turn_ns
        self.moving = False
        self._over = 0
        self._end = self._turn_ns = None
        if end is TURN and turn_ns is not None:
            signals = self._signals
            signals.anchor_at(signals.samples.index_at(turn_ns), TURN)
            self._begin(turn_ns)
        elif end is not None:
            self._signals.anchor_here(end if self._signals.bias_known or end is REST else UNKNOWN)
        self._signals.settled()
