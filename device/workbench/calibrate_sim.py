"""``hinge calibrate --simulated``: the real drivers on simulated chips, with somebody who does
what the steps ask for, and faults planted that the steps must find."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import cos, radians, sin

from device.calibration.axes import product
from device.calibration.runner import TICK_NS
from device.calibration.step import Ask, Phase, Step
from device.config_model import Config
from device.mounting import rotation
from device.sensors import Sensors
from device.station import build_sensors, xshut_pins
from device.tick import Sensor, TickInput
from device.workbench.motion_run import fitted_of
from drivers.samples import PADS
from drivers.sim.board import BoardScene, Row, Rows
from drivers.sim.clock import VirtualClock
from drivers.sim.rig import SimRig
from drivers.sim.vl53 import SimVl53

Deed = Callable[["SimBench", Phase], None]


def askew(rows: Rows, *, forward_deg: float, left_deg: float, about_deg: float = 4.0) -> Rows:
    """A mounting that is a little off, as glue and tape leave it."""
    f, s, a = radians(forward_deg), radians(left_deg), radians(about_deg)
    pitch: Rows = ((cos(f), 0.0, sin(f)), (0.0, 1.0, 0.0), (-sin(f), 0.0, cos(f)))
    roll: Rows = ((cos(s), sin(s), 0.0), (-sin(s), cos(s), 0.0), (0.0, 0.0, 1.0))
    turn: Rows = ((1.0, 0.0, 0.0), (0.0, cos(a), sin(a)), (0.0, -sin(a), cos(a)))
    return product(turn, product(roll, product(pitch, rows)))


PRESS_TICKS = 100
PRESS_N = 6.0
"""A back's own press."""
HALF_CONE_DEG = {"vl53l1x": 13.5, "vl53l4cd": 9.0}
"""Half of what each part really looks at (the data sheets' 27 and 18 degrees)."""


@dataclass(frozen=True)
class Planted:
    """What is wrong with the simulated station."""

    part_offset_mm: tuple[int, ...] = (13, -9, 6)
    """Each ranger reads so much too far; the offset that mends it is the opposite."""
    crosstalk_kcps: tuple[float, ...] = (3.0, 4.5, 2.0)
    recess_mm: tuple[float, ...] = (57.0, 52.0, 55.0)
    height_error_m: tuple[float, ...] = (0.004, -0.003, 0.002)
    """The rangers are so much higher than the configuration says."""
    chip_axes: Rows = field(
        default_factory=lambda: askew(rotation("y up, -x wall"), forward_deg=3.0, left_deg=-2.0)
    )
    gyro_bias_dps: Row = (0.9, -0.7, 0.4)
    pad_gain: Row = (0.1, 1.0, 0.6)


class SimBench:
    """The station, its scene and the one who sits there (``device.calibration.runner.Hands``).

    ``deeds`` by step and phase replace what is done in it; ``answers`` what is typed.
    """

    def __init__(self, config: Config, planted: Planted | None = None, seed: int = 0) -> None:
        self.planted = planted or Planted()
        self.config = config
        self.clock = VirtualClock()
        n = len(config.tof.addresses)
        heights = zip(config.tof.heights_m, self.planted.height_error_m, strict=False)
        self.scene = BoardScene(
            [height + error for height, error in heights],
            self.planted.recess_mm[:n],
            self.planted.chip_axes,
            self.planted.pad_gain,
            HALF_CONE_DEG.get(config.tof.chip, 13.5),
        )
        self.scene.gyro_bias_dps = self.planted.gyro_bias_dps
        self.rig = SimRig(self.scene, self.clock, fitted_of(config, n), seed)
        for ranger, chip in enumerate(self.rig.rangers):
            if isinstance(chip, SimVl53):
                chip.part_offset_mm = self.planted.part_offset_mm[ranger]
                chip.crosstalk_kcps = self.planted.crosstalk_kcps[ranger]
        self._xshut = xshut_pins(config, self.rig.pins.factory)
        self.deeds: dict[tuple[str, str], Deed] = {}
        self.answers: dict[str, str] = {}
        self.told: list[str] = []
        self._ask: Ask | None = None

    def build(self, config: Config, only: Collection[Sensor]) -> Sensors:
        return build_sensors(
            config, self.rig.buses, self.rig.pins.factory, self.clock, xshut=self._xshut, only=only
        )

    def pad_closed(self, config: Config, pad: int, force_n: float) -> bool:
        """Whether a pad closes under a force, with ``config`` in force and hands off before."""
        self.scene.force_n = (0.0, 0.0, 0.0)
        sensors = self.build(config, ["pads"])
        closed = False
        for tick in range(2 * PRESS_TICKS):
            if tick == PRESS_TICKS:
                a, b, c = (force_n if i == pad else 0.0 for i in range(3))
                self.scene.force_n = (a, b, c)
            self.clock.advance(TICK_NS)
            for sample in sensors.read(self.clock.now_ns()).pads:
                if sample.pad == pad:
                    closed = sample.closed
        return closed

    def tell(self, step: Step, phase: Phase) -> None:
        self.told.append(phase.tell)
        if not phase.waits:
            return
        deed = self.deeds.get((step.name, phase.key)) or DEEDS.get((step.name, phase.key))
        if deed is not None:
            deed(self, phase)

    def prompt(self, ask: Ask | None, wrong: str) -> None:
        if wrong:
            raise AssertionError(f"simulated answer refused: {wrong}")
        self._ask = ask

    def line(self, tick: TickInput) -> str | None:
        return "" if self._ask is None else self.answers.get(self._ask.name, "")

    def progress(self, share: float) -> None:
        pass


def _board(bench: SimBench, phase: Phase) -> None:
    (ask,) = phase.asks
    bench.scene.flush_edge_m = None
    bench.scene.board_mm = float(bench.answers.get(ask.name, ask.default))


def _clear(bench: SimBench, phase: Phase) -> None:
    bench.scene.board_mm = bench.scene.flush_edge_m = None


def _flush(bench: SimBench, phase: Phase) -> None:
    bench.scene.board_mm, bench.scene.flush_edge_m = None, 2.0


def _edge(ranger: int, off_m: float) -> Deed:
    """The edge of a flush board, so far from the height that is typed for a ranger."""

    def hold(bench: SimBench, phase: Phase) -> None:
        default = bench.config.tof.heights_m[ranger]
        typed_m = float(bench.answers.get(f"height_{ranger}_m", default))
        bench.scene.board_mm, bench.scene.flush_edge_m = None, typed_m + off_m

    return hold


def _laid_down(bench: SimBench, phase: Phase) -> None:
    bench.scene.lean_deg, bench.scene.bend_deg = (90.0, 0.0, 0.0), 0.0
    bench.scene.force_n = (0.0, 0.0, 0.0)


def _upright(bench: SimBench, phase: Phase) -> None:
    bench.scene.lean_deg, bench.scene.bend_deg = (0.0, 0.0, 0.0), 0.0


def _bend(bench: SimBench, phase: Phase) -> None:
    bench.scene.lean_deg, bench.scene.bend_deg = (3.0, 0.0, 0.0), 45.0
    bench.scene.bend_from_ns = bench.clock.now_ns()


def _press(pad: int) -> Deed:
    def press(bench: SimBench, phase: Phase) -> None:
        a, b, c = (PRESS_N if i == pad else 0.0 for i in range(3))
        bench.scene.force_n = (a, b, c)

    return press


DEEDS: dict[tuple[str, str], Deed] = {
    ("empty", "empty"): _clear,
    ("offset", "board"): _board,
    **{("crosstalk", f"board{number}"): _board for number in range(5)},
    ("plane", "flush"): _flush,
    **{("heights", f"below{i}"): _edge(i, -0.03) for i in range(3)},
    **{("heights", f"above{i}"): _edge(i, 0.03) for i in range(3)},
    **{("heights", f"at{i}"): _edge(i, 0.0) for i in range(3)},
    ("gyro", "still"): _laid_down,
    ("mounting", "upright"): _upright,
    ("mounting", "bend"): _bend,
    ("zero", "plumb"): _upright,
    ("pads", "off"): _laid_down,
    **{("pads", name): _press(pad) for pad, name in enumerate(PADS)},
}
"""What the simulated technician does in each phase."""
