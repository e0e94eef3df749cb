"""What is looked up on the disk: the spool, and the calibrations. Nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from device.calibration.apply import Judged, judge_all, load_records
from device.calibration.store import Store
from device.config_model import Config
from device.spool import Counts, SpoolError, is_damaged, look


class SpoolLook(NamedTuple):
    """What waits in the spool; ``error`` where it cannot be read."""

    counts: Counts | None = None
    error: str | None = None
    damaged: bool = False


class CalibrationLook(NamedTuple):
    """``said``: files that cannot be used."""

    judged: tuple[Judged, ...] = ()
    said: tuple[str, ...] = ()


def spool_of(config: Config) -> SpoolLook:
    path = config.paths.spool
    try:
        return SpoolLook(look(path)) if path.exists() else SpoolLook()
    except SpoolError as error:
        return SpoolLook(error=str(error), damaged=is_damaged(error))
    except OSError as error:
        return SpoolLook(error=error.strerror or str(error))


def calibration_of(
    config: Config, now_unix_s: float, identities: dict[str, str]
) -> CalibrationLook:
    """``identities``: of the chips that came up (``imu``, ``tof[0]``, ``pads``). One that did
    not is taken as the one that was calibrated: other checks tell of it."""
    said: list[str] = []
    records = load_records(Store(config.paths.calibration, said.append), config)
    known = {name: was for record in records.values() for name, was in record.chips.items()}
    now = datetime.fromtimestamp(now_unix_s, UTC)
    return CalibrationLook(tuple(judge_all(records, config, now, known | identities)), tuple(said))
