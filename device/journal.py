"""Finished reps and visits as messages: here they get their key and their wall time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from device import ids
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

    def messages(self, output: TickOutput) -> list[Message]:
        """What this tick has for the log, in order. Empty for nearly every tick."""
        if output.live is not None:
            self._drill = output.live.drill
            self._stage = output.live.stage
        if not output.sessions and not output.reps and not output.sets:
            return []
        # A rep belongs to the visit that was open when the tick began, else to the one
        # that this tick opens.
        before = self._session_id is not None
        found: list[Message] = [self._rep(rep) for rep in output.reps] if before else []
        left = () if before else output.reps
        # A set is over before its visit is, and after its reps.
        sets = [self._set(done) for done in output.sets] if before and output.sets else []
        found += sets
        for event in output.sessions:
            found.append(self._event(event))
            if event.kind == "open":
                found += [self._rep(rep) for rep in left]
                left = ()
        if left:
            found.append(self._event(SessionEvent("open")))
            found += [self._rep(rep) for rep in left]
        return found

    def close(self, reason: str, sets: Sequence[SetDone] = ()) -> list[Message]:
        """The program ends: a visit that is still open is closed, after the set under way."""
        if self._session_id is None:
            return []
        return [*map(self._set, sets), self._event(SessionEvent("close", reason))]

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

    def _rep(self, rep: RepDone) -> Message:
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
