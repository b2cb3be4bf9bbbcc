"""What the coach's server costs: points and disk of a run-hour and of a year, and CPU of boards and alerts.

``python -m bench.boards`` fills a real InfluxDB 1.x with simulated runs and asks it every query of the
boards and of the alert rules; the figures stand in docs/coaches.md.  ``--years`` athletes have 90 days of
five runs of an hour a week; their seconds hold the fields that boards and rules of weeks ask for, their
runs and days are made by the program from one simulated run.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.__main__ import print_result
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.pipeline.session import Session
from monitor.simulation.squad import SQUAD, squad_recordings
from monitor.sinks.influx.line_protocol import Point, Value, protocol_lines
from monitor.sinks.influx.points import record_points
from monitor.sinks.influx.run_points import day_point, run_points
from monitor.sinks.influx.run_rollup import RunRollup, RunRollups
from monitor.sinks.influx.schema import RAW_MEASUREMENTS
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.stack.servers import BUCKET, RAW_BUCKET, TOKEN, Influx, fetch

HISTORY_DAYS, RUN_DAYS, HOUR_S = 90, (0, 1, 3, 4, 6), 3600
LIVE_S = 900.0
_QUICK = 'cache-snapshot-write-cold-duration = "2s"\ncompact-full-write-cold-duration = "4s"\n'
_TICKS = os.sysconf("SC_CLK_TCK")


def main(argv: Sequence[str] | None = None) -> None:
    """Print one JSON line a case."""
    options = argparse.ArgumentParser(prog="python -m bench.boards", description=__doc__)
    options.add_argument("--athletes", type=int, default=10, help="of the boards of weeks")
    options.add_argument("--seconds", action="store_true", help="store their seconds too (minutes of work)")
    options.add_argument("--boards", type=Path, default=Path("grafana"), help="folder of boards and rules")
    options.add_argument("--hour", action="store_true", help="points and disk of run-hours instead")
    given = options.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        server = Influx(Path(name))
        config = Path(name) / "influxd.conf"
        config.write_text(config.read_text().replace("query-log", f"{_QUICK}query-log"))
        try:
            server.start()
            for result in _hours(server, Path(name)) if given.hour else _weeks(server, Path(name), given):
                print_result(result)
        finally:
            server.stop()


# ------------------------------------------------------------------ a run-hour


def _hours(server: Influx, folder: Path) -> Iterator[dict[str, str | float]]:
    """Points, values and disk of an hour of three sensors, and of a run's and a day's own points."""
    records, info = _simulated_run(float(HOUR_S), _now() - datetime.timedelta(hours=2))
    points = record_points(info, records)
    values = Counter[str]()
    for point in points:
        values[point.measurement] += sum(v is not None for v in point.values.values())
    raw = [p for p in points if p.measurement in RAW_MEASUREMENTS]
    yield {"case": "a run-hour", "points": len(raw), "values": sum(values.values()), **dict(values)}
    for k in range(8):
        moved = [replace(p, tags={**p.tags, "session": f"run {k}"}, t_ns=p.t_ns) for p in raw]
        _write(server, moved)
    yield {"case": "disk of a run-hour", "MB": _settled_bytes(server, folder, RAW_BUCKET) / 8e6}
    rollup = _rollup(folder, records, info)
    kept = [p for day in range(365) for p in _lasting_points(rollup, "ann", _now(), day)]
    _write(server, kept)
    size = _settled_bytes(server, folder, BUCKET)
    yield {"case": "a year of runs and days", "points": len(kept), "MB": size / 1e6}


def _settled_bytes(server: Influx, folder: Path, bucket: str) -> float:
    """Bytes on disk once the log is empty and everything is compacted."""
    before, same = -1, 0
    while same < 5:
        time.sleep(2)
        size, log = _size(folder / "data" / bucket, "*.tsm"), _size(folder / "wal" / bucket, "*.wal")
        same = same + 1 if size == before and log == 0 else 0
        before = size
    return float(before)


def _size(folder: Path, pattern: str) -> int:
    total = 0
    for path in folder.rglob(pattern):
        with contextlib.suppress(FileNotFoundError):  # the server has just merged it
            total += path.stat().st_size
    return total


# ------------------------------------------------------------------ weeks of many athletes


def _weeks(server: Influx, folder: Path, given: argparse.Namespace) -> Iterator[dict[str, str | float]]:
    """Server CPU of every board and of one round of all alert rules."""
    now = _now()
    records, info = _simulated_run(LIVE_S, now - datetime.timedelta(seconds=LIVE_S))
    rollup = _rollup(folder, records, info)
    live = record_points(info, records[:-1])
    bodies = _second_bodies()
    for number in range(given.athletes):
        name = f"athlete {number:03d}"
        _write(server, [replace(p, tags={**p.tags, "athlete": name}) for p in live])
        kept = [p for day in range(HISTORY_DAYS) for p in _lasting_points(rollup, name, now, day)]
        _write(server, [*kept, *_session_points(name, now)])
        if given.seconds:
            _write_seconds(server, name, now, bodies)
    _settled_bytes(server, folder, RAW_BUCKET)
    for path in sorted((given.boards / "dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        queries = [t["query"] for panel in board["panels"] for t in panel["targets"]]
        whose = ".*" if board["templating"]["list"][0]["multi"] else "athlete 000"
        yield _cost(server, path.stem, [_filled(q, board["time"]["from"], now, whose) for q in queries])
    groups = json.loads((given.boards / "provisioning" / "alerting" / "rules.json").read_text())["groups"]
    for group in groups:
        asked = [part for rule in group["rules"] for part in rule["data"] if "query" in part["model"]]
        texts = [_filled(p["model"]["query"], f"{p['relativeTimeRange']['from']}s", now) for p in asked]
        yield _cost(server, f"alerts every {group['interval']}", texts)


def _filled(query: str, since: str, now: datetime.datetime, whose: str = ".*") -> str:
    """As Grafana fills it in, at the end of the live runs: filling the server takes minutes."""
    span = f"time >= now() - {since.removeprefix('now-')} AND time <= now()"
    out = query.replace("$timeFilter", span).replace("$__interval", "10s").replace("$session", ".*")
    return out.replace("$athlete", whose).replace("now()", f"'{now:%Y-%m-%dT%H:%M:%SZ}'")


def _cost(server: Influx, name: str, queries: Sequence[str]) -> dict[str, str | float]:
    """CPU seconds of the server for all of them once: the median of five times."""
    times = []
    for _ in range(5):
        began, wall = _cpu_s(server.server.pid), time.perf_counter()
        found = sum(bool(server.query(query)) for query in queries)
        times.append((_cpu_s(server.server.pid) - began, time.perf_counter() - wall))
    cpu_s, wall_s = sorted(times)[2]
    return {"case": name, "queries": len(queries), "answered": found, "cpu_s": cpu_s, "wall_s": wall_s}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _simulated_run(seconds: float, began: datetime.datetime) -> tuple[list[Out], SessionInfo]:
    """The records of a squad's runner with three sensors, who has targets."""
    (recording,) = squad_recordings(SQUAD[:1], seconds)
    session, at = Session(recording.settings), began.isoformat()
    info = SessionInfo(id="run", athlete=recording.settings.athlete, title="a run", started_utc=at)
    records: list[Out] = [SessionStarted("run", info.athlete, at, ("footL", "footR", "pelvis"))]
    for packet in recording.packets():
        records += session.push(packet)
    records += session.finish()
    return [*records, SessionEnded("run", session.t_s, "the input ended")], info


def _rollup(folder: Path, records: Sequence[Out], info: SessionInfo) -> RunRollup:
    with Store(folder / "gaitcue.db") as store:
        store.begin(info)
        store.write(info.id, records)
        store.end(info.id, LIVE_S)
        return RunRollups(store).rollup(info.id)


def _lasting_points(rollup: RunRollup, athlete: str, now: datetime.datetime, day: int) -> list[Point]:
    """The points of the run and of the day so many days ago; none on days without a run."""
    at = now - datetime.timedelta(days=day, hours=2)
    if at.weekday() not in RUN_DAYS:
        return []
    info = replace(rollup.info, id=_session_id(athlete, at), athlete=athlete, started_utc=at.isoformat())
    run = replace(rollup, info=info, day=at.date())
    of_day = day_point([run])
    return [*run_points(run, [run]), *([of_day] if of_day else [])]


def _session_points(athlete: str, now: datetime.datetime) -> list[Point]:
    at = [now - datetime.timedelta(days=day, hours=2) for day in range(HISTORY_DAYS)]
    values: dict[str, Value | None] = {"count": 1, "duration_s": float(HOUR_S), "reason": "it ended"}
    return [
        Point("session", {"athlete": athlete, "session": _session_id(athlete, t)}, values, _ns(t))
        for t in at
        if t.weekday() in RUN_DAYS
    ]


def _second_bodies() -> list[str]:
    """What every second of an hour holds: the fields that the boards and rules of weeks have asked for."""
    out = []
    for t in range(HOUR_S):
        wave = math.sin(t / 37) + math.sin(t / 11)
        muted = "silent by plan" if t % 600 > 300 else ""
        fields = {
            "t_s": float(t), "cadence_spm": 165 + wave, "cadence_spm_target": 166 + wave / 10,
            "overstride_m": 0.2 + wave / 1000, "overstride_m_target": 0.2 + wave / 9000,
            "braking_impulse_bws": 0.02 + wave / 9000, "braking_impulse_bws_target": 0.02 + wave / 99000,
            "contact_ms": 260 + wave, "contact_balance_pct": 50 + wave / 10, "speed_mps": 3 + wave / 10,
            "braking_dose_bws": 0.05 * t,
        }  # fmt: skip
        text = ",".join(f"{name}={value!r}" for name, value in fields.items())
        out.append(f'{text},cadence_spm_in_band={int(wave > 0)}i,cadence_spm_muted="{muted}"')
    return out


def _write_seconds(server: Influx, athlete: str, now: datetime.datetime, bodies: Sequence[str]) -> None:
    for day in range(HISTORY_DAYS):
        at = now - datetime.timedelta(days=day, hours=2)
        if at.weekday() in RUN_DAYS:
            series = f"second,athlete={athlete},session={_session_id(athlete, at)}".replace(
                "athlete ", "athlete\\ "
            )
            began = _ns(at)
            lines = (f"{series} {body} {began + t * 10**9}" for t, body in enumerate(bodies))
            _post(server, RAW_BUCKET, "\n".join(lines).encode())


def _session_id(athlete: str, at: datetime.datetime) -> str:
    return f"{at:%Y-%m-%dT%H-%M-%S}-{athlete[-3:]}"


def _ns(at: datetime.datetime) -> int:
    return round(at.timestamp()) * 10**9


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def _write(server: Influx, points: Sequence[Point]) -> None:
    for bucket in (RAW_BUCKET, BUCKET):
        some = [p for p in points if (p.measurement in RAW_MEASUREMENTS) == (bucket == RAW_BUCKET)]
        for k in range(0, len(some), 5000):
            _post(server, bucket, protocol_lines(some[k : k + 5000]))


def _post(server: Influx, bucket: str, body: bytes) -> None:
    fetch(f"{server.url}/api/v2/write?org=gaitcue&bucket={bucket}&precision=ns", body, TOKEN)


if __name__ == "__main__":
    main()
