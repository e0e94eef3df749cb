"""Finished reps and visits as messages: here they get their key and their wall time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from device import ids
from device.question import Estimate
from device.tick import RepDone, SessionEvent, SetDone, TickOutput
from services.schema import Message, RepMessage, SessionClose, SessionOpen, SetMessage


class Journal:
    """Keeps which visit is open, and the drill and stage as the live frames last said."""

    def __init__(
        self,
        station: str,
        drill: str,
        stage: str,
        *,
        new_id: Callable[[], str] = ids.new_id,
        stamp: Callable[[], ids.Stamp] = ids.stamp,
    ) -> None:
        self._station = station
        self._drill = drill
        self._stage = stage
        self._new_id = new_id
        self._stamp = stamp
        self._session_id: str | None = None
        self._held: RepMessage | None = None

    def messages(self, output: TickOutput) -> list[Message]:
        """What this tick has for the log, in order. Empty for nearly every tick."""
        found: list[Message] = self._answered(output)
        if output.live is not None:
            self._drill = output.live.drill
            self._stage = output.live.stage
        if not output.sessions and not output.reps and not output.sets:
            return found
        if self._held is not None:
            # Its question is still open, but a visit or a rep comes after it.
            found += self._release(None)
        # A rep belongs to the visit that was open when the tick began, else to the one
        # that this tick opens.
        before = self._session_id is not None
        found += self._reps(output.reps) if before else []
        left = () if before else output.reps
        # A set is over before its visit is, and after its reps.
        sets = [self._set(done) for done in output.sets] if before and output.sets else []
        found += sets
        for event in output.sessions:
            found.append(self._event(event))
            if event.kind == "open":
                found += self._reps(left)
                left = ()
        if left:
            found.append(self._event(SessionEvent("open")))
            found += self._reps(left)
        return found

    def _reps(self, reps: Sequence[RepDone]) -> list[Message]:
        """As messages; one whose person is still asked what it was like is held back."""
        found: list[Message] = []
        for rep in reps:
            message = self._rep(rep)
            if rep.asked:
                self._held = message
            else:
                found.append(message)
        return found

    def _answered(self, output: TickOutput) -> list[Message]:
        return [m for answer in output.answers for m in self._release(answer.estimate)]

    def _release(self, estimate: Estimate | None) -> list[Message]:
        held, self._held = self._held, None
        if held is None:
            return []
        rep = msgspec.structs.replace(held.rep, self_estimate=estimate)
        return [msgspec.structs.replace(held, rep=rep)]

    def close(self, reason: str, sets: Sequence[SetDone] = ()) -> list[Message]:
        """The program ends: a visit that is still open is closed, after the set under way."""
        found = self._release(None)
        if self._session_id is not None:
            found += [*map(self._set, sets), self._event(SessionEvent("close", reason))]
        return found

    def _event(self, event: SessionEvent) -> Message:
        stamp = self._stamp()
        if event.kind == "open":
            self._session_id = self._new_id()
            return SessionOpen(
                id=self._new_id(),
                session_id=self._session_id,
                station=self._station,
                drill=self._drill,
                stage=self._stage,
                wall_time=stamp.wall_time,
                clock_synced=stamp.clock_synced,
            )
        session_id, self._session_id = self._session_id, None
        return SessionClose(
            id=self._new_id(),
            session_id=session_id or "",
            station=self._station,
            wall_time=stamp.wall_time,
            clock_synced=stamp.clock_synced,
            reason=event.reason,
        )

    def _set(self, done: SetDone) -> Message:
        stamp = self._stamp()
        return SetMessage(
            id=self._new_id(),
            session_id=self._session_id or "",
            station=self._station,
            set_index=done.set_index,
            drill=self._drill,
            stage=self._stage,
            wall_time=stamp.wall_time,
            clock_synced=stamp.clock_synced,
            summary=done.summary,
        )

    def _rep(self, rep: RepDone) -> RepMessage:
        stamp = self._stamp()
        return RepMessage(
            id=self._new_id(),
            session_id=self._session_id or "",
            station=self._station,
            set_index=rep.set_index,
            rep_index=rep.rep_index,
            drill=self._drill,
            stage=self._stage,
            wall_time=stamp.wall_time,
            clock_synced=stamp.clock_synced,
            rep=rep.body,
        )
