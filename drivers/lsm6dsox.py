"""LSM6DSOX accelerometer and gyroscope.

Registers: STMicroelectronics' lsm6dsox-pid ``lsm6dsox_reg.h`` and the LSM6DSOX datasheet.
"""

from __future__ import annotations

from drivers.lsm6ds import Lsm6ds, Variant
from drivers.st_fifo import Layout


class Lsm6dsox(Lsm6ds):
    """See ``Lsm6ds``; 208 Hz is 208.34 (AN5272)."""

    name = "LSM6DSOX"
    variant = Variant(
        who=0x6C,
        base_hz=6667.0,
        rates={104: (4, 64), 208: (5, 32), 417: (6, 16)},
        rate_shift=4,
        accel={2: (0x00, 0.061), 4: (0x08, 0.122), 8: (0x0C, 0.244), 16: (0x04, 0.488)},
        accel_at=0x10,
        gyro={
            125: (0x02, 4.375),
            250: (0x00, 8.75),
            500: (0x04, 17.5),
            1000: (0x08, 35.0),
            2000: (0x0C, 70.0),
        },
        gyro_at=0x11,
        ranges_at=range(0),
        before_reset=(),
        after_reset=(
            b"\x18\xe2",  # I3C off: bit 1 of CTRL9_XL in ST's map, over its reset E0
            b"\x12\x44",  # block data update, auto-increment
        ),
        trim=b"\x63",
        trim_name="INTERNAL_FREQ_FINE",
        trim_step=0.0015,
        fifo=Layout(status=b"\x3a", count_high=0x03, words=512, parity=True),
        ctrl3_name="CTRL3_C",
        held_names="CTRL1_XL, CTRL2_G, CTRL3_C",
    )
