"""Recordings: the same bits back, and a clear word for every file that is not whole."""

from __future__ import annotations

import errno
import math
import struct
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer

from device.errors import DiskError, InputFileError, exit_code
from device.recorder import Recorder
from device.recording import SCHEMA, Meta, decode_tick, encode_tick, read_recording, span_ns
from device.tick import SensorFault, TickInput
from device.workbench.motion_run import MotionOptions
from device.workbench.replay import replay_recording
from drivers.samples import ImuSample, PadSample, TofSample

META = Meta(source="run", origin_t_ns=12, odr_hz=208.0, drill="dowel", stage="learn", stature_m=1.7)

_float = st.floats(allow_nan=False, allow_infinity=False)
_ns = st.integers(0, 2**62)
_imu = st.builds(ImuSample, _ns, *[_float] * 6)
_tof = st.builds(
    TofSample,
    _ns, _float, st.booleans(), st.integers(0, 255), _float, _float, _float, _float,
    st.integers(0, 255),
)  # fmt: skip
_pad = st.builds(PadSample, _ns, st.integers(0, 2), _float, st.booleans())
_fault = st.builds(
    SensorFault,
    st.sampled_from(["imu", "tof", "pads"]),
    st.integers(0, 2),
    st.sampled_from(["lost", "back"]),
    st.text(st.characters(exclude_categories=["Cs"])) | st.just("null"),
)
_ticks = st.builds(
    TickInput,
    _ns,
    st.lists(_imu, max_size=3).map(tuple),
    st.lists(st.tuples(st.integers(0, 2), _tof), max_size=3).map(tuple),
    st.lists(_pad, max_size=3).map(tuple),
    st.lists(st.sampled_from(["next", "next_hold", "stop", "mute"]), max_size=2).map(tuple),
    st.lists(_fault, max_size=2).map(tuple),
)


def _bits(value: object) -> object:
    """Floats as their bits: 0.0 == -0.0 must not pass for the same."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return tuple(map(_bits, value)) if isinstance(value, tuple) else value


def _tick(i: int) -> TickInput:
    t_ns = 1_000_000_000 + i * 5_000_000
    imu = ImuSample(t_ns - 1, 9.8 + i / 7, -0.0, 1 / 3, math.pi, 5e-324, -1e300)
    tof = TofSample(t_ns, 555.0, True, 0, 2400.5, 50.0, 1.25, 16.0, i & 255)
    return TickInput(
        t_ns, (imu,), ((0, tof),) if i % 5 == 0 else (), (PadSample(t_ns, i % 3, 0.5, True),)
    )


def _write(path: Path, ticks: Iterable[TickInput]) -> Path:
    with Recorder(path, META) as recorder:
        for tick in ticks:
            recorder.write(tick)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "a.mcap"
    return _write(path, map(_tick, range(40))).read_bytes()


@given(_ticks)
def test_a_tick_comes_back_bit_for_bit(tick: TickInput) -> None:
    back = decode_tick(encode_tick(tick))
    assert back == tick
    assert _bits(back) == _bits(tick)
    for mine, theirs in zip(tick.imu, back.imu, strict=True):
        assert type(theirs) is type(mine)


@given(_ticks.filter(lambda t: bool(t.imu)), st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_value_that_is_not_finite_is_refused_not_changed(tick: TickInput, bad: float) -> None:
    broken = tick._replace(imu=(tick.imu[0]._replace(gy=bad), *tick.imu[1:]))
    with pytest.raises(ValueError, match=f"{tick.t_ns} ns holds a value that is not finite"):
        encode_tick(broken)


def test_a_recording_comes_back_whole_over_many_chunks_and_ticks_without_news(
    tmp_path: Path,
) -> None:
    ticks = [_tick(i) if i % 3 else TickInput(_tick(i).t_ns) for i in range(3000)]
    meta, back = read_recording(_write(tmp_path / "deep" / "a.mcap", ticks))
    got = list(back)
    assert got == ticks
    assert _bits(tuple(got)) == _bits(tuple(ticks))
    assert meta == META
    assert not list(tmp_path.rglob("*.part"))


def test_an_empty_recording_is_a_recording(tmp_path: Path) -> None:
    meta, back = read_recording(_write(tmp_path / "a.mcap", []))
    assert meta.drill == "dowel"
    assert list(back) == []


def test_meta_keeps_text_numbers_and_what_is_not_known(tmp_path: Path) -> None:
    meta = Meta(
        source="null",
        origin_t_ns=-5,
        odr_hz=209.2,
        drill="wall",
        stage="probe",
        config='[tof]\nchip = "é"\n',
    )
    with Recorder(tmp_path / "a.mcap", meta):
        pass
    assert read_recording(tmp_path / "a.mcap")[0] == meta


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mcap", map(_tick, range(20)))
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        messages = list(reader.iter_messages())
        names = {m.name for m in reader.iter_metadata()}
    assert len(messages) == 20
    schema, channel, message = messages[3]
    assert schema is not None
    assert (channel.topic, channel.message_encoding, schema.encoding) == (
        "/tick", "json", "jsonschema",
    )  # fmt: skip
    assert message.log_time == _tick(3).t_ns
    assert names == {"/meta", "/end"}


def test_cut_off_at_any_byte_is_said(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "cut.mcap"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(InputFileError) as caught:
            read_recording(path)
        assert str(path) in str(caught.value)
    assert "cut off: got no end after" in str(caught.value)
    assert exit_code(caught.value) == 65


def test_one_flipped_bit_anywhere_is_found_before_the_first_tick(
    tmp_path: Path, whole: bytes
) -> None:
    path = tmp_path / "flipped.mcap"
    for at in range(len(whole)):
        data = bytearray(whole)
        data[at] ^= 1 << (at % 8)
        path.write_bytes(data)
        with pytest.raises(InputFileError):
            read_recording(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"time,hip_fwd\n0.0,0.1\n", "first bytes: got 74 69 6d 65"),
        (b"\x89MCAP1\r\n" + bytes(100), "newer MCAP file: got version '1', expected version '0'"),
    ],
)
def test_a_file_of_something_else_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    with pytest.raises(InputFileError) as caught:
        read_recording(path)
    assert words in str(caught.value)


def test_a_foreign_mcap_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start("ros2", "somebody else")
        writer.finish()  # type: ignore[no-untyped-call]  # the library has no types there
    with pytest.raises(InputFileError, match=r"something else.*hinge-station"):
        read_recording(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        read_recording(tmp_path / "none.mcap")


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    newer = Meta(
        source="run", origin_t_ns=0, odr_hz=208.0, drill="d", stage="s", software="9.1", format=2
    )
    with Recorder(tmp_path / "a.mcap", newer):
        pass
    with pytest.raises(InputFileError, match=r"newer version: got format 2 of 9\.1, expected.* 1"):
        read_recording(tmp_path / "a.mcap")


def test_put_records_in_order_on_a_thread(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", META)
    for i in range(500):
        recorder.put(_tick(i))
    recorder.close()
    assert recorder.health().state == "closed"
    assert recorder.health()[1:3] == (500, 0)
    assert list(read_recording(tmp_path / "a.mcap")[1]) == [_tick(i) for i in range(500)]


def test_a_slow_disk_drops_ticks_counts_them_and_says_so_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, entered = threading.Event(), threading.Event()

    class Slow(Recorder):
        def write(self, tick: TickInput) -> None:
            entered.set()
            assert held.wait(10)
            super().write(tick)

    recorder = Slow(tmp_path / "a.mcap", META, queue_ticks=3)
    recorder.put(_tick(0))
    assert entered.wait(10)
    for i in range(1, 10):
        recorder.put(_tick(i))
    held.set()
    recorder.close()
    meta, ticks = read_recording(tmp_path / "a.mcap")
    assert meta.dropped == recorder.health().dropped == 6
    assert list(ticks) == [_tick(i) for i in range(4)]


def test_a_tick_that_cannot_be_kept_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", META)
    bad = _tick(1)._replace(imu=(_tick(1).imu[0]._replace(ax=math.nan),))
    for tick in (_tick(0), bad, _tick(2)):
        recorder.put(tick)
    recorder.close()
    assert recorder.health().dropped == 1
    assert "not finite" in str(recorder.health().last_error)
    assert list(read_recording(tmp_path / "a.mcap")[1]) == [_tick(0), _tick(2)]


def test_a_recording_that_has_reached_its_size_ends_as_a_whole_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", META, max_bytes=40_000, queue_ticks=100_000)
    for i in range(20_000):
        recorder.put(_tick(i))
    recorder.close()
    meta, ticks = read_recording(tmp_path / "a.mcap")
    kept = list(ticks)
    assert kept == [_tick(i) for i in range(len(kept))]
    assert 0 < len(kept) < 20_000
    assert len(kept) + meta.dropped == 20_000
    assert (tmp_path / "a.mcap").stat().st_size < 40_000 + 2 * 65_536


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError) as caught:
        Recorder(tmp_path / "file" / "a.mcap", META)
    assert caught.value.errno == errno.EEXIST
    assert exit_code(caught.value) == 74


def test_the_schema_names_every_field_of_a_tick() -> None:
    assert list(SCHEMA["properties"]) == list(TickInput._fields)


def test_the_span_of_a_recording_is_that_of_its_ticks(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mcap", [_tick(i) for i in range(500)])
    assert span_ns(path) == (_tick(0).t_ns, _tick(499).t_ns)
    assert span_ns(_write(tmp_path / "none.mcap", [])) == (0, 0)


def test_the_progress_of_a_replay_is_the_share_of_its_ticks(tmp_path: Path) -> None:
    ticks = [TickInput(10**12 + i * 5_000_000) for i in range(8001)]
    shares: list[float] = []
    replay_recording(_write(tmp_path / "a.mcap", ticks), MotionOptions(), shares.append)
    assert shares == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
