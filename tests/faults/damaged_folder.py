"""A data folder with every kind of file, random damage to one of them, and every command that reads it.

Commands run in a process of their own, forked from this one, so that a damage may cost memory and time
without costing the others.  What they find is compared with what a sound folder gives.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from starlette.testclient import TestClient
from typer.testing import CliRunner

from dsp.types import Record
from monitor.cli.main import app
from monitor.core.errors import MonitorError, StoreDamaged
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.packet import Packet
from monitor.core.records import SessionStarted
from monitor.pipeline.session import Session
from monitor.recordings.tape import TapeReader
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.new_session import begin_session
from monitor.storage.plan_file import Plan, RunPain, plan_path, read_plan, write_plan
from monitor.storage.runner_log import RUNNER_LOG_FOLDER, RunnerLog
from monitor.storage.sent_days import SentDays, read_sent_days, sent_days_path, write_sent_days
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.storage.tape_archive import read_whole_tape, tidy_tapes, unpacked_tape
from tests.web.clients import BEARER, page_client

NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
COMMANDS = (
    "sessions list", "sessions show last", "sessions show 3", "sessions trends", "sessions compare 2 3",
    "sessions tidy --dry-run", "sessions reanalyze 2", "baseline",
    "sessions note 3 windy", "review last --no-open --out OUT/review.html",
    "report --no-open --out OUT/report.html", "export 2 --format csv --out OUT",
    "export 3 --format imu-csv --out OUT", "export 1 --format fit --out OUT",
    "export 2 --format tape --out OUT", "plan", "plan --history", "log list --all",
    "log export OUT/log.zip", "log morning --pain 0 --as-before",
    "shoes", "share", "pair list", "pair --name another", "stack status",
)  # fmt: skip
"""Commands that read a data folder; ``OUT`` is a folder for what they write."""
CHECK = "sessions backup OUT/all.tar"
"""The command that compares every session with its digest."""
SOME = 8
"""So many commands and pages are run in one damaged folder: all of them in a few damages."""
_CPU_S, _BYTES = 120, 4 << 30


@dataclass(frozen=True)
class Outcome:
    """What came of a folder: the last ``text`` of all commands, tracebacks, and what is readable then."""

    text: str
    tracebacks: tuple[str, ...]
    content: dict[str, str]


def make_folder(folder: Path) -> Path:
    """Make a data folder with every kind of file that the program has, and return it."""
    with Store(folder / DATABASE) as store:
        recording = simulated_recording(8.0)
        for day in range(2):
            info = import_recording(store, folder, recording, "me", NOON + datetime.timedelta(days=day))
            store.add_note(info.id, "note", f"day {day}")
            store.tag(info.id, ["shoe=x"])
        list(tidy_tapes(store, NOON + datetime.timedelta(days=1.5), 1.0, None))
        store.acknowledge("influx", 100)
    config = _settings(folder)
    for words in (
        "log declare --no-flags --place behind --reference-km 30 --longest-km 12",
        "log run --km 5 --minutes 31", "log after --during 1 --now 1", "shoes add x", "plan",
    ):  # fmt: skip
        done = CliRunner().invoke(app, [*words.split(), "--config", str(config)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    write_plan(
        plan_path(folder, "me"),
        Plan(seen=("a",), pains=(RunPain(session="a", day="2026-11-25", value=2.0),)),
    )
    write_sent_days(sent_days_path(folder, "me"), SentDays(server="http://x", days={"2026-11-25": "0f"}))
    devices = PairedDevices(folder)
    devices.exchange(devices.make_code("phone", AccessRole.READER, None))
    (folder / "web-token").write_text("0123456789abcdefghijkl\n")
    _leave_killed_run(folder)
    return folder


def _leave_killed_run(folder: Path) -> None:
    """A run whose program dies in the middle: an open tape with its log and lock, and a live session."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    recording = simulated_recording(8.0)
    started = SessionStarted("2026-11-30T12-00-00-me", "me", "2026-11-30T12:00:00+00:00", ())
    store, session = Store(folder / DATABASE), Session(recording.settings)
    tape = begin_session(store, folder, "killed", recording.settings, started)
    for number, packet in enumerate(recording.packets()):
        tape.append(packet)
        store.write(started.session, session.push(packet))
        if number % 100 == 99:
            tape.commit()
    os._exit(0)


def _settings(folder: Path) -> Path:
    path = folder.parent / "gaitcue.toml"
    path.write_text(f'[store]\nfolder = "{folder}"\n', encoding="utf-8")
    return path


def files_of(folder: Path) -> list[Path]:
    """Return every file that a damage may meet, in order."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size and p.suffix != ".lock")


def damaged_bytes(sound: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return the name of a random damage, and the bytes with it."""
    data, at = bytearray(sound), rng.randrange(len(sound))
    kind = rng.choice(("bit", "bit", "bits", "cut", "zeros", "page", "letters", "empty"))
    if kind == "bit":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "bits":
        for _ in range(30):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del data[at:]
    elif kind == "zeros":
        data[at : at + 512] = bytes(len(data[at : at + 512]))
    elif kind == "page":
        start = at // 4096 * 4096
        data[start : start + 4096] = rng.randbytes(len(data[start : start + 4096]))
    elif kind == "letters":
        places = [i for i, byte in enumerate(data[:200_000]) if 97 <= byte <= 122]
        for i in rng.sample(places, min(3, len(places))):
            data[i] = rng.randrange(97, 123)
    else:
        data.clear()
    return kind, bytes(data)


def examine_folder(folder: Path, rng: random.Random | None = None) -> Outcome:
    """Look at what a folder holds, then run some commands and pages (all without ``rng``) in a process."""
    _pages()
    with tempfile.TemporaryDirectory() as place:
        child = os.fork()
        if child == 0:
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S + 5))
                resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
                log = os.open(Path(place, "log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(log, sys.stderr.fileno())
                Path(place, "outcome").write_text(json.dumps(_examined(folder, Path(place), rng)))
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        os.waitpid(child, 0)
        try:
            log = Path(place, "log").read_text(errors="replace")
            text, tracebacks, content = json.loads(Path(place, "outcome").read_text())
        except (OSError, ValueError):
            return Outcome("", (f"the commands did not end: {log[-2000:]}",), {})
    return Outcome(f"{text}\n{log}", tuple(tracebacks), content)


def _examined(
    folder: Path, place: Path, rng: random.Random | None
) -> tuple[str, list[str], dict[str, str]]:
    said, tracebacks = io.StringIO(), list[str]()
    config = _settings(folder)

    def run(words: str) -> None:
        out = Path(tempfile.mkdtemp(dir=place))
        arguments = [*words.replace("OUT", str(out)).split(), "--config", str(config)]
        done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
        said.write(f"\n$ {words}\n{done.output}")
        if isinstance(done.exception, MonitorError):
            said.write(f"{done.exception.text_in('en')}\n")
        elif done.exception is not None and not isinstance(done.exception, SystemExit):
            tracebacks.append(f"{words}: {''.join(traceback.format_exception(done.exception))}")

    run(COMMANDS[0])  # what a program left unfinished is completed, what is damaged set aside
    try:
        content = dict(_content(folder))
    except StoreDamaged as exc:  # a row that no command had read: the next start sets it aside
        said.write(f"{exc.text_in('en')}\n")
        run(COMMANDS[0])
        content = dict(_content(folder))
    run(CHECK)
    for words in COMMANDS[1:] if rng is None else rng.sample(COMMANDS, SOME):
        run(words)
    tracebacks += _open_pages(folder, rng)
    return said.getvalue(), tracebacks, content


def _open_pages(folder: Path, rng: random.Random | None) -> Iterator[str]:
    """Ask for pages of the API that need no more than the name of a run, and yield what fails."""
    client = page_client(folder)
    client = TestClient(client.app, base_url=client.base_url, headers=BEARER, raise_server_exceptions=False)
    answer = client.get("/api/v1/sessions")
    names = [s["id"] for s in answer.json()] if answer.status_code == 200 else []
    wanted = [
        path.replace("{id}", name) for path in _pages() for name in names[: None if "{id}" in path else 1]
    ]
    for path in wanted if rng is None else rng.sample(wanted, min(SOME, len(wanted))):
        answer = client.get(path)
        if answer.status_code >= 500:
            yield f"GET {path}: {answer.status_code} {answer.text[:300]}"


@cache
def _pages() -> tuple[str, ...]:
    """The addresses of the API that can be asked for; a second's work, so it is done before the fork."""
    paths = page_client(Path()).get("/api/v1/openapi.json").json()["paths"]
    return tuple(path for path, operations in paths.items() if "get" in operations)


def _content(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what a folder holds by name, as a digest; what cannot be read as why."""
    with Store(folder / DATABASE) as store:
        for info in store.sessions():
            facts = (info.title, info.athlete, info.started_utc, info.sensors, info.tags, info.duration_s)
            notes = [n.text for n in store.notes(info.id)]
            yield f"session {info.id}", repr((facts, notes))
            yield f"records {info.id}", _digest(lambda info=info: _measured(store, info))
            yield f"tape {info.id}", _digest(lambda info=info: _tape_content(info))
        yield "delivered", str(store.delivered("influx"))
    for path in sorted((folder / RUNNER_LOG_FOLDER).glob("*.jsonl")):
        lines = RunnerLog(path).lines()
        yield f"log {path.name}", repr(lines)
    yield "plan", _digest(lambda: read_plan(plan_path(folder, "me")))
    yield "sent", _digest(lambda: read_sent_days(sent_days_path(folder, "me")))
    yield "devices", _digest(lambda: [(d.name, d.tokens) for d in PairedDevices(folder).devices()])


def _measured(store: Store, info: SessionInfo) -> list[object]:
    return [r for r in store.records(info.id) if isinstance(r, get_args(Record))]


def _digest(read: Callable[[], object]) -> str:
    try:
        return f"{zlib.crc32(repr(read()).encode()):08x}"
    except MonitorError as exc:
        return exc.text_in("en")


def _tape_content(info: SessionInfo) -> tuple[list[tuple[str, int, bytes]], object]:
    """The packets and the settings of a tape; ``InputError`` if a part of it is damaged."""
    with unpacked_tape(info) as path:
        read_whole_tape(path)
        with TapeReader(path) as tape:
            return [_seen(p) for p in tape.packets()], tape.header.settings


def _seen(packet: Packet) -> tuple[str, int, bytes]:
    return packet.sensor, packet.arrival_ns, packet.payload


def damage_report(folder: Path, times: int, seed: int, place: Path) -> list[str]:
    """Damage copies of ``folder`` so often, one file each; return what came of each, a line each."""
    rng, out = random.Random(seed), list[str]()
    sound = examine_folder(_copy(folder, place / "sound"))
    assert not sound.tracebacks, sound.tracebacks
    files = [path.relative_to(folder) for path in files_of(folder)]
    for number in range(times):
        copy = _copy(folder, place / f"copy{number}")
        name = files[number % len(files)]
        kind, data = damaged_bytes((copy / name).read_bytes(), rng)
        (copy / name).write_bytes(data)
        out.append(verdict(name, kind, sound, examine_folder(copy, rng)))
        print(f"{number + 1}: {name} {kind}: {out[-1]}", file=sys.stderr, flush=True)
        if out[-1].startswith(("as before", "named")):
            shutil.rmtree(place / f"copy{number}")
    return out


def _copy(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place / "data"))


def verdict(name: Path, kind: str, sound: Outcome, damaged: Outcome) -> str:
    """Return whether a damage ended in a traceback, changed nothing, was named, or changed what is read."""
    if damaged.tracebacks:
        return f"traceback: {damaged.tracebacks[0]}"
    changed = [key for key in sound.content if damaged.content.get(key) != sound.content[key]]
    if not changed:
        return "as before"
    stem = re.sub(r"(-wal|-shm|-owner|\.xz)$", "", name.name)
    said = {*damaged.text.splitlines(), *damaged.content.values()}
    new = said - {*sound.text.splitlines(), *sound.content.values()}
    whose = {f"{session}: its " for _, _, session in (key.rpartition(" ") for key in changed)}
    told = any(
        stem in line or stem.removesuffix(".tape") in line or " left out" in line
        or any(words in line and " not as they were stored" in line for words in whose)
        for line in new
    )  # fmt: skip
    return f"{'named' if told else 'not told'} ({kind}): {', '.join(changed)}"
