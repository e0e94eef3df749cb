"""The log's database, as the log service's own code finds it."""

from __future__ import annotations

from device.doctor.found import Found
from device.doctor.visit import Visit


def database(visit: Visit) -> Found:
    told = visit.log.database()
    return Found(told.status, told.words, told.figures)
