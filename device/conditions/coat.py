"""The ranger sees a hem and not the hips: tuck it in. Contacts and tilt go on being judged."""

from __future__ import annotations

from device.conditions.rule import Condition

COAT = Condition("COAT", lambda view: view.zeroed and view.hem, on_ms=0)
