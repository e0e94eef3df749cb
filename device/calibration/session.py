"""A step as a state machine: one phase after the other, each fed with ticks until it is full."""

from __future__ import annotations

from collections.abc import Sequence

from device.calibration.step import VERIFY_S, Complaint, Found, Gathered, Ground, Phase, Step
from device.tick import Sensor, SensorFault, TickInput

Outcome = Found | Complaint

VERIFY = "verify"


class Session:
    """Go through one step: ``begin`` each ``phase``, feed ``tick`` until it is over.

    ``phase`` is None once the step is done; then ``outcome`` says how.
    """

    def __init__(self, step: Step, ground: Ground) -> None:
        self.step = step
        self._ground = ground
        self._phases = list(step.phases(ground))
        self._samples: dict[str, Gathered] = {}
        self._now = Gathered()
        self._began_ns: int | None = None
        self._t_ns = 0
        self._found: Found | None = None
        self.outcome: Outcome | None = None

    @property
    def phase(self) -> Phase | None:
        return None if self.outcome is not None or not self._phases else self._phases[0]

    @property
    def verifying(self) -> Found | None:
        """The result that must be in force now, for its verification."""
        return self._found if self.phase is not None else None

    @property
    def progress(self) -> float:
        """0 to 1 of this phase."""
        if self.phase is None or self._began_ns is None:
            return 0.0
        return min(1.0, (self._t_ns - self._began_ns) * 1e-9 / self.phase.seconds)

    def begin(self, answers: dict[str, float], lost: Sequence[SensorFault] = ()) -> None:
        """The person has done what the phase asks for, and has typed ``answers``; ``lost``: chips
        that are gone by now."""
        self._end_for(lost)
        self._ground = self._ground._replace(typed={**self._ground.typed, **answers})
        self._now = Gathered()
        self._began_ns = None

    def tick(self, tick: TickInput) -> bool:
        """Take in one tick; True while the phase goes on. Ends with the first fault of a chip
        that the step needs."""
        phase = self.phase
        if phase is None:
            return False
        if tick.faults and self._end_for(tick.faults):
            return False
        if self._began_ns is None:
            self._began_ns = tick.t_ns
        self._t_ns = tick.t_ns
        for ranger, sample in tick.tof:
            self._now.tof.setdefault(ranger, []).append(sample)
        self._now.imu.extend(tick.imu)
        for pad_sample in tick.pads:
            self._now.pads[pad_sample.pad].append(pad_sample)
        if self.progress < 1.0:
            return True
        self._end(phase)
        return False

    def _end_for(self, faults: Sequence[SensorFault]) -> bool:
        """Whether a chip that the step needs is lost; then it is over."""
        for fault in faults:
            if fault.kind == "lost" and fault.sensor == self.step.sensor:
                what = "a sensor was lost" if self.phase is None else self.phase.key
                self.outcome = Complaint(
                    what, fault.text.rstrip("."), "the sensor all along", "Begin again."
                )
                return True
        return False

    def _end(self, phase: Phase) -> None:
        if self._found is not None:
            self._end_verify()
            return
        ground, step, key = self._ground, self.step, phase.key
        found = silent(step.sensor, ground, self._now) or step.check(ground, key, self._now)
        if found is not None:
            self.outcome = found
            return
        self._samples[key] = self._now
        self._phases.pop(0)
        if self._phases and not step.enough(ground, self._samples):
            return
        self._phases = []
        result = step.result(ground, self._samples)
        if isinstance(result, Complaint) or step.verify is None:
            self.outcome = result
            return
        self._found = result
        tell = "Leave all as it is: what was found is tried out."
        self._phases = [Phase(VERIFY, tell, VERIFY_S, waits=False)]

    def _end_verify(self) -> None:
        assert self._found is not None  # see _end
        assert self.step.verify is not None
        said = silent(self.step.sensor, self._ground, self._now) or self.step.verify(
            self._ground, self._samples, self._now
        )
        if isinstance(said, Complaint):
            self.outcome = said
        else:
            self.outcome = self._found._replace(residuals={**self._found.residuals, **said})


def silent(sensor: Sensor, ground: Ground, got: Gathered) -> Complaint | None:
    """A complaint when a chip that is needed gave nothing at all in a phase."""
    missing: Sequence[str] = ()
    if sensor == "tof":
        missing = [f"ranger {i}" for i in range(ground.rangers) if not got.tof.get(i)]
    elif sensor == "imu":
        missing = [] if got.imu else ["IMU"]
    else:
        missing = [] if all(got.pads) else ["pads"]
    if not missing:
        return None
    return Complaint(
        ", ".join(missing), "no sample", "a stream of samples", "Check the cable and its plug."
    )
