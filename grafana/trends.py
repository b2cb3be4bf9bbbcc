"""The dashboard of weeks, and the list of runs: both read a point a run or a day, never single seconds."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.builders.table import Panel as Table

from dsp.metrics import BY_NAME, MetricSpec, Role, with_role
from grafana.panels import (
    SELECTED,
    Query,
    cell,
    display_decimals,
    display_expression,
    draw_as_bars,
    empty_board,
    format_column,
    join_queries,
    latest,
    line_panel,
    link_column,
    metric_panel,
    name_columns,
    number_cell,
    table_panel,
)
from grafana.returning import NOT_SHARED
from grafana.squad import CADENCE
from monitor.sinks.influx.run_rollup import LEAST_COMPARED_S
from monitor.sinks.influx.schema import WHOLE_RUN

BRAKING_IMPULSE, DOSE = "braking_impulse_bws", "braking_dose_bws"
WHOLE = f"\"speed\" = '{WHOLE_RUN}'"
"""The points of whole runs, not of single speeds."""
WEEK = 'time(7d, 4d), "athlete"'
"""Weeks that begin on Monday (1970 began on a Thursday)."""


def trends() -> dashboard.Dashboard:
    """Return the board of weeks: outcome of the cues, metrics day by day, load, notes."""
    about = (
        "Weeks: the runs, own normal, silent share in band, load. Lines leave out days with less than five "
        "minutes of running."
    )
    made = empty_board("gaitcue-trends", "Trends", about, "90d", measurements='"day"')
    made = made.with_panel(run_list("Every run of the time above; click a date to see it."))
    share = "Share of the seconds in which the plan keeps silent, with cadence inside the own band."
    made = made.with_panel(line_panel("In band, cues off", share, "%", [_daily('"silent_in_band_pct"')]))
    matched = "Against the athlete's own normal at the same speed and slope."
    compared = [BY_NAME[name] for name in with_role(Role.COMPARED)]
    for m in compared:
        if Role.BANDED in m.roles and m.better:  # its target is the own normal, no aim
            queries = [_daily(f'"{m.name}_off_pct"')]
            made = made.with_panel(line_panel(f"{m.label} at matched speed", matched, "%", queries))
    for m in compared:
        if not m.better and Role.PANEL in m.roles:
            queries = [_daily(display_expression(m.name, of=""))]
            made = made.with_panel(metric_panel(m.name, queries, f"{m.label}, day by day"))
    target = [_daily(f'"{CADENCE}_target"')]
    made = made.with_panel(metric_panel(CADENCE, target, "Cadence target, day by day"))
    return _notes(_load(made))


def _daily(expression: str) -> Query:
    """Of days with enough running to be compared."""
    enough = f'"running_s" >= {LEAST_COMPARED_S}'
    text = f'SELECT {expression} FROM "day" WHERE {SELECTED} AND {enough} GROUP BY "athlete"'
    return Query(text, "$tag_athlete")


def _weekly(expression: str, measurement: str = "day", by: str = WEEK) -> str:
    return f'SELECT {expression} FROM "{measurement}" WHERE {SELECTED} GROUP BY {by} fill(none)'


def _load(made: dashboard.Dashboard) -> dashboard.Dashboard:
    """What every week had, from Monday on."""
    km = Query(_weekly('SUM("km")'), "$tag_athlete")
    minutes = Query(_weekly('SUM("running_s") / 60'), "$tag_athlete")
    dose = Query(_weekly(f'SUM("{DOSE}")'), "$tag_athlete")
    shoes = Query(_weekly('DIFFERENCE(LAST("km"))', "shoe", f'{WEEK}, "pair"'), "$tag_athlete, $tag_pair")
    for panel in (
        line_panel("Kilometres by week", "Run and walked, weeks from Monday.", "km", [km]),
        line_panel("Running by week", "Minutes of running.", "min", [minutes], decimals=0),
        metric_panel(DOSE, [dose], "Braking dose by week"),
        line_panel(
            "Kilometres per shoe",
            "By week, of runners who share their shoes; the first week in this time has none.",
            "km",
            [shoes],
        ),
    ):
        made = made.with_panel(draw_as_bars(panel.min(0), ".", "km"))
    return made


def _notes(made: dashboard.Dashboard) -> dashboard.Dashboard:
    pain = [
        Query(f'SELECT "during" FROM "log" WHERE {SELECTED} GROUP BY "athlete"', "$tag_athlete, during"),
        Query(f'SELECT "after" FROM "log" WHERE {SELECTED} GROUP BY "athlete"', "$tag_athlete, after"),
    ]
    about = "The worst of a day's runs and after them, 0 to 10, where the runner shares pain."
    notes = f'SELECT "text", "kind" FROM "note" WHERE {SELECTED} GROUP BY "athlete"'
    table = table_panel("Notes and tags", "Of the runs.", [Query(notes, rows=True)], 12)
    names = {"Time": "Date", "athlete": "Athlete", "kind": "Kind", "text": "Text"}
    panel = line_panel("Pain", about, "of 10", pain).min(0).no_value(NOT_SHARED)
    return made.with_panel(panel).with_panel(name_columns(table, names))


def run_list(about: str, h: int = 9) -> Table:
    """Return the table of runs, the newest first, each linked to its own review."""
    means = [BY_NAME[name] for name in ("speed_mps", CADENCE, BRAKING_IMPULSE)]
    names = {"Time 1": "Date", "athlete": "Athlete", "title": "Run", "text": "Tags"}
    fields = ['"session"', '"title"', '"km"', '"running_s"', '"in_band_pct"', '"silent_in_band_pct"']
    names |= {
        "km": "km",
        "running_s": "Running",
        "in_band_pct": "In band",
        "silent_in_band_pct": "In band, cues off",
    }
    for m in means:
        fields.append(f'{display_expression(m.name, of="")} AS "{m.name}"')
        names[m.name] = m.display.unit if m.display else m.label
    change = f'100 * "{BRAKING_IMPULSE}_change" / "{BRAKING_IMPULSE}_before" AS "change"'
    names |= {"change": "Braking, 28 days", "pain": "Pain"}
    wanted = ", ".join((*fields, change, '"from_ms"', '"to_ms"'))
    asked = (
        f'SELECT {wanted} FROM "run" WHERE {SELECTED} AND {WHOLE} GROUP BY "athlete"',
        latest('LAST("text") AS "text"', "note", '"session"', "\"kind\" = 'tag'"),
        f'SELECT "during" AS "pain", "session" FROM "log" WHERE {SELECTED} AND "session" <> \'\'',
    )
    made = table_panel("Runs", about, [Query(text, rows=True) for text in asked], 24, h)
    made = join_queries(made, "session", "Time 1", names, hidden=("session", "from_ms", "to_ms"))
    _format_runs(made, names, means)
    return made


def _format_runs(made: Table, names: dict[str, str], means: list[MetricSpec]) -> None:
    format_column(made, "km", "km", 1)
    format_column(made, "Running", "clock", 1)
    format_column(made, "Pain", "of 10", 0, (None, "text"), (3.1, "red"))
    for name in ("In band", "In band, cues off", "Braking, 28 days"):
        format_column(made, name, "%", 0)
    for m in means:
        format_column(made, names[m.name], m.display_or_unit.unit, display_decimals(m))
    where = f"var-athlete={cell('Athlete')}&from={number_cell('from_ms')}&to={number_cell('to_ms')}"
    link_column(made, "Date", "This run", f"/d/gaitcue-session?{where}")
