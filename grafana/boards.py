"""The dashboards of one runner and of sensors, and the list of all.  Metrics follow from their roles."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from dsp.metrics import BY_NAME, METRICS, MetricSpec, Role, with_role
from grafana.hub import hub
from grafana.panels import (
    LOSS,
    SELECTED,
    Level,
    Query,
    annotation,
    bar_panel,
    cue_table,
    display_decimals,
    display_expression,
    empty_board,
    fill_band,
    format_column,
    hide_columns,
    join_queries,
    latest,
    line_panel,
    metric_panel,
    name_columns,
    number_panel,
    on_right_axis,
    over_time,
    table_panel,
)
from grafana.returning import returning
from grafana.squad import CADENCE, squad
from grafana.trends import run_list, trends

DEPTH: tuple[Level, ...] = ((None, "green"), (5000.0, "yellow"), (50000.0, "red"))
NONE: tuple[Level, ...] = ((None, "green"), (1.0, "red"))
BATTERY_LEVELS: tuple[Level, ...] = ((None, "red"), (15.0, "yellow"), (30.0, "green"))


def _specs(role: Role) -> list[MetricSpec]:
    return [BY_NAME[name] for name in with_role(role)]


def athlete() -> dashboard.Dashboard:
    """Return the board of one athlete with everything that comes once a second."""
    about = "One athlete now: every number that comes once a second."
    made = empty_board("gaitcue-athlete", "Athlete live", about, "15m", "5s", several=False)
    made = made.annotation(_cue_marks()).annotation(_gap_marks())
    for spec in _specs(Role.BANDED):
        made = made.with_panel(_banded_panel(spec))
    for spec in _specs(Role.PANEL):
        if spec.sided and Role.BANDED not in spec.roles:
            text = over_time(display_expression(spec.name), by='"side"', where="\"side\" <> ''")
            title = f"{spec.label}, left and right"
            made = made.with_panel(metric_panel(spec.name, [Query(text, "$tag_side")], title))
    for spec in METRICS:
        if spec.second and Role.BANDED not in spec.roles:
            query = Query(over_time(display_expression(spec.name), where=_moving(spec)), spec.label)
            made = made.with_panel(metric_panel(spec.name, [query], w=8, h=6))
    return made


def _moving(spec: MetricSpec) -> str:
    """Of both feet; a pace of nobody who stands."""
    pace = f' AND "{spec.name}" > 0.5' if spec.display_or_unit.pace else ""
    return f"\"side\" = ''{pace}"


def _banded_panel(spec: MetricSpec) -> timeseries.Panel:
    """A metric with its target: a filled band of a metric with two sides, a limit of one where less is
    better, which also stands as % of the own normal.
    """
    two_sided = spec.better == 0
    parts = {"": spec.label, "_low": "from", "_high": "to", "_target": "target"}
    if not two_sided:
        parts = {"": spec.label, "_high": "limit", "_target": "own normal"}
    queries = [
        Query(over_time(display_expression(spec.name, part=part), where="\"side\" = ''"), label)
        for part, label in parts.items()
    ]
    if two_sided:
        return fill_band(metric_panel(spec.name, queries, w=24))
    share = f'100 * MEAN("{spec.name}") / MEAN("{spec.name}_target")'
    queries.append(Query(over_time(share, where="\"side\" = ''"), "% of own normal"))
    return on_right_axis(fill_band(metric_panel(spec.name, queries)), "% of own normal", "%")


def _cue_marks() -> dashboard.AnnotationQuery:
    text = f'SELECT "mark" FROM "cue" WHERE {SELECTED} AND "spoken" = 1'
    return annotation("Cues", "orange", text, "mark")


def _gap_marks() -> dashboard.AnnotationQuery:
    text = f'SELECT "duration_s" FROM "gap" WHERE {SELECTED} AND "duration_s" > 1'
    return annotation("Gaps", "red", text, "duration_s")


def session() -> dashboard.Dashboard:
    """Return the board of one run, step by step: whatever its athlete did in the time that is shown."""
    about = "One run, step by step. Click a date in the list: that sets the time to the run's."
    made = empty_board("gaitcue-session", "Session review", about, "24h", several=False)
    made = made.annotation(_cue_marks()).annotation(_gap_marks())
    listed = run_list("All runs of five years; click a date to see that run below.", h=6)
    made = made.with_panel(listed.time_from("5y").hide_time_override(True)).with_panel(_run_table())
    for spec in METRICS:
        if spec.step:
            moving = f'"{spec.name}" > 0.5' if spec.display_or_unit.pace else ""
            text = over_time(display_expression(spec.name), "step", '"side"', moving)
            made = made.with_panel(metric_panel(spec.name, [Query(text, "$tag_side")], w=12, h=7))
    for name in ("braking_dose_bws", "braking_damage_index"):  # sums since the start of the run
        made = made.with_panel(metric_panel(name, [Query(over_time(f'MAX("{name}")'), "so far")]))
    made = made.with_panel(cue_table("\"kind\" <> ''", "Cues and decisions", 24))
    for panel in _sensor_tables():
        made = made.with_panel(panel)
    return made


def _sensor_tables() -> list[Table]:
    """What went wrong with the sensors of a run, and how far each has learned."""
    missing, strides = "Samples that are missing, in seconds.", "Strides learned from, of those needed."
    wrong = "Range too small (clipped), loose, both on one foot, or running without a step found."
    gaps = f'SELECT "sensor", "duration_s" FROM "gap" WHERE {SELECTED}'
    problems = f'SELECT "sensor", "problem" FROM "problem" WHERE {SELECTED}'
    learned = latest('LAST("have") AS "have", LAST("need") AS "need"', "readiness", '"sensor"')
    seen = {"Time": "When", "sensor": "Sensor", "duration_s": "Seconds", "problem": "Problem"}
    out = []
    for title, about, text, names in (
        ("Gaps", missing, gaps, seen),
        ("Sensor problems", wrong, problems, seen),
        ("Learned", strides, learned, {"sensor": "Sensor", "have": "Strides", "need": "Needed"}),
    ):
        made = name_columns(table_panel(title, about, [Query(text, rows=True)], 8), names)
        out.append(hide_columns(made, ("Time",)))
    return out


def _run_table() -> Table:
    """The means of a run, its length, its cues, and the share of it in the cadence band."""
    specs = _specs(Role.TILE)
    names = {"session": "Session", "Length": "Length", "Title": "Title"}
    names |= {m.name: m.display.unit if m.display and m.display.pace else m.label for m in specs}
    means = ", ".join(f'{display_expression(m.name)} AS "{m.name}"' for m in specs)
    asked = (
        ('LAST("duration_s") AS "Length", LAST("title") AS "Title"', "session"),
        (means, "second"),
        ('SUM("count") AS "Steps"', "step"),
        ('SUM("spoken") AS "Cues spoken"', "cue"),
        (f'100 * MEAN("{CADENCE}_in_band") AS "In band"', "second"),
    )
    queries = [Query(latest(what, measurement, '"session"'), rows=True) for what, measurement in asked]
    table = table_panel("The run", "Means over what is shown, and its length.", queries, 24, 5)
    table = join_queries(table, "session", "Length", names)
    format_column(table, "Length", "clock", 1)
    format_column(table, "In band", "%", 0)
    for m in specs:
        format_column(table, names[m.name], m.display_or_unit.unit, display_decimals(m))
    return table


def fleet() -> dashboard.Dashboard:
    """Return the board of sensors and outside systems."""
    made = empty_board("gaitcue-fleet", "Fleet health", "Sensors, links, outboxes.", "1h", "10s")
    both = '"athlete", "sensor"'
    table = _sensor_list(both)

    def of_sensor(expression: str) -> list[Query]:
        return [Query(over_time(expression, "sensor", both), "$tag_athlete, $tag_sensor")]

    def of_sink(expression: str) -> list[Query]:
        return [Query(over_time(expression, "sink", '"athlete", "sink"'), "$tag_athlete, $tag_sink")]

    ok = latest('LAST("ok") AS "ok", LAST("text") AS "text"', "sink", '"athlete", "sink"')
    newest = latest('LAST("battery_pct")', "sensor", both)
    battery = Query(newest, "$tag_athlete, $tag_sensor")

    def most(field: str) -> Query:
        return Query(f'SELECT MAX("{field}") FROM "sink" WHERE {SELECTED}')

    live = 'SELECT COUNT("streams") FROM (SELECT LAST("streaming") AS "streams" FROM "sensor" '
    live += f'WHERE {SELECTED} GROUP BY {both}) WHERE "streams" = 1 AND $timeFilter'
    made = (
        made.with_panel(number_panel("Sensors streaming", "By their newest report.", "", Query(live)))
        .with_panel(number_panel("Waiting", "In the fullest outbox.", "", most("backlog"), *DEPTH))
        .with_panel(number_panel("Refused", "Records given up or set aside.", "", most("dropped"), *NONE))
        .with_panel(bar_panel("Battery", "As the sensors report it.", "%", battery, 6, 4))
        .with_panel(table)
    )
    for title, about, unit, queries in (
        ("Samples lost", "Of all so far.", "%", of_sensor('MAX("loss_pct")')),
        ("Silent for", "Since the last packet.", "s", of_sensor('MAX("silent_s")')),
        ("Time base", "Uncertainty of its clock.", "ms", of_sensor('MAX("clock_sd_ms")')),
        ("Clock rate", "How fast its clock runs.", "ppm", of_sensor('MEAN("clock_ppm")')),
        ("Outbox depth", "Records that wait.", "records", of_sink('MAX("backlog")')),
        ("Behind", "From the last second that arrived.", "s", of_sink('MAX("behind_s")')),
    ):
        made = made.with_panel(line_panel(title, about, unit, queries))
    outside = table_panel("Outside systems", "The newest report of each.", [Query(ok, rows=True)], 24)
    words = {"athlete": "Athlete", "sink": "System", "ok": "Works", "text": "State"}
    return made.with_panel(hide_columns(name_columns(outside, words), ("Time",)))


def _sensor_list(both: str) -> Table:
    """Every sensor by its newest report."""
    names = {
        "athlete": "Athlete", "sensor": "Sensor", "link": "Link", "battery_pct": "Battery",
        "rate_hz": "Rate", "loss_pct": "Lost", "silent_s": "Silent for",
        "bad": "Unreadable", "repeated": "Repeated", "text": "State",
    }  # fmt: skip
    wanted = ", ".join(f'LAST("{name}") AS "{name}"' for name in list(names)[2:])
    query = Query(latest(wanted, "sensor", both), rows=True)
    table = name_columns(table_panel("Sensors", "The newest report of each.", [query], 24), names)
    format_column(table, "Lost", "%", 1, *LOSS)
    format_column(table, "Battery", "%", 0, *BATTERY_LEVELS)
    format_column(table, "Silent for", "s", 0, (None, "text"), (5.0, "yellow"), (60.0, "red"))
    format_column(table, "Rate", "Hz", 0)
    return hide_columns(table, ("Time",))


BOARDS = (squad, athlete, session, trends, fleet, returning, hub)
