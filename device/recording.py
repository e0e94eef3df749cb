"""What a recording is: an MCAP file with one ``/tick`` message a tick, and how it is read.

``/tick`` is JSON (see ``SCHEMA``), ``log_time`` = the tick's ``t_ns``; the metadata records are
``/meta`` (see ``Meta``) and ``/end`` (ticks written and dropped). Ticks without news are kept
too (a few bytes after compression): the middle steps at every tick, so only the whole sequence
replays to identical reps. Floats are written in their shortest exact form. Data and summary
carry CRC-32s, so a damaged file is found before its first tick is used. Format: mcap.dev/spec.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import Chunk, Metadata

from device.errors import InputFileError
from device.tick import Key, SensorFault, TickInput
from drivers.samples import ImuSample, PadSample, TofSample

FORMAT: Final = 1
PROFILE: Final = "hinge-station"
TOPIC: Final = "/tick"
_MAGIC: Final = b"\x89MCAP0\r\n"
_RECORD: Final = struct.Struct("<BQ")
_DATA_END: Final = struct.Struct("<BQI")
_FOOTER: Final = struct.Struct("<BQQQI")
_MESSAGE: Final = struct.Struct("<BQHIQQ")
_MESSAGE_OPCODE: Final = 5
_MESSAGE_HEAD: Final = 22


def _software() -> str:
    return version("hinge-station")


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording is of."""

    source: str
    """``run``, or the name of the motion or scenario file."""
    origin_t_ns: int
    """``t_ns`` of the instant that is 0 s of the source."""
    odr_hz: float
    """The IMU's real rate."""
    drill: str
    stage: str
    stature_m: float | None = None
    config: str = ""
    """The effective configuration as TOML."""
    software: str = msgspec.field(default_factory=_software)
    format: int = FORMAT
    dropped: int = 0
    """Ticks the disk was too slow for; a recording with any replays with gaps."""


class _Tick(msgspec.Struct, omit_defaults=True):
    """A ``TickInput`` as it stands in the file: an object whose samples are arrays."""

    t_ns: int
    imu: tuple[ImuSample, ...] = ()
    tof: tuple[tuple[int, TofSample], ...] = ()
    pads: tuple[PadSample, ...] = ()
    keys: tuple[Key, ...] = ()
    faults: tuple[SensorFault, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Tick).decode


def encode_tick(tick: TickInput) -> bytes:
    """One tick as JSON. Raises ``ValueError`` for a number that JSON cannot hold (NaN, inf)."""
    data = _encode(_Tick(*tick))
    if b"null" in data and _decode_or_none(data) != tick:
        raise ValueError(f"the tick at {tick.t_ns} ns holds a value that is not finite")
    return data


def decode_tick(data: bytes) -> TickInput:
    """The tick in ``data``. Raises ``msgspec.ValidationError`` / ``DecodeError``."""
    t = _decode(data)
    return TickInput(t.t_ns, t.imu, t.tof, t.pads, t.keys, t.faults)


def _decode_or_none(data: bytes) -> TickInput | None:
    try:
        return decode_tick(data)
    except msgspec.ValidationError:
        return None


def _array(kind: Any, what: str) -> dict[str, object]:
    return {"type": "array", "items": {"type": "array"}, "description": f"{what}: {kind._fields}"}


SCHEMA: Final = {
    "title": "Tick",
    "type": "object",
    "description": "All that was new at one tick of 5 ms. m/s2, rad/s, mm, ns (monotonic).",
    "properties": {
        "t_ns": {"type": "integer", "description": "the tick's own time"},
        "imu": _array(ImuSample, "each"),
        "tof": _array(TofSample, "each [ranger, values]; values"),
        "pads": _array(PadSample, "each (pad 0 head, 1 thoracic, 2 sacrum)"),
        "keys": {"type": "array", "items": {"type": "string"}},
        "faults": _array(SensorFault, "each"),
    },
    "required": ["t_ns"],
}


def meta_as_text(meta: Meta) -> dict[str, str]:
    """Metadata values are text; ``null`` stands for None."""
    return {
        key: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for key, value in msgspec.structs.asdict(meta).items()
        if key != "dropped"
    }


def read_recording(path: Path) -> tuple[Meta, Iterator[TickInput]]:
    """What ``Recorder`` wrote: its ``Meta`` and its ticks, oldest first, one by one.

    The whole file is checked before this returns.

    Raises:
        InputFileError: missing, cut off, damaged, not a recording, or of a newer version.
    """
    try:
        with path.open("rb") as file:
            _check_frame(path, file)
            meta = _read_meta(path, file)
    except OSError as error:
        raise InputFileError(
            path, "cannot be read", got=error.strerror or str(error), expected="a recording"
        ) from None
    return meta, _ticks(path)


def span_ns(path: Path) -> tuple[int, int]:
    """``t_ns`` of the first and the last tick, from the summary; (0, 0) without any tick.

    For a file that ``read_recording`` has taken.
    """
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    if summary is None or summary.statistics is None or not summary.statistics.message_count:
        return 0, 0
    return summary.statistics.message_start_time, summary.statistics.message_end_time


def _check_frame(path: Path, file: IO[bytes]) -> None:
    """Magic, footer, and both checksums: nothing between them can have changed."""
    head = file.read(len(_MAGIC))
    if head != _MAGIC:
        if head[:5] == _MAGIC[:5] and head[6:] == _MAGIC[6:]:
            got = f"version {chr(head[5])!r}"
            raise InputFileError(path, "newer MCAP file", got=got, expected="version '0'")
        got = head.hex(" ") or "an empty file"
        raise InputFileError(
            path, "not a recording: first bytes", got=got, expected=_MAGIC.hex(" ")
        )
    profile = file.read(13 + len(PROFILE))[9:]
    if len(profile) == 4 + len(PROFILE) and profile[4:] != PROFILE.encode():
        got = repr(profile[4:])
        raise InputFileError(
            path, "an MCAP file of something else", got=got, expected=f"profile {PROFILE!r}"
        )
    tail = _FOOTER.size + len(_MAGIC)
    size = file.seek(0, os.SEEK_END)
    end = b""
    if size >= len(_MAGIC) + _DATA_END.size + tail:
        file.seek(size - tail)
        end = file.read(tail)
    if end[-len(_MAGIC) :] != _MAGIC or end[:9] != struct.pack("<BQ", 2, 20):
        raise InputFileError(
            path, "cut off", got=f"no end after {size} bytes", expected="a closed recording"
        )
    _, _, summary_start, _, summary_crc = _FOOTER.unpack(end[: _FOOTER.size])
    data_end_at = summary_start - _DATA_END.size
    if not len(_MAGIC) <= data_end_at <= size - tail:
        raise InputFileError(
            path, "damaged: summary", got=f"at byte {summary_start}", expected="inside the file"
        )
    file.seek(data_end_at)
    opcode, length, data_crc = _DATA_END.unpack(file.read(_DATA_END.size))
    if (opcode, length) != (15, 4):
        raise InputFileError(
            path,
            f"damaged: record at byte {data_end_at}",
            got=f"type {opcode} of {length} bytes",
            expected="the end of the data",
        )
    for name, start, stop, expected in (
        ("data", 0, data_end_at, data_crc),
        ("summary", summary_start, size - len(_MAGIC) - 4, summary_crc),
    ):
        crc = _crc32(file, start, stop)
        if crc != expected:
            raise InputFileError(
                path,
                f"damaged: checksum of the {name} (bytes {start} to {stop})",
                got=f"{crc:08x}",
                expected=f"{expected:08x}",
            )


def _crc32(file: IO[bytes], start: int, stop: int) -> int:
    file.seek(start)
    crc = 0
    while start < stop:
        block = file.read(min(1 << 20, stop - start))
        if not block:
            break
        crc = zlib.crc32(block, crc)
        start += len(block)
    return crc


def _read_meta(path: Path, file: IO[bytes]) -> Meta:
    file.seek(0)
    found: dict[str, dict[str, str]] = {}
    try:
        for content in _records(file, Opcode.METADATA):
            record = Metadata.read(content)
            found[record.name] = record.metadata
    except (McapError, ValueError, struct.error) as error:
        raise InputFileError(
            path, "not a recording", got=str(error), expected="MCAP records"
        ) from None
    if "/meta" not in found:
        raise InputFileError(
            path, "an MCAP file of something else", got="no /meta", expected="a recording"
        )
    is_format = found["/meta"].get("format", "")
    if is_format.isdecimal() and int(is_format) > FORMAT:
        raise InputFileError(
            path,
            "made by a newer version",
            got=f"format {is_format} of {found['/meta'].get('software', 'unknown')}",
            expected=f"format {FORMAT} or older",
        )
    dropped = found.get("/end", {}).get("dropped", "0")
    try:
        return msgspec.convert(found["/meta"] | {"dropped": dropped}, Meta, strict=False)
    except msgspec.ValidationError as error:
        raise InputFileError(path, "/meta", got=str(error), expected="its fields") from None


def _records(file: IO[bytes], kind: Opcode) -> Iterator[ReadDataStream]:
    """The contents of all records of a kind. The library's reader parses every index too."""
    file.seek(len(_MAGIC))
    while len(head := file.read(_RECORD.size)) == _RECORD.size:
        opcode, length = _RECORD.unpack(head)
        if opcode == kind:
            yield ReadDataStream(BytesIO(file.read(length)))
        else:
            file.seek(length, os.SEEK_CUR)


def _ticks(path: Path) -> Iterator[TickInput]:
    decompress = zstandard.ZstdDecompressor().decompress
    with path.open("rb") as file:
        for content in _records(file, Opcode.CHUNK):
            try:
                record = Chunk.read(content)
                data = record.data
                if record.compression:
                    data = decompress(data, max_output_size=record.uncompressed_size)
                yield from _messages(data)
            except (zstandard.ZstdError, msgspec.MsgspecError, struct.error) as error:
                raise InputFileError(
                    path, "a chunk of ticks", got=str(error), expected="zstd with JSON ticks"
                ) from None


def _messages(data: bytes) -> Iterator[TickInput]:
    """The ticks in an uncompressed chunk. The library's reader takes ten times as long."""
    at, end = 0, len(data)
    unpack, head = _MESSAGE.unpack_from, _MESSAGE.size
    # (As ``TickInput`` itself does; its own call costs twice as much.)
    decode, new = _decode, tuple.__new__
    while at < end:
        if data[at] == _MESSAGE_OPCODE:
            length = unpack(data, at)[1]
            t = decode(data[at + head : at + head + length - _MESSAGE_HEAD])
            yield new(TickInput, (t.t_ns, t.imu, t.tof, t.pads, t.keys, t.faults))
        else:
            (length,) = struct.unpack_from("<Q", data, at + 1)
        at += 9 + length
