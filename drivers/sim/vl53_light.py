"""Light that comes back to a ranger of the VL53L1X family: rates, noise and status of one ranging.

Physical shape: each SPAD counts ``57.5 kcps * reflectance / r^2`` (r in metres), fitted so that
88 % white reaches the datasheet's 3.6 m and 5 % cloth about 0.85 m against ST's limit of 1 Mcps;
the chip picks as many SPADs as make up its wanted rate (DSS); the range's noise is that of
counting: ``sigma^2 = 1^2 + (600 mm)^2 * (S + 4 A) / S^2`` with S and A the photons of signal
and ambient light gathered. At 0.55 m, 40 %, 20 ms: about 2.6 mm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from drivers.sim.scene import Reflection

SPAD_KCPS_AT_1M = 57.5
PULSE_MM = 600.0
SIGMA_FLOOR_MM = 1.0
WINDOW_MM = 12.0
"""Where a smudge on the window appears to be when it is all there is."""
MM_PER_CLOCK = 199.6
"""One PLL clock of a VCSEL period as range: c/2 times 1.33 ns."""

COMPLETE, SIGMA_FAIL, NO_TARGET, OUT_OF_PHASE, WRAPPED, CLIPPED = 9, 6, 4, 5, 7, 8
"""Raw device status, 0x0089 [4:0]."""


class Ranging(NamedTuple):
    """How the chip is set up."""

    light_us: float
    valid_phase: float
    """Highest phase that counts, in PLL clocks (0x0069, 5.3)."""
    clocks_b: int
    """The shorter VCSEL period in PLL clocks: farther targets wrap."""
    spads: int
    dss_kcps: float
    limit_kcps: float
    sigma_limit_mm: float
    offset_mm: float
    """What the part reads too much, plus the offset register."""
    crosstalk_kcps: float
    compensation_kcps: float
    wrap_check: bool


class Measured(NamedTuple):
    """What lands in the result registers; ``range_mm`` is 0..65535."""

    status: int
    range_mm: int
    sigma_mm: float
    spads: float
    peak_kcps: float
    signal_kcps: float
    ambient_kcps: float
    phase: float


class Light:
    """Makes measurements; draws its noise from the chip's source."""

    def measure(self, seen: Reflection, at: Ranging, noise: Callable[[], float]) -> Measured:
        """One ranging. ``noise`` gives standard normal numbers."""
        true_mm = seen.range_mm
        per_spad = 0.0
        if true_mm is not None:
            near_m = max(true_mm, 10.0) * 1e-3
            per_spad = SPAD_KCPS_AT_1M * seen.reflectance / (near_m * near_m)
        all_kcps = per_spad * at.spads + seen.ambient_kcps
        share = min(1.0, at.dss_kcps / all_kcps) if all_kcps > 0.0 else 1.0
        spads = max(at.spads * share, 2.0)
        signal = per_spad * spads
        peak = signal + at.crosstalk_kcps * spads
        corrected = max(peak - at.compensation_kcps * spads, 0.0)
        photons = max(signal * at.light_us * 1e-3, 1e-3)
        ambient_photons = seen.ambient_kcps * at.light_us * 1e-3
        sigma = math.sqrt(
            SIGMA_FLOOR_MM**2 + PULSE_MM**2 * (photons + 4.0 * ambient_photons) / photons**2
        )
        sigma = min(sigma, 16000.0)
        if true_mm is None and corrected >= at.limit_kcps:
            # The window itself is the target: light from the glass, hardly any way.
            near_mm = max(round(WINDOW_MM + at.offset_mm + noise() * SIGMA_FLOOR_MM), 0)
            return Measured(
                COMPLETE, near_mm, SIGMA_FLOOR_MM, spads, peak, corrected, seen.ambient_kcps, 0.0
            )
        if true_mm is None:
            # What the register holds without a target is junk, and looks like a range.
            junk = int(abs(noise()) * 700.0) % 4000
            return Measured(NO_TARGET, junk, sigma, spads, peak, corrected, seen.ambient_kcps, 0.0)
        phase = true_mm / MM_PER_CLOCK
        wrapped = phase >= at.clocks_b
        apparent = phase % at.clocks_b * MM_PER_CLOCK
        # Crosstalk pulls the range toward the glass, its compensation pushes it back.
        pulled = apparent * signal / corrected if corrected > 0.0 else apparent
        range_mm = round(pulled + at.offset_mm + noise() * sigma)
        if corrected < at.limit_kcps:
            status = NO_TARGET
        elif sigma > at.sigma_limit_mm:
            status = SIGMA_FAIL
        elif wrapped and at.wrap_check:
            status = WRAPPED
        elif apparent / MM_PER_CLOCK > at.valid_phase:
            status = OUT_OF_PHASE
        elif range_mm < 0:
            status = CLIPPED
        else:
            status = COMPLETE
        return Measured(
            status,
            max(range_mm, 0),
            sigma,
            spads,
            peak,
            corrected,
            seen.ambient_kcps,
            phase % at.clocks_b,
        )
