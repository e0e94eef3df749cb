"""The calibration of the doctor's simulated station, as every step would have left it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from device.calibration.apply import fitted
from device.calibration.records import FORMAT, VERSION, Kept, Record, place_name, rig_values
from device.calibration.store import Store
from device.config_model import Config
from device.doctor.checks.clock import BUILT_UNIX_S
from device.mounting import rotation
from device.workbench.doctor_faults import Plan


def values_of(config: Config) -> dict[str, dict[str, list[float]]]:
    """What each step finds on chips without a fault, mounted as configured."""
    rangers = len(config.tof.addresses)
    up, left, wall = rotation(config.imu.mounting)
    return {
        "empty": {"empty_kcps": [1.0] * rangers},
        "offset": {"offset_mm": [0.0] * rangers},
        "crosstalk": {"crosstalk_kcps": [0.0] * rangers},
        "plane": {"recess_mm": [config.tof.recess_mm] * rangers},
        "heights": {"heights_m": list(config.tof.heights_m)},
        "gyro": {"bias_dps": [0.1, -0.1, 0.2]},
        "mounting": {"up": list(up), "left": list(left), "wall": list(wall)},
        "zero": {"up": list(up)},
        "pads": {"close_level": [0.15] * 3, "open_level": [0.08] * 3},
    }


def calibrate(plan: Plan) -> None:
    """Write the files that ``device.calibration.store`` reads, with what ``plan`` has wrong."""
    config = plan.config
    values = values_of(config)
    # Made by a clock that was right, whatever it says now.
    now_s = plan.machine.now_unix_s
    now = datetime.fromtimestamp(now_s, UTC) if now_s > BUILT_UNIX_S else datetime.now(UTC)
    made_at = (now - timedelta(days=plan.calibrated_days)).isoformat()
    for place in ("wall", "dowel"):
        name = place_name(place, config)
        records = {}
        for step in fitted(config):
            if step.place != place or step.name in plan.uncalibrated:
                continue
            rig = rig_values(config, step.depends)
            rig |= {key: was for key, was in plan.calibrated_rig.items() if key in rig}
            others = plan.calibrated_chips.items()
            chips = {key: said for key, said in others if key.startswith(step.sensor)}
            records[step.name] = Record(step.name, made_at, True, values[step.name], {}, chips, rig)
        path = Store(config.paths.calibration).path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(Kept(FORMAT, VERSION, name, records)))
