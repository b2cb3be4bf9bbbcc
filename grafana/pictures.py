"""Pictures of the dashboards for docs/coaches.md: ``python -m grafana.pictures``.

Not Grafana: this program executes each panel's own query on a real server filled by the simulated
squad, and draws the answers with Plotly in the dashboard's grid.  Tables are joined, and numbers written,
by the packages that Grafana publishes.  It does not show Grafana's own drawing, or alerts.
"""

from __future__ import annotations

import asyncio
import datetime
import html
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console

from grafana.__main__ import files as dashboard_files
from grafana.published import ask_packages, series_frame
from grafana.squad import NOW
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded, SessionStarted, SinkStatus
from monitor.core.secret import Secret
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.service.config import Config, StoreSettings
from monitor.service.session_store import open_store
from monitor.service.squad_weeks import add_weeks, send_weeks
from monitor.simulation.squad import SQUAD, squad_recordings
from monitor.simulation.squad_history import STORY_DAYS
from monitor.sinks.influx.plan_points import shared_day_points
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import InfluxSink
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ShareEntry, ShoeEntry
from monitor.training.planned_days import planned_days
from monitor.training.sharing import SHARED_ITEMS, SharedDay, shared_days
from monitor.training.table_files import shipped_tables
from tests.stack.servers import TOKEN, Influx, influx_in
from tests.training.diary import date, in_full, made

_HERE = Path(__file__).parent
RUN_OF_NOW = datetime.datetime.now(datetime.UTC).replace(hour=20, minute=0, second=0, microsecond=0)
SECONDS = 180.0
END = RUN_OF_NOW + datetime.timedelta(seconds=SECONDS)
LAST_MINUTE = f"time >= '{END - datetime.timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}'"
COLUMN, ROW = 58, 30
ONE = "Cem"
STYLE = """
body { margin: 0; background: #111217; color: #d8d9da; font: 12px sans-serif }
.panel { position: absolute; background: #181b1f; border: 1px solid #2c2f36; overflow: hidden }
h2 { font-size: 13px; margin: 6px 8px 2px; font-weight: 600 }
table { border-collapse: collapse; width: 100% }
td, th { font-size: 12px; text-align: left; padding: 3px 8px; border-bottom: 1px solid #2c2f36 }
.big { font-size: 42px; text-align: center; padding-top: 12px }
.absent { text-align: center; padding-top: 24px; color: #9fa7b3 }
"""


def main() -> None:
    """Fill a server with the simulated squad, run every panel's queries and write the pictures.

    Of the boards that are named, or of all.
    """
    chosen = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name, influx_in(Path(name)) as server:
        _fill(server, Config(store=StoreSettings(folder=Path(name)), influx=_settings(server)))
        (_HERE / "pictures").mkdir(exist_ok=True)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for path, text in sorted(dashboard_files([athlete.name for athlete in SQUAD]).items()):
                if path.parent.name != "dashboards" or path.stem == "hub":  # that asks Prometheus
                    continue
                if chosen and path.stem not in chosen:
                    continue
                board = json.loads(text)
                height = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in board["panels"]) * ROW
                height = min(height, 1340)
                page = browser.new_page(viewport={"width": 24 * COLUMN, "height": height})
                page.set_content(_page(server, board))
                page.wait_for_timeout(1500)
                page.screenshot(path=_HERE / "pictures" / f"{path.stem}.png")
                print(path.stem)
            browser.close()


def _fill(server: Influx, config: Config) -> None:
    """Send what ``gaitcue demo --squad 8`` sends: four made-up weeks, and three simulated minutes."""
    recordings = squad_recordings(SQUAD, SECONDS)
    names = [r.settings.athlete for r in recordings]
    with open_store(config) as store:
        console, runners = (
            Console(quiet=True),
            [(a, r.settings) for a, r in zip(SQUAD, recordings, strict=True)],
        )
        add_weeks(config, store, runners, RUN_OF_NOW.date(), console)
        send_weeks(config, store, [name for name in names if name != ONE], console)
        for recording in recordings:
            _run_now(store, recording)
        asyncio.run(InfluxSink(config.influx, store, SystemClock()).run(_nothing()))
        asyncio.run(_share(server, store))


def _run_now(store: Store, recording: Recording) -> None:
    session, name = Session(recording.settings), recording.settings.athlete
    records: list[Out] = [r for p in recording.packets() for r in session.push(p)]
    records += session.finish()
    run, at = f"{RUN_OF_NOW:%Y-%m-%d}-{name}", RUN_OF_NOW.isoformat()
    begun = SessionStarted(run, name, at, tuple(s.name for s in recording.settings.sensors))
    sinks = [SinkStatus(t, "influx", True, "delivering", 20, 0, 1.2) for t in (60.0, 120.0, 180.0)]
    store.begin(SessionInfo(id=run, athlete=name, title="squad", started_utc=at))
    store.write(run, [begun, *records, *sinks, SessionEnded(run, session.t_s, "the input ended")])
    store.end(run, session.t_s)


async def _share(server: Influx, store: Store) -> None:
    """Six made-up weeks up to the last run of a runner who shares everything."""
    diary, tables = in_full(), shipped_tables()
    diary.run(40, 5.0, (6, 4), descent_m=40.0)
    diary.morning(41, 4, as_before=False)
    diary.add(ShoeEntry, 0, 6, shoe="one", start_km=510.0)
    shift = RUN_OF_NOW.date() - date(42)
    sink = InfluxSink(_settings(server), store, SystemClock())
    switches = [
        ShareEntry(id=item, made_utc=made(0, 8), day=date(0), item=item, on=True) for item in SHARED_ITEMS
    ]
    entries = [*diary.entries, *switches]
    planned, _ = planned_days(entries, diary.runs, diary.settings, date(42), tables)
    days = shared_days(planned, entries, diary.runs, diary.settings, tables)
    async with sink.connected():
        await sink.send_points(shared_day_points(ONE, [_moved(d, shift) for d in days]))


def _moved(day: SharedDay, by: datetime.timedelta) -> SharedDay:
    since = None if day.held_since is None else day.held_since + by
    return replace(day, day=day.day + by, held_since=since)


def _settings(server: Influx) -> InfluxSettings:
    return InfluxSettings(url=server.url, token=Secret(TOKEN))


async def _nothing() -> AsyncIterator[list[Out]]:
    for batch in list[list[Out]]():
        yield batch


def _page(server: Influx, board: dict[str, Any]) -> str:
    span = _span_text(*_span_of(board["uid"]))
    ever = _span_text(END - datetime.timedelta(days=365), END)
    several = board["templating"]["list"][0].get("multi", False)
    asked = [
        [
            _ask(server, t, ever if panel.get("timeFrom") else span, ".*" if several else ONE)
            for t in panel["targets"]
        ]
        for panel in board["panels"]
    ]
    colours = _colours([_series_name(s) for panel in asked for answer in panel for s in answer])
    parts = []
    for panel, answers in zip(board["panels"], asked, strict=True):
        box = panel["gridPos"]
        place = f"left:{box['x'] * COLUMN}px;top:{box['y'] * ROW}px;width:{box['w'] * COLUMN - 8}px;"
        place += f"height:{box['h'] * ROW - 8}px"
        title = f"<h2>{html.escape(panel['title'])}</h2>"
        parts.append(f'<div class="panel" style="{place}">{title}{_drawn(panel, answers, colours)}</div>')
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return f"<style>{STYLE}</style><script>{plotly}</script>{''.join(parts)}"


def _span_of(board: str) -> tuple[datetime.datetime, datetime.datetime]:
    """The time that a board shows: weeks, or the run of now, which alone has single steps."""
    days = {"gaitcue-trends": STORY_DAYS, "gaitcue-returning": 43}.get(board)
    if days is not None:
        return END - datetime.timedelta(days=days), END
    return RUN_OF_NOW, END


def _span_text(start: datetime.datetime, end: datetime.datetime) -> str:
    return f"time >= '{start:%Y-%m-%dT%H:%M:%SZ}' AND time <= '{end:%Y-%m-%dT%H:%M:%SZ}'"


def _ask(server: Influx, target: dict[str, Any], span: str, names: str) -> list[dict[str, Any]]:
    text = target["query"].replace("$timeFilter", span).replace("$__interval", "5s")
    text = text.replace(NOW, LAST_MINUTE).replace("$athlete", names)
    return [{**series, "alias": target["alias"]} for series in server.query(text)]


def _drawn(panel: dict[str, Any], answers: list[list[dict[str, Any]]], colours: dict[str, str]) -> str:
    if panel["type"] == "timeseries":
        series = [one for answer in answers for one in answer]
        absent = panel["fieldConfig"]["defaults"]["noValue"]
        return (
            _lines(panel, series, colours) if series else f'<div class="absent">{html.escape(absent)}</div>'
        )
    if panel["type"] == "stat":
        values = [s["values"][-1][-1] for answer in answers for s in answer]
        return f'<div class="big">{values[0] if values else "–"}</div>'
    return _table(panel, answers)


def _series_name(series: dict[str, Any]) -> str:
    name = str(series["alias"])
    for tag, value in series.get("tags", {}).items():
        name = name.replace(f"$tag_{tag}", value)
    return name


def _colours(names: list[str]) -> dict[str, str]:
    """The colour that Grafana gives each name, asked at once: its packages take seconds to load."""
    wanted = sorted(set(names))
    return dict(zip(wanted, ask_packages(names=wanted)["colours"], strict=True)) if wanted else {}


def _lines(panel: dict[str, Any], series: list[dict[str, Any]], colours: dict[str, str]) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    names = [_series_name(s) for s in series]
    traces = []
    for s, name in zip(series, names, strict=True):
        points = [row for row in s["values"] if row[1] is not None]
        times = [datetime.datetime.fromtimestamp(row[0] / 1e9, datetime.UTC).isoformat() for row in points]
        mode = "lines+markers" if len(points) < 10 else "lines"
        line = {"color": colours[name]}
        trace = {"x": times, "y": [row[1] for row in points], "name": name, "mode": mode, "line": line}
        traces.append(trace | _override_style(panel, name, colours[name]))
    where = f"p{panel['id']}"
    height = panel["gridPos"]["h"] * ROW - 34
    label, low = defaults["custom"]["axisLabel"], height < 170
    title = {"text": label, "font": {"size": 8 if low else 10}, "standoff": 4}
    axis: dict[str, Any] = {"title": title, "gridcolor": "#2c2f36", "automargin": True}
    if defaults["unit"] == "clocks":  # seconds, read as minutes and seconds
        paces = [row[1] for s in series for row in s["values"] if row[1] is not None]
        every = 5 if max(paces) - min(paces) < 60 else 30
        axis["range"] = [min(paces) - 2 * every, max(paces) + 2 * every]
        ticks = list(range(0, 900, every))
        axis |= {"tickvals": ticks, "ticktext": [f"{t // 60}:{t % 60:02d}" for t in ticks]}
    layout = {
        "height": height, "margin": {"l": 58, "r": 50, "t": 4, "b": 44}, "paper_bgcolor": "#181b1f",
        "plot_bgcolor": "#181b1f", "font": {"color": "#d8d9da", "size": 10}, "showlegend": True,
        "yaxis": axis, "xaxis": {"gridcolor": "#2c2f36", "tickformat": _time_format(series)},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "yaxis2": {"overlaying": "y", "side": "right", "showgrid": False},
    }  # fmt: skip
    data = json.dumps([traces, layout])
    script = f'Plotly.newPlot("{where}", ...{data}, {{staticPlot: true}})'
    return f'<div id="{where}"></div><script>{script}</script>'


def _time_format(series: list[dict[str, Any]]) -> str:
    """Days of what goes over days, else the time of day, with seconds where it goes over minutes."""
    times = [row[0] / 1e9 for s in series for row in s["values"]]
    lasts_s = max(times) - min(times)
    return "%d %b" if lasts_s > 86_400 else "%H:%M" if lasts_s > 600 else "%H:%M:%S"


def _override_style(panel: dict[str, Any], name: str, own: str) -> dict[str, Any]:
    """How a series is drawn that an override of the panel shapes: bars, bands, an axis at the right."""
    out: dict[str, Any] = {}
    for override in panel["fieldConfig"].get("overrides", ()):
        wanted = {p["id"]: p["value"] for p in override["properties"]}
        pattern = str(override["matcher"]["options"])
        hit = re.match(pattern.strip("/"), name) if pattern.startswith("/") else pattern == name
        if not hit:
            continue
        if wanted.get("custom.axisPlacement") == "right":
            out["yaxis"] = "y2"
        if wanted.get("custom.drawStyle") == "bars":
            out |= {"type": "bar", "opacity": 0.6, "marker": out.get("marker", {"color": own})}
        if "color" in wanted:
            fixed = wanted["color"]["fixedColor"]
            colour = {"red": "#e0524d", "green": "#73bf69"}.get(fixed, fixed)
            out["line"] = {"color": colour, "width": wanted.get("custom.lineWidth", 2)}
            out["marker"] = {"color": colour}
            if "custom.lineStyle" in wanted:
                out["line"]["dash"] = "dash"
        if "custom.fillBelowTo" in wanted:
            out |= {"fill": "tonexty", "fillcolor": "rgba(115,191,105,0.18)"}
    return out


def _table(panel: dict[str, Any], answers: list[list[dict[str, Any]]]) -> str:
    """The rows of all answers as Grafana's own transformations join, name and sort them."""
    frames = [series_frame(series) for series in answers if series]
    if not frames:
        return f'<div class="absent">{panel["fieldConfig"]["defaults"]["noValue"]}</div>'
    (tables,) = ask_packages(tables=[{"panel": panel, "frames": frames}])["tables"]
    looks = {
        o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]}
        for o in panel["fieldConfig"]["overrides"]
    }
    table = tables[0]
    seen = [k for k, name in enumerate(table["columns"]) if "custom.hideFrom" not in looks.get(name, {})]
    columns = [(table["columns"][k], [row[k] for row in table["rows"][:14]]) for k in seen]
    numbers = [
        {
            "unit": looks.get(name, {}).get("unit", "none"),
            "decimals": looks.get(name, {}).get("decimals"),
            "value": v,
        }
        for name, values in columns
        for v in values
        if isinstance(v, (int, float))
    ]
    texts = iter(ask_packages(values=numbers)["texts"])
    absent = panel["fieldConfig"]["defaults"]["noValue"]
    cells = [_cells(name, values, looks.get(name, {}), texts, absent) for name, values in columns]
    head = "".join(f"<th>{html.escape(name)}</th>" for name, _ in columns)
    rows = ("".join(f"<td>{cell}</td>" for cell in row) for row in zip(*cells, strict=True))
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cells(
    name: str, values: list[Any], look: dict[str, Any], texts: Iterator[str], absent: str
) -> list[str]:
    """The cells of a column: words that its numbers stand for, dates, or ``texts``, one for each number."""
    out = []
    for value in values:
        text = next(texts) if isinstance(value, (int, float)) else str(value)
        if "mappings" in look:
            text = _word(value, look["mappings"])
        elif name in ("Date", "When", "Time", "Last heard") and value is not None:
            text = _date_text(value / 1000)
        out.append(absent if value is None else html.escape(text))
    return out


def _date_text(utc_s: float) -> str:
    return f"{datetime.datetime.fromtimestamp(utc_s, datetime.UTC):%d %b %H:%M}"


def _word(value: Any, mappings: list[dict[str, Any]]) -> str:
    for mapping in mappings:
        options = mapping["options"]
        if mapping["type"] == "value" and str(value) in options:
            return str(options[str(value)]["text"])
        if mapping["type"] == "range" and isinstance(value, (int, float)):
            low, high = options["from"], options["to"]
            if (low is None or value >= low) and (high is None or value < high):
                return str(options["result"]["text"])
    return str(value)


if __name__ == "__main__":
    main()
