"""The pure middle: what was sensed in, what is shown, told and logged out.

Opens no file, reads no clock, sleeps never. Live and replay feed it the same ``TickInput`` and
get the same ``TickOutput``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from device.anthropometry import DEFAULT_STATURE_M, balanced_travel_mm
from device.attitude import AS_BUILT, Mounting
from device.coach import Coach, Trigger
from device.drills import Drill
from device.drills.dowel import DOWEL
from device.faults import FAULTS, LiveView, RepView
from device.feedback import SOUND_OF_LIVE, Feedback, PadShow, Show
from device.lifecycle import Change, Lifecycle, Presence
from device.limits import LOG, MS, STAGES, StageName
from device.measures import measure
from device.monitor import Monitor
from device.record import rep_body
from device.reps import MAX_NS, Movement, RepMachine, is_big_enough
from device.signals import S, Signals
from device.strapdown import REST, UNKNOWN
from device.tick import Cue, RepDone, SessionEvent, TickInput, TickOutput
from device.verdict import find, name
from drivers.samples import PADS
from services.schema import LiveFrame, PadState

IMU_STALE_NS = 100 * MS
PAD_STALE_NS = 100 * MS
TOF_STALE_NS = 150 * MS
LIVE_EVERY_NS = 40 * MS
MOVED_MM = 60.0
REZERO_TILT_DEG = 10.0
LEANING_BIAS_MPS2 = 0.04
DRIFT_LIMIT_MM = 60.0
"""The live drop is trusted for a live cue while it cannot have drifted further."""
PERSON_STATES = frozenset({"SET_UP", "READY", "SET", "RESTING"})


@dataclass(frozen=True)
class Setting:
    """What the pipeline is told once: rig, person, drill, stage."""

    odr_hz: float = 208.0
    s_mm: float = 100.0
    b_mm: float = 140.0
    mounting: Mounting = AS_BUILT
    stature_m: float | None = None
    pads_fitted: bool = True
    tof_fitted: bool = True
    drill: Drill = DOWEL
    target_low_deg: float | None = None
    target_high_deg: float | None = None
    """The person's own target, where it differs from the drill's."""
    stage: StageName = "learn"
    sets: int = 3
    reps: int = 10
    origin_ns: int | None = None
    """Zero of all logged times; default the first tick."""


class Pipeline:
    """One station. ``step`` takes one tick."""

    def __init__(self, setting: Setting) -> None:
        drill = setting.drill
        self._setting = setting = replace(
            setting,
            drill=replace(
                drill,
                target_low_deg=setting.target_low_deg or drill.target_low_deg,
                target_high_deg=setting.target_high_deg or drill.target_high_deg,
            ),
        )
        self._stature_m = setting.stature_m or DEFAULT_STATURE_M
        self._origin_ns = setting.origin_ns
        self._signals = Signals(setting.odr_hz, setting.s_mm, setting.b_mm, setting.mounting)
        self._machine = RepMachine(self._signals)
        self._life = Lifecycle()
        armed = tuple(f for f in FAULTS if f.code in setting.drill.armed)
        self._monitor = Monitor(armed)
        self._coach = Coach(STAGES[setting.stage])
        self._feedback = Feedback()
        self._triggers: list[Trigger] = []
        self._told: str | None = None
        self._told_until_ns = 0
        self._set_index = 0
        self._rep_index = 0
        self._verdicts: list[str] = []
        self._muted = False
        self._seq = 0
        self._next_live_ns = 0
        self._sensor_told = False

    # -- one tick -----------------------------------------------------------------------

    def step(self, tick: TickInput) -> TickOutput:
        """All that follows from one tick's news."""
        t_ns = tick.t_ns
        if self._origin_ns is None:
            self._origin_ns = t_ns
        signals, machine, life = self._signals, self._machine, self._life
        for pad_sample in tick.pads:
            signals.pad(pad_sample)
        for ranger, tof_sample in tick.tof:
            if ranger == 0:
                signals.tof(tof_sample)
        reps: list[RepDone] = []
        watching = life.state in ("READY", "SET", "RESTING")
        for imu_sample in tick.imu:
            signals.imu(imu_sample)
            if watching:
                movement = machine.step()
                if movement is not None:
                    reps.extend(self._rep(t_ns, movement))
                    machine.done()
        lost = self._lost(t_ns)
        if "imu" in lost and machine.moving and t_ns - machine.start_ns > MAX_NS:
            machine.reset()
        if "next_hold" in tick.keys or "mute" in tick.keys:
            self._muted = not self._muted

        was_stopped = life.stopped
        change = life.step(t_ns, self._presence(tick, not lost))
        sessions = self._apply(t_ns, change) if change is not None else ()
        if watching and not machine.moving:
            self._rezero()
        cues = self._tell(t_ns, lost)
        if life.stopped and not was_stopped and life.state in PERSON_STATES:
            buzzed = change is not None and change.state == "RESTING"
            cues = (*cues, Cue(t_ns, "STOP", self._channels() if buzzed else ("led",)))
        outputs = self._feedback.step(t_ns, self._show(t_ns, not lost))
        live = None
        if t_ns >= self._next_live_ns:
            self._next_live_ns = t_ns + LIVE_EVERY_NS
            live = self._frame(t_ns, lost)
        state = change.state if change is not None else None
        return TickOutput(outputs, cues, sessions, tuple(reps), state, live)

    # -- who is there -------------------------------------------------------------------

    def _lost(self, t_ns: int) -> tuple[str, ...]:
        """Sensors the drill needs that are gone or stale."""
        signals, setting = self._signals, self._setting
        lost = []
        if signals.imu_ns is None or t_ns - signals.imu_ns > IMU_STALE_NS:
            lost.append("imu")
        if (
            setting.tof_fitted
            and setting.drill.needs_tof
            and (signals.tof_ns is None or t_ns - signals.tof_ns > TOF_STALE_NS)
        ):
            lost.append("tof")
        if setting.pads_fitted and any(
            pad.last_ns is None or t_ns - pad.last_ns > PAD_STALE_NS for pad in signals.pads
        ):
            lost.append("pads")
        return tuple(lost)

    def _presence(self, tick: TickInput, measuring: bool) -> Presence:
        signals, setting = self._signals, self._setting
        pads = signals.pads
        closed = (pads[0].closed, pads[1].closed, pads[2].closed)
        in_range = signals.target_seen if setting.tof_fitted else any(closed)
        # A squat can leave the beam; whoever moves with the dowel on is still there.
        body = in_range or self._machine.moving
        return Presence(
            body=body,
            tilt_abs_deg=signals.tilt_abs_deg,
            measuring=measuring,
            rest_ns=signals.rest_ns(),
            pads_fitted=setting.pads_fitted,
            closed=closed,
            pads_known=all(pad.last_ns is not None for pad in pads) or not setting.pads_fitted,
            moving=self._machine.moving,
            moved=self._moved(),
            set_done=self._rep_index >= setting.reps,
            stop="stop" in tick.keys,
            next="next" in tick.keys,
        )

    def _moved(self) -> bool:
        """Standing still and upright, but at another distance than the zeroes were taken at."""
        signals = self._signals
        if self._machine.moving or signals.rest_range_mm is None or signals.rest_ns() < S:
            return False
        now_mm = signals.rest_range_now_mm()
        return (
            now_mm is not None
            and signals.range_steady
            and abs(signals.tilt_deg) < REZERO_TILT_DEG
            and abs(now_mm - signals.rest_range_mm) > MOVED_MM
        )

    def _apply(self, t_ns: int, change: Change) -> tuple[SessionEvent, ...]:
        signals, machine = self._signals, self._machine
        if change.zero:
            signals.take_zeroes()
            signals.anchor_here(REST)
            machine.reset()
            machine.armed = True
        if change.resumed:
            machine.reset()
            machine.arm_unanchored()
        if change.state in ("NEAR", "SET_UP", "LEFT", "IDLE"):
            machine.reset()
        if change.state == "SET":
            self._set_index += 1
            self._rep_index = 0
            self._verdicts = []
            self._coach = Coach(STAGES[self._setting.stage])
            self._monitor.reset()
            self._triggers = []
        if change.state == "RESTING":
            self._feedback.play(t_ns, "stop" if self._life.stopped else "set_end")
        events = []
        if change.closed is not None:
            events.append(SessionEvent("close", change.closed))
            self._set_index = 0
            self._muted = False
        if change.opened:
            events.append(SessionEvent("open"))
        return tuple(events)

    def _rezero(self) -> None:
        """Baselines carry over from the last rest: standing people sway and settle."""
        signals = self._signals
        if not signals.at_rest() or abs(signals.tilt_deg) > REZERO_TILT_DEG:
            return
        now_mm, base_mm = signals.rest_range_now_mm(), signals.rest_range_mm
        if now_mm is not None and base_mm is not None and abs(now_mm - base_mm) > MOVED_MM:
            return
        signals.take_zeroes()

    # -- a finished movement ------------------------------------------------------------

    def _rep(self, t_ns: int, movement: Movement) -> list[RepDone]:
        life, setting = self._life, self._setting
        if life.state == "RESTING":
            return []
        if life.state == "READY":
            return []
        measured = measure(
            self._signals,
            movement,
            stature_m=self._stature_m,
            needs_tof=setting.drill.needs_tof and setting.tof_fitted,
            pads_judged=life.judged,
            odr_hz=setting.odr_hz,
            s_mm=setting.s_mm,
            b_mm=setting.b_mm,
        )
        if not movement.broken and not is_big_enough(
            measured.peak_tilt_deg, measured.hip_travel_mm, measured.hip_drop_mm
        ):
            return []
        view = RepView(
            measured, setting.drill, self._stature_m, setting.stature_m is not None, life.judged
        )
        found = find(view)
        verdict = name(view, found)
        live_codes = {trigger.fault.code for trigger in self._triggers}
        # A contact already logged live is not logged again; a squat is: its name hangs on it.
        new = tuple(
            f for f in found if f.fault.code not in live_codes or f.fault.code == "KNEE_DRIVEN"
        )
        at_end = self._coach.rep_end(
            t_ns,
            new,
            view,
            named=verdict != "GOOD",
            last=self._rep_index + 1 >= setting.reps,
        )
        triggers = [*self._triggers, *at_end]
        origin_ns = self._origin_ns or 0
        entries = tuple(
            trigger.entry(origin_ns) for trigger in sorted(triggers, key=lambda one: one.t_ns)
        )
        self._triggers = []
        body = rep_body(
            measured,
            verdict,
            entries,
            life.judged,
            (LOG.head_ms, LOG.contact_ms, LOG.contact_ms),
            origin_ns,
        )
        self._rep_index += 1
        self._verdicts.append(verdict)
        told = any(trigger.told for trigger in triggers)
        if verdict == "GOOD" and not told:
            self._feedback.play(t_ns, "good")
            self._feedback.good_light(t_ns)
        return [RepDone(self._set_index, self._rep_index, body)]

    # -- telling ------------------------------------------------------------------------

    def _tell(self, t_ns: int, lost: tuple[str, ...]) -> tuple[Cue, ...]:
        cues = self._tell_sensor(t_ns, lost)
        if self._life.state != "SET":
            return cues
        if lost:
            # What a sensor said last is no ground to speak.
            self._monitor.reset()
            self._coach.hold()
            return cues
        for event in self._monitor.step(t_ns, self._live_view()):
            self._triggers.append(self._coach.live(event))
        active = frozenset(fault.code for fault, _ in self._monitor.active())
        fault = self._coach.step(t_ns, active)
        if fault is None:
            return cues
        sound = SOUND_OF_LIVE.get(fault.code) if fault.code in active else None
        self._feedback.play(t_ns, sound or "rep_cue")
        if sound is None:
            self._feedback.cue_light(t_ns)
        self._told, self._told_until_ns = fault.code, t_ns + 1_500 * MS
        return (*cues, Cue(t_ns, fault.code, self._channels()))

    def _channels(self) -> tuple[str, ...]:
        return ("led",) if self._muted else ("led", "buzzer")

    def _tell_sensor(self, t_ns: int, lost: tuple[str, ...]) -> tuple[Cue, ...]:
        """Say once that a needed sensor is gone, while somebody is there to be told."""
        if not lost:
            self._sensor_told = False
            return ()
        # Each counts as lost only after a while of its own.
        since_ns = min(self._last_ns(sensor) for sensor in lost)
        late = t_ns - since_ns >= LOG.sensor_ms * MS
        if self._sensor_told or not late or self._life.state not in PERSON_STATES:
            return ()
        self._sensor_told = True
        return (Cue(t_ns, "SENSOR", ("led",)),)

    def _last_ns(self, sensor: str) -> int:
        """The last sample of a sensor; the beginning, if there was none."""
        signals, start_ns = self._signals, self._origin_ns or 0
        if sensor == "imu":
            return start_ns if signals.imu_ns is None else signals.imu_ns
        if sensor == "tof":
            return start_ns if signals.tof_ns is None else signals.tof_ns
        return min(start_ns if pad.last_ns is None else pad.last_ns for pad in signals.pads)

    def _live_view(self) -> LiveView:
        signals, judged = self._signals, self._life.judged
        pads = signals.pads
        moving = self._machine.moving
        return LiveView(
            open_pads=(
                judged[0] and not pads[0].closed,
                judged[1] and not pads[1].closed,
                judged[2] and not pads[2].closed,
            ),
            judged=judged,
            moving=moving,
            tilt_deg=signals.tilt_deg,
            drop_mm=signals.drop_mm,
            drop_known=moving
            and signals.anchor is not UNKNOWN
            and signals.drop_uncertainty_mm(LEANING_BIAS_MPS2) < DRIFT_LIMIT_MM,
        )

    # -- showing ------------------------------------------------------------------------

    def _pad_shows(self, measuring: bool) -> tuple[PadShow, PadShow, PadShow]:
        shows: list[PadShow] = []
        for pad, track in enumerate(self._signals.pads):
            if not self._setting.pads_fitted or not self._life.judged[pad]:
                shows.append("not_judged")
            elif not measuring or track.last_ns is None:
                shows.append("stale")
            else:
                shows.append("closed" if track.closed else "open")
        return shows[0], shows[1], shows[2]

    def _show(self, t_ns: int, measuring: bool) -> Show:
        signals, life, drill = self._signals, self._life, self._setting.drill
        pads = signals.pads
        target_mm = balanced_travel_mm(drill.target_low_deg, 0.0, self._stature_m)
        gauge = (signals.travel_mm or 0.0) / target_mm if life.state == "SET" else 0.0
        squat = any(fault.code == "KNEE_DRIVEN" for fault, _ in self._monitor.active())
        return Show(
            pads=self._pad_shows(measuring),
            lost_since_ns=(pads[0].since_ns, pads[1].since_ns, pads[2].since_ns),
            person=life.state in PERSON_STATES,
            measuring=measuring,
            stopped=life.stopped,
            waiting=life.state in ("NEAR", "DOWEL_UP", "SET_UP", "READY"),
            squat=squat and life.state == "SET",
            gauge=gauge,
            muted=self._muted,
        )

    def _frame(self, t_ns: int, lost: tuple[str, ...]) -> LiveFrame:
        signals, setting, life = self._signals, self._setting, self._life
        self._seq += 1
        measuring = not lost
        shows = self._pad_shows(measuring)
        unjudged = [PADS[i] for i in range(3) if setting.pads_fitted and not life.judged[i]]
        told = self._told if t_ns < self._told_until_ns else None
        return LiveFrame(
            seq=self._seq,
            t_s=round((t_ns - (self._origin_ns or 0)) * 1e-9, 3),
            state=life.state,
            measuring=measuring,
            sensor_lost=lost,
            tilt_deg=round(signals.tilt_deg, 1) if measuring else None,
            range_mm=_rounded(signals.range_mm) if measuring and signals.target_seen else None,
            hip_travel_mm=_rounded(signals.travel_mm) if measuring else None,
            hip_drop_mm=_rounded(signals.drop_mm) if measuring else None,
            pads=PadState(*shows),
            drill=setting.drill.name,
            stage=setting.stage,
            target_low_deg=setting.drill.target_low_deg,
            target_high_deg=setting.drill.target_high_deg,
            reps_in_set=self._rep_index,
            reps_per_set=setting.reps,
            good_in_set=self._verdicts.count("GOOD"),
            set_index=self._set_index,
            last_verdict=self._verdicts[-1] if self._verdicts else None,
            set_verdicts=tuple(self._verdicts),
            cue=told,
            muted=self._muted,
            contacts_note=f"{', '.join(unjudged)} not judged" if unjudged else None,
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 0)
