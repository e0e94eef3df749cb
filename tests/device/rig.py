"""A world of closed forms for the judging: poses over time, as the samples of every sensor.

A ``Track`` is tilt (degrees from vertical, forward +), travel (mm, to the wall +) and drop (mm,
down +) of the hip over time. The IMU sits ``S_MM`` up the dowel and ``B_MM`` behind the joint;
its specific force follows from that by differentiation, nothing is shared with the code
that is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from device.pipeline import Pipeline, Setting
from device.tick import Cue, Key, OutputChange, SessionEvent, TickInput, TickOutput
from drivers.samples import ImuSample, PadSample, TofSample
from services.schema import LiveFrame, RepBody

Array = NDArray[np.float64]
Pose = tuple[Array, Array, Array]
Shape = Callable[[Array], Pose]
"""From how far down (0..1) to tilt, travel and drop."""

MS = 1_000_000
S = 1_000_000_000
TICK_NS = 5 * MS
T0_NS = 100 * S
ODR_HZ = 208.0
GRAVITY = 9.80665
S_MM, B_MM = 100.0, 140.0
REST_DEG = 3.0
REST_RANGE_MM = 555.0
FINE_HZ = 2080.0
HEAD, THORACIC, SACRUM = 0, 1, 2


def jerk(share: Array) -> Array:
    """Minimum jerk from 0 to 1, held outside."""
    x = np.clip(share, 0.0, 1.0)
    out: Array = x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)
    return out


def hinge(peak_deg: float = 47.0, stature_m: float = 1.70, ratio: float = 1.0) -> Shape:
    """Balanced hips over vertical shins: d = 154.5 H (sin th - sin th0), h = Lt - sqrt(..)."""

    def shape(p: Array) -> Pose:
        tilt = REST_DEG + peak_deg * p
        sines = np.sin(np.radians(tilt)) - np.sin(np.radians(REST_DEG))
        travel = ratio * 154.5 * stature_m * sines
        thigh = 245.0 * stature_m
        return tilt, travel, thigh - np.sqrt(thigh**2 - travel**2)

    return shape


def squat(peak_deg: float = 25.0, drop_mm: float = 200.0, travel_mm: float = 80.0) -> Shape:
    """Hips down: everything in step."""

    def shape(p: Array) -> Pose:
        return REST_DEG + peak_deg * p, travel_mm * p, drop_mm * p

    return shape


@dataclass(frozen=True)
class Track:
    """Pieces one after the other; make one by ``stand`` and ``rep``."""

    pieces: tuple[tuple[float, Callable[[Array], Pose]], ...] = ()

    @property
    def duration_s(self) -> float:
        return sum(length for length, _ in self.pieces)

    def _plus(self, length_s: float, pose: Callable[[Array], Pose]) -> Track:
        if length_s <= 0:
            return self
        return Track((*self.pieces, (length_s, pose)))

    def stand(self, for_s: float, shape: Shape | None = None, p: float = 0.0) -> Track:
        """Hold the pose ``p`` of a shape."""
        held = shape or hinge()
        return self._plus(for_s, lambda t: held(np.full(len(t), p)))

    def rep(
        self,
        shape: Shape | None = None,
        down_s: float = 2.0,
        hold_s: float = 0.3,
        up_s: float = 1.8,
        pause_s: float = 1.0,
        back_to: float = 0.0,
    ) -> Track:
        """Down, hold, up (to the share ``back_to``), pause."""
        one = shape or hinge()
        return (
            self._plus(down_s, lambda t: one(jerk(t / down_s)))
            .stand(hold_s, one, 1.0)
            ._plus(up_s, lambda t: one(1.0 - (1.0 - back_to) * jerk(t / up_s)))
            .stand(pause_s, one, back_to)
        )

    def reps(self, count: int, shape: Shape | None = None, **times: float) -> Track:
        track = self
        for _ in range(count):
            track = track.rep(shape, **times)
        return track

    def at(self, t_s: Array) -> Pose:
        """Tilt, travel, drop (n,) at times (n,); the ends are held."""
        out = np.zeros((3, len(t_s)))
        start = 0.0
        for number, (length, pose) in enumerate(self.pieces):
            last = number == len(self.pieces) - 1
            here = (t_s >= start) | (number == 0)
            if not last:
                here &= t_s < start + length
            if here.any():
                out[:, here] = pose(np.clip(t_s[here] - start, 0.0, length))
            start += length
        return out[0], out[1], out[2]


def imu_samples(
    track: Track,
    odr_hz: float = ODR_HZ,
    t0_ns: int = T0_NS,
    noise: float = 0.0,
    bias_mps2: float = 0.0,
    seed: int = 0,
) -> list[ImuSample]:
    """What the IMU feels. ``noise`` 1 is about that of the chip; ``bias`` lies on the dowel's x."""
    fine = np.arange(0.0, track.duration_s, 1.0 / FINE_HZ)
    tilt, travel, drop = track.at(fine)
    th = np.radians(tilt)
    fwd = 1e-3 * (-travel + S_MM * np.sin(th) - B_MM * np.cos(th))
    up = 1e-3 * (-drop + S_MM * np.cos(th) + B_MM * np.sin(th))
    step = 1.0 / FINE_HZ
    a_fwd = np.gradient(np.gradient(fwd, step), step)
    a_up = np.gradient(np.gradient(up, step), step) + GRAVITY
    ax = a_fwd * np.sin(th) + a_up * np.cos(th) + bias_mps2
    az = -a_fwd * np.cos(th) + a_up * np.sin(th)
    gy = np.gradient(th, step)
    n = int(track.duration_s * odr_hz)
    when = np.arange(n) / odr_hz
    table = np.stack([np.interp(when, fine, c) for c in (ax, 0 * ax, az, 0 * ax, gy, 0 * ax)], 1)
    rng = np.random.default_rng(seed)
    if noise:
        table[:, :3] += noise * 0.02 * rng.normal(size=(n, 3))
        table[:, 3:] += noise * np.radians(0.1) * rng.normal(size=(n, 3))
    stamps = [t0_ns + round(t * 1e9) for t in when.tolist()]
    return [ImuSample(t, *row) for t, row in zip(stamps, table.tolist(), strict=True)]


def tof_sample(t_ns: int, range_mm: float | None) -> TofSample:
    seen = range_mm is not None
    return TofSample(
        t_ns, range_mm or 0.0, seen, 0 if seen else 2, 9000.0 if seen else 30.0, 50.0, 2.0, 80.0, 0
    )


def tof_samples(
    track: Track, every_s: float = 0.024, noise_mm: float = 0.0, t0_ns: int = T0_NS, seed: int = 0
) -> list[TofSample]:
    when = np.arange(0.0, track.duration_s, every_s)
    _, travel, _ = track.at(when)
    rng = np.random.default_rng(seed + 1)
    ranges = REST_RANGE_MM - travel + noise_mm * rng.normal(size=len(when))
    return [
        tof_sample(t0_ns + round(t * 1e9), r)
        for t, r in zip(when.tolist(), ranges.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class World:
    """A track in front of the station, and what is wrong with it. Times in s from the start."""

    track: Track
    opens: tuple[tuple[int, float, float], ...] = ()
    """(pad, from, to): the pad is open."""
    silent: tuple[tuple[str, float, float], ...] = ()
    """(imu / tof / pads, from, to): no samples."""
    nobody: tuple[tuple[float, float], ...] = ()
    """(from, to): the ranger sees nothing."""
    keys: tuple[tuple[float, Key], ...] = ()
    closer: tuple[tuple[float, float], ...] = ()
    """(from, mm): from then on the person stands so much closer."""
    noise: float = 0.0
    noise_mm: float = 0.0
    bias_mps2: float = 0.0
    seed: int = 0
    pads_fitted: bool = True
    stamp_late_ns: int = 0
    """Samples are stamped so long after the tick they come with, as at a real read."""

    def ticks(self) -> list[TickInput]:
        """One every 5 ms: IMU 208 Hz, ranger 41.7 Hz, one pad a tick in turn."""
        imu = imu_samples(self.track, noise=self.noise, bias_mps2=self.bias_mps2, seed=self.seed)
        tof = tof_samples(self.track, noise_mm=self.noise_mm, seed=self.seed)
        ticks = []
        i = j = 0
        for number in range(round(self.track.duration_s * S / TICK_NS)):
            t_ns = T0_NS + number * TICK_NS
            t_s = (t_ns - T0_NS) * 1e-9
            late = self.stamp_late_ns
            new_imu = []
            while i < len(imu) and imu[i].t_ns <= t_ns:
                new_imu.append(imu[i])
                i += 1
            new_tof = []
            while j < len(tof) and tof[j].t_ns <= t_ns:
                new_tof.append((0, self._ranged(tof[j]._replace(t_ns=t_ns + late), t_s)))
                j += 1
            pads: tuple[PadSample, ...] = ()
            if self.pads_fitted and not self._silent("pads", t_s):
                pad = number % 3
                closed = not any(p == pad and a <= t_s < b for p, a, b in self.opens)
                pads = (PadSample(t_ns + late, pad, 0.8 if closed else 0.0, closed),)
            ticks.append(
                TickInput(
                    t_ns,
                    () if self._silent("imu", t_s) else tuple(new_imu),
                    () if self._silent("tof", t_s) else tuple(new_tof),
                    pads,
                    tuple(key for at, key in self.keys if abs(at - t_s) < 2e-3),
                )
            )
        return ticks

    def _silent(self, sensor: str, t_s: float) -> bool:
        return any(s == sensor and a <= t_s < b for s, a, b in self.silent)

    def _ranged(self, sample: TofSample, t_s: float) -> TofSample:
        if any(a <= t_s < b for a, b in self.nobody):
            return tof_sample(sample.t_ns, None)
        nearer = sum(mm for at, mm in self.closer if t_s >= at)
        return sample._replace(range_mm=sample.range_mm - nearer)


@dataclass
class Log:
    """All that the pipeline said; times in s from the start."""

    reps: list[RepBody] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    cues: list[tuple[float, Cue]] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    sessions: list[tuple[float, SessionEvent]] = field(default_factory=list)
    changes: list[tuple[float, OutputChange]] = field(default_factory=list)
    frames: list[LiveFrame] = field(default_factory=list)
    says: list[tuple[float, str]] = field(default_factory=list)

    @property
    def verdicts(self) -> list[str]:
        return [rep.verdict for rep in self.reps]

    def told(self, code: str) -> list[float]:
        return [t for t, cue in self.cues if cue.code == code]

    def level(self, pin: str, t_s: float) -> float:
        """What the output showed after the tick at ``t_s``."""
        value = 0.0
        for at, change in self.changes:
            if at > t_s + 1e-6:
                break
            if change.pin == pin:
                value = change.value
        return value

    def rises(self, pin: str) -> list[float]:
        """When the output went from off to on."""
        found, before = [], 0.0
        for at, change in self.changes:
            if change.pin == pin:
                if before == 0.0 and change.value > 0.0:
                    found.append(at)
                before = change.value
        return found

    def state_at(self, t_s: float) -> str:
        return next((name for at, name in reversed(self.states) if at <= t_s + 1e-6), "IDLE")

    def add(self, t_s: float, output: TickOutput) -> None:
        self.reps += [rep.body for rep in output.reps]
        self.places += [(rep.set_index, rep.rep_index) for rep in output.reps]
        self.cues += [(t_s, cue) for cue in output.cues]
        self.sessions += [(t_s, event) for event in output.sessions]
        self.changes += [(t_s, change) for change in output.outputs]
        if output.state is not None:
            self.states.append((t_s, output.state))
        if output.live is not None:
            self.frames.append(output.live)
        if output.say is not None:
            self.says.append((t_s, output.say))


def run(
    world: World | Track | Sequence[TickInput], setting: Setting | None = None, **changes: object
) -> Log:
    """Feed a world to a new pipeline. ``changes`` go into the setting."""
    if isinstance(world, Track):
        world = World(world)
    base = setting or Setting(stature_m=1.70)
    if isinstance(world, World):
        base = replace(base, pads_fitted=world.pads_fitted)
    pipeline = Pipeline(replace(base, origin_ns=T0_NS, **changes))  # type: ignore[arg-type]  # fields of Setting
    return feed(pipeline, world.ticks() if isinstance(world, World) else world)


def feed(pipeline: Pipeline, ticks: Iterable[TickInput], log: Log | None = None) -> Log:
    log = log if log is not None else Log()
    for tick in ticks:
        log.add(round((tick.t_ns - T0_NS) * 1e-9, 4), pipeline.step(tick))
    return log


def visit(lead_s: float = 2.5) -> Track:
    """Standing tall from the very beginning: set up, and ready for the first rep."""
    return Track().stand(lead_s)
