"""``hinge screen``: keeps the small screen up to date until it is told to stop."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from device.config_model import Config
from device.errors import ConfigError
from device.panel.feed import Feed, News
from device.panel.picture import Words, draw, words_of
from drivers.errors import BusFault
from drivers.ssd1306 import Ssd1306

PERIOD_S: Final = 0.2
"""At most five pictures a second."""
RETRY_S: Final = 2.0
_WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Panel(Protocol):
    """``drivers.ssd1306.Ssd1306``."""

    def show(self, picture: Any) -> int: ...

    def close(self) -> None: ...


class Source(Protocol):
    """``device.panel.feed.Feed``."""

    def latest(self) -> News: ...


def own_ip() -> str | None:
    """This machine's address in the network it would reach others by; None without one."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent
            return str(probe.getsockname()[0])
    except OSError:
        return None


def page_address(
    host: str, port: int, names: Sequence[str], ip: Callable[[], str | None] = own_ip
) -> str:
    """Where a browser finds the page: by a name that the service takes, else by address."""
    if host in _LOOPBACK:
        return f"only here, port {port}"
    if host not in _WILDCARDS:
        return f"{host}:{port}"
    return f"{names[0] if names else ip() or socket.gethostname()}:{port}"


def reached_from_here(host: str) -> str:
    """The address by which this machine reaches a service that listens on ``host``."""
    return "127.0.0.1" if host in _WILDCARDS else host


def open_panel(config: Config) -> Ssd1306:
    """The configured screen.

    Raises:
        ConfigError: None is configured.
        MissingScreenLibrary, NoBus, BusFault: see ``Ssd1306``.
    """
    if not config.screen.enabled:
        raise ConfigError(["screen.enabled: got false, expected true for a screen to show on"])
    return Ssd1306(config.screen.bus, config.screen.address)


def show_on(
    panel: Panel,
    reopen: Callable[[], Panel],
    source: Source,
    address: str,
    stop: Callable[[], bool],
    say: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Draw what is new, at most five times a second, until ``stop()``; then dark.

    A screen that has gone is said once and opened again every two seconds.
    """
    shown: Words | None = None
    there = True
    while not stop():
        try:
            if not there:
                panel = reopen()
                there, shown = True, None
                say("screen back")
            words = words_of(address, source.latest())
            if words != shown:
                panel.show(draw(words))
                shown = words
        except BusFault as fault:
            if there:
                say(f"screen lost: {fault}")
            there = False
        sleep(PERIOD_S if there else RETRY_S)
    if there:
        try:
            panel.close()
        except BusFault as fault:
            say(f"screen: {fault}")


def run_screen(
    config: Config,
    host: str,
    port: int,
    names: Sequence[str],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """The whole program. ``host``, ``port``, ``names``: of the log service (``[log]``).

    Raises:
        ConfigError, MissingScreenLibrary, NoBus, BusFault: before the first picture.
    """
    panel = open_panel(config)
    feed = Feed(reached_from_here(host), port)
    feed.start()
    try:
        address = page_address(host, port, names)
        show_on(panel, lambda: open_panel(config), feed, address, stop, say)
    finally:
        feed.close()
