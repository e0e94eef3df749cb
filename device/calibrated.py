"""What ``hinge calibrate`` found, in the form that drivers and pipeline take it.

A section of the configuration (``[calibrated]``), so that a recording carries the calibration it
was made with and replays alike. Nobody types it: ``device.calibration`` fills it in as the
station starts.
"""

from __future__ import annotations

import msgspec

Three = tuple[float, float, float]


class Calibrated(msgspec.Struct, frozen=True):
    """All in the order of the rangers (lowest first) or of the pads; None: not calibrated."""

    tof_offset_mm: tuple[float, ...] | None = None
    """Added to each ranger's range, in place of the factory's offset."""
    tof_crosstalk_kcps: tuple[float, ...] | None = None
    """Light that the window throws back, per SPAD."""
    tof_empty_kcps: tuple[float, ...] | None = None
    """Signal per SPAD with nobody there and no compensation: what the clean window gives."""
    gyro_bias_dps: Three | None = None
    """In the chip's axes."""
    pad_close: Three | None = None
    pad_open: Three | None = None
    """Levels (shares of a full press) at which each pad closes and opens."""
