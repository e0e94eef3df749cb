"""Tells at most one thing at a time, and writes down why the rest was not told."""

from __future__ import annotations

from collections import Counter, deque
from typing import Literal, NamedTuple

from device.faults import Fault, RepView
from device.limits import (
    HEAD_SOUND_MS,
    SAME_IN_A_ROW,
    SILENCE_MS,
    STANDING_SOUND_MS,
    SUMMARY_GOOD_SHARE,
    SUMMARY_LEAST,
    Stage,
)
from device.monitor import LiveEvent
from device.verdict import Finding
from services.schema import FaultEntry

Level = Literal["live", "rep", "set"]
Wording = Literal["again", "regress"]


class Told(NamedTuple):
    """What to tell now: the fault, and the words that are due."""

    fault: Fault
    wording: Wording | None
    words: str

    @property
    def code(self) -> str:
        return self.fault.code


class Trigger:
    """A fault that was found, and what became of it."""

    __slots__ = ("fault", "level", "onset_ns", "sound_ns", "suppressed_by", "t_ns", "told", "words")

    def __init__(self, fault: Fault, level: Level, onset_ns: int, t_ns: int, sound_ns: int) -> None:
        self.fault = fault
        self.level = level
        self.onset_ns = onset_ns
        self.t_ns = t_ns
        self.sound_ns = sound_ns
        self.told = False
        self.suppressed_by: str | None = None
        self.words: Wording | None = None

    def entry(self, origin_ns: int) -> FaultEntry:
        """As it is logged."""
        return FaultEntry(
            code=self.fault.code,
            level=self.level,
            time_s=round((self.t_ns - origin_ns) * 1e-9, 4),
            told=self.told,
            suppressed_by=None if self.told else self.suppressed_by or "priority",
            wording=self.words if self.told else None,
        )


class Coach:
    """One voice. ``step`` says what to tell at this tick, if anything.

    ``regress``: the drill's easier form, in words, for when other words have not helped.
    ``hush`` of the calls: why nothing may be told now (a silent rep, cues off), or None.
    """

    def __init__(self, stage: Stage, regress: str = "") -> None:
        self._stage = stage
        self._regress = regress
        self._waiting: list[Trigger] = []
        self._told_in_rep: set[str] = set()
        self._silent_until_ns = 0
        self._end_cue: tuple[int, Told] | None = None
        self._history: dict[str, deque[bool]] = {}
        self._last_code = ""
        self._in_a_row = 0
        self._summed: list[frozenset[Fault]] = []
        self._summed_good = 0
        self.good_summary = False
        """The reps of the summary that is due now were good."""

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

    def step(
        self,
        t_ns: int,
        active: frozenset[str],
        *,
        taken_off: bool = False,
        hush: str | None = None,
        asking: bool = False,
    ) -> Told | None:
        """What to tell now.

        ``active``: codes of the live faults that hold. ``taken_off``: somebody who stands is
        taking the dowel off the back: no contact is missed. ``asking``: the person is still
        asked what the rep was like; its cue waits.
        """
        for trigger in tuple(self._waiting):
            if hush is not None:
                self._drop(trigger, hush)
                continue
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
        if not self._waiting and self._end_cue is None:
            return None
        due = [trigger for trigger in self._waiting if t_ns >= trigger.sound_ns]
        if due:
            best = min(due, key=lambda trigger: (trigger.fault.priority, trigger.onset_ns))
            self._waiting.remove(best)
            self._told_in_rep.add(best.fault.code)
            # Lamp and buzzer are promised: only the words ever run out.
            told = self._choose(best.fault) or Told(best.fault, "again", _again(best.fault))
            return self._say(t_ns, self._note(best, told))
        if self._end_cue is not None and t_ns >= self._end_cue[0] and not asking:
            told = self._end_cue[1]
            self._end_cue = None
            return self._say(t_ns, told)
        return None

    def _say(self, t_ns: int, told: Told) -> Told:
        self._silent_until_ns = t_ns + round(SILENCE_MS * 1e6)
        return told

    def _drop(self, trigger: Trigger, why: str) -> None:
        trigger.suppressed_by = why
        self._waiting.remove(trigger)

    def _choose(self, fault: Fault) -> Told | None:
        """The words that are due: the first, other ones, the easier form; None when all of
        them have been said and did not help."""
        before = self._in_a_row if fault.code == self._last_code else 0
        if before < SAME_IN_A_ROW:
            return Told(fault, None, fault.words)
        if before < 2 * SAME_IN_A_ROW:
            return Told(fault, "again", _again(fault))
        if before == 2 * SAME_IN_A_ROW and self._regress:
            return Told(fault, "regress", self._regress)
        return None

    def _note(self, trigger: Trigger, told: Told) -> Told:
        trigger.told, trigger.words = True, told.wording
        code = told.fault.code
        self._in_a_row = self._in_a_row + 1 if code == self._last_code else 1
        self._last_code = code
        return told

    # -- at the rep's end ---------------------------------------------------------------

    def rep_end(
        self,
        t_ns: int,
        found: tuple[Finding, ...],
        view: RepView,
        *,
        live: tuple[Fault, ...] = (),
        named: bool = False,
        last: bool = False,
        hush: str | None = None,
        faded: bool = False,
    ) -> tuple[Trigger, ...]:
        """Decide what of a finished rep is told, now or after the silence of the last cue.

        ``found``: what is not logged yet. ``live``: what was logged live. ``named``: a fault
        names the rep, whether in ``found`` or live. ``last``: the set ends here, with its own
        sound. ``faded``: nothing is told after this rep.
        """
        triggers = [Trigger(f.fault, "rep", f.t_ns, f.t_ns, t_ns) for f in found]
        codes = {trigger.fault.code for trigger in triggers}
        for code in codes | set(self._history):
            self._history.setdefault(code, deque(maxlen=3)).append(code in codes)
        for trigger in tuple(self._waiting):
            self._drop(trigger, hush or "rep ended")
        named = named or any(trigger.fault.names for trigger in triggers)
        chosen: Told | None = None
        for trigger in sorted(triggers, key=lambda one: one.fault.priority):
            # Depth and speed matter once the movement is right.
            advice = named and not trigger.fault.names
            why = self._why_not(trigger.fault, view, hush, faded=faded)
            if why is None:
                why = "priority" if advice else "set end" if last else None
            words = self._choose(trigger.fault) if why is None else None
            if words is not None and chosen is None:
                chosen = self._note(trigger, words)
            else:
                trigger.suppressed_by = why or ("priority" if words else "three in a row")
        quiet = not triggers and not self._told_in_rep
        self._told_in_rep.clear()
        self.good_summary = False
        if self._stage.summary_every and hush is None and view.measured.valid:
            passing = [f.fault for f in found if self._beyond(f.fault, view)]
            summary = self._sum_up(t_ns, frozenset((*passing, *live)), named=named)
            if summary is not None:
                trigger, chosen = summary
                triggers.append(trigger)
        elif quiet:
            self._last_code, self._in_a_row = "", 0
        if chosen is not None:
            self._end_cue = (max(t_ns, self._silent_until_ns), chosen)
        return tuple(triggers)

    def end_free(
        self, t_ns: int, fault: Fault, *, hush: str | None = None, faded: bool = False
    ) -> str | None:
        """Tell ``fault`` after the rep if nothing else is told of it; else says why not."""
        if hush is not None:
            return hush
        if not self._stage.tells_rep_end and not self._stage.summary_every:
            return "stage"
        if faded:
            return "faded"
        if self._end_cue is not None:
            return "priority"
        self._end_cue = (max(t_ns, self._silent_until_ns), Told(fault, None, fault.words))
        return None

    def _sum_up(
        self, t_ns: int, faults: frozenset[Fault], *, named: bool
    ) -> tuple[Trigger, Told] | None:
        """One rep more for the summary; what is told when it is due: the most frequent fault,
        one that names before advice."""
        self._summed.append(faults)
        self._summed_good += not named
        if len(self._summed) < self._stage.summary_every:
            return None
        times = Counter(fault for rep in self._summed for fault in rep)
        often = [fault for fault, count in times.items() if count >= SUMMARY_LEAST]
        self.good_summary = (
            not often and self._summed_good >= SUMMARY_GOOD_SHARE * self._stage.summary_every
        )
        self._summed, self._summed_good = [], 0
        for fault in sorted(often, key=lambda f: (not f.names, -times[f], f.priority)):
            words = self._choose(fault)
            if words is not None:
                trigger = Trigger(fault, "set", t_ns, t_ns, t_ns)
                return trigger, self._note(trigger, words)
        return None

    def _beyond(self, fault: Fault, view: RepView) -> bool:
        return fault.beyond is None or fault.beyond(view, self._stage)

    def _why_not(self, fault: Fault, view: RepView, hush: str | None, *, faded: bool) -> str | None:
        if not view.measured.valid:
            return "unscored"
        if fault.code in self._told_in_rep:
            return "told live"
        if hush is not None:
            return hush
        if not self._stage.tells_rep_end:
            return "summary" if self._stage.summary_every else "stage"
        if faded:
            return "faded"
        if not self._beyond(fault, view):
            return "bandwidth"
        running = list(self._history[fault.code])[-fault.in_a_row :]
        if len(running) < fault.in_a_row or not all(running):
            return "not yet in a row"
        if self._stage.two_of_three and sum(self._history[fault.code]) < 2:
            return "two of three"
        return None


def _again(fault: Fault) -> str:
    return fault.again or fault.words
