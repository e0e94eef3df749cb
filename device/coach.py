"""Tells at most one thing at a time, and writes down why the rest was not told."""

from __future__ import annotations

from collections import deque

from device.faults import Fault, RepView
from device.limits import HEAD_SOUND_MS, SAME_IN_A_ROW, SILENCE_MS, STANDING_SOUND_MS, Stage
from device.monitor import LiveEvent
from device.verdict import Finding
from services.schema import FaultEntry


class Trigger:
    """A fault that was found, and what became of it."""

    __slots__ = ("fault", "level", "onset_ns", "sound_ns", "suppressed_by", "t_ns", "told")

    def __init__(self, fault: Fault, level: str, onset_ns: int, t_ns: int, sound_ns: int) -> None:
        self.fault = fault
        self.level = level
        self.onset_ns = onset_ns
        self.t_ns = t_ns
        self.sound_ns = sound_ns
        self.told = False
        self.suppressed_by: str | None = None

    def entry(self, origin_ns: int) -> FaultEntry:
        """As it is logged."""
        return FaultEntry(
            code=self.fault.code,
            level="live" if self.level == "live" else "rep",
            time_s=round((self.t_ns - origin_ns) * 1e-9, 4),
            told=self.told,
            suppressed_by=None if self.told else self.suppressed_by or "priority",
        )


class Coach:
    """One voice. ``step`` says what to tell at this tick, if anything."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._waiting: list[Trigger] = []
        self._told_in_rep: set[str] = set()
        self._silent_until_ns = 0
        self._end_cue: tuple[int, Fault] | None = None
        self._history: dict[str, deque[bool]] = {}
        self._last_end_code = ""
        self._in_a_row = 0

    # -- live ---------------------------------------------------------------------------

    def live(self, event: LiveEvent, *, moving: bool = True) -> Trigger:
        """A live fault has begun; it is told when its sound is due: later between two reps."""
        fault = event.fault
        delay_ms = 0.0
        if fault.on_ms > 0:
            delay_ms = HEAD_SOUND_MS if fault.code == "HEAD" else self._stage.sound_ms
            if not moving:
                delay_ms = max(delay_ms, STANDING_SOUND_MS)
        sound_ns = max(event.t_ns, event.onset_ns + round(delay_ms * 1e6))
        trigger = Trigger(fault, "live", event.onset_ns, event.t_ns, sound_ns)
        self._waiting.append(trigger)
        return trigger

    def hold(self) -> None:
        """A sensor is gone: what waits was seen by it, and is not told."""
        for trigger in tuple(self._waiting):
            self._drop(trigger, "sensor")

    def step(self, t_ns: int, active: frozenset[str], *, taken_off: bool = False) -> Fault | None:
        """What to tell now.

        ``active``: codes of the live faults that hold. ``taken_off``: somebody who stands is
        taking the dowel off the back: no contact is missed.
        """
        for trigger in tuple(self._waiting):
            if taken_off and trigger.fault.on_ms > 0:
                self._drop(trigger, "taken off")
                continue
            code = trigger.fault.code
            if code in self._told_in_rep:
                self._drop(trigger, "repeat")
            elif code not in active:
                self._drop(trigger, "brief" if t_ns < trigger.sound_ns else "priority")
        if t_ns < self._silent_until_ns:
            return None
        due = [trigger for trigger in self._waiting if t_ns >= trigger.sound_ns]
        if due:
            best = min(due, key=lambda trigger: (trigger.fault.priority, trigger.onset_ns))
            best.told = True
            self._waiting.remove(best)
            self._told_in_rep.add(best.fault.code)
            return self._say(t_ns, best.fault)
        if self._end_cue is not None and t_ns >= self._end_cue[0]:
            fault = self._end_cue[1]
            self._end_cue = None
            return self._say(t_ns, fault)
        return None

    def _say(self, t_ns: int, fault: Fault) -> Fault:
        self._silent_until_ns = t_ns + round(SILENCE_MS * 1e6)
        return fault

    def _drop(self, trigger: Trigger, why: str) -> None:
        trigger.suppressed_by = why
        self._waiting.remove(trigger)

    # -- at the rep's end ---------------------------------------------------------------

    def rep_end(
        self,
        t_ns: int,
        found: tuple[Finding, ...],
        view: RepView,
        *,
        named: bool = False,
        last: bool = False,
    ) -> tuple[Trigger, ...]:
        """Decide what of a finished rep is told, now or after the silence of the last cue.

        ``found``: what is not logged yet. ``named``: a fault names the rep, whether in
        ``found`` or logged live. ``last``: the set ends here, with its own sound.
        """
        triggers = [Trigger(f.fault, "rep", f.t_ns, f.t_ns, t_ns) for f in found]
        codes = {trigger.fault.code for trigger in triggers}
        for code in codes | set(self._history):
            self._history.setdefault(code, deque(maxlen=3)).append(code in codes)
        for trigger in tuple(self._waiting):
            self._drop(trigger, "rep ended")
        named = named or any(trigger.fault.names for trigger in triggers)
        chosen: Trigger | None = None
        for trigger in sorted(triggers, key=lambda one: one.fault.priority):
            # Depth and speed matter once the movement is right.
            advice = named and not trigger.fault.names
            why = "priority" if advice else self._why_not(trigger.fault, view)
            if why is None and last:
                why = "set end"
            if why is None and chosen is None:
                chosen = trigger
                trigger.told = True
            else:
                trigger.suppressed_by = why or "priority"
        self._told_in_rep.clear()
        if chosen is not None:
            code = chosen.fault.code
            self._in_a_row = self._in_a_row + 1 if code == self._last_end_code else 1
            self._last_end_code = code
            self._end_cue = (max(t_ns, self._silent_until_ns), chosen.fault)
        elif not triggers:
            self._last_end_code, self._in_a_row = "", 0
        return tuple(triggers)

    def end_free(self, t_ns: int, fault: Fault) -> bool:
        """Tell ``fault`` after the rep if nothing else is told of it."""
        if self._end_cue is not None or not self._stage.tells_rep_end:
            return False
        self._end_cue = (max(t_ns, self._silent_until_ns), fault)
        return True

    def _why_not(self, fault: Fault, view: RepView) -> str | None:
        if not view.measured.valid:
            return "unscored"
        if fault.code in self._told_in_rep:
            return "told live"
        if not self._stage.tells_rep_end:
            return "stage"
        if fault.beyond is not None and not fault.beyond(view, self._stage):
            return "bandwidth"
        running = list(self._history[fault.code])[-fault.in_a_row :]
        if len(running) < fault.in_a_row or not all(running):
            return "not yet in a row"
        if self._stage.two_of_three and sum(self._history[fault.code]) < 2:
            return "two of three"
        if fault.code == self._last_end_code and self._in_a_row >= SAME_IN_A_ROW:
            return "three in a row"
        return None
