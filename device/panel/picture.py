"""What stands on the small screen, as three lines of words and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from device.panel.feed import News
from drivers.ssd1306 import HEIGHT, WIDTH

STATES: Final[Mapping[str, str]] = {
    "IDLE": "waiting",
    "NEAR": "take the dowel",
    "DOWEL_UP": "stand tall",
    "SET_UP": "hold still",
    "READY": "ready",
    "RESTING": "rest",
    "LEFT": "good-bye",
}
SENSORS: Final[Mapping[str, str]] = {"tof": "ranger", "imu": "dowel", "pads": "pads"}
ADDRESS_PX, STATE_PX, TALLY_PX = 11, 15, 19
_ADDRESS_Y, _STATE_Y, _TALLY_Y = 0, 17, 40


class Words(NamedTuple):
    """The three lines. ``tally``: how many of the set's reps were good; empty before the first."""

    address: str
    state: str
    tally: str


def words_of(address: str, news: News) -> Words:
    """What is shown of the newest frame: nothing of a rep about which is being asked."""
    frame = news.frame
    if frame is None:
        said = "no connection" if news.link == "no connection" else "station is off"
        return Words(address, said, "")
    if frame.sensor_lost:
        lost = ", ".join(SENSORS.get(name, name) for name in frame.sensor_lost)
        state = f"lost: {lost}"
    elif frame.state == "SET":
        state = f"set {frame.set_index}"
    else:
        state = STATES.get(frame.state, frame.state.lower())
    if not frame.reps_in_set:
        return Words(address, state, "")
    if frame.asking or frame.silent:
        return Words(address, state, f"rep {frame.reps_in_set}")
    return Words(address, state, f"{frame.good_in_set} of {frame.reps_in_set} good")


def draw(words: Words) -> Any:
    """A ``PIL.Image`` of mode "1", 128 x 64; lines that are too long are cut with dots."""
    # Here, not above: Pillow comes with the extra that brings the screen.
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("1", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"  # no grey to round
    for text, size, top in (
        (words.address, ADDRESS_PX, _ADDRESS_Y),
        (words.state, STATE_PX, _STATE_Y),
        (words.tally, TALLY_PX, _TALLY_Y),
    ):
        font = ImageFont.load_default(size)
        while text and pen.textlength(text, font=font) > WIDTH - 1:
            text = text[:-2].rstrip(".") + "…" if len(text) > 2 else ""
        pen.text((1, top), text, font=font, fill=1)
    return picture
