"""`serve`: the whole log service, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn

from services.app import make_app, make_templates
from services.bus_live import LiveHub, LiveSocket
from services.config import LogConfig
from services.database import open_writer, prepare
from services.errors import PortTaken
from services.ingest import Ingest, deliver_in
from services.query import Readers
from services.sockets import lock_folder
from services.web.context import Context
from services.writer import Writer

log = logging.getLogger("hinge.serve")

GRACE_S = 1
LAST_COMMIT_S = 5.0


class _Server(uvicorn.Server):
    """uvicorn, leaving the signals to us: the streams have to end first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(config: LogConfig, on_ready: Callable[[str], None] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code 0.

    ``on_ready`` gets the page's address once everything listens; without it one line is
    printed. Raises a `services.errors.ServiceError` when it cannot start.
    """
    ready = on_ready or (lambda url: _say(f"Hinge Station log and page: {url}"))
    with lock_folder(config.database.parent):
        prepare(config.database)
        with _listen(config.host, config.port) as listener:
            return asyncio.run(_run(config, listener, ready))


def _listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises `PortTaken`."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTaken(host, port, why_not(error)) from error
    return listener


def why_not(error: OSError) -> str:
    """Why a port cannot be listened on; EPERM is the unit's ``SocketBindAllow=``."""
    why = error.strerror or str(error)
    if error.errno == errno.EPERM:
        why += "; its unit allows the port it was installed for: run hinge install again"
    return why


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _run(config: LogConfig, listener: socket.socket, ready: Callable[[str], None]) -> int:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    writer = Writer(partial(open_writer, config.database), partial(deliver_in, loop))
    readers = Readers(config.database)
    hub = LiveHub()
    ingest = Ingest(config.ingest_socket, writer)
    live = LiveSocket(config.live_socket, hub)
    app = make_app(
        Context(config, writer, readers, hub, ingest, make_templates(), time.monotonic())
    )
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http="h11",
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=10,
            limit_concurrency=256,
        )
    )
    writer.start()
    try:
        await ingest.start()
        await live.start()
        url = _url(config.host, listener)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        waiting = asyncio.create_task(ending.wait())
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        ready(url)
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        hub.close()
        server.should_exit = True
        waiting.cancel()
        await serving
    finally:
        live.stop()
        await ingest.stop()
        if not await asyncio.to_thread(writer.stop, LAST_COMMIT_S):
            log.error("the last messages could not be stored; the device still has them")
        readers.close()
    return 0
