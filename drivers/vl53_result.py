"""The result block of ST's VL53L1X family: 17 bytes from 0x0089, and when to believe them."""

from __future__ import annotations

import struct

from drivers.samples import TofSample

RESULT_BYTES = 17

# Raw device status (0x0089 & 0x1F) -> ULD's code. ULD has 255 for the raw codes 1, 2 and 17;
# ST's full driver calls them hardware failures, and so they are here.
_UNKNOWN = 255
STATUS = {
    1: 5,
    2: 5,
    3: 5,
    4: 2,
    5: 4,
    6: 1,
    7: 7,
    8: 3,
    9: 0,
    12: 9,
    13: 13,
    17: 5,
    18: 10,
    19: 6,
    22: 11,
    23: 12,
}
STATUS_VALID = 0
STATUS_NO_WRAP_CHECK = 6

# Dark, shiny or slanted targets give 0-30 mm with status 0 (stm32duino/VL53L1X issue 7).
MAX_SIGMA_MM = 30.0
MIN_SIGNAL_KCPS = 100.0
NEAR_MM = 40.0
NEAR_MIN_SIGNAL_KCPS = 2000.0
"""A real surface nearer than NEAR_MM floods the receiver; a weak echo from there is none."""

_FORMAT = struct.Struct(">BBBHHHHHhH")
_RATE = 1000.0 / 128.0  # 9.7 fixed point Mcps -> kcps


def decode(raw: bytes, t_ns: int, *, first: bool, peak: bool = False) -> TofSample:
    """The 17 bytes from 0x0089 as a sample.

    ``first`` is the first ranging after a start: its wrap check is not possible, and status
    6 (raw 19, or raw 9 with stream count 0) is accepted from it alone. ``peak``: the signal is
    that of 0x008E, with crosstalk, in place of 0x0098.
    No SPADs at all mean that nothing was measured (ULD of the VL53L4CD).
    The range is ULD's: millimetres as they stand, without the full driver's 2011/2048 gain
    (docs/decisions/0002-vl53l1x-gain.md).
    """
    device, _report, stream, spads, received, ambient, sigma, _phase, range_mm, signal = (
        _FORMAT.unpack(raw)
    )
    code = device & 0x1F  # the bits above are flags: threshold hits and the parameter hold's id
    status = STATUS.get(code, _UNKNOWN) if spads else _UNKNOWN
    if status == STATUS_VALID and stream == 0:
        status = STATUS_NO_WRAP_CHECK
    signal_kcps = (received if peak else signal) * _RATE
    sigma_mm = sigma / 4.0
    trusted = status == STATUS_VALID or (first and status == STATUS_NO_WRAP_CHECK)
    valid = (
        trusted
        and range_mm > 0
        and sigma_mm <= MAX_SIGMA_MM
        and signal_kcps >= (NEAR_MIN_SIGNAL_KCPS if range_mm < NEAR_MM else MIN_SIGNAL_KCPS)
    )
    return TofSample(
        t_ns,
        float(range_mm),
        valid,
        status,
        signal_kcps,
        ambient * _RATE,
        sigma_mm,
        spads / 256.0,
        stream,
    )
