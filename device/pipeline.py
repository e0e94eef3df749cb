"""The pure middle: what was sensed in, what is shown, told and logged out.

Opens no file, reads no clock, sleeps never. Live and replay feed it the same ``TickInput`` and
get the same ``TickOutput``.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from device.ahead import Ahead
from device.baseline import Baseline
from device.between import Between
from device.by_hand import hand_rep
from device.coaching import silent_end
from device.faults import RepView
from device.feedback import Feedback
from device.lever import Build
from device.lifecycle import Change, Lifecycle
from device.limits import LOG, MS
from device.live_view import live_view
from device.machine import Machine
from device.machines import Machines
from device.measures import Measured, Terms
from device.memory import Memory
from device.opening import Opening
from device.presence import (
    dowel_on_back,
    lost_sensors,
    presence,
    silent_since_ns,
    without_next,
)
from device.progress import advise
from device.range_measures import measure_range
from device.range_reps import RangeMovement
from device.rangers import Rangers
from device.record import rep_body
from device.reps import Movement, is_big_enough
from device.score import Score
from device.screen import PERSON_STATES, ZEROED_STATES, frame, lamps
from device.set_end import why_ended, with_drill
from device.setup import Setting
from device.signals import Signals
from device.strapdown import REST
from device.tick import Answer, Cue, RepDone, SessionEvent, SetDone, TickInput, TickOutput
from device.verdict import find, name
from device.voice import Voice
from device.wall_touch import Upper
from device.watch import Watch
from services.schema import RepBody

__all__ = ["Pipeline", "Setting"]

LIVE_EVERY_NS = 40 * MS


class Pipeline:
    """One station. ``step`` takes one tick.

    ``frames``: whether it makes the page's live frames; without a page nobody reads them.
    """

    def __init__(self, setting: Setting, *, frames: bool = True) -> None:
        drill = setting.drill
        self._setting = setting = replace(
            setting,
            drill=replace(
                drill,
                target_low_deg=setting.target_low_deg or drill.target_low_deg,
                target_high_deg=setting.target_high_deg or drill.target_high_deg,
            ),
        )
        self._origin_ns = setting.origin_ns
        self._signals = Signals(
            setting.odr_hz, setting.s_mm, setting.b_mm, setting.mounting, setting.gyro_bias_rad_s
        )
        self._rangers = Rangers(setting.tof_heights_m, setting.stature_m)
        self._upper = Upper(setting.tof_heights_m or (0.0,))
        self._ranger = self._rangers.choose()
        self._stature_m = self._ranger.stature_m
        self._ahead = Ahead(self._signals, self._upper)
        self._opening = Opening(setting)
        self._setting = self._opening.setting
        self._machines = Machines(self._signals, self._stature_m)
        self._life = Lifecycle()
        self._feedback = Feedback(vibration=setting.coaching.vibration)
        self._voice = Voice(setting, self._feedback)
        self._score = Score()
        self._remember(setting.memory or Memory())
        self._between = Between(setting, self._stature_m)
        self._frames = frames
        self._watch = Watch(setting, self._stature_m)
        self._fresh = True  # nobody has done a set since the zeroes were taken
        self._seq = 0
        self._next_live_ns = 0

    # -- one tick -----------------------------------------------------------------------

    def step(self, tick: TickInput) -> TickOutput:
        """All that follows from one tick's news."""
        t_ns = tick.t_ns
        if self._origin_ns is None:
            self._origin_ns = t_ns
        signals, life, voice = self._signals, self._life, self._voice
        machines, machine = self._machines, self._machine
        reps: list[RepDone] = []
        watching = life.state in ZEROED_STATES
        for pad_sample in tick.pads:
            signals.pad(pad_sample)
        for ranger, tof_sample in tick.tof:
            self._rangers.add(ranger, tof_sample)
            self._upper.add(ranger, tof_sample)
            if ranger == self._ranger.ranger and self._setting.uses_tof:
                signals.tof(tof_sample)
                machines.range.see()
                if watching and machine is machines.range:
                    seen = machines.range.step()
                    if seen is not None:
                        reps.extend(self._judge(t_ns, self._measure_range(seen)))
        if tick.tof:
            self._watch.tof(tick, signals, self._ranger.ranger)
        shaken = self._feedback.shaken(t_ns)
        for imu_sample in tick.imu:
            signals.imu(imu_sample, shaken=shaken)
            if watching and machine is machines.imu:
                movement = machines.imu.step()
                if movement is not None:
                    reps.extend(self._judge(t_ns, self._measure(movement)))
                    machines.imu.done()
        if machine is machines.imu and machine.moving:
            self._ahead.step(machines.imu, self._terms)
        machines.hand.moving = watching and "next" in tick.keys
        lost = lost_sensors(t_ns, signals, self._setting)
        machines.give_up(t_ns, machine, lost)
        voice.toggle(t_ns, tick.keys)
        answers = self._answer(tick)

        news = self._watch.step(tick, signals, machine, life, self._setting, lost)
        life.leave_out(self._watch.held_pads)
        was_stopped, was_state = life.stopped, life.state
        # NEXT is the answer while the question is open, and nothing else.
        said = tick if not answers else tick._replace(keys=without_next(tick.keys))
        moving, on = machine.moving, dowel_on_back(signals, self._setting)
        changed = self._opening.step(
            t_ns, said.keys, life.state, stopped=life.stopped, moving=moving, dowel_on=on
        )
        now = presence(
            said,
            signals,
            machine,
            self._opening,
            sensors_changed=changed,
            measuring=not lost,
            set_done=self._score.rep_index >= self._setting.reps,
            paused=self._watch.paused,
        )
        change = life.step(t_ns, now)
        sets: tuple[SetDone, ...] = ()
        if change is not None and was_state == "SET":
            sets = self._end_set(why_ended(change.state, stopped=life.stopped, done=now.set_done))
        sessions = self._apply(t_ns, change) if change is not None else ()
        if watching and not machine.moving and not self._watch.paused:
            machines.rezero(machine)
        if machine is machines.hand and machine.moving and life.state == "SET":
            reps.append(self._count(hand_rep(t_ns, self._origin_ns)))
        cues = self._tell(t_ns, lost)
        if life.stopped and not was_stopped and life.state in PERSON_STATES:
            buzzed = change is not None and change.state == "RESTING"
            cues = (*cues, voice.stop(t_ns, buzzed=buzzed))
        show = lamps(signals, life, self._setting, voice, self._stature_m, measuring=not lost)
        outputs = self._feedback.step(t_ns, show)
        live = None
        if self._frames and t_ns >= self._next_live_ns:
            self._next_live_ns = t_ns + LIVE_EVERY_NS
            self._seq += 1
            live = frame(
                t_ns,
                t_ns - self._origin_ns,
                self._seq,
                signals,
                life,
                self._setting,
                voice,
                self._score,
                self._between,
                self._opening.notes(life.state, self._ranger.note),
                lost,
                self._watch.codes,
            )
        return TickOutput(
            outputs,
            cues,
            sessions,
            tuple(reps),
            state=None if change is None else change.state,
            live=live,
            sets=sets,
            answers=answers,
            say=voice.speech(t_ns),
            conditions=self._watch.codes if news else None,
        )

    def finish(self) -> tuple[SetDone, ...]:
        """No more ticks will come: the set that is under way."""
        return self._end_set("end") if self._life.state == "SET" else ()

    def _end_set(self, ended: str) -> tuple[SetDone, ...]:
        reps = tuple(self._score.reps)
        summary = self._score.end_set(ended, self._stature_m)
        if summary is None:
            return ()
        advice = advise(self._setting.drill, reps, self._stature_m)
        self._between.set_ended(self._score, advice)
        told = with_drill(summary, self._setting, reps, self._opening.side, advice)
        return (SetDone(self._score.set_index, told),)

    @property
    def _machine(self) -> Machine:
        """What finds the reps, as things are."""
        return self._machines.of(self._setting)

    def _apply(self, t_ns: int, change: Change) -> tuple[SessionEvent, ...]:
        if change.state in ("LEFT", "IDLE"):
            self._opening.forget()
        self._setting = self._opening.setting
        signals, machine = self._signals, self._machine
        if change.zero:
            self._choose_ranger()
            signals.take_zeroes()
            if self._setting.uses_imu:
                signals.anchor_here(REST)
            machine.reset()
            machine.armed = True
            self._new_person()
        if change.resumed:
            machine.reset()
            machine.arm_unanchored()
        if change.state in ("NEAR", "DOWEL_UP", "SET_UP", "LEFT", "IDLE"):
            machine.reset()
        if change.state == "SET":
            self._voice.new_set(() if self._fresh else self._score.reps)
            self._fresh = False
            self._score.new_set()
        # A set that only faded out ends in silence: nobody is in one any more.
        done, stopped = self._score.rep_index >= self._setting.reps, self._life.stopped
        if change.state == "RESTING" and (stopped or done):
            self._feedback.play(t_ns, "stop" if stopped else "set_end")
        events = []
        if change.closed is not None:
            events.append(SessionEvent("close", change.closed))
            self._score.leave()
            self._new_person()
            self._voice.leave()
            self._between = Between(self._setting, self._stature_m)
        if change.opened:
            events.append(SessionEvent("open"))
        return tuple(events)

    def _new_person(self) -> None:
        """Zeroes taken anew: somebody new, as far as the station can know."""
        self._watch.zeroed(self._signals)
        if self._setting.memory is None:
            self._remember(Memory())
        self._voice.new_person()
        self._fresh = True

    def _choose_ranger(self) -> None:
        """Standing at rest: which beam faces the hips?"""
        if not self._setting.uses_tof:
            return
        chosen = self._rangers.choose()
        if chosen.ranger != self._ranger.ranger:
            self._signals.forget_range()
            for sample in self._rangers.recent(chosen.ranger):
                self._signals.tof(sample)
        self._ranger, self._stature_m = chosen, chosen.stature_m

    def _remember(self, memory: Memory) -> None:
        self._baseline = Baseline(memory.excess_shares)
        self._build = Build(memory.levers_mm)
        self._signals.slim_mm = self._build.slim_mm

    @property
    def memory(self) -> Memory:
        """What is known of the person by now."""
        return Memory(self._baseline.excess_shares, self._build.levers_mm)

    # -- a finished movement ------------------------------------------------------------

    @property
    def _judged(self) -> tuple[bool, bool, bool]:
        return self._life.judged if self._setting.uses_pads else (False, False, False)

    def _measure_range(self, movement: RangeMovement) -> Measured:
        return measure_range(
            self._signals,
            movement,
            recess_mm=self._setting.recess_mm,
            upper=self._upper,
            ranger=self._ranger.ranger,
            reach=self._setting.drill.reach_share is not None,
        )

    def _terms(self) -> Terms:
        setting = self._setting
        return Terms(
            self._stature_m,
            setting.uses_tof,
            self._judged,
            setting.odr_hz,
            setting.s_mm,
            setting.b_mm,
            setting.recess_mm,
            self._ranger.ranger,
            self._ranger.beam_m,
            self._build.lever_mm,
        )

    def _measure(self, movement: Movement) -> Measured | None:
        """None: too small a movement to be a rep."""
        measured = self._ahead.measure(movement, self._terms())
        if not movement.broken and not is_big_enough(
            measured.peak_tilt_deg, measured.hip_travel_mm, measured.hip_drop_mm
        ):
            return None
        return measured

    def _judge(self, t_ns: int, measured: Measured | None) -> list[RepDone]:
        setting, score, judged = self._setting, self._score, self._judged
        if measured is None or self._life.state != "SET":
            return []
        measured = self._watch.rep(measured, judged=self._ranger.judged)
        view = RepView(
            measured,
            setting.drill,
            self._stature_m,
            setting.stature_m is not None,
            judged,
            self._baseline.excess_share(),
            graded=setting.pads_graded,
        )
        found = find(view)
        verdict = name(view, found)
        if setting.uses_imu:
            self._baseline.learn(measured, verdict, self._stature_m)
            if measured.valid and measured.lever_told_mm is not None:
                self._build.learn(measured.lever_told_mm)
                self._signals.slim_mm = self._build.slim_mm
        silent = silent_end(score.rep_index + 1, setting.reps, setting.coaching)
        faded = self._voice.hush == "faded"
        triggers = self._voice.rep_end(
            t_ns, found, view, verdict=verdict, last=score.rep_index + 1 >= setting.reps
        )
        origin_ns = self._origin_ns or 0
        body = rep_body(
            view,
            verdict,
            tuple(trigger.entry(origin_ns) for trigger in triggers),
            (LOG.head_ms, LOG.contact_ms, LOG.contact_ms),
            origin_ns,
        )
        done = self._count(msgspec.structs.replace(body, silent=silent, faded=faded))
        if score.stop_advised:
            faults = (*done.body.faults, self._voice.tired(t_ns, origin_ns))
            done = done._replace(body=msgspec.structs.replace(done.body, faults=faults))
        return [done._replace(asked=self._voice.asking)]

    def _count(self, body: RepBody) -> RepDone:
        """One more rep of this set, on the side that is trained now."""
        body = msgspec.structs.replace(body, side=self._opening.side)
        self._score.add(body, self._stature_m)
        return RepDone(self._score.set_index, self._score.rep_index, body)

    def _answer(self, tick: TickInput) -> tuple[Answer, ...]:
        """What the person says of the last rep, when the question is over."""
        over = self._machine.moving or self._life.state != "SET"
        closed = self._voice.answer(tick.t_ns, tick.keys, over=over)
        if closed is None:
            return ()
        return (Answer(self._score.set_index, self._score.rep_index, closed.estimate),)

    # -- telling ------------------------------------------------------------------------

    def _tell(self, t_ns: int, lost: tuple[str, ...]) -> tuple[Cue, ...]:
        life, voice = self._life, self._voice
        told = lost if life.state in PERSON_STATES else ()
        since_ns = silent_since_ns(told, self._signals, self._origin_ns or 0)
        cues = voice.sensor(t_ns, since_ns)
        if life.state == "RESTING":
            return (*cues, *voice.resting(t_ns))
        if life.state != "SET":
            return cues
        if lost or self._watch.paused:
            voice.silence()
            return cues
        shaken, setting = self._feedback.shaken(t_ns), self._setting
        view = live_view(
            self._signals, self._machine, setting, self._judged, self._stature_m, shaken
        )
        return (*cues, *voice.live(t_ns, view))
