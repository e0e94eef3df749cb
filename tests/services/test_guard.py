"""Host allow-list, origin check, headers: on every answer, each with a positive control."""

from __future__ import annotations

import socket

import httpx
import pytest

from services.web.guard import CSP, allowed_names, host_name
from tests.services.conftest import Mailbox
from tests.services.helpers import Service

PATHS = [
    "/", "/reps", "/healthz", "/metrics", "/api/v1/reps", "/api/v1/sessions", "/api/v1/health",
    "/api/v1/live", "/api/v1/openapi.json", "/api/v1/docs", "/static/live.js", "/nothing",
]  # fmt: skip
GOOD_HOSTS = ["localhost", "127.0.0.1:8080", "LOCALHOST:1", "[::1]:9", "wall.local", "wall.local."]
BAD_HOSTS = [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost",
    "localhost/", "localhost, evil.example", "", "localhost:port", "[::1", "0.0.0.0", "wall",
]  # fmt: skip


def status_of(client: httpx.Client, path: str, host: str) -> tuple[int, httpx.Headers]:
    with client.stream("GET", path, headers={"host": host}) as answer:
        return answer.status_code, answer.headers


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_is_misdirected_on_every_path(client: httpx.Client, path: str) -> None:
    for host in BAD_HOSTS:
        status, headers = status_of(client, path, host)
        assert status == (400 if host == "" and status == 400 else 421), host
    for host in GOOD_HOSTS:
        status, headers = status_of(client, path, host)
        assert status == (404 if path == "/nothing" else 200), host
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.slow
@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["localhost", "localhost"]])
def test_exactly_one_host_header(service: Service, hosts: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 5) as raw:
        lines = ["GET /healthz HTTP/1.0", *(f"Host: {host}" for host in hosts), "", ""]
        raw.sendall("\r\n".join(lines).encode())
        status = raw.recv(4096).split(b" ")[1]
    assert status in (b"421", b"400")


ORIGINS = [
    ({}, 202),
    ({"origin": "http://localhost:{port}"}, 202),
    ({"sec-fetch-site": "same-origin", "origin": "http://localhost:{port}"}, 202),
    ({"sec-fetch-site": "none"}, 202),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "http://localhost:1"}, 403),
    ({"origin": "http://wall.local:{port}"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "http://[bad"}, 403),
    ({"origin": "file://localhost:{port}"}, 403),
]


@pytest.mark.slow
@pytest.mark.parametrize(("headers", "status"), ORIGINS)
def test_keys_are_taken_from_our_own_page_only(
    service: Service, client: httpx.Client, device: Mailbox, headers: dict[str, str], status: int
) -> None:
    answer = client.post(
        "/api/v1/station/keys",
        json={"key": "next"},
        headers={
            "host": f"localhost:{service.port}",
            **{key: value.format(port=service.port) for key, value in headers.items()},
        },
    )
    assert answer.status_code == status, answer.text
    if status == 202:
        assert b"next" in device.take()
    else:
        device.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            device.take()


def test_a_foreign_host_with_a_matching_origin_is_refused(
    client: httpx.Client, device: Mailbox
) -> None:
    """DNS rebinding: the attacker's own name is in both."""
    headers = {"host": "evil.example", "origin": "http://evil.example"}
    answer = client.post("/api/v1/station/keys", json={"key": "stop"}, headers=headers)
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Wall.Local:80", "wall.local"), ("[::1]:80", "::1"), ("a.", "a"), ("a:x", None),
        ("u@a", None), ("a/b", None), ("", None), ("a b", None), ("a:99999", None), ("[a", None),
    ],
)  # fmt: skip
def test_host_name(host: str, name: str | None) -> None:
    assert host_name(host) == name


def test_a_wildcard_listener_allows_no_wildcard_name() -> None:
    assert "0.0.0.0" not in allowed_names("0.0.0.0", [])
    assert "192.0.2.7" in allowed_names("192.0.2.7", [])
    assert "wall.local" in allowed_names("::", ["WALL.local."])
