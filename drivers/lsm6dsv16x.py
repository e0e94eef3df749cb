"""LSM6DSV16X (and LSM6DSV) accelerometer and gyroscope.

Registers: STMicroelectronics' lsm6dsv16x-pid ``lsm6dsv16x_reg.h`` and ``.c``. Kin of the
LSM6DSOX, with rates, ranges and FIFO status in other places. An LSM6DSV32X says the same
WHO_AM_I but has ranges twice as wide: on one, a dowel at rest reads half of gravity.
"""

from __future__ import annotations

from drivers.lsm6ds import Lsm6ds, Variant
from drivers.st_fifo import Layout


class Lsm6dsv16x(Lsm6ds):
    """See ``Lsm6ds``; its rates nearest to 104, 208 and 417 Hz are 120, 240 and 480."""

    name = "LSM6DSV16X"
    variant = Variant(
        who=0x70,
        base_hz=7680.0,
        rates={104: (6, 64), 208: (7, 32), 417: (8, 16)},
        rate_shift=0,
        accel={2: (0, 0.061), 4: (1, 0.122), 8: (2, 0.244), 16: (3, 0.488)},
        accel_at=0x17,
        gyro={125: (0, 4.375), 250: (1, 8.75), 500: (2, 17.5), 1000: (3, 35.0), 2000: (4, 70.0)},
        gyro_at=0x15,
        ranges_at=range(0x15, 0x18),  # CTRL6 to CTRL8: filters as after reset
        before_reset=(b"\x10\x00\x00",),  # both sensors off, as ST's reset asks
        after_reset=(
            b"\x12\x44",  # block data update, auto-increment
            b"\x63\x08",  # no embedded functions: their words have no place in the FIFO
        ),
        trim=b"\x4f",
        trim_name="INTERNAL_FREQ",
        trim_step=0.0013,  # ST's odr_cal_reg_get
        # DIFF_FIFO has 9 bits here: 1.5 kB of data is 256 words. Bit 0 of a tag is not used.
        fifo=Layout(status=b"\x1b", count_high=0x01, words=256, parity=False),
        ctrl3_name="CTRL3",
        held_names="CTRL1, 2, 3, 6, 7, 8",
    )
