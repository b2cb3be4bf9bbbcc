"""Commands about single sessions: list, show, describe, cut and delete them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import (
    SessionName,
    SettingsOption,
    finite_number,
    open_session_store,
    progress_bar,
    resolve_session,
)
from monitor.core.errors import ConfigError
from monitor.core.local_time import local_start
from monitor.core.message_catalogues import catalogue
from monitor.core.safe_text import printable_text
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from monitor.storage.session_info import SessionInfo
    from monitor.storage.store import Store

_COUNT_ROUNDING = 2
"""So many steps a watch's count and the sum of its cadence differ by rounding alone."""


def list_command(config: SettingsOption = None) -> None:
    """List all sessions, the newest first, with their disk use."""
    from rich.console import Console

    from monitor.storage import tape_archive

    with open_session_store(config) as store:
        infos, paused_s = store.sessions(), store.paused_s()
        sizes = tape_archive.tape_sizes(infos)
        used = store.path.stat().st_size
    if not infos:
        Console().print(user_text("say.sessions.none"))
        return
    Console().print(sessions_table(infos, paused_s))
    Console().print(
        user_text(
            "say.sessions.disk",
            numbers=used / 1e6,
            tapes=sum(sizes.values()) / 1e6,
            folder=str(store.path.parent),
        )
    )


def sessions_table(infos: Sequence[SessionInfo], paused_s: Mapping[str, float]) -> Table:
    """Return one row per session; its number is what commands take as its name.

    When it began is on the runner's clock of there and then; the minutes are those that the timer ran,
    without the pauses, ``paused_s`` by session.  What is usual is not said: a run, complete.
    """
    from rich.markup import escape
    from rich.table import Table

    localized = catalogue(user_language()).localized
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for heading in ("number", "began", "min", "title", "sensors"):
        right = heading in ("number", "min")
        table.add_column(
            user_text(f"say.sessions.column.{heading}"),
            justify="right" if right else "left",
            no_wrap=heading in ("number", "began", "min"),
            overflow="fold",
        )
    for number, s in enumerate(infos, start=1):
        began = local_start(s.started_utc, s.utc_offset_s)
        minutes = localized(f"{max(0.0, s.duration_s - paused_s.get(s.id, 0.0)) / 60:.1f}")
        about = escape(", ".join([s.title, *_particulars(s)]))
        table.add_row(str(number), f"{began:%Y-%m-%d %H:%M}", minutes, about, escape(", ".join(s.sensors)))
    return table


def _particulars(info: SessionInfo) -> list[str]:
    """What sets a session apart: its sport, its tags, that it is not complete."""
    from monitor.storage.session_info import SessionStatus

    sport = info.sub_sport if info.sport in ("", "running") else info.sport
    out = [sport_text(sport)] if sport not in ("", "generic", "running") else []
    out += info.tags
    if info.status is not SessionStatus.COMPLETE:
        out.append(_status_text(info))
    return out


def _status_text(info: SessionInfo) -> str:
    """What became of a session; one that a program left behind is not called live."""
    from monitor.storage.tape_archive import is_unfinished

    return user_text(f"say.status.{'unfinished' if is_unfinished(info) else info.status.value}")


def sport_text(sport: str) -> str:
    """Return a sport or a kind of it, one of FIT's words, in the user's language, or as it is."""
    key = f"say.sport.{sport}"
    return user_text(key) if key in catalogue(user_language()).keys else sport.replace("_", " ")


def show_command(session: SessionName, config: SettingsOption = None) -> None:
    """Show one session: sensors, tags, notes, tape."""
    translate = catalogue(user_language()).translate_recorded
    with open_session_store(config) as store:
        info = store.session(resolve_session(store, session))
        for label, value in _session_properties(store, info):
            print(f"{user_text(f'say.session.{label}') + ':':21}{printable_text(value)}")
        for note in store.notes(info.id):
            if note.kind not in ("lap", "pause"):
                value = "" if note.value is None else f" {note.value:g}/10"
                text = translate(note.text) if note.kind == "remark" else note.text
                print(f"{_note_label(note.kind) + ':':21}{f'{value} {text}'.strip()}".rstrip())
        for past in store.analyses(info.id, "again"):
            made = user_text("say.session.version_of", when=past["made_utc"], version=past["version"])
            print(f"{user_text('say.session.reanalyzed') + ':':21}{made}")
        print_damage(store, info.id)


def print_damage(store: Store, session: str) -> None:
    """Print a line for what is stored of a session and was changed by nobody, with what helps."""
    from monitor.storage import tape_archive
    from monitor.storage.session_digest import MEASURED

    damaged = store.damaged_parts(session)
    if MEASURED in damaged:
        taped = any(tape_archive.tape_file(info) for info in store.sessions() if info.id == session)
        key = "damaged_measured" if taped else "damaged_lost"
        print(user_text(f"say.session.{key}", session=session))
    if set(damaged) - {MEASURED}:
        print(user_text("say.session.damaged_facts", session=session))


def _note_label(kind: str) -> str:
    """The name of a kind of note, of one that is not known as it was stored."""
    key = f"say.session.{kind}"
    return user_text(key) if key in catalogue(user_language()).keys else kind


def _length_text(store: Store, info: SessionInfo) -> str:
    """How long a session was, and how much of it the watch was stopped."""
    pauses = [n.value or 0.0 for n in store.notes(info.id) if n.kind == "pause"]
    length = info.duration_s / 60
    if not pauses:
        return user_text("say.session.whole_length", length=length)
    return user_text("say.session.paused_length", n=len(pauses), length=length, paused=sum(pauses) / 60)


def _session_properties(store: Store, info: SessionInfo) -> list[tuple[str, str]]:
    from monitor.core.records import SessionEnded
    from monitor.storage import tape_archive

    tape, none = tape_archive.tape_file(info), user_text("say.session.none")
    ending = [r.reason for r in store.events(info.id) if isinstance(r, SessionEnded)]
    translate = catalogue(user_language()).translate_recorded
    return [
        ("session", info.id),
        ("title", info.title),
        ("athlete", info.athlete),
        ("began", f"{local_start(info.started_utc, info.utc_offset_s):%Y-%m-%d %H:%M:%S %z}"),
        (
            "sport",
            ", ".join(sport_text(s) for s in (info.sport, info.sub_sport) if s not in ("", "generic"))
            or none,
        ),
        ("length", _length_text(store, info)),
        ("sensors", ", ".join(info.sensors)),
        ("tags", ", ".join(info.tags) or none),
        ("state", _status_text(info)),
        ("ending", translate(ending[-1]) if ending else none),
        ("version", info.version),
        ("tape", f"{tape} ({tape.stat().st_size / 1e6:.1f} MB)" if tape else none),
        ("steps", _steps_text(store, info)),
    ]


def _steps_text(store: Store, info: SessionInfo) -> str:
    """How many steps there were: those that were found, or what the watch counted and its cadence says."""
    from monitor.storage.session_data import load_session

    if found := len(store.step_columns(info.id).ic_s):
        return str(found)
    made = round(float(load_session(store, info.id, ["cadence_spm"]).summed_steps[-1]))
    if info.counted_steps is not None and abs(info.counted_steps - made) > _COUNT_ROUNDING:
        return user_text("say.session.steps_counted", counted=info.counted_steps, made=made)
    return user_text("say.session.steps_made", made=made) if made else user_text("say.session.none")


def rename_command(session: SessionName, title: str, config: SettingsOption = None) -> None:
    """Give a session another title; its id stays."""
    with open_session_store(config) as store:
        store.rename(resolve_session(store, session), title)


def tag_command(
    session: SessionName,
    tags: Annotated[list[str], typer.Argument(help="option.tag.tags")],
    config: SettingsOption = None,
) -> None:
    """Tag a session: shoe, surface, perceived effort, anything."""
    from monitor.storage import session_edit

    with open_session_store(config) as store:
        info = store.session(resolve_session(store, session))
        store.tag(info.id, session_edit.edited_tags(info, tags))
        print(", ".join(store.session(info.id).tags) or user_text("say.session.no_tags"))


def note_command(
    session: SessionName,
    text: Annotated[str, typer.Argument(help="option.note.text")] = "",
    pain: Annotated[
        float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.note.pain")
    ] = None,
    config: SettingsOption = None,
) -> None:
    """Add a note or a pain score (0 to 10) to a session.

    With pain above 3 the review advises to hold the target.
    """
    if not text.strip() and pain is None:
        raise ConfigError("error.empty_note")
    with open_session_store(config) as store:
        name = resolve_session(store, session)
        store.add_note(name, "note" if pain is None else "pain", text.strip(), value=pain)
    if pain is not None and pain > 3:
        print(user_text("say.session.pain_advice"))


def split_command(
    session: SessionName,
    at: Annotated[str, typer.Argument(help="option.split.at")],
    config: SettingsOption = None,
) -> None:
    """Split one session into two at a moment of it."""
    from monitor.service.config import data_folder, load_config
    from monitor.storage import session_edit

    at_s, folder = seconds_into_session(at), data_folder(load_config(config))
    with open_session_store(config) as store, progress_bar(user_text("say.session.cutting")) as progress:
        info = store.session(resolve_session(store, session))
        for part in session_edit.split_session(store, folder, info, at_s, progress=progress):
            print(part.id)


def merge_command(
    names: Annotated[list[str], typer.Argument(help="option.merge.names")],
    config: SettingsOption = None,
) -> None:
    """Join sessions of the same sensors into one."""
    from monitor.service.config import data_folder, load_config
    from monitor.storage import session_edit

    folder = data_folder(load_config(config))
    with open_session_store(config) as store, progress_bar(user_text("say.session.joining")) as progress:
        infos = [store.session(resolve_session(store, name)) for name in names]
        print(session_edit.merge_sessions(store, folder, infos, progress=progress).id)


def delete_command(
    names: Annotated[list[str], typer.Argument(help="option.delete.names")],
    yes: Annotated[bool, typer.Option("--yes", help="option.delete.yes")] = False,
    config: SettingsOption = None,
) -> None:
    """Delete sessions for good, raw tapes included."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue, ask_yes_no
    from monitor.storage import session_edit

    with open_session_store(config) as store:
        ids = [resolve_session(store, name) for name in names]  # all at first: numbers move on
        for info in map(store.session, dict.fromkeys(ids)):
            text = f"{info.id} ({info.title}, {info.duration_s / 60:.0f} min)"
            question = user_text("say.delete.sure", session=text)
            if yes or ask_yes_no(TerminalDialogue(Console()), question, default=False):
                freed = session_edit.delete_session(store, info)
                print(user_text("say.delete.done", session=text, size=freed / 1e6))


def seconds_into_session(text: str) -> float:
    """Return the seconds that ``12.5`` (minutes) or ``12:30`` stands for; ``ConfigError`` if neither."""
    time = re.fullmatch(r"(\d+(?:[.,]\d+)?)|(\d+):([0-5]?\d(?:[.,]\d+)?)", text.strip())
    if time is None:
        raise ConfigError("error.no_time", text=text)
    minutes, whole, rest = (
        0.0 if part is None else float(part.replace(",", ".")) for part in time.groups()
    )
    return 60 * (minutes + whole) + rest
