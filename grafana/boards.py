"""The five dashboards."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.builders.table import Panel as Table

from dsp.metrics import BY_NAME, METRICS
from grafana.panels import (
    OF,
    Level,
    Query,
    bars,
    board,
    choice,
    column,
    joined,
    latest,
    marks,
    metric,
    number,
    over_time,
    rows,
    states,
    traces,
)
from monitor.pipeline.cue_policy import SILENT_BY_PLAN

CADENCE, OVERSTRIDE, BRAKING = "cadence_spm", "overstride_m", "braking_impulse_bws"
OFF_PLAN = f"\"cadence_spm_muted\" = '{SILENT_BY_PLAN}'"
"""The seconds in which the outcome is measured: cues are off because the plan says so."""

WATCH: tuple[Level, ...] = ((None, "text"), (7.0, "yellow"), (15.0, "red"))
"""Braking and overstride above the own target, in %: back in order below 7, out of order above 15 (the
cues' own limits, after Napier 2019)."""
TOO_LOW: tuple[Level, ...] = ((None, "red"), (-3.0, "yellow"), (-1.5, "green"), (4.0, "yellow"))
"""Cadence against the own target, in %: the cues' own limits."""
LOSS: tuple[Level, ...] = ((None, "green"), (2.0, "yellow"), (10.0, "red"))
"""Samples lost, in %; above 10 no cue is given."""
DEPTH: tuple[Level, ...] = ((None, "green"), (5000.0, "yellow"), (50000.0, "red"))
NONE: tuple[Level, ...] = ((None, "green"), (1.0, "red"))
BATTERY: tuple[Level, ...] = ((None, "red"), (15.0, "yellow"), (30.0, "green"))


def off(name: str) -> str:
    """Percent off the own target."""
    return f'100 * MEAN("{name}") / MEAN("{name}_target") - 100'


def squad() -> dashboard.Dashboard:
    """Every athlete at a glance."""
    made = board("gaitcue-squad", "Squad live", "Who needs attention now.", "15m", "5s")
    return (
        made.with_panel(_attention())
        .with_panel(_off_target(CADENCE, "Cadence against own target"))
        .with_panel(_off_target(BRAKING, "Braking against own target"))
        .with_panel(_off_target(OVERSTRIDE, "Overstride against own target"))
        .with_panel(
            traces(
                "Samples lost",
                "Share of the samples of the worst sensor, so far in the session.",
                "%",
                [Query(over_time('MAX("loss_pct")', "sensor", '"athlete"'), "$tag_athlete")],
            )
        )
        .with_panel(
            states(
                "Doing",
                "Standing, walking, running.",
                Query(f'SELECT "activity" FROM "activity" WHERE {OF} GROUP BY "athlete"', "$tag_athlete"),
            )
        )
        .with_panel(_cue_table("\"kind\" <> 'notice'", "Cues", 24))
    )


def _attention() -> Table:
    last = ", ".join(
        f'LAST("{name}") AS "{short}"' for name, short in ((CADENCE, "cadence"), ("speed_mps", "speed"))
    )
    deviations = ", ".join(
        f'100 * LAST("{name}") / LAST("{name}_target") - 100 AS "{short}"'
        for name, short in (
            (CADENCE, "cadence_off"),
            (BRAKING, "braking_off"),
            (OVERSTRIDE, "overstride_off"),
        )
    )
    score = (
        f'SELECT ABS(MEAN("{CADENCE}") / MEAN("{CADENCE}_target") - 1) * 3300 AS "attention" '
        f'FROM "second" WHERE {OF} AND time > now() - 2m GROUP BY "athlete"'
    ).replace(" AND time > now() - 2m", "")
    worst = f'SELECT LAST("loss_pct") AS "loss" FROM "sensor" WHERE {OF} GROUP BY "athlete", "sensor"'
    queries = [
        Query(score, rows=True),
        Query(latest(last, "second"), rows=True),
        Query(latest(deviations, "second"), rows=True),
        Query(latest('LAST("activity") AS "doing"', "activity"), rows=True),
        Query(
            f'SELECT MAX("loss") AS "lost" FROM ({worst}) WHERE $timeFilter GROUP BY "athlete"', rows=True
        ),
        Query(latest('LAST("wording") AS "cue"', "cue", where='"spoken" = 1'), rows=True),
    ]
    names = {
        "athlete": "Athlete", "attention": "Attention", "cadence": "Cadence", "speed": "Speed",
        "cadence_off": "Cadence vs target", "braking_off": "Braking vs target",
        "overstride_off": "Overstride vs target", "doing": "Doing", "lost": "Lost", "cue": "Last cue",
    }  # fmt: skip
    about = (
        "Sorted by how far cadence is from the athlete's own target: 100 points are 3 %, where cues begin. "
        "Targets are the athlete's own, at this speed."
    )
    made = joined(rows("Who needs attention", about, queries, 24, 10), "athlete", "attention", names)
    column(made, "Attention", "", 0, (None, "text"), (50.0, "yellow"), (100.0, "red"))
    column(made, "Cadence", BY_NAME[CADENCE].unit, 0)
    column(made, "Speed", "m/s", 2)
    column(made, "Cadence vs target", "%", 1, *TOO_LOW)
    column(made, "Braking vs target", "%", 1, *WATCH)
    column(made, "Overstride vs target", "%", 1, *WATCH)
    column(made, "Lost", "%", 1, *LOSS)
    return made


def _off_target(name: str, title: str):  # type: ignore[no-untyped-def]
    about = f"{BY_NAME[name].definition} Percent off the athlete's own target at this speed."
    return traces(title, about, "%", [Query(over_time(off(name), by='"athlete"'), "$tag_athlete")])


def _cue_table(where: str, title: str, w: int) -> Table:
    wanted = '"kind", "fault", "value", "target", "spoken", "withheld", "why"'
    text = (
        f'SELECT {wanted} FROM "cue" WHERE {OF} AND {where} GROUP BY "athlete" ORDER BY time DESC LIMIT 50'
    )
    return rows(title, "Decisions to speak or to stay silent, and why.", [Query(text, rows=True)], w)


def athlete() -> dashboard.Dashboard:
    """One athlete, everything that comes once a second."""
    about = "One athlete now: every number that comes once a second."
    made = board("gaitcue-athlete", "Athlete live", about, "15m", "5s", several=False)
    made = made.annotation(_cue_marks("")).annotation(_gap_marks(""))
    for name in (CADENCE, BRAKING, OVERSTRIDE):
        kinds = ["", "_target", "_high"] + (["_low"] if name == CADENCE else [])
        labels = [BY_NAME[name].label, *(kind.removeprefix("_") for kind in kinds[1:])]
        queries = [
            Query(over_time(f'MEAN("{name}{kind}")', where="\"side\" = ''"), label)
            for kind, label in zip(kinds, labels, strict=True)
        ]
        made = made.with_panel(metric(name, queries, w=24 if name == CADENCE else 12))
    made = made.with_panel(
        metric(
            "contact_ms",
            [Query(over_time('MEAN("contact_ms")', by='"side"', where="\"side\" <> ''"), "$tag_side")],
            "Ground contact time, left and right",
        )
    )
    shown = (CADENCE, BRAKING, OVERSTRIDE)
    for m in METRICS:
        if m.second and m.name not in shown:
            query = Query(over_time(f'MEAN("{m.name}")', where="\"side\" = ''"), m.label)
            made = made.with_panel(metric(m.name, [query], w=8, h=6))
    return made


def _cue_marks(where: str) -> dashboard.AnnotationQuery:
    text = f'SELECT "wording" FROM "cue" WHERE {OF} AND "spoken" = 1{where}'
    return marks("Cues", "orange", text, "wording")


def _gap_marks(where: str) -> dashboard.AnnotationQuery:
    text = f'SELECT "duration_s" FROM "gap" WHERE {OF} AND "duration_s" > 1{where}'
    return marks("Gaps", "red", text, "duration_s")


def session() -> dashboard.Dashboard:
    """One run, step by step."""
    made = board("gaitcue-session", "Session review", "One run, step by step.", "24h", several=False)
    query = 'SHOW TAG VALUES FROM "session" WITH KEY = "session" WHERE "athlete" =~ /^$athlete$/'
    made = made.with_variable(choice("session", query, several=False))
    of = ' AND "session" =~ /^$session$/'
    where = of.removeprefix(" AND ")
    made = made.annotation(_cue_marks(of)).annotation(_gap_marks(of))
    means = ", ".join(
        f'MEAN("{m.name}") AS "{m.label}"'
        for m in METRICS
        if m.name in (CADENCE, "speed_mps", "contact_ms")
    )
    about = "Means over the run, and its length."
    asked = (
        ('LAST("duration_s") AS "Length", LAST("title") AS "Title"', "session"),
        (means, "second"),
        ('SUM("count") AS "Steps"', "step"),
        ('SUM("spoken") AS "Cues spoken"', "cue"),
        (f'100 * MEAN("{CADENCE}_in_band") AS "In band"', "second"),
    )
    queries = [Query(latest(what, of_what, '"session"', where), rows=True) for what, of_what in asked]
    table = joined(rows("The run", about, queries, 24, 5), "session", "Length", {})
    column(table, "Length", "s", 0)
    column(table, "In band", "%", 0)
    for name in (CADENCE, "speed_mps", "contact_ms"):
        column(table, BY_NAME[name].label, BY_NAME[name].unit, BY_NAME[name].decimals)
    made = made.with_panel(table)
    for m in METRICS:
        if m.step:
            text = over_time(f'MEAN("{m.name}")', "step", '"side"', where)
            made = made.with_panel(metric(m.name, [Query(text, "$tag_side")], w=12, h=7))
    for name in ("braking_dose_bws", "braking_damage_index"):
        made = made.with_panel(metric(name, [Query(over_time(f'MAX("{name}")', where=where), "so far")]))
    gaps = f'SELECT "sensor", "duration_s" FROM "gap" WHERE {OF} AND {where}'
    learned = latest('LAST("have") AS "have", LAST("need") AS "need"', "readiness", '"sensor"', where)
    return (
        made.with_panel(_cue_table(where, "Cues and decisions", 24))
        .with_panel(rows("Gaps", "Samples that are missing, in seconds.", [Query(gaps, rows=True)], 12))
        .with_panel(
            rows("Learned", "Strides learned from, of those needed.", [Query(learned, rows=True)], 12)
        )
    )


def trends() -> dashboard.Dashboard:
    """Weeks."""
    made = board("gaitcue-trends", "Trends", "Weeks: own normal, silent share in band, load.", "90d")

    def daily(expression: str, where: str = "", measurement: str = "second") -> Query:
        more = f" AND {where}" if where else ""
        what = f'SELECT {expression} FROM "{measurement}" WHERE {OF}{more}'
        return Query(f'{what} GROUP BY time(1d), "athlete" fill(none)', "$tag_athlete")

    share = "Share of the seconds in which the plan keeps silent, with cadence inside the own band."
    matched = "Against the athlete's own normal at the same speed and slope."
    dose = f'SELECT MAX("braking_dose_bws") AS d FROM "second" WHERE {OF} '
    dose += 'GROUP BY time(1d), "athlete", "session" fill(none)'
    silent = [daily(f'100 * MEAN("{CADENCE}_in_band")', OFF_PLAN)]
    pain = [daily('MAX("value")', "\"kind\" = 'pain'", "note")]
    weekly = f'SELECT SUM(d) FROM ({dose}) WHERE $timeFilter GROUP BY time(7d), "athlete" fill(none)'
    minutes = (
        f'SELECT SUM("duration_s") / 60 FROM "session" WHERE {OF} GROUP BY time(7d), "athlete" fill(none)'
    )
    notes = f'SELECT "text", "value", "kind" FROM "note" WHERE {OF} GROUP BY "athlete"'
    return (
        made.with_panel(traces("In band, cues off", share, "%", silent))
        .with_panel(traces("Braking at matched speed", matched, "%", [daily(off(BRAKING))]))
        .with_panel(traces("Overstride at matched speed", matched, "%", [daily(off(OVERSTRIDE))]))
        .with_panel(metric(CADENCE, [daily(f'MEAN("{CADENCE}")')], "Cadence, day by day"))
        .with_panel(metric(CADENCE, [daily(f'MEAN("{CADENCE}_target")')], "Target, day by day"))
        .with_panel(metric("contact_balance_pct", [daily('MEAN("contact_balance_pct")')]))
        .with_panel(metric("braking_dose_bws", [Query(weekly, "$tag_athlete")], "Braking dose by week"))
        .with_panel(traces("Running by week", "Minutes.", "min", [Query(minutes, "$tag_athlete")]))
        .with_panel(traces("Pain", "As logged, 0 to 10.", "of 10", pain))
        .with_panel(rows("Notes, shoes", "Notes and tags of the runs.", [Query(notes, rows=True)], 12))
    )  # fmt: skip


def fleet() -> dashboard.Dashboard:
    """Sensors and outside systems."""
    made = board("gaitcue-fleet", "Fleet health", "Sensors, links, outboxes.", "1h", "10s")
    both = '"athlete", "sensor"'
    names = ("link", "battery_pct", "rate_hz", "loss_pct", "silent_s", "bad", "repeated", "text")
    wanted = ", ".join(f'LAST("{name}") AS "{name}"' for name in names)
    table = rows(
        "Sensors", "The newest report of each.", [Query(latest(wanted, "sensor", both), rows=True)], 24
    )
    column(table, "loss_pct", "%", 1, *LOSS)
    column(table, "battery_pct", "%", 0, *BATTERY)
    column(table, "silent_s", "s", 0, (None, "text"), (5.0, "yellow"), (60.0, "red"))

    def of_sensor(expression: str) -> list[Query]:
        return [Query(over_time(expression, "sensor", both), "$tag_athlete, $tag_sensor")]

    def of_sink(expression: str) -> list[Query]:
        return [Query(over_time(expression, "sink", '"athlete", "sink"'), "$tag_athlete, $tag_sink")]

    ok = latest('LAST("ok") AS "ok", LAST("text") AS "text"', "sink", '"athlete", "sink"')
    newest = latest('LAST("battery_pct")', "sensor", both)
    battery = Query(newest, "$tag_athlete, $tag_sensor")

    def most(field: str) -> Query:
        return Query(f'SELECT MAX("{field}") FROM "sink" WHERE {OF}')

    live = f'SELECT COUNT("streams") FROM (SELECT LAST("streaming") AS "streams" FROM "sensor" WHERE {OF} '
    live += f'GROUP BY {both}) WHERE "streams" = 1 AND $timeFilter'
    return (
        made.with_panel(number("Sensors streaming", "By their newest report.", "", Query(live)))
        .with_panel(number("Waiting", "In the fullest outbox.", "", most("backlog"), *DEPTH))
        .with_panel(number("Refused", "Records given up or set aside.", "", most("dropped"), *NONE))
        .with_panel(bars("Battery", "As the sensors report it.", "%", battery, 6, 4))
        .with_panel(table)
        .with_panel(traces("Samples lost", "Of all so far.", "%", of_sensor('MAX("loss_pct")')))
        .with_panel(traces("Silent for", "Since the last packet.", "s", of_sensor('MAX("silent_s")')))
        .with_panel(traces("Time base", "Uncertainty of its clock.", "ms", of_sensor('MAX("clock_sd_ms")')))
        .with_panel(traces("Clock rate", "How fast its clock runs.", "ppm", of_sensor('MEAN("clock_ppm")')))
        .with_panel(traces("Outbox depth", "Records that wait.", "records", of_sink('MAX("backlog")')))
        .with_panel(traces("Behind", "From the last second that arrived.", "s", of_sink('MAX("behind_s")')))
        .with_panel(rows("Outside systems", "The newest report of each.", [Query(ok, rows=True)], 24))
    )  # fmt: skip


BOARDS = (squad, athlete, session, trends, fleet)
