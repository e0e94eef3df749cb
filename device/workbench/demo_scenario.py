"""A scenario file at life's pace: what the demo plays instead of its person."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from device.workbench.demo_person import AHEAD_S, MAKING_S
from drivers.sim.dowel import Worn
from drivers.sim.person import KEPT
from drivers.sim.rig import SimRig
from drivers.sim.rig_faults import RigFaults
from drivers.sim.scenario import IN_SCENE, ScenarioScene
from drivers.sim.scenario_file import Scenario
from drivers.sim.segments import Segment

LEAD_NS: Final = 3_000_000_000
"""The chips come up, and the page can be opened, before it begins."""


class ScenarioActor(ScenarioScene):
    """``scenario`` once through, its next piece made by another thread; then its last pose.

    All calls from the loop's thread; satisfies ``demo_person.Actor``.
    """

    def __init__(
        self, scenario: Scenario, name: str, seed: int, t0_ns: int, *, worn: Worn = "dowel"
    ) -> None:
        super().__init__(scenario, seed, t0_ns + LEAD_NS, worn=worn)
        self._name = name
        self._rig_faults: RigFaults | None = None
        self._at_rig = tuple(fault for fault in scenario.fault if fault.kind not in IN_SCENE)
        self._hand = ThreadPoolExecutor(1, "scenario")
        self._coming: Future[Segment] | None = None

    def attach(self, rig: SimRig) -> None:
        """The rig to which the scenario's faults are done."""
        self._rig_faults = RigFaults(rig, self._at_rig, self.t0_ns)

    def attend(self, t_ns: int) -> None:
        if self._rig_faults is not None:
            self._rig_faults.step(t_ns)
        if self._coming is not None or not self.played or self._next >= len(self._pieces):
            return
        if self.played[-1].end_s - (t_ns - self.t0_ns) * 1e-9 < AHEAD_S:
            self._coming = self._hand.submit(self._make, self._pieces[self._next])

    def _more(self) -> bool:
        coming, self._coming = self._coming, None
        if coming is None:
            return super()._more()
        self._append(coming.result(MAKING_S))
        self._next += 1
        del self.played[:-KEPT]
        return True

    def order(self, step: str) -> None:
        raise ValueError(f"{step!r} cannot be done: {self._name} is being played")

    def says(self, t_ns: int) -> str:
        since_s = (t_ns - self.t0_ns) * 1e-9
        if since_s >= self.duration_s:
            return f"{self._name} is over."
        return super().says(t_ns)

    def close(self) -> None:
        self._hand.shutdown(cancel_futures=True)
