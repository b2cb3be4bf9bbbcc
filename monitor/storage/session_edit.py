"""Editing whole sessions: tag, split, merge, delete."""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from monitor.core.activity_facts import ActivityFacts, PlaceTrack
from monitor.core.errors import InputError
from monitor.core.packet import INTERVALS, LAP, RUNNER, SAY_LINE, Packet
from monitor.core.safe_text import clean_line
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.storage import tape_archive
from monitor.storage.changed_days import note_changed_run
from monitor.storage.import_recording import Progress, SessionFactory, import_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

MOST_TAGS = 50
_TAGS = ("shoe", "surface", "effort")
"""Tags that have a meaning of their own, written ``shoe=Pegasus``; others are free words."""


def edited_tags(info: SessionInfo, changes: Sequence[str]) -> list[str]:
    """Return the session's tags after changes, each ``name=value``, ``word`` or ``-word``.

    ``name=value`` replaces a value, or removes it if empty; ``-word`` removes a word or a value by its
    name.  ``InputError`` if a change is none of these.
    """
    tags = list(info.tags)
    if len(tags) + len(changes) > MOST_TAGS:
        raise InputError("error.many_tags", limit=MOST_TAGS)
    for change in map(clean_line, changes):
        name, equals, value = change.strip().partition("=")
        if not name or (name == "effort" and value and value not in map(str, range(11))):
            raise InputError("error.tag", change=change)
        if change.startswith("-"):
            tags = [t for t in tags if t != change[1:] and not t.startswith(f"{change[1:]}=")]
        elif equals:
            tags = [t for t in tags if not t.startswith(f"{name}=")] + (
                [f"{name}={value}"] if value else []
            )
        elif change not in tags:
            tags.append(change)
    return tags


def delete_session(store: Store, info: SessionInfo) -> int:
    """Delete a session for good and return how many bytes of tape that freed.

    Its records are overwritten in the database and its tape is removed.  ``StoreError`` while it is being
    recorded.
    """
    freed = tape_archive.remove_tape(info)
    store.delete(info.id)
    store.wipe_deleted_rows()
    note_changed_run(store, info)
    _log.info("%s: deleted", info.id, extra={"session": info.id})
    return freed


def split_session(
    store: Store, folder: Path, info: SessionInfo, at_s: float, make_session: SessionFactory = Session,
    progress: Progress = lambda done, total: None,
) -> list[SessionInfo]:  # fmt: skip
    """Split a session at ``at_s`` (seconds) and return the two parts, analyzed from their part of the tape.

    The old session is deleted.  ``InputError`` if a part would be shorter than 10 s.
    """
    if not 10 <= at_s <= info.duration_s - 10:
        raise InputError("error.split_where", session=info.id, duration_s=info.duration_s)
    with tape_archive.unpacked_tape(info) as path:
        whole = tape_archive.read_covering_tape(store, info, path)
        parts = []
        for number, (start_s, end_s) in enumerate(((0.0, at_s), (at_s, float("inf"))), start=1):
            name = f"{info.id}-{number}"
            part = _part_recording(whole, info, start_s, end_s, f", part {number}")
            part = replace(part, source=f"part-of:{info.id} {name}")
            began = _utc_after(info, start_s)
            parts.append(
                import_recording(store, folder, part, info.athlete, began, make_session, progress, name)
            )
    _split_notes(store, info, at_s, parts)
    track = store.track(info.id)
    for new, (start_s, end_s) in zip(parts, ((0.0, at_s), (at_s, float("inf"))), strict=True):
        places = None if track is None else _part_track(track, start_s, end_s)
        store.add_facts(new.id, ActivityFacts(info.sport, info.sub_sport, info.utc_offset_s, track=places))
        store.tag(new.id, info.tags)
        store.claim_source(new.id, info.source or f"part-of:{info.id}")
    delete_session(store, info)
    return [store.session(new.id) for new in parts]


def _split_notes(store: Store, info: SessionInfo, at_s: float, parts: Sequence[SessionInfo]) -> None:
    """Give each note to the part in which it lies; a pause across the cut becomes two."""
    for note in store.notes(info.id):
        late = note.t_s is not None and note.t_s >= at_s
        t_s = note.t_s - at_s if late and note.t_s is not None else note.t_s
        value, over_s = note.value, 0.0
        if note.kind == "pause" and not late and t_s is not None and value is not None:
            over_s = max(0.0, t_s + value - at_s)
            value -= over_s
        store.add_note(parts[late].id, note.kind, note.text, t_s=t_s, value=value)
        if over_s:
            store.add_note(parts[1].id, note.kind, note.text, t_s=0.0, value=over_s)


def _part_track(track: PlaceTrack, start_s: float, end_s: float) -> PlaceTrack | None:
    inside = (track.t_s >= start_s) & (track.t_s < end_s)
    if not inside.any():
        return None
    return PlaceTrack(
        track.t_s[inside] - start_s, track.lat_deg[inside], track.lon_deg[inside], track.altitude_m[inside]
    )


def merge_sessions(
    store: Store, folder: Path, infos: Sequence[SessionInfo], make_session: SessionFactory = Session,
    progress: Progress = lambda done, total: None,
) -> SessionInfo:  # fmt: skip
    """Join sessions of the same sensors into one, with a gap for the time between, and return it.

    The old ones are deleted.  ``InputError`` if there are fewer than two, if they lie more than a day
    apart or had different sensors.
    """
    if len({info.id for info in infos}) < 2:
        raise InputError("error.merge_two")
    infos = sorted(infos, key=lambda info: info.started_utc)
    first, last = infos[0], infos[-1]
    began = _utc_after(first, 0)
    offsets_s = [(_utc_after(info, 0) - began).total_seconds() for info in infos]
    if offsets_s[-1] > 86400:
        raise InputError("error.merge_apart", first=first.id, last=last.id)
    with contextlib.ExitStack() as stack:
        tapes = [stack.enter_context(tape_archive.unpacked_tape(info)) for info in infos]
        recordings = [
            tape_archive.read_covering_tape(store, info, tape)
            for info, tape in zip(infos, tapes, strict=True)
        ]
        joined = _join_recordings(recordings, infos, offsets_s)
        name = f"{first.id}-joined"
        joined = replace(joined, source=f"part-of:{first.id} {name}")
        merged = import_recording(store, folder, joined, first.athlete, began, make_session, progress, name)
    for info, offset_s in zip(infos, offsets_s, strict=True):
        for note in store.notes(info.id):
            t_s = None if note.t_s is None else note.t_s + offset_s
            store.add_note(merged.id, note.kind, note.text, t_s=t_s, value=note.value)
    places = [_later_track(store.track(info.id), by_s) for info, by_s in zip(infos, offsets_s, strict=True)]
    track = _joined_track([place for place in places if place is not None])
    counts = [info.counted_steps for info in infos if info.counted_steps is not None]
    steps = sum(counts) if len(counts) == len(infos) else None
    facts = ActivityFacts(first.sport, first.sub_sport, first.utc_offset_s, track=track, steps=steps)
    store.add_facts(merged.id, facts)
    store.tag(merged.id, list(dict.fromkeys(tag for info in infos for tag in info.tags)))
    store.claim_source(merged.id, " ".join(info.source or f"part-of:{info.id}" for info in infos))
    for info in infos:
        delete_session(store, info)
    return store.session(merged.id)


def _later_track(track: PlaceTrack | None, by_s: float) -> PlaceTrack | None:
    return None if track is None else replace(track, t_s=track.t_s + by_s)


def _joined_track(tracks: Sequence[PlaceTrack]) -> PlaceTrack | None:
    """One track of several; where they overlap, what lies before the end of the one before is left out."""
    if not tracks:
        return None
    columns = np.column_stack([
        np.concatenate([getattr(track, name) for track in tracks])
        for name in ("t_s", "lat_deg", "lon_deg", "altitude_m")
    ])  # fmt: skip
    forward = np.diff(np.maximum.accumulate(columns[:, 0]), prepend=-np.inf) > 0
    return PlaceTrack(*columns[forward].T)


def _utc_after(info: SessionInfo, after_s: float) -> datetime.datetime:
    return datetime.datetime.fromisoformat(info.started_utc) + datetime.timedelta(seconds=round(after_s))


def _part_recording(
    whole: Recording, info: SessionInfo, start_s: float, end_s: float, ending: str
) -> Recording:
    """Return the recording of a part: its packets, in times of its own.

    What the runner wished before it holds from its beginning: no cue comes back by cutting.
    """
    start_ns, end_ns = round(start_s * 1e9), round(end_s * 1e9) if end_s < 1e9 else 1 << 62

    def packets() -> Iterator[Packet]:
        for packet in whole.packets():
            if start_ns <= packet.arrival_ns < end_ns:
                yield replace(packet, arrival_ns=packet.arrival_ns - start_ns)
            elif _holds_on(packet) and packet.arrival_ns < start_ns:
                yield replace(packet, arrival_ns=0)

    began = _utc_after(info, start_s)
    length = min(end_s, whole.duration_s) - start_s
    return Recording(
        info.title + ending, whole.settings, length, whole.count, packets, started_utc=began.isoformat()
    )


def _holds_on(packet: Packet) -> bool:
    """Whether it is a wish that stays in force: laps, intervals and a coach's line are of their moment."""
    return packet.sensor == RUNNER and packet.channel not in (LAP, INTERVALS, SAY_LINE)


def _join_recordings(
    recordings: Sequence[Recording], infos: Sequence[SessionInfo], offsets_s: Sequence[float]
) -> Recording:
    """Return one recording of several, each ``offsets_s`` seconds after the first one's start."""
    return Recording(
        title=infos[0].title,
        settings=_same_settings(recordings, infos),
        duration_s=offsets_s[-1] + recordings[-1].duration_s,
        count=sum(r.count for r in recordings),
        packets=lambda: _packets_in_order(recordings, offsets_s),
        started_utc=infos[0].started_utc,
    )


def _packets_in_order(recordings: Sequence[Recording], offsets_s: Sequence[float]) -> Iterator[Packet]:
    """Yield all packets; every recording is a connection of its own, so that no clock runs on."""
    link = 0
    for recording, offset_s in zip(recordings, offsets_s, strict=True):
        highest = link
        for packet in recording.packets():
            highest = max(highest, link + packet.link)
            yield replace(
                packet, arrival_ns=packet.arrival_ns + round(offset_s * 1e9), link=link + packet.link
            )
        link = highest + 1


def _same_settings(recordings: Sequence[Recording], infos: Sequence[SessionInfo]) -> SessionSettings:
    first = recordings[0].settings
    for recording, info in zip(recordings[1:], infos[1:], strict=True):
        if recording.settings.sensors != first.sensors:
            raise InputError("error.merge_sensors", first=infos[0].id, other=info.id)
    return first
