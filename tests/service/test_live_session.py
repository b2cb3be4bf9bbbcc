"""What is left of a run when it has ended: a session and its FIT file, or nothing if nothing happened."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import math
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
from blockbuster import BlockBuster
from rich.console import Console

from dsp.types import Placement
from monitor.core.activity_facts import ActivityFacts, LapMark, PlaceTrack, TimerPause, facts_until
from monitor.core.errors import StoreError
from monitor.core.http_access import WebSettings
from monitor.core.packet import Packet
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals
from monitor.recordings.tape import Tape
from monitor.service.config import Config, StoreSettings
from monitor.service.live_session import LiveOptions, print_address, run_session
from monitor.service.session_store import open_store, replayed_facts
from monitor.service.waiting_runs import send_waiting_runs
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.export.settings import ExportSettings
from monitor.sources.protocol import Emit
from monitor.sources.replay import Replay
from monitor.storage.import_recording import import_recording
from monitor.storage.new_session import begin_session
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.fit_bytes import NOON
from tests.ports import free_port


@pytest.fixture(autouse=True)
def may_block(nothing_blocks: BlockBuster) -> None:
    """Whole runs open a store on their loop; what may block there has tests of its own."""
    nothing_blocks.deactivate()


def pod(speed_mps: float, seconds: int = 60) -> Recording:
    """A pod that tells one speed all the time, and the cadence of a runner if that is more than nothing."""

    def packets() -> Iterator[Packet]:
        for t in range(seconds):
            values = {"speed_mps": speed_mps, "cadence_spm": 170.0 if speed_mps else 0.0}
            yield Packet("pod", t * 1_000_000_000, plain.VALUES, plain.encode_values(values))

    worn = SensorSettings(name="pod", kind="plain", placement=Placement.POD)
    return Recording("run", SessionSettings(sensors=(worn,)), float(seconds), seconds, packets)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folder = tmp_path / "synced"
    return Config(store=StoreSettings(folder=tmp_path / "data"), export=ExportSettings(folder=folder))


def live_options(
    recording: Recording, *, recorded: bool, facts: ActivityFacts | None = None
) -> LiveOptions:
    """Options of a run as fast as it goes on what was recorded."""
    return LiveOptions(
        title="run",
        settings=recording.settings,
        sources=lambda time: [Replay(recording, time, math.inf)],
        pace=math.inf,
        origin="sensors" if recorded else "recording",
        facts=facts or ActivityFacts(),
    )


def play(
    config: Config, recording: Recording, *, recorded: bool, facts: ActivityFacts | None = None
) -> str:
    """Run a session on what was recorded, and return what is said about it."""
    console = Console(file=io.StringIO(), width=200)
    run_session(config, live_options(recording, recorded=recorded, facts=facts), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_run_is_exported_when_it_has_ended_and_a_replay_is_not(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        play(config, pod(3.0), recorded=False)
    assert "arrived" not in caplog.text
    said = play(config, pod(3.0), recorded=True)
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        live, replayed = store.sessions()
    assert (live.source, replayed.source) == ("", f"replay:{replayed.id}")
    assert [p.name for p in (tmp_path / "synced").iterdir()] == [f"{live.id}.fit"]
    assert "has not arrived" not in said


class EndlessPod:
    """A pod that has told of a minute, and goes on without a word."""

    name = "pod"
    live = True

    async def run(self, emit: Emit) -> None:
        for packet in pod(3.0).packets():
            emit(packet)
        await asyncio.Event().wait()


def ask_page(port: int, do: str) -> None:
    """Ask the run on its page for something, as soon as there is one to ask."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/run",
        json.dumps({"do": do}).encode(),
        {"Authorization": "Bearer let-me-in-please", "Content-Type": "application/json"},
    )
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer) == {"did": do}
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)  # the page is not there yet, or the run not ended
    raise AssertionError(f"nobody did {do}")


def test_a_run_is_paused_and_ended_on_its_page_which_then_waits_for_the_next(
    config: Config, tmp_path: Path
) -> None:
    port, wanted = free_port(), list[str]()
    live = LiveOptions(
        title="run",
        settings=pod(3.0).settings,
        sources=lambda time: [EndlessPod()],
        origin="sensors",
        web=WebSettings(port=port, token=Secret("let-me-in-please")),
        new_run=lambda: wanted.append("next"),
    )
    console = Console(file=io.StringIO(), width=200)
    run = threading.Thread(target=run_session, args=(config, live, console))
    run.start()
    for wish in ("pause", "resume", "lap", "pause", "end"):
        ask_page(port, wish)  # the first of them as soon as there is a page
        time.sleep(1.1)  # in real time: a lap or a pause of no time at all is none
    assert wanted == []
    ask_page(port, "start")
    run.join(30)
    assert (run.is_alive(), wanted) == (False, ["next"])
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        (info,) = store.sessions()
        facts = store.facts(info.id)
    assert info.status is SessionStatus.COMPLETE
    ((first, pause), (lap,)) = facts.pauses, facts.laps
    assert pause.end_s == pytest.approx(info.duration_s)
    assert lap.trigger == "manual"
    (exported,) = (tmp_path / "synced").iterdir()
    given = read_recording(exported).facts
    assert [p.start_s for p in given.pauses] == pytest.approx([first.start_s, pause.start_s], abs=1)
    assert [mark.trigger for mark in given.laps] == ["manual"]


FACTS = ActivityFacts(
    "walking",
    "trail",
    3600,
    (TimerPause(10.0, 5.5),),
    (LapMark(30.0, "distance"),),
    PlaceTrack(*np.array([[0.0, 48.0, 11.5, 520.0], [50.0, 48.001, 11.5, 521.0]]).T),
    steps=170,
)
"""What a watch said of a minute."""


def said_of(store: Store, session: str) -> tuple[object, ...]:
    found = store.facts(session)
    track = found.track
    places = (
        None if track is None else [track.t_s.tolist(), track.lat_deg.tolist(), track.altitude_m.tolist()]
    )
    return found.sport, found.sub_sport, found.pauses, found.laps, found.steps, places


@pytest.mark.parametrize("taped", [False, True])
def test_a_replay_of_a_file_or_of_its_tape_keeps_what_an_import_keeps(
    config: Config, tmp_path: Path, taped: bool
) -> None:
    recording = replace(pod(1.4), facts=FACTS, started_utc="2026-05-01T10:00:00+00:00")
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        info = import_recording(store, tmp_path / "data", recording, "me", NOON)
    played = read_recording(Path(info.tape)) if taped else recording
    play(config, played, recorded=False, facts=replayed_facts(config, played))
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        (replayed,) = [one for one in store.sessions() if one.id != info.id]
        assert said_of(store, replayed.id) == said_of(store, info.id)
        assert replayed.utc_offset_s is None  # it happened here and now


def test_a_replay_that_was_left_off_keeps_what_came_before_that() -> None:
    cut = facts_until(FACTS, 12.0)
    assert (cut.pauses, cut.laps, cut.steps) == ((TimerPause(10.0, 2.0),), (), None)
    assert cut.track is not None
    assert cut.track.t_s.tolist() == [0.0]
    assert facts_until(FACTS, 5.0).pauses == ()


def test_the_tape_of_a_session_that_is_gone_has_no_facts(config: Config, tmp_path: Path) -> None:
    recording = replace(pod(1.4), session="2026-05-01T10-00-00-me")
    facts = replayed_facts(config, recording)
    assert (facts.sport, facts.pauses, facts.track) == ("", (), None)


def test_a_folder_that_is_away_stops_no_run_and_gets_it_later(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_end: Callable[[], None]
) -> None:
    fast_end()
    (tmp_path / "synced").write_text("a file is in the way")
    said = play(config, pod(3.0), recorded=True)
    assert "export: 1 run has not arrived" in said
    assert "cannot be written" in said
    (tmp_path / "synced").unlink()
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        assert send_waiting_runs(config, store) == [("export", 1)]
        assert len(list((tmp_path / "synced").iterdir())) == 1
        assert send_waiting_runs(config, store) == [("export", 0)]


@pytest.fixture
def fast_end(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the sinks have four seconds for the rest, instead of ten."""

    def shorten() -> None:
        from monitor.service import live_session, serve

        def quick(*arguments: object, **options: object) -> object:
            return serve.serve(*arguments, **options, params=serve.ServeParams(deadline_s=4.0))  # type: ignore[arg-type]

        monkeypatch.setattr(live_session, "serve", quick)

    return shorten


def full_tape(monkeypatch: pytest.MonkeyPatch, free_pages: int) -> None:
    """Let the tape of the next run find so many free pages on its disk."""
    from monitor.storage import new_session

    begin = begin_session

    def begin_on_full_disk(*arguments: Any) -> Tape:
        tape = begin(*arguments)
        (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
        tape._db.execute(f"PRAGMA max_page_count={pages + free_pages}")
        return tape

    monkeypatch.setattr(new_session, "begin_session", begin_on_full_disk)


def test_success_is_not_claimed_for_a_run_that_found_no_room(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full_tape(monkeypatch, 0)
    console = Console(file=io.StringIO(), width=200)
    with pytest.raises(StoreError, match="this run is not kept: no room on the disk"):
        run_session(config, live_options(simulated_recording(20.0), recorded=True), console)
    assert isinstance(console.file, io.StringIO)
    assert "kept as" not in console.file.getvalue()


def test_success_is_not_claimed_while_the_store_cannot_be_written(
    config: Config, monkeypatch: pytest.MonkeyPatch, fast_end: Callable[[], None]
) -> None:
    fast_end()

    def full(store: Store, *arguments: object) -> None:
        raise StoreError("error.at", where=store.path, what="no room")

    console = Console(file=io.StringIO(), width=200)
    with monkeypatch.context() as always:
        always.setattr(Store, "write", full)
        with pytest.raises(StoreError, match="are not stored yet"):
            run_session(config, live_options(pod(3.0), recorded=True), console)
    with open_store(config) as store:
        (info,) = store.sessions()
        assert info.status is SessionStatus.RECOVERED
        assert len(store.metrics(info.id)) > 60


def test_samples_without_a_step_are_kept(config: Config, tmp_path: Path) -> None:
    t_s = np.arange(0, 30, 0.01)
    still = Signal(Placement.PELVIS, None, t_s, np.tile([0.0, 0.0, 9.81], (len(t_s), 1)), None)
    assert "not kept" not in play(config, recording_from_signals("run", [still]), recorded=True)
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        assert len(store.sessions()) == 1


def test_a_run_in_which_nothing_happened_is_not_kept_and_that_is_said_once(
    config: Config, tmp_path: Path
) -> None:
    said = play(config, pod(0.0), recorded=True)
    assert said.count("not kept") == 1
    with Store(tmp_path / "data" / "gaitcue.db") as store:
        assert store.sessions() == []
        assert store.backlog("export", runs=True) == 0
    assert list((tmp_path / "data" / "tapes").iterdir()) == []
    assert not (tmp_path / "synced").exists()


def address_of(web: WebSettings, folder: Path) -> str:
    """What a terminal shows of the address of this page."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=100)
    print_address("https://192.0.2.7:8765/?token=abc", web, folder, console)
    return out.getvalue()


def test_phones_that_may_come_get_a_code_to_scan(tmp_path: Path) -> None:
    code = io.StringIO()
    segno.make("https://192.0.2.7:8765/?token=abc", micro=False).terminal(out=code, compact=True)
    shown = address_of(WebSettings(host="0.0.0.0"), tmp_path)
    assert code.getvalue() in shown
    assert "scan this with the phone" in shown
    assert "/certificate" not in shown
    assert code.getvalue() not in address_of(WebSettings(), tmp_path)


def test_phones_are_told_of_the_certificate_of_the_runners_own_authority_only(tmp_path: Path) -> None:
    web = WebSettings(host="0.0.0.0", certificate=tmp_path / "server.crt", key=tmp_path / "server.key")
    assert "/certificate" not in address_of(web, tmp_path)  # somebody else's: phones trust it
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE")
    assert "https://192.0.2.7:8765/certificate on it once" in address_of(web, tmp_path)
