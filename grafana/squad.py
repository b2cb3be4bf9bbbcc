"""The dashboard of everybody at once: who needs attention now, and why."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.models import dashboard as model

from dsp.metrics import BY_NAME, MetricSpec, Role, with_role
from grafana.panels import (
    SELECTED,
    Query,
    cell,
    cue_table,
    display_decimals,
    display_expression,
    empty_board,
    format_column,
    grey_rows,
    join_queries,
    latest,
    line_panel,
    link_column,
    name_values,
    over_time,
    sentences,
    state_panel,
    table_panel,
    word_column,
)
from monitor.pipeline.announcements import CUES_OFF
from monitor.pipeline.cue_policy import RESTING, SILENT_BY_PLAN
from monitor.sinks.influx.schema import ACTIVITIES, FINISHED

CADENCE = "cadence_spm"
NOW = "time > now() - 1m"
"""What attention looks at: a minute, in which a runner does one thing."""
JUDGED = f"^({'|'.join(('', SILENT_BY_PLAN, RESTING, CUES_OFF))})$"
"""Why no cue comes in a second that is judged all the same; not in warm-up, walking, steep or hard ones."""

_FROM_BELOW = float("-inf")
CADENCE_WORDS = (
    (_FROM_BELOW, "too low", "red"), (-3.0, "low", "yellow"), (-1.5, "good", "green"),
    (4.0, "high", "yellow"),
)  # fmt: skip
"""Cadence against the own target, in %: the cues' own limits."""
LESS_IS_BETTER = ((_FROM_BELOW, "good", "green"), (7.0, "more", "yellow"), (15.0, "too much", "red"))
"""A metric of which less is better, above the own target, in %: back in order below 7, out of order above
15 (the cues' own limits, after Napier 2019)."""
DOING_PALETTE = ("text", "blue", "yellow", "green", "#464c54")
"""The colour of each activity in its order, and of who has finished."""
LOST_WORDS = ((_FROM_BELOW, "good", "green"), (2.0, "some lost", "yellow"), (10.0, "failing", "red"))
"""Samples lost, in %; above 10 no cue is given."""


_DOING_COLOURS = model.ValueMap(
    options={
        word: model.ValueMappingResult(text=word, color=colour, index=k)
        for k, (word, colour) in enumerate(zip((*ACTIVITIES, FINISHED), DOING_PALETTE, strict=True))
    }
)


def squad() -> dashboard.Dashboard:
    """Return the board on which every athlete is seen at a glance."""
    made = empty_board("gaitcue-squad", "Squad live", "Who needs attention now.", "15m", "5s")
    made = made.with_panel(_attention())
    for spec in _against_target():
        about = f"{spec.definition} Percent off the athlete's own target at this speed, while it is judged."
        text = over_time(percent_off_target(spec.name), by='"athlete"', where=judged(spec.name))
        queries = [Query(text, "$tag_athlete")]
        made = made.with_panel(line_panel(f"{spec.label} against own target", about, "%", queries))
    activity = f'SELECT "activity" FROM "activity" WHERE {SELECTED} GROUP BY "athlete"'
    doing = "Standing, walking, running, finished; told once a minute."
    return (
        made.with_panel(
            line_panel(
                "Samples lost",
                "Share of the samples of the worst sensor, so far in the session.",
                "%",
                [Query(over_time('MAX("loss_pct")', "sensor", '"athlete"'), "$tag_athlete")],
            )
        )
        .with_panel(state_panel("Doing", doing, Query(activity, "$tag_athlete")).mappings([_DOING_COLOURS]))
        .with_panel(cue_table("\"kind\" <> 'notice'", "Cues", 24))
    )


def percent_off_target(name: str) -> str:
    """Return the InfluxQL expression of a metric's deviation from the athlete's own target, in %."""
    return f'100 * MEAN("{name}") / MEAN("{name}_target") - 100'


def judged(name: str) -> str:
    """Return the condition of seconds in which a metric is held against its target."""
    return f'"{name}_muted" =~ /{JUDGED}/'


def _against_target() -> list[MetricSpec]:
    return [BY_NAME[name] for name in with_role(Role.BANDED)]


def _attention() -> Table:
    """Who does what, when they were last heard of, and a word for each reason to look."""
    names = {"athlete": "Athlete", "doing": "Doing", "Time 1": "Last heard", "attention": "Attention"}
    for m in _against_target():
        names |= {f"{m.name}_word": m.label, f"{m.name}_off": f"{m.label}, %"}
    newest = [
        m for m in map(BY_NAME.__getitem__, with_role(Role.SQUAD)) if m.better == 0 and m.name != CADENCE
    ]
    names |= {m.name: m.display.unit if m.display else m.label for m in newest}
    names |= {"lost": "Sensors", "cue": "Last cue"}
    about = (
        "The last minute of running as far as cues are judged: not warm-up, walking, steep or hard "
        "seconds, and nobody who has finished (grey). Each reason is a word, beside it how far off. Sorted "
        "by cadence: 100 points are 3 % off the own target, where cues begin."
    )
    made = table_panel("Who needs attention", about, _attention_queries(newest), 24, 10)
    made = join_queries(made, "athlete", "attention", names, hidden=("received",))
    format_column(made, "Last heard", "ago", 0)
    format_column(made, "Attention", "", 0, (None, "text"), (50.0, "yellow"), (100.0, "red"))
    for m in newest:
        format_column(made, names[m.name], m.display_or_unit.unit, display_decimals(m))
    for m in _against_target():
        word_column(made, m.label, LESS_IS_BETTER if m.better < 0 else CADENCE_WORDS)
        format_column(made, f"{m.label}, %", "%", 1)
    word_column(made, "Sensors", LOST_WORDS)
    name_values(made, "Last cue", sentences())
    grey_rows(made, "Doing", FINISHED)
    where = f"var-athlete={cell('Athlete')}&from=now-15m&to=now"
    link_column(made, "Athlete", "This runner, live", f"/d/gaitcue-athlete?{where}")
    return made


def _attention_queries(newest: list[MetricSpec]) -> list[Query]:
    """The first is of the status that every box sends at least every five seconds."""
    fields = ", ".join(f'{display_expression(m.name)} AS "{m.name}"' for m in newest)
    score = f'ABS(MEAN("{CADENCE}") / MEAN("{CADENCE}_target") - 1) * 3300 AS "attention"'
    worst = f'SELECT LAST("loss_pct") AS "loss" FROM "sensor" WHERE {SELECTED} GROUP BY "athlete", "sensor"'
    asked = [
        latest('LAST("received") AS "received"', "sensor"),
        latest('LAST("activity") AS "doing"', "activity"),
        latest(score, "second", where=f"{NOW} AND {judged(CADENCE)}"),
        latest(fields, "second", where=f'{NOW} AND "speed_mps" > 0.5'),
        f'SELECT MAX("loss") AS "lost" FROM ({worst}) WHERE $timeFilter GROUP BY "athlete"',
        latest('LAST("wording") AS "cue"', "cue", where='"spoken" = 1'),
    ]
    for m in _against_target():
        off = percent_off_target(m.name)
        both = f'{off} AS "{m.name}_word", {off} AS "{m.name}_off"'
        asked.append(latest(both, "second", where=f"{NOW} AND {judged(m.name)}"))
    return [Query(text, rows=True) for text in asked]
