"""Everything that is told: live faults, the rep's end, lost sensors, STOP; and by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from device.coach import Coach, Told, Trigger
from device.coaching import Hush, advanced, asks, hush
from device.faults import FAULTS, LiveView, RepView
from device.faults.fatigue import FATIGUE
from device.feedback import Feedback
from device.limits import LOG, MS, STAGES, StageName
from device.monitor import Monitor
from device.patterns import SOUND_OF_LIVE
from device.question import Closed, Question
from device.setup import Setting
from device.tick import Cue
from device.verdict import Finding
from services.schema import FaultEntry, RepBody

NO_CODES: Final[frozenset[str]] = frozenset()
SHOWN_NS: Final = 1_500 * MS
"""How long the page shows a cue."""
SPEAK_AFTER_NS: Final = 350 * MS
"""Words begin when the cue's own tones are over."""
ASK_WORDS: Final = "How was that rep?"
STOP_WORDS: Final = "Stop. Rest."
CUES_OFF: Final = "cues off"


class Voice:
    """One voice over lamps, buzzer, motor and speech. Every trigger is kept for the record."""

    def __init__(self, setting: Setting, feedback: Feedback) -> None:
        self._setting = setting
        self._feedback = feedback
        armed = tuple(f for f in FAULTS if f.code in setting.drill.armed)
        self._monitor = Monitor(armed if setting.drill.live else ())
        self.stage: StageName = setting.stage
        self._coach = self._new_coach()
        self._question = Question()
        self._triggers: list[Trigger] = []
        self._praise: str | None = None
        self._told: Told | None = None
        self._told_until_ns = 0
        self._sensor_told = False
        self._tired_told = False
        self._rep = 1
        self._ended: Hush = "told"
        self._ended_quiet: str | None = None
        self._words: tuple[int, str] | None = None
        self.muted = False
        self.cues_on = setting.coaching.cues

    def _new_coach(self) -> Coach:
        return Coach(STAGES[self.stage], self._setting.drill.regress)

    def new_set(self, before: Sequence[RepBody]) -> None:
        """Forget what was told in the last set, whose reps were ``before``."""
        self.stage = advanced(self.stage, before, self._setting.coaching)
        self._coach = self._new_coach()
        self._monitor.reset()
        self._triggers = []
        self._tired_told = False
        self._rep = 1

    def new_person(self) -> None:
        """Somebody else may stand there: nothing that was told so far was told to them."""
        self.stage = self._setting.stage
        self.new_set(())

    def leave(self) -> None:
        """The visit is over: the next person has made no choices yet."""
        self.stage = self._setting.stage
        self.muted = False
        self.cues_on = self._setting.coaching.cues

    def showing(self, t_ns: int) -> str | None:
        """Code of the cue that the page shows now."""
        return self._told.code if self._told is not None and t_ns < self._told_until_ns else None

    def showing_words(self, t_ns: int) -> str | None:
        """Its words, where they are not its usual ones."""
        told = self._told
        return told.words if told is not None and told.wording and self.showing(t_ns) else None

    @property
    def hush(self) -> Hush:
        """How much is told of the rep under way, or the next one."""
        if self._setting.drill.silent:
            return "silent"
        return hush(self._rep, self._setting.reps, self.stage, self._setting.coaching)

    @property
    def asking(self) -> bool:
        """The person is asked what the last rep was like."""
        return self._question.is_open

    def _why_quiet(self) -> str | None:
        if not self.cues_on:
            return CUES_OFF
        return "silent rep" if self.hush == "silent" else None

    def squat_now(self) -> bool:
        """Whether the live rule of the squat holds."""
        now = self._monitor.active()
        return bool(now) and any(fault.code == "KNEE_DRIVEN" for fault, _ in now)

    def _channels(self, *, spoken: bool = False, sound: bool = True) -> tuple[str, ...]:
        channels = ["led"]
        if not self.muted and sound:
            channels.append("buzzer")
        if self._setting.coaching.vibration and sound:
            channels.append("vibration")
        if spoken and self._setting.coaching.speech and not self.muted:
            channels.append("speech")
        return tuple(channels)

    # -- speech -------------------------------------------------------------------------

    def _speak(self, t_ns: int, words: str) -> None:
        if self._setting.coaching.speech and not self.muted and self.cues_on:
            self._words = (t_ns + SPEAK_AFTER_NS, words)

    def speech(self, t_ns: int) -> str | None:
        """Words to begin speaking now; "" to fall silent; None: nothing new."""
        if self._words is None or t_ns < self._words[0]:
            return None
        (_, words), self._words = self._words, None
        return words

    def _cut_speech(self, t_ns: int) -> None:
        """Something louder is told now, or nothing may be heard."""
        if self._setting.coaching.speech:
            self._words = (t_ns, "")

    def toggle(self, t_ns: int, keys: Sequence[str]) -> None:
        """Mute and cues off, as the person wants them."""
        if "next_hold" in keys or "mute" in keys:
            self.muted = not self.muted
            self._cut_speech(t_ns)
        if "cues" in keys:
            self.cues_on = not self.cues_on
            self._cut_speech(t_ns)

    # -- the question -------------------------------------------------------------------

    def answer(self, t_ns: int, keys: Sequence[str], *, over: bool) -> Closed | None:
        """What became of the question; the answer's praise comes after it."""
        closed = self._question.step(t_ns, keys, over=over)
        if closed is not None:
            self._give_praise(t_ns)
        return closed

    def _give_praise(self, t_ns: int) -> None:
        if self._praise is not None:
            self._feedback.play(t_ns, self._praise)
            if self._praise == "good":
                self._feedback.good_light(t_ns)
        self._praise = None

    # -- sensors, STOP ------------------------------------------------------------------

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

    def stop(self, t_ns: int, *, buzzed: bool) -> Cue:
        """The STOP key was pressed."""
        if buzzed:
            self._speak(t_ns, STOP_WORDS)
        sound = buzzed and self.cues_on
        return Cue(t_ns, "STOP", self._channels(spoken=sound, sound=sound))

    # -- live ---------------------------------------------------------------------------

    def live(self, t_ns: int, view: LiveView) -> tuple[Cue, ...]:
        """The present moment within a set."""
        for event in self._monitor.step(t_ns, view):
            self._triggers.append(self._coach.live(event, moving=view.moving))
        now = self._monitor.active()
        active = frozenset(fault.code for fault, _ in now) if now else NO_CODES
        taken_off = view.dowel_off or (not view.moving and sum(view.open_pads) >= 2)
        told = self._coach.step(
            t_ns, active, taken_off=taken_off, hush=self._why_quiet(), asking=self.asking
        )
        if told is None:
            return ()
        sound = SOUND_OF_LIVE.get(told.code) if told.code in active else None
        self._feedback.play(t_ns, sound or "rep_cue")
        if sound is None:
            self._feedback.cue_light(t_ns)
            self._speak(t_ns, told.words)
        else:
            self._cut_speech(t_ns)
        self._told, self._told_until_ns = told, t_ns + SHOWN_NS
        return (Cue(t_ns, told.code, self._channels(spoken=sound is None)),)

    def resting(self, t_ns: int) -> tuple[Cue, ...]:
        """After the set: what was left to tell comes by light and words, without a buzz."""
        told = self._coach.step(t_ns, frozenset(), hush=self._why_quiet(), asking=self.asking)
        if told is None:
            return ()
        self._feedback.cue_light(t_ns)
        self._speak(t_ns, told.words)
        self._told, self._told_until_ns = told, t_ns + SHOWN_NS
        return (Cue(t_ns, told.code, self._channels(spoken=True, sound=False)),)

    # -- at the rep's end ---------------------------------------------------------------

    def tired(self, t_ns: int, origin_ns: int) -> FaultEntry:
        """The set has turned bad; said once, after a rep of which nothing else is told."""
        why: str | None = "repeat"
        if not self._tired_told:
            why = self._coach.end_free(
                t_ns, FATIGUE, hush=self._ended_quiet, faded=self._ended == "faded"
            )
            self._tired_told = why is None
        return FaultEntry(
            code=FATIGUE.code,
            level="set",
            time_s=round((t_ns - origin_ns) * 1e-9, 4),
            told=why is None,
            suppressed_by=why,
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
        """All triggers of a finished rep, live ones included, in the order of time.

        ``hush`` is from here on that of the next rep.
        """
        live_codes = {trigger.fault.code for trigger in self._triggers}
        # A contact already logged live is not logged again; a squat is: its name hangs on it.
        new = tuple(
            f for f in found if f.fault.code not in live_codes or f.fault.code == "KNEE_DRIVEN"
        )
        self._ended, self._ended_quiet = self.hush, self._why_quiet()
        at_end = self._coach.rep_end(
            t_ns,
            new,
            view,
            live=tuple(trigger.fault for trigger in self._triggers),
            named=verdict != "GOOD",
            last=last,
            hush=self._ended_quiet,
            faded=self._ended == "faded",
        )
        triggers = (*self._triggers, *at_end)
        self._triggers = []
        told = any(trigger.told for trigger in triggers)
        cue_comes = any(trigger.told for trigger in at_end)
        if verdict == "UNSCORED" or cue_comes:
            self._praise = None
        elif verdict == "GOOD" and not told and self._praises():
            self._praise = "good"
        else:
            # Counted, and no more is said: neither good nor bad.
            self._praise = "counted"
        if asks(self._rep, self._setting.coaching) and self._may_ask(last=last):
            self._question.ask(t_ns)
            self._feedback.play(t_ns, "ask")
            self._speak(t_ns, ASK_WORDS)
        else:
            self._give_praise(t_ns)
        self._rep += 1
        return tuple(sorted(triggers, key=lambda one: one.t_ns))

    def _may_ask(self, *, last: bool) -> bool:
        # Where NEXT counts the reps it cannot answer as well.
        return self.cues_on and not last and self._setting.drill.judged

    def _praises(self) -> bool:
        """Whether a good rep is called good after it."""
        if self._ended != "told" or self._ended_quiet is not None:
            return False
        return STAGES[self.stage].tells_rep_end or self._coach.good_summary
