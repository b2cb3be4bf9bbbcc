"""The dashboards of runs and sensors, and the list of all.  The metrics on them follow from their roles."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.builders.table import Panel as Table

from dsp.metrics import BY_NAME, METRICS, MetricSpec, Role, with_role
from grafana.panels import (
    SELECTED,
    Level,
    Query,
    annotation,
    bar_panel,
    empty_board,
    format_column,
    join_queries,
    latest,
    line_panel,
    metric_panel,
    number_panel,
    over_time,
    state_panel,
    table_panel,
    variable,
)
from grafana.returning import NOT_SHARED, returning
from monitor.pipeline.cue_policy import SILENT_BY_PLAN

CADENCE, BRAKING_IMPULSE = "cadence_spm", "braking_impulse_bws"
OFF_PLAN = f"\"{CADENCE}_muted\" = '{SILENT_BY_PLAN}'"
"""The seconds in which the outcome is measured: cues are off because the plan says so."""

WATCH: tuple[Level, ...] = ((None, "text"), (7.0, "yellow"), (15.0, "red"))
"""A metric of which less is better, above the own target, in %: back in order below 7, out of order above
15 (the cues' own limits, after Napier 2019)."""
TOO_LOW: tuple[Level, ...] = ((None, "red"), (-3.0, "yellow"), (-1.5, "green"), (4.0, "yellow"))
"""Cadence against the own target, in %: the cues' own limits."""
LOSS: tuple[Level, ...] = ((None, "green"), (2.0, "yellow"), (10.0, "red"))
"""Samples lost, in %; above 10 no cue is given."""
DEPTH: tuple[Level, ...] = ((None, "green"), (5000.0, "yellow"), (50000.0, "red"))
NONE: tuple[Level, ...] = ((None, "green"), (1.0, "red"))
BATTERY_LEVELS: tuple[Level, ...] = ((None, "red"), (15.0, "yellow"), (30.0, "green"))


def percent_off_target(name: str) -> str:
    """Return the InfluxQL expression of a metric's deviation from the athlete's own target, in %."""
    return f'100 * MEAN("{name}") / MEAN("{name}_target") - 100'


def _specs(role: Role) -> list[MetricSpec]:
    return [BY_NAME[name] for name in with_role(role)]


def squad() -> dashboard.Dashboard:
    """Return the board on which every athlete is seen at a glance."""
    made = empty_board("gaitcue-squad", "Squad live", "Who needs attention now.", "15m", "5s")
    made = made.with_panel(_attention())
    for spec in _specs(Role.BANDED):
        about = f"{spec.definition} Percent off the athlete's own target at this speed."
        query = Query(over_time(percent_off_target(spec.name), by='"athlete"'), "$tag_athlete")
        made = made.with_panel(line_panel(f"{spec.label} against own target", about, "%", [query]))
    activity = f'SELECT "activity" FROM "activity" WHERE {SELECTED} GROUP BY "athlete"'
    return (
        made.with_panel(
            line_panel(
                "Samples lost",
                "Share of the samples of the worst sensor, so far in the session.",
                "%",
                [Query(over_time('MAX("loss_pct")', "sensor", '"athlete"'), "$tag_athlete")],
            )
        )
        .with_panel(state_panel("Doing", "Standing, walking, running.", Query(activity, "$tag_athlete")))
        .with_panel(_cue_table("\"kind\" <> 'notice'", "Cues", 24))
    )


def _attention() -> Table:
    """Numbers by which athletes can be compared, and how far each is off their own targets."""
    newest = [m for m in _specs(Role.SQUAD) if m.better == 0]  # the others depend on speed and body
    against_target = [m for m in _specs(Role.SQUAD) if Role.BANDED in m.roles]
    names = {"athlete": "Athlete", "attention": "Attention"}
    names |= {m.name: m.label for m in newest}
    names |= {f"{m.name}_off": f"{m.label} vs target" for m in against_target}
    names |= {"doing": "Doing", "lost": "Lost", "cue": "Last cue"}
    about = (
        "Sorted by how far cadence is from the athlete's own target: 100 points are 3 %, where cues begin. "
        "Targets are the athlete's own, at this speed."
    )
    queries = _attention_queries(newest, against_target)
    made = table_panel("Who needs attention", about, queries, 24, 10)
    made = join_queries(made, "athlete", "attention", names)
    format_column(made, "Attention", "", 0, (None, "text"), (50.0, "yellow"), (100.0, "red"))
    for m in newest:
        format_column(made, m.label, m.unit, m.decimals)
    for m in against_target:
        format_column(made, f"{m.label} vs target", "%", 1, *(WATCH if m.better < 0 else TOO_LOW))
    format_column(made, "Lost", "%", 1, *LOSS)
    return made


def _attention_queries(newest: list[MetricSpec], against_target: list[MetricSpec]) -> list[Query]:
    last = ", ".join(f'LAST("{m.name}") AS "{m.name}"' for m in newest)
    deviations = ", ".join(
        f'100 * LAST("{m.name}") / LAST("{m.name}_target") - 100 AS "{m.name}_off"' for m in against_target
    )
    score = (
        f'SELECT ABS(MEAN("{CADENCE}") / MEAN("{CADENCE}_target") - 1) * 3300 AS "attention" '
        f'FROM "second" WHERE {SELECTED} GROUP BY "athlete"'
    )
    worst = f'SELECT LAST("loss_pct") AS "loss" FROM "sensor" WHERE {SELECTED} GROUP BY "athlete", "sensor"'
    lost = f'SELECT MAX("loss") AS "lost" FROM ({worst}) WHERE $timeFilter GROUP BY "athlete"'
    return [
        Query(score, rows=True),
        Query(latest(last, "second"), rows=True),
        Query(latest(deviations, "second"), rows=True),
        Query(latest('LAST("activity") AS "doing"', "activity"), rows=True),
        Query(lost, rows=True),
        Query(latest('LAST("wording") AS "cue"', "cue", where='"spoken" = 1'), rows=True),
    ]


def _cue_table(where: str, title: str, w: int) -> Table:
    wanted = '"kind", "fault", "value", "target", "spoken", "withheld", "why"'
    text = f'SELECT {wanted} FROM "cue" WHERE {SELECTED} AND {where} '
    text += 'GROUP BY "athlete" ORDER BY time DESC LIMIT 50'
    return table_panel(title, "Decisions to speak or to stay silent, and why.", [Query(text, rows=True)], w)


def athlete() -> dashboard.Dashboard:
    """Return the board of one athlete with everything that comes once a second."""
    about = "One athlete now: every number that comes once a second."
    made = empty_board("gaitcue-athlete", "Athlete live", about, "15m", "5s", several=False)
    made = made.annotation(_cue_marks("")).annotation(_gap_marks(""))
    banded = _specs(Role.BANDED)
    for spec in banded:
        two_sided = spec.better == 0
        kinds = ["", "_target", "_high"] + (["_low"] if two_sided else [])
        labels = [spec.label, *(kind.removeprefix("_") for kind in kinds[1:])]
        queries = [
            Query(over_time(f'MEAN("{spec.name}{kind}")', where="\"side\" = ''"), label)
            for kind, label in zip(kinds, labels, strict=True)
        ]
        made = made.with_panel(metric_panel(spec.name, queries, w=24 if two_sided else 12))
    for spec in _specs(Role.PANEL):
        if spec.sided and spec not in banded:
            text = over_time(f'MEAN("{spec.name}")', by='"side"', where="\"side\" <> ''")
            title = f"{spec.label}, left and right"
            made = made.with_panel(metric_panel(spec.name, [Query(text, "$tag_side")], title))
    for spec in METRICS:
        if spec.second and spec not in banded:
            query = Query(over_time(f'MEAN("{spec.name}")', where="\"side\" = ''"), spec.label)
            made = made.with_panel(metric_panel(spec.name, [query], w=8, h=6))
    return made


def _cue_marks(where: str) -> dashboard.AnnotationQuery:
    text = f'SELECT "wording" FROM "cue" WHERE {SELECTED} AND "spoken" = 1{where}'
    return annotation("Cues", "orange", text, "wording")


def _gap_marks(where: str) -> dashboard.AnnotationQuery:
    text = f'SELECT "duration_s" FROM "gap" WHERE {SELECTED} AND "duration_s" > 1{where}'
    return annotation("Gaps", "red", text, "duration_s")


def session() -> dashboard.Dashboard:
    """Return the board of one run, step by step."""
    made = empty_board("gaitcue-session", "Session review", "One run, step by step.", "24h", several=False)
    query = 'SHOW TAG VALUES FROM "session" WITH KEY = "session" WHERE "athlete" =~ /^$athlete$/'
    made = made.with_variable(variable("session", query, several=False))
    where = '"session" =~ /^$session$/'
    made = made.annotation(_cue_marks(f" AND {where}")).annotation(_gap_marks(f" AND {where}"))
    made = made.with_panel(_run_table(where))
    for spec in METRICS:
        if spec.step:
            text = over_time(f'MEAN("{spec.name}")', "step", '"side"', where)
            made = made.with_panel(metric_panel(spec.name, [Query(text, "$tag_side")], w=12, h=7))
    for name in ("braking_dose_bws", "braking_damage_index"):  # sums since the start of the run
        text = over_time(f'MAX("{name}")', where=where)
        made = made.with_panel(metric_panel(name, [Query(text, "so far")]))
    gaps = f'SELECT "sensor", "duration_s" FROM "gap" WHERE {SELECTED} AND {where}'
    problems = f'SELECT "sensor", "problem" FROM "problem" WHERE {SELECTED} AND {where}'
    learned = latest('LAST("have") AS "have", LAST("need") AS "need"', "readiness", '"sensor"', where)
    missing, strides = "Samples that are missing, in seconds.", "Strides learned from, of those needed."
    wrong = "Range too small (clipped), loose, both on one foot, or running without a step found."
    return (
        made.with_panel(_cue_table(where, "Cues and decisions", 24))
        .with_panel(table_panel("Gaps", missing, [Query(gaps, rows=True)], 8))
        .with_panel(table_panel("Sensor problems", wrong, [Query(problems, rows=True)], 8))
        .with_panel(table_panel("Learned", strides, [Query(learned, rows=True)], 8))
    )


def _run_table(where: str) -> Table:
    """The means of a run, its length, its cues, and the share of it in the cadence band."""
    specs = _specs(Role.TILE)
    means = ", ".join(f'MEAN("{m.name}") AS "{m.label}"' for m in specs)
    asked = (
        ('LAST("duration_s") AS "Length", LAST("title") AS "Title"', "session"),
        (means, "second"),
        ('SUM("count") AS "Steps"', "step"),
        ('SUM("spoken") AS "Cues spoken"', "cue"),
        (f'100 * MEAN("{CADENCE}_in_band") AS "In band"', "second"),
    )
    queries = [
        Query(latest(what, measurement, '"session"', where), rows=True) for what, measurement in asked
    ]
    table = table_panel("The run", "Means over the run, and its length.", queries, 24, 5)
    table = join_queries(table, "session", "Length", {})
    format_column(table, "Length", "s", 0)
    format_column(table, "In band", "%", 0)
    for m in specs:
        format_column(table, m.label, m.unit, m.decimals)
    return table


def trends() -> dashboard.Dashboard:
    """Return the board of weeks: outcome of the cues, metrics day by day, load, notes."""
    about = "Weeks: own normal, silent share in band, load."
    made = empty_board("gaitcue-trends", "Trends", about, "90d")
    share = "Share of the seconds in which the plan keeps silent, with cadence inside the own band."
    silent = [_daily(f'100 * MEAN("{CADENCE}_in_band")', OFF_PLAN)]
    made = made.with_panel(line_panel("In band, cues off", share, "%", silent))
    matched = "Against the athlete's own normal at the same speed and slope."
    compared = [m for m in _specs(Role.COMPARED) if Role.PANEL in m.roles]
    for m in compared:
        if Role.BANDED in m.roles and m.better:  # its target is the own normal, no aim
            queries = [_daily(percent_off_target(m.name))]
            made = made.with_panel(line_panel(f"{m.label} at matched speed", matched, "%", queries))
    for m in compared:
        if not m.better:
            queries = [_daily(f'MEAN("{m.name}")')]
            made = made.with_panel(metric_panel(m.name, queries, f"{m.label}, day by day"))
    target = [_daily(f'MEAN("{CADENCE}_target")')]
    made = made.with_panel(metric_panel(CADENCE, target, "Cadence target, day by day"))
    dose = f'SELECT MAX("braking_dose_bws") AS d FROM "second" WHERE {SELECTED} '
    dose += 'GROUP BY time(1d), "athlete", "session" fill(none)'
    weekly = f'SELECT SUM(d) FROM ({dose}) WHERE $timeFilter GROUP BY time(7d), "athlete" fill(none)'
    minutes = f'SELECT SUM("duration_s") / 60 FROM "session" WHERE {SELECTED} '
    minutes += 'GROUP BY time(7d), "athlete" fill(none)'
    about_pain = "The worst of a day's runs, where the runner shares pain."
    pain = [_daily('MAX("during")', measurement="log")]
    notes = f'SELECT "text", "kind" FROM "note" WHERE {SELECTED} GROUP BY "athlete"'
    return (
        made.with_panel(
            metric_panel("braking_dose_bws", [Query(weekly, "$tag_athlete")], "Braking dose by week")
        )
        .with_panel(line_panel("Running by week", "Minutes.", "min", [Query(minutes, "$tag_athlete")]))
        .with_panel(line_panel("Pain", about_pain, "of 10", pain).no_value(NOT_SHARED))
        .with_panel(table_panel("Notes and tags", "Of the runs.", [Query(notes, rows=True)], 12))
    )


def _daily(expression: str, where: str = "", measurement: str = "second") -> Query:
    more = f" AND {where}" if where else ""
    what = f'SELECT {expression} FROM "{measurement}" WHERE {SELECTED}{more}'
    return Query(f'{what} GROUP BY time(1d), "athlete" fill(none)', "$tag_athlete")


def fleet() -> dashboard.Dashboard:
    """Return the board of sensors and outside systems."""
    made = empty_board("gaitcue-fleet", "Fleet health", "Sensors, links, outboxes.", "1h", "10s")
    both = '"athlete", "sensor"'
    names = ("link", "battery_pct", "rate_hz", "loss_pct", "silent_s", "bad", "repeated", "text")
    wanted = ", ".join(f'LAST("{name}") AS "{name}"' for name in names)
    table = table_panel(
        "Sensors", "The newest report of each.", [Query(latest(wanted, "sensor", both), rows=True)], 24
    )
    format_column(table, "loss_pct", "%", 1, *LOSS)
    format_column(table, "battery_pct", "%", 0, *BATTERY_LEVELS)
    format_column(table, "silent_s", "s", 0, (None, "text"), (5.0, "yellow"), (60.0, "red"))

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
    return made.with_panel(
        table_panel("Outside systems", "The newest report of each.", [Query(ok, rows=True)], 24)
    )


BOARDS = (squad, athlete, session, trends, fleet, returning)
