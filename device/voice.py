"""Everything that is told: live faults, the rep's end, lost sensors, STOP; and by what."""

from __future__ import annotations

from device.coach import Coach, Trigger
from device.faults import FAULTS, LiveView, RepView
from device.faults.fatigue import FATIGUE
from device.feedback import Feedback
from device.limits import LOG, MS, STAGES
from device.monitor import Monitor
from device.patterns import SOUND_OF_LIVE
from device.setup import Setting
from device.tick import Cue
from device.verdict import Finding
from services.schema import FaultEntry

SHOWN_NS = 1_500 * MS
"""How long the page shows a cue."""


class Voice:
    """One voice over lamps and buzzer. Every trigger is kept for the rep's record."""

    def __init__(self, setting: Setting, feedback: Feedback) -> None:
        self._setting = setting
        self._feedback = feedback
        armed = tuple(f for f in FAULTS if f.code in setting.drill.armed)
        self._monitor = Monitor(armed if setting.drill.live else ())
        self._coach = Coach(STAGES[setting.stage])
        self._triggers: list[Trigger] = []
        self._told: str | None = None
        self._told_until_ns = 0
        self._sensor_told = False
        self._tired_told = False
        self.muted = False

    def new_set(self) -> None:
        """Forget what was told in the last set."""
        self._coach = Coach(STAGES[self._setting.stage])
        self._monitor.reset()
        self._triggers = []
        self._tired_told = False

    def showing(self, t_ns: int) -> str | None:
        """Code of the cue that the page shows now."""
        return self._told if t_ns < self._told_until_ns else None

    def squat_now(self) -> bool:
        """Whether the live rule of the squat holds."""
        return any(fault.code == "KNEE_DRIVEN" for fault, _ in self._monitor.active())

    def _channels(self) -> tuple[str, ...]:
        return ("led",) if self.muted else ("led", "buzzer")

    def sensor(self, t_ns: int, since_ns: int | None) -> tuple[Cue, ...]:
        """Say once that a needed sensor is gone. ``since_ns``: its last sample; None: all well
        or nobody there to be told."""
        if since_ns is None:
            self._sensor_told = False
            return ()
        if self._sensor_told or t_ns - since_ns < LOG.sensor_ms * MS:
            return ()
        self._sensor_told = True
        return (Cue(t_ns, "SENSOR", ("led",)),)

    def silence(self) -> None:
        """A sensor is gone: what it said last is no ground to speak."""
        self._monitor.reset()
        self._coach.hold()

    def live(self, t_ns: int, view: LiveView) -> tuple[Cue, ...]:
        """The present moment within a set."""
        for event in self._monitor.step(t_ns, view):
            self._triggers.append(self._coach.live(event, moving=view.moving))
        active = frozenset(fault.code for fault, _ in self._monitor.active())
        taken_off = not view.moving and sum(view.open_pads) >= 2
        fault = self._coach.step(t_ns, active, taken_off=taken_off)
        if fault is None:
            return ()
        sound = SOUND_OF_LIVE.get(fault.code) if fault.code in active else None
        self._feedback.play(t_ns, sound or "rep_cue")
        if sound is None:
            self._feedback.cue_light(t_ns)
        self._told, self._told_until_ns = fault.code, t_ns + SHOWN_NS
        return (Cue(t_ns, fault.code, self._channels()),)

    def stop(self, t_ns: int, *, buzzed: bool) -> Cue:
        """The STOP key was pressed."""
        return Cue(t_ns, "STOP", self._channels() if buzzed else ("led",))

    def tired(self, t_ns: int, origin_ns: int) -> FaultEntry:
        """The set has turned bad; said once, after a rep of which nothing else is told."""
        before = self._tired_told
        told = not before and self._coach.end_free(t_ns, FATIGUE)
        self._tired_told = before or told
        return FaultEntry(
            code=FATIGUE.code,
            level="set",
            time_s=round((t_ns - origin_ns) * 1e-9, 4),
            told=told,
            suppressed_by=None if told else ("repeat" if before else "priority"),
        )

    def rep_end(
        self,
        t_ns: int,
        found: tuple[Finding, ...],
        view: RepView,
        *,
        verdict: str,
        last: bool,
    ) -> tuple[Trigger, ...]:
        """All triggers of a finished rep, live ones included, in the order of time."""
        live_codes = {trigger.fault.code for trigger in self._triggers}
        # A contact already logged live is not logged again; a squat is: its name hangs on it.
        new = tuple(
            f for f in found if f.fault.code not in live_codes or f.fault.code == "KNEE_DRIVEN"
        )
        at_end = self._coach.rep_end(t_ns, new, view, named=verdict != "GOOD", last=last)
        triggers = (*self._triggers, *at_end)
        self._triggers = []
        if verdict == "GOOD" and not any(trigger.told for trigger in triggers):
            self._feedback.play(t_ns, "good")
            self._feedback.good_light(t_ns)
        return tuple(sorted(triggers, key=lambda one: one.t_ns))
