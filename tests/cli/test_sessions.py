"""The list of sessions on narrow terminals, and the short names that every command takes."""

from __future__ import annotations

import datetime
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from dsp.types import Estimate, Metric
from monitor.cli import options
from monitor.cli.options import resolve_session
from monitor.cli.sessions import sessions_table, show_command
from monitor.core.activity_facts import ActivityFacts, LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.core.message_catalogues import Language
from monitor.core.user_language import choose_language, user_language
from monitor.recordings.tape_lock import TapeLock
from monitor.storage.session_info import SessionInfo, SessionStatus
from monitor.storage.store import Store
from tests.command_here import Gaitcue, here
from tests.finished_run import add_run

__all__ = ["here"]


def session(started_utc: str, title: str = "run", **facts: object) -> SessionInfo:
    name = f"{started_utc[:19].replace(':', '-')}-me"
    info = SessionInfo(
        id=name, athlete="me", title=title, started_utc=f"{started_utc}+00:00", duration_s=3000.0,
        status=SessionStatus.COMPLETE, sensors=("watch",),
    )  # fmt: skip
    return replace(info, **facts)  # type: ignore[arg-type]


SESSIONS = [
    session(
        "2026-11-24T18:30:00", "a long title with many words in it, as Strava's users love to write them"
    ),
    session("2026-11-24T06:00:00", sensors=("left foot", "right foot", "belt", "heart rate strap")),
    session("2026-10-25T00:30:00", sport="walking", tags=("shoe=Pegasus", "trail")),
    session("2026-07-01T22:30:00", sub_sport="treadmill", status=SessionStatus.RECOVERED),
]


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        for info in SESSIONS:
            made.begin(info)
        yield made


def listed(width: int, paused_s: Mapping[str, float] | None = None) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(sessions_table(SESSIONS, paused_s or {}))
    return capture.get().splitlines()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.usefixtures("berlin")
def test_the_list_fits_a_narrow_terminal_and_loses_nothing(width: int, language: Language) -> None:
    before = user_language()
    choose_language(language)
    try:
        lines = listed(width)
    finally:
        choose_language(before)
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[1:] if line[:3].strip()] == ["1", "2", "3", "4"]
    at = lines[0].index("title" if language == "en" else "Titel")
    words = " ".join(" ".join(line[at:] for line in lines).split())
    for word in ("Strava", "shoe=Pegasus", "trail"):
        assert word in words
    assert ("recovered" if language == "en" else "wiederhergestellt") in words.replace(" ", "")
    for start in ("2026-11-24 19:30", "2026-11-24 07:00", "2026-10-25 02:30", "2026-07-02 00:30"):
        assert any(start in line for line in lines)


@pytest.mark.usefixtures("berlin")
def test_the_hour_that_comes_twice_and_a_watch_abroad_have_their_own_offset() -> None:
    infos = [
        session("2026-10-25T00:30:00"),  # 02:30 in summer time
        session("2026-10-25T01:30:00"),  # 02:30 again, an hour later
        session("2026-10-25T01:30:00", utc_offset_s=-4 * 3600),  # in New York, says the watch
    ]
    console = Console(width=80, force_terminal=False)
    with console.capture() as capture:
        console.print(sessions_table(infos, {}))
    starts = [line.split()[1:3] for line in capture.get().splitlines()[1:]]
    assert starts == [["2026-10-25", "02:30"], ["2026-10-25", "02:30"], ["2026-10-24", "21:30"]]


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("name", "index"),
    [
        (None, 0), ("last", 0), ("1", 0), ("3", 2), ("4", 3),
        ("2026-10-25", 2), ("2026-07-02", 3),  # the runner's day: 22:30 UTC was past midnight
        ("2026-07-01", 3),  # nothing on that day: the beginning of a name
        ("2026-11-24T06", 1), (SESSIONS[1].id, 1), ("yesterday", 0 + 2), ("today", 3),
    ],
)  # fmt: skip
def test_short_names(store: Store, monkeypatch: pytest.MonkeyPatch, name: str | None, index: int) -> None:
    days = {"yesterday": (2026, 10, 26), "today": (2026, 7, 2)}

    class Date(datetime.date):
        @classmethod
        def today(cls) -> Date:
            return cls(*days.get(name or "", (2020, 1, 1)))

    monkeypatch.setattr(options.datetime, "date", Date)
    assert resolve_session(store, name) == SESSIONS[index].id


@pytest.mark.usefixtures("berlin")
def test_a_day_with_two_runs_lists_them_by_number(store: Store) -> None:
    with pytest.raises(InputError) as caught:
        resolve_session(store, "2026-11-24")
    first, *candidates = str(caught.value).splitlines()
    assert "fits 2 runs" in first
    assert candidates[0].startswith("  1: 2026-11-24 19:30, a long title")
    assert candidates[1] == "  2: 2026-11-24 07:00, run, 50 min"


@pytest.mark.parametrize(
    ("name", "why"),
    [("5", "there is no run 5; there are 4"), ("2025", "no run"), ("x", "no run"), ("9" * 5000, "no run")],
)
def test_what_names_no_run_is_said(store: Store, name: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        resolve_session(store, name)


def test_the_minutes_of_a_list_are_those_that_the_timer_ran(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as made:
        for info in SESSIONS[:2]:
            made.begin(info)
        made.add_facts(
            SESSIONS[0].id, ActivityFacts(pauses=(TimerPause(100.0, 600.0), TimerPause(900.0, 30.0)))
        )
        paused_s = made.paused_s()
    assert paused_s == {SESSIONS[0].id: 630.0}
    rows = [line.split() for line in listed(80, paused_s) if line.strip()[:2] in ("1 ", "2 ")]
    assert [row[3] for row in rows] == ["39.5", "50.0"]


@pytest.mark.parametrize(
    ("counted", "shown"),
    [
        (None, "850 by cadence"),
        (850, "850 by cadence"),
        (871, "871 as the watch counted (850 by its cadence)"),
    ],
)
def test_steps_are_those_the_watch_counted_beside_what_its_cadence_adds_up_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], counted: int | None, shown: str
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[store]\nfolder = "{tmp_path}"\n')
    info = session("2026-11-24T18:30:00", duration_s=300.0)
    with Store(tmp_path / "gaitcue.db") as made:
        made.begin(info)
        made.add_facts(info.id, ActivityFacts("running", steps=counted))
        cadence = Estimate("cadence_spm", 170.0, 1.0, "pod")
        made.write(info.id, [Metric(float(t), None, cadence) for t in range(301)])
    show_command("1", settings)
    assert f"steps:               {shown}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "live", "left"),
    [("en", "live", "not completed yet"), ("de", "läuft", "noch nicht abgeschlossen")],
)
def test_a_run_that_a_program_left_behind_is_not_called_live(
    tmp_path: Path, language: Language, live: str, left: str
) -> None:
    """After a full disk it waits until there is room: nobody records it any more."""
    tape = tmp_path / "2026-11-24T18-30-00-me.tape"
    info = session("2026-11-24T18:30:00", status=SessionStatus.LIVE, ended=False, tape=str(tape))
    console, before = Console(width=80, force_terminal=False), user_language()
    choose_language(language)
    try:
        for lock in (TapeLock(tape), None):
            with console.capture() as capture:
                console.print(sessions_table([info], {}))
            listing = capture.get()
            states = [state for state in (live, left) if f"run, {state} " in listing]
            assert states == [left if lock is None else live]
            if lock is not None:
                lock.leave()
    finally:
        choose_language(before)


def test_without_any_run_nothing_can_be_named(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as empty, pytest.raises(InputError):
        resolve_session(empty, "1")


@pytest.mark.parametrize(
    ("pauses", "length"),
    [
        ((), "50.0 min"),
        ((TimerPause(400.0, 1200.0),), "50.0 min, 20.0 min of it in a pause"),
        ((TimerPause(400.0, 600.0), TimerPause(2000.0, 300.0)), "50.0 min, 15.0 min of it in 2 pauses"),
    ],
)
def test_a_run_is_shown_with_how_long_its_watch_was_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pauses: tuple[TimerPause, ...], length: str
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[store]\nfolder = "{tmp_path}"\n')
    with Store(tmp_path / "gaitcue.db") as made:
        made.begin(SESSIONS[2])
        facts = ActivityFacts("walking", "generic", None, pauses, (LapMark(300.0, "manual"),))
        made.add_facts(SESSIONS[2].id, facts)
    show_command("1", settings)
    shown = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert (shown["length"].strip(), shown["sport"].strip()) == (length, "walking")
    before = user_language()
    choose_language("de")
    try:
        show_command("1", settings)
    finally:
        choose_language(before)
    assert f"Dauer:               {length.split()[0].replace('.', ',')} min" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "measured", "facts"),
    [
        ("en", "its steps and numbers are not as they were stored", "its cues, notes, places or title"),
        ("de", "Schritte und Werte sind nicht mehr so", "Hinweise, Notizen, Orte oder Titel"),
    ],
)
def test_what_a_disk_changed_is_told_with_what_helps(
    tmp_path: Path, here: Gaitcue, language: Language, measured: str, facts: str
) -> None:
    config = tmp_path / "gaitcue.toml"
    config.write_text(f'[alerts]\nlanguage = "{language}"\n[store]\nfolder = "{tmp_path}"\n')
    with Store(tmp_path / "gaitcue.db") as store:
        name = add_run(store)
        store.write(name, [Metric(1.0, None, Estimate("cadence_spm", 170.0, 1.0, "pod"))])
        tape = tmp_path / "tapes" / f"{name}.tape"
        store.move_tape(name, str(tape))
    words = ("sessions", "show", "1", "--config", config), ("sessions", "backup", tmp_path / "a.tar")
    assert measured not in here(*words[0]).stdout

    database = sqlite3.connect(tmp_path / "gaitcue.db")
    with database:
        database.execute("UPDATE metric SET value = 171")
        database.execute("UPDATE session SET title = 'x'")
    database.close()
    for command in (words[0], (*words[1], "--config", config)):
        done = here(*command)
        assert (done.returncode, done.stderr) == (0, "")
        lines = [line for line in done.stdout.splitlines() if line.startswith(f"{name}:")]
        assert [measured in lines[0], facts in lines[1]] == [True, True]
        assert all("gaitcue sessions restore" in line for line in lines)
    tape.parent.mkdir()
    tape.touch()
    assert f"{name}: {measured}" in (shown := here(*words[0]).stdout)
    assert "gaitcue sessions reanalyze" in shown
