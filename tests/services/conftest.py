"""One running service a module, on a port of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.helpers import Service, running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """In demo mode, with the name ``wall.local`` allowed."""
    folder = tmp_path_factory.mktemp("log")
    with running(
        folder, person_socket=str(folder / "person.sock"), allowed_hosts=["Wall.local"]
    ) as found:
        yield found


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=10, trust_env=False) as found:
        yield found


class Mailbox:
    """A datagram socket that keeps what it gets, as the device's."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.bind(str(path))
        self.path = path

    def take(self) -> bytes:
        return self.socket.recv(4096)

    def close(self) -> None:
        self.socket.close()
        self.path.unlink()


@pytest.fixture
def device(service: Service) -> Iterator[Mailbox]:
    box = Mailbox(service.folder / "device.sock")
    yield box
    box.close()


@pytest.fixture
def person(service: Service) -> Iterator[Mailbox]:
    box = Mailbox(service.folder / "person.sock")
    yield box
    box.close()
