"""Cues spoken aloud by espeak-ng: a process of its own for each, fed by a thread of its own.

The loop only puts words into a queue. Whatever the program does (missing, hanging, crashing, a
sound card that is gone) is said once in a line, and never reaches the loop.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from device.config_model import Speech

PROGRAM: Final = "espeak-ng"
LONGEST_S: Final = 6.0
"""A cue that has not been spoken by then is stuck."""
LOOK_EVERY_S: Final = 0.02
_END: Final = None


def command(speech: Speech) -> list[str]:
    """The words come by standard input, so that none can be taken for an option."""
    return [
        PROGRAM,
        "-v",
        speech.voice or speech.language,
        "-s",
        str(speech.words_per_minute),
        "-a",
        str(speech.volume),
        "-b",
        "1",
        "--stdin",
    ]


def missing(speech: Speech) -> str | None:
    """One line when speech is wanted and cannot be, else None."""
    if not speech.enabled or shutil.which(PROGRAM) is not None:
        return None
    return (
        f"speech.enabled: got true, but there is no {PROGRAM} on the PATH: cues are not spoken. "
        f"Install {PROGRAM} (apt), or set it to false."
    )


class Speaker:
    """Speaks the newest words; what was being spoken is cut."""

    def __init__(
        self, argv: Sequence[str], say: Callable[[str], None], longest_s: float = LONGEST_S
    ) -> None:
        """``say`` gets one line for each new failure, from the speaker's own thread."""
        self._argv = tuple(argv)
        self._tell = say
        self._longest_s = longest_s
        self._words: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="speech", daemon=True)
        self._thread.start()

    def say(self, words: str) -> None:
        """Speak these instead of what is being spoken; "" is silence. Returns at once."""
        self._words.put(words)

    def close(self) -> None:
        """Fall silent; returns when the last process is gone."""
        self._words.put(_END)
        self._thread.join(self._longest_s)

    # -- the speaker's thread -----------------------------------------------------------

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            # Neither this thread nor its children may compete with the loop's own priority.
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        words: str | None = ""
        while words is not _END:
            words = self._newest(self._words.get())
            while words:
                words = self._newest(self._speak(words))

    def _newest(self, words: str | None) -> str | None:
        """What has come meanwhile counts, the older is out of date."""
        while words is not _END:
            try:
                words = self._words.get_nowait()
            except queue.Empty:
                break
        return words

    def _speak(self, words: str) -> str | None:
        """Speak to the end, or until something newer comes, which is returned; else ""."""
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._failed(f"cannot be started: {error.strerror or error}")
            return ""
        with process:
            try:
                return self._watch(process, words)
            finally:
                _kill(process)

    def _watch(self, process: subprocess.Popen[bytes], words: str) -> str | None:
        assert process.stdin is not None  # both are pipes
        # One that does not read its words says so itself by its exit code.
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(words.encode() + b"\n")
        until_s = time.monotonic() + self._longest_s
        while process.poll() is None:
            try:
                return self._words.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                if time.monotonic() >= until_s:
                    self._failed(f"took longer than {self._longest_s:g} s for a cue")
                    return ""
        if process.returncode != 0:
            self._failed(f"gave exit code {process.returncode}{_complaint(process)}")
        return ""

    def _failed(self, what: str) -> None:
        if what not in self._said:
            self._said.add(what)
            self._tell(f"speech: {self._argv[0]} {what}. The station goes on without the words.")


def _complaint(process: subprocess.Popen[bytes]) -> str:
    """The first line on its standard error. Not to the end: a grandchild may hold it open."""
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    with contextlib.suppress(BlockingIOError):
        text = os.read(process.stderr.fileno(), 300).decode(errors="replace").strip()
        if text:
            return f": {text.splitlines()[0]}"
    return ""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and what it has started itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def speaker_of(speech: Speech, say: Callable[[str], None]) -> Speaker | None:
    """The station's speaker; None when it has none, which is said if one is wanted."""
    if not speech.enabled:
        return None
    line = missing(speech)
    if line is not None:
        say(line)
        return None
    return Speaker(command(speech), say)
