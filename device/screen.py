"""What lamps and page show of the signals: values only."""

from __future__ import annotations

from device.anthropometry import balanced_travel_mm
from device.between import Between
from device.feedback import Show
from device.lamps import PadShow
from device.lifecycle import Lifecycle
from device.score import Score
from device.setup import Setting
from device.signals import Signals
from device.voice import Voice
from drivers.samples import PADS
from services.schema import LiveFrame, PadState

PERSON_STATES = frozenset({"SET_UP", "READY", "SET", "RESTING"})
ZEROED_STATES = frozenset({"READY", "SET", "RESTING"})


def pad_shows(
    signals: Signals, life: Lifecycle, setting: Setting, *, measuring: bool
) -> tuple[PadShow, PadShow, PadShow]:
    """What each pad's lamp says."""
    shows: list[PadShow] = []
    uses_pads, judged = setting.uses_pads, life.judged
    for pad, track in enumerate(signals.pads):
        if not uses_pads or not judged[pad]:
            shows.append("not_judged")
        elif not measuring or track.last_ns is None:
            shows.append("stale")
        else:
            shows.append("closed" if track.closed else "open")
    return shows[0], shows[1], shows[2]


def lamps(
    signals: Signals,
    life: Lifecycle,
    setting: Setting,
    voice: Voice,
    stature_m: float,
    *,
    measuring: bool,
) -> Show:
    """What the lamps must say."""
    in_set = life.state == "SET"
    gauge = _gauge(signals, setting, stature_m) if in_set else 0.0
    silent = in_set and voice.hush == "silent"
    return Show(
        pads=pad_shows(signals, life, setting, measuring=measuring),
        lost_since_ns=(
            signals.pads[0].since_ns,
            signals.pads[1].since_ns,
            signals.pads[2].since_ns,
        ),
        person=life.state in PERSON_STATES,
        measuring=measuring,
        stopped=life.stopped,
        waiting=life.state in ("NEAR", "DOWEL_UP", "SET_UP", "READY"),
        squat=in_set and voice.squat_now() and not silent,
        gauge=gauge,
        muted=voice.muted,
        silent=silent,
        cues_off=not voice.cues_on,
    )


def _gauge(signals: Signals, setting: Setting, stature_m: float) -> float | None:
    """How much of the aim is reached: of the way to the wall, of the reach, of the drill's travel,
    or without a ranger of its tilt."""
    drill = setting.drill
    if not setting.uses_tof:
        return signals.tilt_deg / max(drill.target_low_deg, 1.0)
    if drill.reach_share is not None:
        aim_mm = 1e3 * drill.reach_share * stature_m
    elif drill.tap and signals.rest_range_mm is not None:
        aim_mm = signals.rest_range_mm - setting.recess_mm
    else:
        aim_mm = balanced_travel_mm(drill.target_low_deg, 0.0, stature_m)
    return None if signals.travel_mm is None else signals.travel_mm / max(aim_mm, 1.0)


def frame(
    t_ns: int,
    since_ns: int,
    seq: int,
    signals: Signals,
    life: Lifecycle,
    setting: Setting,
    voice: Voice,
    score: Score,
    between: Between,
    note: str | None,
    lost: tuple[str, ...],
    conditions: tuple[str, ...],
) -> LiveFrame:
    """One frame of the page at ``t_ns``, ``since_ns`` after the origin."""
    measuring = not lost
    # Who is asked what a rep was like must not read the answer.
    verdicts = score.verdicts[:-1] if voice.asking else score.verdicts
    # Before the zeroes are taken there is nothing to count travel and drop from.
    zeroed = measuring and life.state in ZEROED_STATES
    unjudged = [PADS[i] for i in range(3) if setting.uses_pads and not life.judged[i]]
    notes = [f"{', '.join(unjudged)} not judged"] if unjudged else []
    if note is not None:
        notes.append(note)
    return LiveFrame(
        seq=seq,
        t_s=round(since_ns * 1e-9, 3),
        state=life.state,
        measuring=measuring,
        sensor_lost=lost,
        tilt_deg=round(signals.tilt_deg, 1) if measuring and setting.uses_imu else None,
        range_mm=_rounded(signals.range_mm) if measuring and signals.target_seen else None,
        hip_travel_mm=_rounded(signals.travel_mm) if zeroed else None,
        hip_drop_mm=_rounded(signals.drop_mm) if zeroed and setting.uses_imu else None,
        pads=PadState(*pad_shows(signals, life, setting, measuring=measuring)),
        drill=setting.drill.name,
        stage=voice.stage,
        target_low_deg=setting.drill.target_low_deg,
        target_high_deg=setting.drill.target_high_deg,
        reps_in_set=score.rep_index,
        reps_per_set=setting.reps,
        good_in_set=verdicts.count("GOOD"),
        set_index=score.set_index,
        last_verdict=verdicts[-1] if verdicts else None,
        set_verdicts=verdicts,
        cue=voice.showing(t_ns),
        cue_words=voice.showing_words(t_ns),
        asking=voice.asking,
        silent=life.state == "SET" and voice.hush == "silent",
        cues_off=not voice.cues_on,
        retention=_share(score.retention),
        muted=voice.muted,
        contacts_note="; ".join(notes) or None,
        rest=None if voice.asking else between.view(life.state, since_ns * 1e-9),
        heels_cm=between.heels_cm,
        conditions=conditions,
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 0)
