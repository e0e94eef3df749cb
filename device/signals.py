"""From samples to what the body does now: tilt, travel, drop, stillness, contacts.

Keeps the zeroes of the person's rest and the samples since the last moment at which the dowel
was known to be still. Definitions: docs/metrics.md.
"""

from __future__ import annotations

from collections import deque
from math import cos, hypot, radians, sqrt

from device.anthropometry import imu_rise_by_tilt_mm
from device.attitude import AS_BUILT, Attitude, Mounting
from device.middle import middle
from device.pad_track import PadTrack
from device.past import Past
from device.strapdown import REST, UNKNOWN, Anchor, Live
from device.turning import Turning
from drivers.samples import PADS, ImuSample, PadSample, TofSample

MS = 1_000_000
S = 1_000_000_000

REST_RATE_DPS = 3.0
REST_NS = 300 * MS
TOP_RATE_DPS = 10.0
TOP_TILT_DEG = 5.0
LEAN_BACK_DEG = 15.0
"""Leaning back further than this is no standing."""
TOP_NS = 150 * MS
SURELY_STILL_NS = 800 * MS
"""Nobody moves evenly for so long: quiet is still, whatever the integrated velocity says."""
AWAY_MM = 20.0
AWAY_SIGMAS = 3.0
"""Hips have left their rest when a range says so by more than its own noise."""
LOOSE_CHANGES = 6
LOOSE_NS = 2 * S
"""A pad that opens and closes so often in so long belongs to a dowel that is held loosely."""
RANGE_STEADY_MM = 6.0
REST_UP_MPS2 = 0.15
TOP_UP_MPS2 = 0.30
UP_SMOOTH_NS = 40 * MS
REST_SLOW_MPS = 0.02
TOP_SLOW_MPS = 0.05
"""Velocity over the last second above which a quiet dowel moves all the same: a slow squat."""
BIAS_DRIFT_MPS2 = 0.01
QUIET_MPS = 0.03
"""Speed that a quiet dowel may have at most: what a short quiet says of the bias."""
LONG_STILL_NS = 2500 * MS
"""No movement stays so quiet for so long: past this a drifting bias is the likelier cause."""
STILL_VELOCITY_MPS = 0.06
DRIFT_MPS2 = 0.03
"""How fast the live velocity may drift from the truth after an anchor."""
GAP_NS = 30 * MS
"""A hole in the IMU's samples after which nothing integrated before it counts."""
LOST_NS = 100 * MS
"""A hole after which the dowel may point anywhere."""
LONGEST_S = 24.0
"""Samples of more than this are not kept: longer than any repetition."""
BODY_RANGE_MM = 1300.0


class Signals:
    """The stream of one visit. ``s_mm``, ``b_mm``: where the IMU sits (anthropometry)."""

    def __init__(
        self,
        odr_hz: float,
        s_mm: float = 100.0,
        b_mm: float = 140.0,
        mounting: Mounting = AS_BUILT,
        gyro_bias_rad_s: tuple[float, float, float] | None = None,
    ) -> None:
        self._odr_hz = odr_hz
        self._gyro_bias_rad_s = gyro_bias_rad_s
        self._mounting = mounting
        self._s_mm, self._b_mm = s_mm, b_mm
        self.slim_mm = 0.0
        """How much nearer to the hips than usual the dowel lies on this slim body. A deep one is
        not reckoned with live: it would bring false cues, a slim one takes them away."""
        self.pads = tuple(PadTrack() for _ in PADS)
        self.imu_ns: int | None = None
        self.tof_ns: int | None = None
        self._pad_changes: tuple[deque[int], ...] = tuple(deque(maxlen=LOOSE_CHANGES) for _ in PADS)
        self.restart()

    def restart(self) -> None:
        """A new stream of the IMU: nothing integrated before counts any more."""
        self._attitude = Attitude(self._odr_hz, self._mounting, self._gyro_bias_rad_s)
        self._live = Live()
        self._has_zero = False
        self.rest_abs_deg = 0.0
        self.rest_range_mm: float | None = None
        self.tilt_abs_deg = 0.0
        self.tilt_deg = 0.0
        self.turning = Turning(self._odr_hz)
        self.rate_dps = 0.0
        self.drop_mm = 0.0
        self.travel_mm: float | None = None
        self.range_mm: float | None = None
        self.target_seen = False
        self.side_deg = 0.0
        self.anchor: Anchor = UNKNOWN
        self.anchor_ns: int | None = None
        self._up_smooth = 0.0
        self._quiet_ns: int | None = None
        self._slow_ns: int | None = None
        self._quiet_sum = 0.0
        self._quiet_n = 0
        self.bias_known = False
        self._bias_sd = self._bias_sd_before = 1.0
        self._bias_before = 0.0
        self._steady_ns = 0
        self._tilt_speed_mps = 0.0
        self._recent: deque[tuple[int, float]] = deque()
        self._recent_mm: float | None = None
        """Median of the recent ranges, once somebody has asked for it."""
        self.away_ranges = 0
        """Ranges running that say the hips have left their rest."""
        self.range_steady = True
        """The medians of the last two quarter seconds of range agree, or there is no range."""
        self.hole: tuple[int, int] | None = None
        """The last sample before and the first after the newest hole in the IMU's samples."""
        self.samples = Past()
        """Of the IMU, since the anchor."""
        self.ranges: list[tuple[int, float | None]] = []
        """(t_ns, range_mm or None for no target) since the anchor."""

    # -- samples in ---------------------------------------------------------------------

    def imu(self, sample: ImuSample, *, shaken: bool = False) -> None:
        """One sample of the dowel's IMU. ``shaken``: the motor in the dowel runs."""
        t_ns = sample.t_ns
        last_ns = self.imu_ns
        if last_ns is not None and t_ns - last_ns > GAP_NS:
            self.hole = (last_ns, t_ns)
            self._lose_anchor()
            if t_ns - last_ns > LOST_NS:
                # The dowel may have turned meanwhile: take the vertical anew.
                self._attitude = self._attitude.anew()
                self.turning.anew()
        self.imu_ns = t_ns
        pose = self._attitude.update(sample)
        tilt_abs, rate, up = pose.tilt_abs_deg, pose.rate_dps, pose.up_mps2
        self.side_deg = pose.side_deg
        self.turning.add(sample, pose, shaken=shaken)
        live = self._live
        live.update(t_ns, up, cos(radians(tilt_abs)))
        self.tilt_abs_deg = tilt_abs
        self.rate_dps = rate
        if not self._has_zero:
            self._has_zero = True
            self.rest_abs_deg = tilt_abs
        self.tilt_deg = tilt_abs - self.rest_abs_deg
        self._update_drop()
        dt_ns = t_ns - last_ns if last_ns is not None else 0
        smooth = min(dt_ns / UP_SMOOTH_NS, 1.0)
        self._up_smooth += smooth * (up - live.bias_mps2 - self._up_smooth)
        self._stillness(t_ns, rate, up)
        self.samples.add(t_ns, tilt_abs, up, rate, live.rise_m)
        if len(self.samples) > LONGEST_S * self._odr_hz:
            self._forget_half()

    def _forget_half(self) -> None:
        """Nobody has stood still for long: what is that old serves nothing."""
        self.samples.forget(len(self.samples) // 2)
        t_ns = self.samples.times_ns[0]
        self.anchor, self.anchor_ns = UNKNOWN, t_ns
        self.ranges = [entry for entry in self.ranges if entry[0] > t_ns]
        for pad in self.pads:
            pad.forget_before(t_ns)

    def _update_drop(self) -> None:
        """The live drop since the anchor: the IMU's fall, tilting taken out."""
        tilt_abs = self.tilt_abs_deg
        anchor_abs = self.samples.tilt_abs_deg(0) if self.samples else tilt_abs
        b_mm = self._b_mm - self.slim_mm
        by_tilt_mm = imu_rise_by_tilt_mm(tilt_abs, anchor_abs, self._s_mm, b_mm)
        self.drop_mm = by_tilt_mm - 1e3 * self._live.rise_m

    def _stillness(self, t_ns: int, rate: float, up: float) -> None:
        live = self._live
        swing = abs(self._up_smooth)
        if abs(live.slow_mps - self._tilt_speed_mps) < REST_SLOW_MPS:
            self._steady_ns = t_ns
        # Before the bias is known it must not keep a still dowel from being called still.
        allowed = 0.0 if self.bias_known else 0.15
        if rate < REST_RATE_DPS and swing < REST_UP_MPS2 + allowed:
            if self._quiet_ns is None:
                self._quiet_ns, self._quiet_sum, self._quiet_n = t_ns, 0.0, 0
                self._bias_before = live.bias_mps2
                self._bias_sd_before = hypot(self._bias_sd, BIAS_DRIFT_MPS2)
            self._quiet_sum += up
            self._quiet_n += 1
        else:
            self._quiet_ns = None
        if rate < TOP_RATE_DPS and swing < TOP_UP_MPS2 + allowed:
            if self._slow_ns is None:
                self._slow_ns = t_ns
        else:
            self._slow_ns = None

    def tof(self, sample: TofSample) -> None:
        """One ranging of the sensor that faces the hips."""
        t_ns = sample.t_ns
        self.tof_ns = t_ns
        recent = self._recent
        self._recent_mm = None
        base_mm = self.rest_range_mm
        away_mm = max(AWAY_MM, AWAY_SIGMAS * sample.sigma_mm)
        away = sample.valid and base_mm is not None and base_mm - sample.range_mm > away_mm
        self.away_ranges = self.away_ranges + 1 if away else 0
        if sample.valid:
            self.range_mm = sample.range_mm
            self.target_seen = sample.range_mm < BODY_RANGE_MM
            recent.append((t_ns, sample.range_mm))
            self.ranges.append((t_ns, sample.range_mm))
            if self.rest_range_mm is None:
                self.rest_range_mm = sample.range_mm
            last3 = [r for _, r in self.ranges[-3:] if r is not None]
            self.travel_mm = self.rest_range_mm - middle(last3)
        else:
            self.target_seen = False
            self.travel_mm = None
            self.ranges.append((t_ns, None))
        if t_ns - self.ranges[0][0] > 2 * LONGEST_S * S:
            # Without an IMU nothing else forgets them.
            del self.ranges[: len(self.ranges) // 2]
        while recent and t_ns - recent[0][0] > 500 * MS:
            recent.popleft()
        late = [r for t, r in recent if t_ns - t <= 250 * MS]
        early = [r for t, r in recent if t_ns - t > 250 * MS]
        self.range_steady = (
            not late or not early or abs(middle(late) - middle(early)) < RANGE_STEADY_MM
        )

    def pad(self, sample: PadSample) -> bool:
        """One pad's sample; True when it opened or closed."""
        changed = self.pads[sample.pad].update(sample)
        if changed:
            self._pad_changes[sample.pad].append(sample.t_ns)
        return changed

    def loose(self, t_ns: int) -> bool:
        """A pad chatters: the dowel is not held against the back."""
        for changes in self._pad_changes:
            if len(changes) == LOOSE_CHANGES and t_ns - changes[0] < LOOSE_NS:
                return True
        return False

    # -- stillness ----------------------------------------------------------------------

    def _may_be_still(self, t_ns: int) -> bool:
        """The live velocity agrees with standing still, as far as it can be trusted."""
        if self.anchor is UNKNOWN or self.anchor_ns is None or self.rest_ns() > SURELY_STILL_NS:
            return True
        since_s = (t_ns - self.anchor_ns) * 1e-9
        gate = STILL_VELOCITY_MPS + self.anchor.velocity_sd_mps + DRIFT_MPS2 * since_s
        return abs(self._live.velocity_mps) < gate

    def gathered_speed(self, limit_mps: float) -> bool:
        """A slow, even movement has begun, however quiet: over the last second the hips have
        gathered speed. Means something between two movements only."""
        if not self.bias_known or self.imu_ns is None or self._slow_ns is None:
            return False
        if self.imu_ns - max(self._slow_ns, self._steady_ns) > LONG_STILL_NS:
            return False
        return abs(self._live.slow_mps - self._tilt_speed_mps) >= limit_mps

    def velocity_sd_mps(self) -> float:
        """How well the velocity is known by now."""
        if self.anchor_ns is None or self.imu_ns is None:
            return UNKNOWN.velocity_sd_mps
        since_s = (self.imu_ns - self.anchor_ns) * 1e-9
        return self.anchor.velocity_sd_mps + self.anchor.bias_sd_mps2 * since_s

    def at_rest(self) -> bool:
        """Still for 0.3 s, at whatever tilt."""
        t_ns = self.imu_ns
        return (
            t_ns is not None
            and self._quiet_ns is not None
            and t_ns - self._quiet_ns >= REST_NS
            and self._may_be_still(t_ns)
            and self.range_steady
        )

    def pause_began_ns(self) -> int | None:
        """When the dowel became slow, or still, and has been so since."""
        return self._slow_ns if self._slow_ns is not None else self._quiet_ns

    @property
    def bias_mps2(self) -> float:
        """The accelerometer's vertical bias, as last learnt at rest."""
        return self._live.bias_mps2

    def rest_ns(self) -> int:
        """How long the dowel has been quiet."""
        if self.imu_ns is None or self._quiet_ns is None:
            return 0
        return self.imu_ns - self._quiet_ns

    def at_top(self) -> bool:
        """Upright and slow for 0.15 s: enough of a pause between two repetitions."""
        t_ns = self.imu_ns
        return (
            t_ns is not None
            and self._slow_ns is not None
            and -LEAN_BACK_DEG < self.tilt_deg < TOP_TILT_DEG
            and t_ns - self._slow_ns >= TOP_NS
            and self._may_be_still(t_ns)
        )

    def drop_uncertainty_mm(self, least_bias_mps2: float = 0.0) -> float:
        """How wrong the live drop may be by now.

        ``least_bias_mps2``: an error of the acceleration to reckon with at least, whatever the
        anchor promises: a bias across the dowel shows only once the dowel leans.
        """
        if self.anchor_ns is None or self.imu_ns is None:
            return 1e6
        t = (self.imu_ns - self.anchor_ns) * 1e-9
        return 15.0 + 1e3 * (
            self.anchor.velocity_sd_mps * t
            + 0.5 * max(self.anchor.bias_sd_mps2, least_bias_mps2) * t * t
        )

    # -- anchors ------------------------------------------------------------------------

    def anchor_here(self, anchor: Anchor) -> None:
        """The dowel is still now: integrate from here."""
        if anchor is REST and self._quiet_n > 20:
            self._learn_bias()
        self._live.anchor(self._tilting_mps())
        self.anchor, self.anchor_ns = anchor, self.imu_ns
        self.samples.anchor_at_last()
        self.drop_mm = 0.0
        del self.ranges[:-12]
        for pad in self.pads:
            pad.clear()

    def _learn_bias(self) -> None:
        """At rest the mean of the vertical acceleration is all bias, but for what little speed
        the quiet began with: the longer it lasts, the more it says."""
        quiet_s = max(self.rest_ns() * 1e-9, 1e-3)
        mean, before, sd_before = (
            self._quiet_sum / self._quiet_n,
            self._bias_before,
            self._bias_sd_before,
        )
        share = sd_before**2 / (sd_before**2 + (QUIET_MPS / quiet_s) ** 2)
        self._live.learn_bias(before + share * (mean - before))
        self._bias_sd = sd_before * sqrt(1.0 - share)
        self.bias_known = True

    def settled(self) -> None:
        """A movement is over: what it left in the check of stillness does not count."""
        self._live.slow_mps = self._live.velocity_mps

    def _tilting_mps(self) -> float:
        """How fast tilting alone lifts the IMU now, the hips standing still."""
        samples = self.samples
        if len(samples) < 2:
            return self._tilt_speed_mps
        rise_mm = imu_rise_by_tilt_mm(
            samples.tilt_abs_deg(-1), samples.tilt_abs_deg(-2), self._s_mm, self._b_mm
        )
        self._tilt_speed_mps = 1e6 * rise_mm / (samples.times_ns[-1] - samples.times_ns[-2])
        return self._tilt_speed_mps

    def anchor_at(self, index: int, anchor: Anchor) -> None:
        """The dowel was still at ``samples[index]``: integrate from there."""
        samples = self.samples
        t_ns = samples.times_ns[index]
        after, before = min(index + 1, len(samples) - 1), max(index - 1, 0)
        span_s = (samples.times_ns[after] - samples.times_ns[before]) * 1e-9
        speed = (samples.rise_m(after) - samples.rise_m(before)) / span_s if span_s > 0 else 0.0
        samples.anchor_at(index, speed)
        self._live.rise_m = samples.rise_m(-1)
        self._live.velocity_mps -= speed
        # The drop counts from the new anchor too, not only from the next sample on.
        self._update_drop()
        self.anchor, self.anchor_ns = anchor, t_ns
        self.ranges = [entry for entry in self.ranges if entry[0] >= t_ns - 300 * MS]
        for pad in self.pads:
            pad.forget_before(t_ns)

    def _lose_anchor(self) -> None:
        self.anchor, self.anchor_ns = UNKNOWN, self.imu_ns
        self.samples.clear()
        self._quiet_ns = self._slow_ns = None

    def begin_unanchored(self) -> None:
        """Measuring begins in the middle of things: the first pose is a provisional zero."""
        self.anchor, self.anchor_ns = UNKNOWN, self.imu_ns

    def forget_range(self) -> None:
        """Another ranger is followed from now on: its ranges have another zero."""
        self.rest_range_mm = self.travel_mm = self.range_mm = self._recent_mm = None
        self._recent.clear()
        self.ranges.clear()

    def take_zeroes(self) -> None:
        """Standing at rest: this tilt and this range are the zeroes."""
        self.rest_abs_deg = self.tilt_abs_deg
        self.tilt_deg = 0.0
        self.rest_range_mm = now_mm = self.rest_range_now_mm()
        self.travel_mm = None if now_mm is None else 0.0
        for pad in self.pads:
            pad.take_zero()

    def rest_range_now_mm(self) -> float | None:
        """Median of the last half second of ranges."""
        if self._recent and self._recent_mm is None:
            self._recent_mm = middle([r for _, r in self._recent])
        return self._recent_mm
