"""What the pure middle is told of a configuration."""

from __future__ import annotations

from math import radians

from device.calibrated import Calibrated
from device.coaching import Coaching
from device.config_checks import missing_sensors
from device.config_model import Config
from device.drills import DRILLS
from device.errors import ConfigError
from device.memory import Memory
from device.mounting import Rotation, Row, rotation
from device.setup import Setting
from drivers import CHIPS

BANDS_M = {"short": 1.58, "medium": 1.70, "tall": 1.85}
"""The middle of each band of stature."""


def _turned(mounting: Rotation, dps: Row) -> Row:
    """Rates in dps and the chip's axes as rad/s in the dowel's."""
    x, y, z = (radians(sum(m * rate for m, rate in zip(row, dps, strict=True))) for row in mounting)
    return x, y, z


def _window_kcps(found: Calibrated) -> tuple[float, ...] | None:
    """What of the clean window's light is left once each ranger has taken its crosstalk off."""
    if found.tof_empty_kcps is None:
        return None
    taken = found.tof_crosstalk_kcps or (0.0,) * len(found.tof_empty_kcps)
    return tuple(
        max(0.0, kcps - off) for kcps, off in zip(found.tof_empty_kcps, taken, strict=True)
    )


def setting_of(
    config: Config,
    odr_hz: float,
    origin_ns: int | None = None,
    memory: Memory | None = None,
) -> Setting:
    """Args: ``odr_hz`` is the IMU's real rate; ``memory`` what is known of the patient.

    Raises ``ConfigError`` for an unknown drill and for one whose sensors the station does not have.
    """
    name = config.practice.drill
    if name not in DRILLS:
        raise ConfigError(
            [f"practice.drill: got {name!r}, expected one of {', '.join(sorted(DRILLS))}"]
        )
    drill = DRILLS[name]
    missing = list(missing_sensors(config, drill))
    if missing:
        raise ConfigError(missing)
    band = config.station.band
    stature_m = config.station.stature_m or (BANDS_M[band] if band is not None else None)
    place = config.imu.clip if drill.imu == "clip" else config.imu
    mounting = rotation(place.mounting)
    bias_dps = config.calibrated.gyro_bias_dps
    return Setting(
        odr_hz=odr_hz,
        s_mm=1e3 * place.s_m,
        b_mm=1e3 * place.b_m,
        mounting=mounting,
        gyro_bias_rad_s=None if bias_dps is None else _turned(mounting, bias_dps),
        stature_m=stature_m,
        imu_fitted=config.imu.fitted,
        pads_fitted=config.pads.fitted,
        pads_graded=config.pads.fitted and CHIPS[config.pads.chip].graded,
        tof_fitted=True,
        tof_heights_m=config.tof.heights_m,
        recess_mm=config.tof.recess_mm,
        window_kcps=_window_kcps(config.calibrated),
        drill=drill,
        target_low_deg=config.practice.target_low_deg,
        target_high_deg=config.practice.target_high_deg,
        stage=config.practice.stage,
        coaching=Coaching(
            fade=config.coach.fade,
            silent_reps=config.coach.silent_reps,
            advance=config.coach.advance,
            self_estimate=config.coach.self_estimate,
            cues=config.coach.cues,
            speech=config.speech.enabled,
            vibration=config.outputs.vibration,
        ),
        sets=config.practice.sets or drill.sets,
        reps=config.practice.reps or drill.reps,
        rest_s=config.practice.rest_s,
        distance=config.practice.distance,
        memory=memory,
        origin_ns=origin_ns,
        side=config.practice.side,
        load_kg=config.practice.load_kg,
    )
