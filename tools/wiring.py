"""Draws docs/pictures/wiring.svg from the tables in the code: pins, buses, chips, addresses.

    python -m tools.wiring          write it
    python -m tools.wiring --check  exit 1 when the picture kept is another

Where the header's pins are is gpiozero's knowledge; what hangs on them is the configuration's
defaults. A pin of the configuration without words here is an error, so that none is left out.
Made for a phone: 480 wide, and every colour has a letter beside it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import msgspec
from gpiozero.pins.mock import MockFactory

from device.config_model import Config, Pins
from device.workbench.motion_run import SEVERAL
from drivers.bus_recovery import I2C_PINS
from drivers.samples import PADS

PICTURE = Path(__file__).parents[1] / "docs/pictures/wiring.svg"
WIDTH = 480
GPIO1 = (23, 24, 25)
"""Where the rangers' GPIO1 go when they are wired, which they are not by default."""
HEIGHTS_M = (0.75, 0.88, 1.01)
"""Of three rangers; docs/hardware.md says for whom."""


class Group(NamedTuple):
    """Wires that belong together: a letter, a colour that all eyes tell apart, a name."""

    letter: str
    colour: str
    name: str


WALL = Group("A", "#0072B2", "wall bus")
DOWEL = Group("B", "#B34700", "dowel bus")
RANGER = Group("F", "#2F6A8F", "ranger lines")
LAMP = Group("C", "#8F6400", "lamps")
SOUND = Group("D", "#9A4D7E", "buzzer, vibration")
KEY = Group("E", "#333333", "keys")

WORDS: dict[str, tuple[Group, str]] = {
    "xshut": (RANGER, "XSHUT ranger {n}"),
    "tof_gpio1": (RANGER, "ready ranger {n}"),
    "led_head_lost": (LAMP, "head lost"),
    "led_thoracic_lost": (LAMP, "thoracic lost"),
    "led_sacrum_lost": (LAMP, "sacrum lost"),
    "led_head_ok": (LAMP, "head ok"),
    "led_thoracic_ok": (LAMP, "thoracic ok"),
    "led_sacrum_ok": (LAMP, "sacrum ok"),
    "status_blue": (LAMP, "status blue"),
    "status_orange": (LAMP, "status orange"),
    "status_white": (LAMP, "status white"),
    "buzzer": (SOUND, "buzzer"),
    "vibration": (SOUND, "vibration"),
    "dowel_power": (DOWEL, "switch of the dowel's 3.3 V"),
    "next": (KEY, "key NEXT"),
    "stop": (KEY, "key STOP"),
}
"""What is written at each pin of the configuration, by its key in [pins]."""


@dataclass(frozen=True)
class Use:
    """What hangs on one pin of the header."""

    group: Group
    words: str


def uses(config: Config) -> dict[int, Use]:
    """BCM number: what hangs there. Raises KeyError for a pin that has no words."""
    found: dict[int, Use] = {}
    for group, bus in ((WALL, config.bus.wall), (DOWEL, config.bus.dowel)):
        for line, number in zip(("SDA", "SCL"), I2C_PINS[bus.number], strict=True):
            found[number] = Use(group, f"{line} {group.name}")
    for field in msgspec.structs.fields(Pins):
        value = getattr(config.pins, field.name)
        group, words = WORDS[field.name]
        for n, number in enumerate(value if isinstance(value, tuple) else (value,), start=1):
            if number is not None:
                found[number] = Use(group, words.format(n=n))
    return found


def header() -> dict[int, str]:
    """Place on the 40-pin header: its name, like "GPIO17" or "GND"."""
    pins = MockFactory().board_info.headers["J8"].pins
    return {number: str(pin.name) for number, pin in pins.items()}


def place_of(bcm: int) -> int:
    """Where on the header a BCM number is."""
    return next(place for place, name in header().items() if name == f"GPIO{bcm}")


class Sheet:
    """SVG being drawn. Positions are in its own units, 480 wide."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 12.5,
        anchor: str = "start",
        colour: str = "#1a1a1a",
        bold: bool = False,
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
            f'fill="{colour}"{weight}>{escape(words)}</text>'
        )

    def line(self, *points: tuple[float, float], colour: str, dash: str = "") -> None:
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )

    def box(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        lines: tuple[str, ...] = (),
        colour: str = "#1a1a1a",
        dash: str = "",
    ) -> None:
        """A box with its lines of words in the middle, the first one bold."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="4" fill="#ffffff" '
            f'stroke="{colour}" stroke-width="2"{dashes}/>'
        )
        top = y + high / 2 - 8 * (len(lines) - 1) + 4.5
        for n, words in enumerate(lines):
            self.text(x + wide / 2, top + 16 * n, words, 12.5, "middle", bold=n == 0)

    def dot(self, x: float, y: float, colour: str) -> None:
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{colour}"/>')

    def tag(self, x: float, y: float, group: Group) -> None:
        """The group's letter in its colour."""
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="9" fill="{group.colour}"/>')
        self.text(x, y + 4.2, group.letter, 12, "middle", "#ffffff", bold=True)

    def title(self, y: float, group: Group, words: str) -> None:
        self.line((0, y - 22), (WIDTH, y - 22), colour="#cccccc")
        self.tag(16, y - 4.5, group)
        self.text(32, y, words, 15, bold=True)

    def svg(self, high: float) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high:g}" '
            'font-family="DejaVu Sans, Verdana, Arial, sans-serif" role="img" '
            'aria-label="Wiring of the Hinge Station">\n'
            f'<rect width="{WIDTH}" height="{high:g}" fill="#ffffff"/>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )


def drawn() -> Config:
    """The defaults, with the ready lines of the rangers wired."""
    config = Config()
    pins = msgspec.structs.replace(config.pins, tof_gpio1=GPIO1)
    return msgspec.structs.replace(config, pins=pins)


def draw(config: Config) -> str:
    """The whole picture."""
    sheet = Sheet()
    sheet.text(14, 26, "Hinge Station: wiring", 18, bold=True)
    sheet.text(14, 46, "The Pi's header seen from above, pin 1 at the card's end.", 12.5)
    y = _header(sheet, config, 66)
    y = _wall(sheet, config, y + 40)
    y = _dowel(sheet, config, y + 40)
    y = _pads(sheet, y + 18)
    y = _lamps(sheet, config, y + 44)
    y = _sound(sheet, config, y + 40)
    y = _keys(sheet, config, y + 40)
    return sheet.svg(y + 14)


def _header(sheet: Sheet, config: Config, top: float) -> float:
    used = uses(config)
    names = header()
    sheet.parts.append(
        f'<rect x="206" y="{top - 6}" width="68" height="{20 * 25 + 8}" rx="6" fill="#e9e9e9"/>'
    )
    for place, name in names.items():
        left = place % 2 == 1
        y = top + 25 * ((place - 1) // 2) + 12
        x = 225 if left else 255
        shape = "#ffffff" if place > 1 else "#ffe9b0"
        sheet.parts.append(
            f'<rect x="{x - 11}" y="{y - 9}" width="22" height="18" rx="3" fill="{shape}" '
            'stroke="#555555"/>'
        )
        sheet.text(x, y + 4.2, str(place), 11.5, "middle")
        use = used.get(int(name[4:])) if name.startswith("GPIO") else None
        anchor, edge = ("end", 178) if left else ("start", 302)
        if use is not None:
            sheet.tag(193 if left else 287, y, use.group)
            sheet.text(edge, y + 4.2, f"{name} {use.words}", 12.5, anchor, use.group.colour)
        else:
            words = {"3V3": "3.3 V", "5V": "5 V"}.get(name, name)
            grey = "#767676" if name.startswith("GPIO") else "#1a1a1a"
            sheet.text(edge + (16 if left else -16), y + 4.2, words, 12, anchor, grey)
    return top + 20 * 25


def _pin(bcm: int) -> str:
    return f"pin {place_of(bcm)}"


def _wall(sheet: Sheet, config: Config, y: float) -> float:
    bus, tof, pins = config.bus.wall, config.tof, config.pins
    sheet.title(y, WALL, f"Wall bus, i2c-{bus.number} at {bus.hz // 1000} kHz")
    sda, scl = I2C_PINS[bus.number]
    rails = (
        (f"SDA {_pin(sda)}", WALL.colour, ""),
        (f"SCL {_pin(scl)}", WALL.colour, "7 4"),
        ("3.3 V", "#1a1a1a", ""),
        ("GND", "#1a1a1a", "2 4"),
    )
    top = y + 26
    for n, (words, colour, dash) in enumerate(rails):
        at = top + 20 * n
        sheet.text(14, at + 4, words, 12.5)
        sheet.line((92, at), (84 + 131 * 2 + 26 + 22 * n, at), colour=colour, dash=dash)
    count = len(SEVERAL)
    for n in range(count):
        x = 84 + 131 * n
        for k, (_, colour, dash) in enumerate(rails):
            at = x + 26 + 22 * k
            sheet.line((at, top + 20 * k), (at, top + 92), colour=colour, dash=dash)
            sheet.dot(at, top + 20 * k, colour)
        gpio1 = pins.tof_gpio1
        lines = [f"ranger {n + 1}", f"0x{SEVERAL[n]:02X}, {HEIGHTS_M[n]:.2f} m"]
        if n == 0:
            lines[1:] = [f"one: 0x{tof.addresses[0]:02X}, {tof.heights_m[0]:.2f} m"]
            lines.append(f"of {count}: 0x{SEVERAL[0]:02X}, {HEIGHTS_M[0]:.2f} m")
        lines.append(f"XSHUT {_pin(pins.xshut[n])}")
        if n < len(gpio1):
            lines.append(f"GPIO1 {_pin(gpio1[n])}")
        first = WALL.colour if n == 0 else "#767676"
        sheet.box(x, top + 92, 127, 92, tuple(lines), first, "" if n == 0 else "5 4")
    words = f"Ranger: {tof.chip.upper()}. Rangers 2 and 3 when there are three."
    sheet.text(14, top + 204, words)
    sheet.tag(23, top + 221, RANGER)
    sheet.text(38, top + 225, "to each ranger. GPIO1 is optional, XSHUT for one.")
    return top + 225


def _dowel(sheet: Sheet, config: Config, y: float) -> float:
    bus = config.bus.dowel
    sheet.title(y, DOWEL, f"Dowel bus, i2c-{bus.number} at {bus.hz // 1000} kHz")
    sda, scl = I2C_PINS[bus.number]
    top = y + 20
    sheet.box(10, top, 92, 84, ("Pi", f"SDA {_pin(sda)}", f"SCL {_pin(scl)}", "3.3 V, GND"))
    sheet.box(136, top, 92, 84, ("PCA9615", "at the Pi"), DOWEL.colour)
    sheet.box(376, top, 94, 84, ("PCA9615", "in the dowel"), DOWEL.colour)
    for n in range(4):
        dash = ("", "7 4", "", "2 4")[n]
        colour = DOWEL.colour if n < 2 else "#1a1a1a"
        at = top + 18 + 16 * n
        sheet.line((102, at), (136, at), colour=colour, dash=dash)
        for wire in (0, 5):  # a pair each; the last is the motor's
            at = top + 14 + 17 * n + wire
            of_pair = colour if n < 3 else SOUND.colour
            sheet.line((228, at), (376, at), colour=of_pair, dash=dash)
    sheet.box(270, top + 4, 64, 76, ("break-", "away", "plug"), "#1a1a1a", "4 3")
    sheet.text(240, top + 103, "to 2.5 m of Cat5e, a pair each: DSDA, DSCL,", 12.5, "middle")
    sheet.text(240, top + 119, "3.3 V with GND, the motor's two wires", 12.5, "middle")
    imu, pads = config.imu, config.pads
    low = top + 150
    sheet.line((423, top + 84), (423, low - 16), (90, low - 16), colour=DOWEL.colour)
    for x, name, at in ((90, imu.chip, imu.at), (300, pads.chip, pads.at)):
        sheet.line((x, low - 16), (x, low), colour=DOWEL.colour)
        sheet.dot(x, low - 16, DOWEL.colour)
        kind = "IMU" if name == imu.chip else "force pads"
        sheet.box(x - 76, low, 152, 44, (f"{name.upper()} 0x{at:02X}", kind), DOWEL.colour)
    return low + 44


def _pads(sheet: Sheet, y: float) -> float:
    """One divider in full, and its three channels."""
    rail = y + 20
    sheet.text(14, rail + 4, "3.3 V")
    sheet.line((56, rail), (100, rail), colour="#1a1a1a")
    sheet.box(100, rail - 13, 74, 26, ("FSR",), DOWEL.colour)
    sheet.line((174, rail), (340, rail), colour="#1a1a1a")
    sheet.dot(230, rail, "#1a1a1a")
    sheet.line((230, rail), (230, rail + 22), colour="#1a1a1a")
    sheet.box(196, rail + 22, 68, 26, ("10 kΩ",))
    sheet.line((230, rail + 48), (230, rail + 66), colour="#1a1a1a")
    sheet.text(230, rail + 80, "GND", 12.5, "middle")
    for n, pad in enumerate(PADS):
        sheet.text(346, rail + 4 + 18 * n, f"A{n} {pad}")
    sheet.text(14, rail + 42, "one divider for")
    sheet.text(14, rail + 58, "each of the three")
    return rail + 80


def _lamps(sheet: Sheet, config: Config, y: float) -> float:
    sheet.title(y, LAMP, "Nine lamps through two ULN2803A, from 5 V")
    rail = y + 34
    sheet.text(14, rail + 4, "GPIO")
    sheet.line((54, rail), (92, rail), colour=LAMP.colour)
    sheet.box(92, rail - 22, 118, 44, ("ULN2803A", "in → out"), LAMP.colour)
    sheet.line((210, rail), (246, rail), colour=LAMP.colour)
    sheet.box(246, rail - 14, 62, 28, ("LED",), LAMP.colour)
    sheet.line((308, rail), (336, rail), colour=LAMP.colour)
    sheet.box(336, rail - 14, 74, 28, ("220 Ω",))
    sheet.line((410, rail), (434, rail), colour=LAMP.colour)
    sheet.text(438, rail + 4, "5 V")
    sheet.text(14, rail + 40, "ULN2803A: pin 9 to GND, pin 10 (COM) left open.")
    rows = [
        (name, getattr(config.pins, name)) for name in WORDS if name.startswith(("led", "status"))
    ]
    for n, (name, number) in enumerate(rows):
        x, at = (14, 160, 312)[n // 3], rail + 64 + 18 * (n % 3)
        sheet.text(x, at, f"{WORDS[name][1]}: {_pin(number)}")
    return rail + 100


def _sound(sheet: Sheet, config: Config, y: float) -> float:
    sheet.title(y, SOUND, "Buzzer and vibration, each through a transistor")
    pins = config.pins
    for n, (number, load) in enumerate(
        ((pins.buzzer, "passive buzzer"), (pins.vibration, "motor"))
    ):
        rail = y + 34 + 44 * n
        sheet.text(14, rail + 4, f"GPIO{number} {_pin(number)}")
        sheet.line((116, rail), (144, rail), colour=SOUND.colour)
        sheet.box(144, rail - 15, 96, 30, ("N-MOSFET",), SOUND.colour)
        sheet.line((240, rail), (268, rail), colour=SOUND.colour)
        sheet.box(268, rail - 15, 134, 30, (load,), SOUND.colour)
        sheet.line((402, rail), (434, rail), colour=SOUND.colour)
        sheet.text(438, rail + 4, "5 V")
    sheet.text(14, y + 116, "Motor: diode across it, band to 5 V. Gates: 100 kΩ to GND.")
    return y + 116


def _keys(sheet: Sheet, config: Config, y: float) -> float:
    sheet.title(y, KEY, "Keys, each from its pin to GND")
    for n, (words, number) in enumerate((("NEXT", config.pins.next), ("STOP", config.pins.stop))):
        rail = y + 30 + 34 * n
        sheet.text(14, rail + 4, f"GPIO{number} {_pin(number)}")
        sheet.line((116, rail), (180, rail), colour=KEY.colour)
        sheet.box(180, rail - 13, 96, 26, (words,), KEY.colour)
        sheet.line((276, rail), (340, rail), colour=KEY.colour)
        sheet.text(346, rail + 4, "GND")
    return y + 30 + 34 + 12


def main(argv: list[str]) -> int:
    picture = draw(drawn())
    if "--check" in argv:
        same = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
        if not same:
            sys.stderr.write(f"{PICTURE}: not what the code says. Run python -m tools.wiring.\n")
        return 0 if same else 1
    PICTURE.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
