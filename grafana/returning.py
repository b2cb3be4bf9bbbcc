"""The dashboard of coming back from pain: what runners share of their plan, day by day.

What is not shared has no points, and every panel says so in words; it is never drawn as zero.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, dashboard, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from grafana.panels import (
    SELECTED,
    Level,
    Query,
    annotation,
    bar_panel,
    draw_as_bars,
    empty_board,
    join_queries,
    latest,
    line_panel,
    state_panel,
    table_panel,
    thresholds,
    value_words,
)
from monitor.training.sharing import SHARED_ITEMS
from monitor.training.tables import Phase

NOT_SHARED = "not shared"
_PHASES = {
    Phase.NONE.code: ("no plan", "text"),
    Phase.STOP.code: ("stop", "red"),
    Phase.CALM.code: ("calm", "orange"),
    Phase.REBUILD.code: ("rebuild", "yellow"),
    Phase.REINTRODUCE.code: ("reintroduce", "light-green"),
    Phase.FULL.code: ("full", "green"),
}
_SHOES: tuple[Level, ...] = ((None, "green"), (500.0, "yellow"), (800.0, "red"))
"""Kilometres at which a pair is worth a remark, and at which it is old (design of the plan, section 10)."""


def returning() -> dashboard.Dashboard:
    """Return the board of what runners share of their plan."""
    about = (
        "Coming back from pain: only what each runner shares. It does not diagnose; phases and doses come "
        "from general articles, not from studies of pain behind the knee."
    )
    athletes = "/^(plan|session)$/"
    made = empty_board("gaitcue-returning", "Coming back", about, "42d", measurements=athletes)
    changes = f'SELECT "change" FROM "plan" WHERE {SELECTED}'
    made = made.annotation(annotation("Phase changes", "blue", changes, "change"))
    return (
        made.with_panel(_held())
        .with_panel(_phases())
        .with_panel(_dose_panel("km", "Kilometres", "km"))
        .with_panel(_dose_panel("min", "Minutes", "min"))
        .with_panel(_pain())
        .with_panel(_dose_panel("descent_m", "Downhill dose", "m"))
        .with_panel(_adherence())
        .with_panel(_shoes())
    )


def _held() -> table.Panel:
    """Who is held, why in a word, since when; and what each runner shares."""
    about = (
        "By the newest day that has arrived. Held: after a run that was too much (red), or because "
        "running is stopped (stop). What a runner does not share is not shared, and not zero."
    )
    fields = ("hold", "hold_why", "hold_since", "phase", "day", *(f"shares_{i}" for i in SHARED_ITEMS))
    newest = ", ".join(f'LAST("{name}") AS "{name}"' for name in fields)
    runs = 'COUNT("count") AS "records"'  # of everybody, who shares nothing too
    queries = [Query(latest(newest, "plan"), rows=True), Query(latest(runs, "session"), rows=True)]
    names = {"athlete": "Athlete", "hold": "Held", "hold_why": "Why", "hold_since": "Since"}
    names |= {"phase": "Phase", "day": "As of", "records": "Records of runs"}
    names |= {f"shares_{item}": item.capitalize() + " shared" for item in SHARED_ITEMS}
    made = table_panel("Who is held, why, since when", about, queries, 24, 9)
    made = join_queries(made, "athlete", "hold", names).no_value(NOT_SHARED)
    for name, words in (
        ("Held", {0: ("no", "text"), 1: ("held", "orange")}),
        ("Phase", _PHASES),
        *(
            (names[f"shares_{item}"], {0: (NOT_SHARED, "text"), 1: ("shared", "text")})
            for item in SHARED_ITEMS
        ),
    ):
        mappings = model.DynamicConfigValue(id_val="mappings", value=value_words(words, NOT_SHARED))
        cells = model.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"})
        made.override_by_name(name, [mappings, cells])
    hidden = model.DynamicConfigValue(id_val="custom.hidden", value=True)
    return made.override_by_name(names["records"], [hidden])  # it is there for the rows of everybody


def _phases() -> statetimeline.Panel:
    query = f'SELECT "phase" FROM "plan" WHERE {SELECTED} GROUP BY "athlete"'
    about = "The phase of each day; why it changed stands at the marks."
    made = state_panel("Phase", about, Query(query, "$tag_athlete"), h=5)
    return made.mappings(value_words(_PHASES, NOT_SHARED)).no_value(NOT_SHARED)


def _of_days(fields: str, measurement: str, *, by: str = '"athlete"') -> str:
    return f'SELECT {fields} FROM "{measurement}" WHERE {SELECTED} GROUP BY {by}'


def _dose_panel(unit_name: str, title: str, unit: str) -> timeseries.Panel:
    about = (
        "Allowed before the day's runs, and done. Where no line is, there was no limit, or the length of "
        "a run is not known."
    )
    queries = [
        Query(_of_days(f'"done_{unit_name}"', "plan"), "done, $tag_athlete"),
        Query(_of_days(f'"allowed_{unit_name}"', "plan"), "allowed, $tag_athlete"),
    ]
    made = line_panel(f"{title}: planned and done", about, unit, queries).no_value(NOT_SHARED).min(0)
    made = made.line_interpolation(common.LineInterpolation.STEP_AFTER)
    return draw_as_bars(made, "done", unit)


def _pain() -> timeseries.Panel:
    about = (
        "Pain from 0 to 10: during and after the runs of a day, and on its morning; as bars what was run "
        "on the day before, if the runner shares the allowance too. Not asked or not answered is no point."
    )
    queries = [
        Query(_of_days(f'"{field}"', "log"), f"{label}, $tag_athlete")
        for field, label in (
            ("morning", "morning"),
            ("during", "during"),
            ("after", "after"),
            ("effort", "effort"),
            ("km_before", "run the day before"),
            ("descent_before_m", "downhill the day before"),
        )
    ]
    made = line_panel("Pain under the load of the day before", about, "of 10", queries, 24, 10)
    made = made.no_value(NOT_SHARED).min(0)
    made = draw_as_bars(made, "run the day before", "km", right=True)
    return draw_as_bars(made, "downhill the day before", "m", right=True)


def _adherence() -> timeseries.Panel:
    about = "Strength sessions of the last two weeks, done and planned; never a reproach."
    queries = [
        Query(_of_days(f'"strength_{kind}"', "plan"), f"{kind}, $tag_athlete")
        for kind in ("done", "planned")
    ]
    made = line_panel("Strength: done and planned", about, "", queries, decimals=0)
    return draw_as_bars(made.no_value(NOT_SHARED).min(0), "done", "")


def _shoes() -> bargauge.Panel:
    about = "Kilometres of each pair, by its number: a hint at 500, old at 800; elsewhere 500 to 700."
    newest = _of_days('LAST("km")', "shoe", by='"athlete", "pair"')
    made = bar_panel("Shoes", about, "km", Query(newest, "$tag_athlete, $tag_pair"), 24, 6)
    return made.thresholds(thresholds(*_SHOES)).min(0).max(1000).decimals(0).no_value(NOT_SHARED)
