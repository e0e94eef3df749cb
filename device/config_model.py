"""The configuration's sections and their defaults, as frozen structs.

``config.load`` reads them from a file; ``config_checks`` has what no single key can say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from device.calibrated import Calibrated
from drivers import CHIPS

Address = Annotated[int, Meta(ge=0x08, le=0x77, description="an I2C address, 0x08 to 0x77")]
Pin = Annotated[int, Meta(ge=2, le=27, description="a BCM pin, 2 to 27")]
Level = Annotated[float, Meta(ge=0.0, le=1.0, description="a number from 0.0 to 1.0")]
Name = Annotated[str, Meta(min_length=1, max_length=64, description="a name, 1 to 64 letters")]
BusNumber = Annotated[int, Meta(ge=0, le=30, description="a bus number, 0 to 30")]
BusClock = Annotated[
    int, Meta(ge=10_000, le=1_000_000, description="a bus clock in Hz, 10000 to 1000000")
]
Degrees = Annotated[float, Meta(ge=5, le=120, description="degrees, 5 to 120")]
Row = tuple[float, float, float]


class Station(msgspec.Struct, frozen=True):
    """Who and where. ``stature_m`` is of the person training, when known; ``band`` else."""

    name: Name = "hinge"
    stature_m: (
        Annotated[float, Meta(ge=1.0, le=2.3, description="a stature in metres, 1.0 to 2.3")] | None
    ) = None
    band: Literal["short", "medium", "tall"] | None = None


class WallBus(msgspec.Struct, frozen=True):
    """The rangers' bus: ``/dev/i2c-<number>`` and the clock it runs at."""

    number: BusNumber = 1
    hz: BusClock = 400_000


class DowelBus(msgspec.Struct, frozen=True):
    """The bus of IMU and pads, at the end of the cable."""

    number: BusNumber = 3
    hz: BusClock = 400_000


class Buses(msgspec.Struct, frozen=True):
    """Both buses; they may be one and the same."""

    wall: WallBus = WallBus()
    dowel: DowelBus = DowelBus()


class Tof(msgspec.Struct, frozen=True):
    """The rangers in the wall, lowest first: one address and one height each."""

    chip: str = "vl53l1x"
    addresses: tuple[Address, ...] = (0x29,)
    heights_m: tuple[
        Annotated[float, Meta(ge=0.3, le=1.6, description="a height in metres, 0.3 to 1.6")], ...
    ] = (0.88,)
    budget_ms: Annotated[int, Meta(ge=10, le=500, description="a whole number, 10 to 500")] = 20
    period_ms: Annotated[int, Meta(ge=10, le=1000, description="a whole number, 10 to 1000")] = 24
    recess_mm: Annotated[float, Meta(ge=0, le=200, description="a number, 0 to 200")] = 55.0
    """How far the sensor stands behind the wall's face."""
    gap_m: Annotated[float, Meta(ge=0.05, le=1.5, description="a number, 0.05 to 1.5")] = 0.50
    """Buttock to wall at rest, before the rest range has been measured."""


class Clip(msgspec.Struct, frozen=True):
    """The same IMU taken off the dowel and clipped over the sacrum, for drills without a dowel on
    the back: ``s_m`` above the hip along the pelvis, ``b_m`` behind the joint."""

    s_m: Annotated[float, Meta(ge=-0.2, le=0.4, description="metres, -0.2 to 0.4")] = 0.08
    b_m: Annotated[float, Meta(ge=0.0, le=0.4, description="metres, 0.0 to 0.4")] = 0.12
    mounting: str | tuple[Row, Row, Row] = "x up, z wall"


class Imu(msgspec.Struct, frozen=True):
    """The dowel's IMU: ``s_m`` above the hip along the dowel, ``b_m`` behind the joint. Chip
    "none": a station without one, for drills that need the ranger only."""

    chip: str = "lsm6dsox"
    address: Address | None = None
    odr_hz: Literal[104, 208, 417] = 208
    accel_g: Literal[2, 4, 8, 16] = 4
    gyro_dps: Literal[125, 250, 500, 1000, 2000] = 500
    s_m: Annotated[float, Meta(ge=-0.5, le=1.0, description="metres, -0.5 to 1.0")] = 0.10
    b_m: Annotated[float, Meta(ge=0.0, le=0.4, description="metres, 0.0 to 0.4")] = 0.14
    mounting: str | tuple[Row, Row, Row] = "x up, z wall"
    """Words (``"-y up, z wall"``), or the rotation from chip axes to dowel axes as 3 rows."""
    clip: Clip = Clip()

    @property
    def fitted(self) -> bool:
        return self.chip != "none"

    @property
    def at(self) -> int:
        """The address in use: the configured one, or the chip's own."""
        return CHIPS[self.chip].address if self.address is None else self.address


class Pads(msgspec.Struct, frozen=True):
    """The three contacts: head, thoracic and sacrum on channels (electrodes) 0, 1 and 2.

    What is absent is the chip's own default. Between ``open_level`` and ``close_level``
    (shares of a full press) a pad keeps what it was: force pads have 10 % hysteresis.
    """

    chip: str = "ads1115"
    address: Address | None = None
    close_level: Level | None = None
    open_level: Level | None = None

    @property
    def fitted(self) -> bool:
        return self.chip != "none"

    @property
    def at(self) -> int:
        """The address in use: the configured one, or the chip's own."""
        return CHIPS[self.chip].address if self.address is None else self.address


class Dowel(msgspec.Struct, frozen=True):
    """Which dowel hangs at the station: ``id`` is printed on it, and its calibration goes by it."""

    id: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9-]{1,16}$", description="1 to 16 letters, digits or -"),
    ] = "D1"


class Pins(msgspec.Struct, frozen=True):
    """BCM numbers; the lamps carry the names of the outputs.

    ``xshut``: one for each ranger, lowest first; needed from two rangers on.
    ``tof_gpio1``: where GPIO1 of each ranger is wired to (23, 24, 25), lowest first; none: they
    are polled, at 6 bytes a sample more.
    """

    xshut: tuple[Pin, ...] = (17, 27, 22)
    tof_gpio1: tuple[Pin, ...] = ()
    led_head_lost: Pin = 16
    led_thoracic_lost: Pin = 20
    led_sacrum_lost: Pin = 21
    led_head_ok: Pin = 13
    led_thoracic_ok: Pin = 19
    led_sacrum_ok: Pin = 26
    status_blue: Pin = 10
    status_orange: Pin = 9
    status_white: Pin = 11
    buzzer: Pin = 18
    vibration: Pin = 12
    next: Pin = 7
    stop: Pin = 8
    dowel_power: Pin | None = None
    """High switches the supply of the dowel's chips on, where such a switch is fitted."""


class Practice(msgspec.Struct, frozen=True):
    """What is practised. What is absent is the drill's own; the target is tilt at the bottom."""

    drill: Name = "dowel"
    stage: Literal["learn", "practice", "consolidate", "probe"] = "learn"
    sets: Annotated[int, Meta(ge=1, le=20, description="a whole number, 1 to 20")] | None = None
    reps: Annotated[int, Meta(ge=1, le=100, description="a whole number, 1 to 100")] | None = None
    rest_s: Annotated[int, Meta(ge=0, le=900, description="seconds, 0 to 900")] = 60
    """Rest between sets that the page counts down."""
    distance: Literal["first tap", "full tap", "one foot", "a foot or two", "a few feet"] | None = (
        None
    )
    """Where to stand, heels to the wall; absent: what the drill asks for."""
    target_low_deg: Degrees | None = None
    target_high_deg: Degrees | None = None
    side: Literal["left", "right"] | None = None
    """Where a drill with sides begins: the foot in front. NEXT changes it between sets."""
    load_kg: Annotated[float, Meta(ge=0, le=300, description="kilograms, 0 to 300")] | None = None
    """Of a loaded drill, for the log."""
    patient: Annotated[str, Meta(max_length=16, description="a pseudonym, P-XXXXXX-C")] | None = (
        None
    )
    """In a clinic: whose own baseline is kept from visit to visit. Never a name."""


class CoachChoice(msgspec.Struct, frozen=True):
    """What is chosen of the coach (docs/coach.md). The defaults keep every promise of the stage."""

    fade: bool = False
    """Leave out what is told after some of the reps, by the stage's schedule."""
    silent_reps: Annotated[int, Meta(ge=0, le=20, description="a whole number, 0 to 20")] = 0
    """So many reps at the beginning and at the end of each set of which nothing is told."""
    advance: bool = False
    """Go to the next stage within the visit after a set with 80 % good reps."""
    self_estimate: bool = False
    """Ask "how was that rep?" after every fifth, before it is told."""
    cues: bool = True
    """False: no sounds and no cues after a rep; the lamps stay."""


class Speech(msgspec.Struct, frozen=True):
    """Cues after a rep spoken aloud by espeak-ng, where it is installed."""

    enabled: bool = False
    language: Annotated[
        str, Meta(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$", description='a language, like "en"')
    ] = "en"
    voice: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./+-]{0,63}$",
                description='a voice of espeak-ng, like "en-gb+f3"',
            ),
        ]
        | None
    ) = None
    """In place of the language's own voice."""
    words_per_minute: Annotated[
        int, Meta(ge=80, le=300, description="a whole number, 80 to 300")
    ] = 150
    volume: Annotated[int, Meta(ge=0, le=200, description="a whole number, 0 to 200")] = 100


class Fittings(msgspec.Struct, frozen=True):
    """What is fitted to tell by, beside lamps and buzzer."""

    vibration: bool = False
    """A motor in the dowel."""
    vibration_hz: Annotated[
        float, Meta(ge=50, le=500, description="a motor's frequency in Hz, 50 to 500")
    ] = 175.0
    """How fast it shakes. Near ``imu.odr_hz`` it would look like a movement, so at most 30 Hz
    below."""
    haptic: Literal["none", "drv2605l"] = "none"
    """The chip on the dowel's bus that drives the motor; "none": it hangs on its pin."""
    haptic_address: Address = 0x5A
    haptic_motor: Literal["erm", "lra"] = "erm"
    """Of the chip: a coin motor of 3 V, or a resonant one of 2 V RMS."""


class Camera(msgspec.Struct, frozen=True):
    """A camera at the side, in a program of its own (``hinge camera``)."""

    enabled: bool = False
    number: Annotated[int, Meta(ge=0, le=9, description="a camera's number, 0 to 9")] = 0
    size: tuple[
        Annotated[
            int,
            Meta(
                ge=160,
                le=1920,
                multiple_of=2,
                description="an even number of pixels, 160 x 120 to 1920 x 1080",
            ),
        ],
        Annotated[
            int,
            Meta(
                ge=120,
                le=1080,
                multiple_of=2,
                description="an even number of pixels, 160 x 120 to 1920 x 1080",
            ),
        ],
    ] = (640, 480)
    """Width and height."""
    fps: Annotated[float, Meta(ge=5, le=120, description="frames a second, 5 to 120")] = 30.0
    pre_roll_s: Annotated[float, Meta(ge=1, le=30, description="seconds, 1 to 30")] = 5.0
    """How much film is always kept in memory for a clip."""


class Screen(msgspec.Struct, frozen=True):
    """A small OLED (SSD1306) that shows the page's address, the state and the reps.

    ``bus``: ``/dev/i2c-<bus>``, one of its own: a picture would hold up the sensors.
    """

    enabled: bool = False
    bus: BusNumber = 6
    address: Address = 0x3C


class Paths(msgspec.Struct, frozen=True):
    """Where the station keeps its data and where the programs' sockets are."""

    data_dir: str = "/var/lib/hinge/device"
    socket_dir: str = "/run/hinge"

    @property
    def spool(self) -> Path:
        return Path(self.data_dir) / "spool.db"

    @property
    def calibration(self) -> Path:
        """What ``hinge calibrate`` found (``device.calibration.store``)."""
        return Path(self.data_dir) / "calibration"

    @property
    def recordings(self) -> Path:
        return Path(self.data_dir) / "recordings"

    @property
    def people(self) -> Path:
        """What is kept of a person from visit to visit (``device.keepsake``)."""
        return Path(self.data_dir) / "people"

    @property
    def ingest_socket(self) -> Path:
        return Path(self.socket_dir) / "ingest.sock"

    @property
    def live_socket(self) -> Path:
        return Path(self.socket_dir) / "live.sock"

    @property
    def device_socket(self) -> Path:
        return Path(self.socket_dir) / "device.sock"

    @property
    def last_words(self) -> Path:
        """Why the device program could not go on (``device.last_words``)."""
        return Path(self.socket_dir) / "device.ended"


class Recording(msgspec.Struct, frozen=True):
    """Keeping every tick in a file. A recording ends when it has reached ``max_mb``."""

    enabled: bool = False
    max_mb: Annotated[int, Meta(ge=1, le=100_000, description="megabytes, 1 to 100000")] = 500


class Config(msgspec.Struct, frozen=True):
    """The whole configuration. Immutable; ``msgspec.structs.replace`` makes a variant."""

    station: Station = Station()
    bus: Buses = Buses()
    tof: Tof = Tof()
    imu: Imu = Imu()
    pads: Pads = Pads()
    dowel: Dowel = Dowel()
    pins: Pins = Pins()
    practice: Practice = Practice()
    coach: CoachChoice = CoachChoice()
    speech: Speech = Speech()
    outputs: Fittings = Fittings()
    screen: Screen = Screen()
    camera: Camera = Camera()
    paths: Paths = Paths()
    recorder: Recording = Recording()
    calibrated: Calibrated = Calibrated()
    log: dict[str, Any] = field(default_factory=dict)
