"""Who is there, and are they set up: the states of a visit.

``IDLE -> NEAR -> DOWEL_UP -> SET_UP -> READY -> SET -> RESTING -> LEFT``. No repetition and no
buzz outside SET (see docs/life-of-a-rep.md).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from device.signals import MS, S

State = Literal["IDLE", "NEAR", "DOWEL_UP", "SET_UP", "READY", "SET", "RESTING", "LEFT"]

NEAR_NS = 300 * MS
GONE_NS = 2 * S
DOWEL_OFF_NS = 1_500 * MS
STILL_NS = 1 * S
PAD_WAIT_NS = 5 * S
LEFT_NS = 60 * S
UNUSED_NS = 180 * S
"""A visit whose dowel hangs so long is over, even if people pass by."""
IDLE_SET_NS = 20 * S
UPRIGHT_DEG = 20.0
ON_BACK_PADS = 2
"""A dowel on a back presses at least two pads; a hand or a cloth presses one."""
RESUME_NS = 250 * MS
"""Data must look like a set under way within so long of the stream's beginning to resume it."""


class Presence(Struct, frozen=True, gc=False):
    """What the life cycle looks at, at a tick."""

    body: bool
    """Something the size of a person is in range (or, without a ranger, holds the dowel)."""
    tilt_abs_deg: float
    measuring: bool
    """All needed sensors are fresh."""
    rest_ns: int
    pads_fitted: bool
    closed: tuple[bool, bool, bool]
    pads_known: bool
    """Every pad has been read at least once."""
    moving: bool
    moved: bool
    """Stands still, but elsewhere than where the zeroes were taken: take them again."""
    pads_steady: bool
    """No pad has opened or closed for half a second."""
    loose: bool
    """The pads chatter: the dowel is not held against the back."""
    set_done: bool
    """The set has its repetitions."""
    stop: bool
    next: bool
    called: bool = True
    """Somebody may be set up: a dowel shows them, or the NEXT key has been pressed."""
    paused: bool = False
    """Something stands in the way of measuring: nothing begins, no zeroes are taken."""


class Change(NamedTuple):
    """A change of state, and what it asks of the pipeline."""

    state: State
    zero: bool = False
    """Take the person's zeroes now."""
    resumed: bool = False
    """Measuring began in the middle of a set: provisional zeroes."""
    opened: bool = False
    closed: str | None = None


class Lifecycle:
    """Steps through the states of a visit."""

    def __init__(self) -> None:
        self.state: State = "IDLE"
        self.judged: tuple[bool, bool, bool] = (True, True, True)
        self.session_open = False
        self._first_ns: int | None = None
        self._body_ns: int | None = None
        self._no_body_ns: int | None = None
        self._off_ns: int | None = None
        self._tall_ns: int | None = None
        self._active_ns = 0
        self._seen: list[bool] = [False, False, False]
        self.stopped = False

    def step(self, t_ns: int, now: Presence) -> Change | None:
        """The change of this tick, if any."""
        self._watch(t_ns, now)
        change = self._next(t_ns, now)
        if change is None:
            return None
        self.state = change.state
        self._active_ns = t_ns
        if change.opened:
            self.session_open = True
        if change.closed is not None:
            self.session_open = False
        return change

    def leave_out(self, pads: tuple[bool, bool, bool]) -> None:
        """Pads that are held by a hand are not judged."""
        a, b, c = self.judged
        self.judged = (a and not pads[0], b and not pads[1], c and not pads[2])

    # -- helpers ------------------------------------------------------------------------

    def _watch(self, t_ns: int, now: Presence) -> None:
        if self._first_ns is None and now.measuring and now.pads_known:
            self._first_ns = t_ns
        if now.body:
            self._no_body_ns = None
            if self._body_ns is None:
                self._body_ns = t_ns
        else:
            self._body_ns = None
            if self._no_body_ns is None:
                self._no_body_ns = t_ns
        on = any(now.closed) if now.pads_fitted else abs(now.tilt_abs_deg) < 120.0 and now.body
        if on:
            self._off_ns = None
        elif self._off_ns is None:
            self._off_ns = t_ns
        if now.moving:
            self._active_ns = t_ns
        if now.stop:
            self.stopped = True
        elif now.next:
            self.stopped = False

    def _held(self, since_ns: int | None, t_ns: int, for_ns: int) -> bool:
        return since_ns is not None and t_ns - since_ns >= for_ns

    def _next(self, t_ns: int, now: Presence) -> Change | None:
        if self.state in ("SET_UP", "READY", "SET", "RESTING"):
            return self._with_person(t_ns, now)
        if self._may_resume(t_ns, now):
            self.judged = (True, True, True)
            return Change("READY", resumed=True, opened=not self.session_open)
        if self.state == "IDLE":
            return Change("NEAR") if self._held(self._body_ns, t_ns, NEAR_NS) else None
        gone = self._held(self._no_body_ns, t_ns, GONE_NS)
        upright = now.measuring and abs(now.tilt_abs_deg) < UPRIGHT_DEG
        if now.pads_fitted:
            on_back = sum(now.closed) >= ON_BACK_PADS and not now.loose
        else:
            on_back = upright and now.rest_ns > STILL_NS and now.called
        if self.session_open and (
            self._held(self._no_body_ns, t_ns, LEFT_NS) or self._held(self._off_ns, t_ns, UNUSED_NS)
        ):
            return Change("NEAR" if now.body else "IDLE", closed="left")
        if self.state == "LEFT":
            if now.body and upright and on_back:
                return Change("DOWEL_UP")
            return Change("NEAR") if self._held(self._body_ns, t_ns, NEAR_NS) else None
        if gone:
            return Change("LEFT" if self.session_open else "IDLE")
        if self.state == "NEAR":
            return Change("DOWEL_UP") if upright and on_back else None
        # DOWEL_UP
        if not on_back:
            return Change("NEAR")
        if not upright:
            return None
        self._tall_ns = t_ns
        self._seen = [False, False, False]
        return Change("SET_UP", opened=not self.session_open)

    def _may_resume(self, t_ns: int, now: Presence) -> bool:
        """A set was under way when measuring began: all pads pressed, somebody upright there."""
        return (
            self._first_ns is not None
            and t_ns - self._first_ns <= RESUME_NS
            and now.pads_fitted
            and all(now.closed)
            and now.body
            and now.measuring
            and abs(now.tilt_abs_deg) < UPRIGHT_DEG
        )

    def _with_person(self, t_ns: int, now: Presence) -> Change | None:
        if self._held(self._no_body_ns, t_ns, GONE_NS) and self._held(self._off_ns, t_ns, GONE_NS):
            return Change("LEFT")
        if now.loose:
            # Not held against the back: nothing to judge until it is.
            return Change("DOWEL_UP")
        if self.state == "SET_UP":
            return self._set_up(t_ns, now)
        if self._held(self._off_ns, t_ns, DOWEL_OFF_NS) and now.pads_fitted:
            return Change("NEAR")
        if now.moved:
            self._tall_ns = None
            return Change("SET_UP")
        if self.state == "READY":
            return Change("SET") if self._may_begin(now) else None
        if self.state == "SET":
            idle = t_ns - self._active_ns >= IDLE_SET_NS
            done = now.set_done and not now.moving
            return Change("RESTING") if done or now.stop or idle else None
        # RESTING: the next movement from a rest opens the next set.
        return Change("SET") if self._may_begin(now) else None

    def _may_begin(self, now: Presence) -> bool:
        """A set begins with a movement; one of a dowel that is off the back is none."""
        on_back = not now.pads_fitted or sum(now.closed) >= ON_BACK_PADS
        return now.moving and not self.stopped and on_back and not now.paused

    def _set_up(self, t_ns: int, now: Presence) -> Change | None:
        if self._held(self._off_ns, t_ns, DOWEL_OFF_NS) and now.pads_fitted:
            return Change("NEAR")
        tall = now.measuring and abs(now.tilt_abs_deg) < UPRIGHT_DEG
        if not tall:
            self._tall_ns = None
            return None
        if self._tall_ns is None:
            self._tall_ns = t_ns
        for pad, closed in enumerate(now.closed):
            self._seen[pad] = closed
        waited = t_ns - self._tall_ns >= PAD_WAIT_NS
        if now.rest_ns < STILL_NS or not now.body or not now.pads_steady or now.paused:
            return None
        if now.pads_fitted and not all(self._seen):
            if not waited or sum(self._seen) < ON_BACK_PADS:
                return None
            self.judged = (self._seen[0], self._seen[1], self._seen[2])
        else:
            fitted = now.pads_fitted
            self.judged = (fitted, fitted, fitted)
        return Change("READY", zero=True)
