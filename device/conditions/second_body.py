"""Somebody, or something, between the person and the wall."""

from __future__ import annotations

from device.conditions.rule import Condition

SECOND_BODY = Condition(
    "SECOND_BODY",
    lambda view: view.zeroed and view.second_body and not view.covered,
    on_ms=0,
    off_ms=900,
    pauses=True,
)
