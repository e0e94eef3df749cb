"""The window of a ranger is smudged: it throws light back that pulls the ranges short."""

from __future__ import annotations

from device.conditions.rule import Condition

WINDOW_DIRTY = Condition("WINDOW_DIRTY", lambda view: view.window_dirty)
