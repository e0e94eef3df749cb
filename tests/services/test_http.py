"""The API of a running service: lists, problems, controls, health, metrics, OpenAPI."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services import schema
from services.web.routes.log import MAX_LIMIT
from tests.services.conftest import Mailbox
from tests.services.helpers import (
    Service,
    closed,
    frame,
    line,
    new_id,
    opened,
    rep,
    rep_body,
    set_done,
    wait_for,
)

pytestmark = pytest.mark.slow


def store(service: Service, *messages: schema.Message) -> None:
    with service.connect() as sender:
        sender.sendall(b"".join(line(message) + b"\n" for message in messages))
        got = b""
        while got.count(b"\n") < len(messages):
            got += sender.recv(65536)
    assert b"nack" not in got


def assert_problem(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    for word in words:
        assert word in body["detail"]


def test_a_rep_comes_out_as_it_went_in(service: Service, client: httpx.Client) -> None:
    message = rep(new_id(), "SACRUM", rep=rep_body("SACRUM", hinge_ratio=None, side="left"))
    store(service, message)
    item = client.get(f"/api/v1/reps/{message.id}").json()
    assert item["id"] == message.id
    assert item["wall_time"] == message.wall_time
    assert item["rep"]["hinge_ratio"] is None
    assert item["rep"]["faults"][0]["code"] == "FAST"
    sent: dict[str, Any] = json.loads(line(message))["rep"]
    assert item["rep"] == sent
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", item["received_at"])


def test_lists_page_and_filter(service: Service, client: httpx.Client) -> None:
    visit = new_id()
    reps = [rep(visit, verdict) for verdict in ("GOOD", "GOOD", "HEAD", "UNSCORED", "GOOD")]
    store(service, opened(visit), *reps, closed(visit))
    ids = [message.id for message in reversed(reps)]

    url, got = f"/api/v1/reps?session_id={visit}&limit=2", []
    page = client.get(url).json()
    assert set(page) == {"items", "next"}
    while True:
        assert len(page["items"]) <= 2
        got += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = client.get(url, params={"session_id": visit, "limit": 2, "cursor": page["next"]})
        page = page.json()
    assert got == ids

    good = client.get("/api/v1/reps", params={"session_id": visit, "verdict": "GOOD"}).json()
    assert [item["id"] for item in good["items"]] == [ids[0], ids[3], ids[4]]
    none = client.get("/api/v1/reps", params={"since": "2026-02-03T10:00:00.001Z"}).json()
    assert none == {"items": [], "next": None}
    since = client.get(
        "/api/v1/reps", params={"session_id": visit, "since": "2026-02-03T12:00:00+02:00"}
    )
    assert len(since.json()["items"]) == 5

    session = client.get(f"/api/v1/sessions/{visit}").json()
    assert session["totals"] == {
        "reps": 5, "good": 3, "unscored": 1, "by_verdict": {"GOOD": 3, "HEAD": 1, "UNSCORED": 1},
    }  # fmt: skip
    assert client.get("/api/v1/sessions?limit=1").json()["items"] == [session]


def test_sets_are_listed_paged_and_found_by_id(service: Service, client: httpx.Client) -> None:
    visit = new_id()
    sets = [set_done(visit, set_index=n) for n in (1, 2, 3)]
    store(service, opened(visit), *sets, closed(visit))
    url = "/api/v1/sets"
    first = client.get(url, params={"session_id": visit, "limit": 2}).json()
    assert [item["set_index"] for item in first["items"]] == [3, 2]
    rest = client.get(url, params={"session_id": visit, "limit": 2, "cursor": first["next"]})
    assert [item["id"] for item in rest.json()["items"]] == [sets[0].id]
    assert rest.json()["next"] is None
    item = client.get(f"{url}/{sets[1].id}").json()
    assert item["summary"] == json.loads(line(sets[1]))["summary"]
    assert item == first["items"][1]


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/reps/nobody", 404, "nobody"),
        ("/api/v1/sessions/nobody", 404, "nobody"),
        ("/api/v1/sets/nobody", 404, "nobody"),
        ("/api/v1/sets?since=tomorrow", 422, "tomorrow"),
        ("/api/v1/sets?limit=0", 422, "limit"),
        ("/api/v1/nothing", 404, "/api/v1/nothing"),
        ("/api/v1/reps?limit=0", 422, "limit"),
        (f"/api/v1/reps?limit={MAX_LIMIT + 1}", 422, "limit"),
        ("/api/v1/reps?limit=x", 422, "limit"),
        ("/api/v1/reps?since=tomorrow", 422, "tomorrow"),
        ("/api/v1/sessions?since=tomorrow", 422, "tomorrow"),
        ("/api/v1/reps?verdict=%27;--", 422, "verdict"),
        (f"/api/v1/reps?cursor={'a' * 65}", 422, "cursor"),
        ("/api/v1/docs/..%2F..%2Findex.html", 404, ""),
        ("/api/v1/docs/index.html", 404, "index.html"),
        ("/static/..%2f..%2fapp.py", 404, ""),
        ("/static/%2e%2e/routes/log.py", 404, ""),
        ("/static/nothing.js", 404, ""),
    ],
)
def test_errors_are_problem_details(
    client: httpx.Client, path: str, status: int, word: str
) -> None:
    assert_problem(client.get(path), status, word)


def test_a_wrong_method_is_a_problem_too(client: httpx.Client) -> None:
    answer = client.delete("/api/v1/reps")
    assert_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_the_largest_page_is_allowed(client: httpx.Client) -> None:
    assert client.get(f"/api/v1/reps?limit={MAX_LIMIT}").status_code == 200


@pytest.mark.parametrize("key", ["next", "stop", "mute"])
def test_a_key_reaches_the_device(client: httpx.Client, device: Mailbox, key: str) -> None:
    answer = client.post("/api/v1/station/keys", json={"key": key})
    assert answer.status_code == 202
    assert schema.decode_control(device.take()) == schema.KeyPress(key=key)  # type: ignore[arg-type]  # one of the three


def test_orders_reach_the_simulated_person(client: httpx.Client, person: Mailbox) -> None:
    assert client.post("/api/v1/demo/person", json={"do": "rounding"}).status_code == 202
    assert schema.decode_control(person.take()) == schema.PersonOrder(do="rounding")
    client.post("/api/v1/demo/person", json={"lose": "imu", "for_s": 2.5})
    assert schema.decode_control(person.take()) == schema.PersonOrder(lose="imu", for_s=2.5)


def test_nobody_there_is_503(service: Service, client: httpx.Client) -> None:
    assert_problem(client.post("/api/v1/station/keys", json={"key": "next"}), 503, "device.sock")
    assert_problem(client.post("/api/v1/demo/person", json={"do": "squat"}), 503, "person.sock")
    # A file left by a killed device is nobody too.
    left = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.bind(str(service.folder / "device.sock"))
    left.close()
    try:
        assert_problem(client.post("/api/v1/station/keys", json={"key": "next"}), 503, "refused")
    finally:
        (service.folder / "device.sock").unlink()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/station/keys", '{"key": "self_destruct"}'),
        ("/api/v1/station/keys", '{"key": "next", "also": 1}'),
        ("/api/v1/station/keys", "{}"),
        ("/api/v1/station/keys", "["),
        ("/api/v1/station/keys", "[" * 4000),
        ("/api/v1/demo/person", '{"do": "fly"}'),
        ("/api/v1/demo/person", "{}"),
        ("/api/v1/demo/person", '{"do": "squat", "lose": "imu"}'),
        ("/api/v1/demo/person", '{"lose": "imu", "for_s": 3600}'),
        ("/api/v1/demo/person", '{"lose": "imu", "for_s": 0}'),
    ],
)
def test_wrong_orders_are_422(client: httpx.Client, device: Mailbox, path: str, body: str) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert_problem(answer, 422, "body")


def test_orders_must_be_json_and_small(client: httpx.Client) -> None:
    form = client.post("/api/v1/station/keys", data={"key": "next"})
    assert_problem(form, 415, "application/json")
    big = client.post("/api/v1/station/keys", json={"key": "n" * 5000})
    assert_problem(big, 413)


def test_health_metrics_and_healthz_count_the_same(service: Service, client: httpx.Client) -> None:
    before = client.get("/api/v1/health").json()["store"]
    message = rep(new_id())
    store(service, message)
    store(service, message)
    with service.connect() as sender:
        sender.sendall(b"what is this\n")
        assert b"nack" in sender.recv(1000)
    health = client.get("/api/v1/health").json()
    after = health["store"]
    assert health["status"] == "ok"
    assert after["error"] is None
    assert after["outcomes"]["stored"] == before["outcomes"]["stored"] + 1
    assert after["outcomes"]["duplicate"] == before["outcomes"]["duplicate"] + 1
    assert after["outcomes"]["poison"] == before["outcomes"]["poison"] + 1
    assert after["poison_rows"] == 1
    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = dict(each.rsplit(" ", 1) for each in answer.text.splitlines() if each[0] != "#")
    stored = samples['hinge_messages_total{outcome="stored"}']
    assert float(stored) == after["outcomes"]["stored"]
    assert samples["hinge_store_up"] == "1"
    names = {re.split(r"[{ ]", each)[0] for each in samples}
    assert names == set(re.findall(r"^# TYPE (\S+) (?:counter|gauge)$", answer.text, re.MULTILINE))


def test_a_device_that_cannot_write_makes_health_bad_while_it_is_heard(
    service: Service, client: httpx.Client
) -> None:
    full = schema.DeviceState(disk_error="spool: disk is full", waiting=9, in_memory=4, refused=2)

    def hear(device: schema.DeviceState | None) -> dict[str, Any]:
        service.send_frame(frame(device=device))
        wait_for(lambda: not client.get("/api/v1/health").json()["live"]["stale"])
        found: dict[str, Any] = client.get("/api/v1/health").json()
        return found

    health = hear(full)
    assert health["status"] == "degraded"
    assert health["device"] == json.loads(msgspec.json.encode(full))
    assert_problem(client.get("/healthz"), 503, "disk is full", "4 messages")
    service.send_frame(frame(device=full))
    metrics = client.get("/metrics").text
    assert "hinge_device_disk_up 0\n" in metrics
    assert "hinge_device_in_memory 4\n" in metrics
    wait_for(lambda: client.get("/api/v1/health").json()["live"]["stale"])
    assert client.get("/healthz").status_code == 200, "nobody there is not a full disk"
    health = client.get("/api/v1/health").json()
    assert (health["status"], health["device"]) == ("ok", None)
    assert "hinge_device" not in client.get("/metrics").text
    wait_for(lambda: hear(schema.DeviceState(refused=2))["status"] == "ok")
    assert client.get("/healthz").text == "ok\n"


def test_the_openapi_document_describes_what_is_served(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.0")
    assert {
        "/api/v1/reps", "/api/v1/reps/{rep_id}", "/api/v1/sets", "/api/v1/sets/{set_id}",
        "/api/v1/sessions",
        "/api/v1/sessions/{session_id}", "/api/v1/live", "/api/v1/health", "/healthz", "/metrics",
        "/api/v1/station/keys", "/api/v1/demo/person",
    } == set(document["paths"])  # fmt: skip
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in schemas
    assert '"type": "null"' not in text
    assert set(schemas["RepBody"]["properties"]) == set(schema.RepBody.__struct_fields__)
    assert schemas["RepBody"]["properties"]["hinge_ratio"]["nullable"] is True
    assert "nullable" not in schemas["RepBody"]["properties"]["start_s"]


def test_without_a_demo_there_is_no_person(tmp_path: Path) -> None:
    from tests.services.helpers import running

    with running(tmp_path) as service:
        assert_problem(httpx.post(f"{service.url}api/v1/demo/person", json={"do": "squat"}), 404)
        page = httpx.get(service.url).text
        assert "demo/person" not in page
        assert "/api/v1/station/keys" in page
