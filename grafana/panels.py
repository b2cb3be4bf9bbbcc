"""Panels with InfluxQL queries; units, labels and decimals come from METRICS."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model

from dsp.metrics import BY_NAME, MetricSpec
from dsp.types import CueKind, Fault
from monitor.core.message_catalogues import catalogue_json
from monitor.sinks.influx.schema import RAW_MEASUREMENTS

Level = tuple[float | None, str]
LOSS: tuple[Level, ...] = ((None, "green"), (2.0, "yellow"), (10.0, "red"))
"""Samples lost, in %; above 10 no cue is given."""

SELECTED = '$timeFilter AND "athlete" =~ /^$athlete$/'
"""What every query is limited to."""
NOTHING = "nothing in this time"
"""What a panel says instead of being empty."""
NO_CELL = "–"
"""What a cell of a table says that has no value."""

KINDS: Mapping[str, str] = {
    CueKind.CORRECT: "cue", CueKind.CONFIRM: "back on target", CueKind.NOTICE: "notice"
}  # fmt: skip
"""What a coach reads for each kind of sentence."""
FAULTS: Mapping[str, str] = {
    Fault.BRAKING: "braking", Fault.OVERSTRIDE: "overstride",
    Fault.CADENCE_LOW: "cadence too low", Fault.CADENCE_HIGH: "cadence too high",
}  # fmt: skip
"""What a coach reads for each fault."""

UNITS = {
    "ms": "ms", "%": "percent", "m/s": "velocityms", "m": "lengthm", "mm": "lengthmm", "deg": "degree",
    "°": "degree", "W": "watt", "s": "s", "min/km": "clocks", "clock": "clocks", "ago": "dateTimeFromNow",
}  # fmt: skip
"""Units that Grafana knows by name; all others are written behind the number as they are.

A pace is in seconds per km and a "clock" in seconds: both are read as minutes and seconds."""

_LEAST_INTERVALS = {"step": "1s", "second": "1s", "sensor": "5s", "sink": "1m", "activity": "1m"}
"""How often a measurement has points at most: shorter intervals would draw holes."""


def data_source(text: str) -> common_model.DataSourceRef:
    """Return the data source that has the measurements of a query: the raw one, or the one that is kept."""
    names = set(re.findall(r'FROM "(\w+)"', text))
    if names & RAW_MEASUREMENTS and not names <= RAW_MEASUREMENTS:
        raise ValueError(f"a query of two buckets: {text}")
    uid = "gaitcue-raw" if names & RAW_MEASUREMENTS else "gaitcue"
    return common_model.DataSourceRef(type_val="influxdb", uid=uid)


def grafana_unit(text: str) -> str:
    """Return Grafana's name of a unit of ``dsp.metrics``, or the unit as a suffix."""
    return UNITS.get(text) or (f"suffix:{text}" if text else "none")


def display_expression(name: str, of: str = "MEAN", part: str = "") -> str:
    """Return the InfluxQL expression of a metric as a runner reads it: cm, or seconds per km of a pace.

    ``of`` is the function over the interval, empty for points as they are; ``part`` is what stands behind
    the name of the field (``_target`` ...).
    """
    display = BY_NAME[name].display_or_unit
    field = f'{of}("{name}{part}")' if of else f'"{name}{part}"'
    if display.pace:
        return f"1000 / {field}"
    return field if display.scale == 1 else f"{display.scale:g} * {field}"


def display_decimals(spec: MetricSpec) -> int:
    """Return how many decimals a panel shows of a metric; those of a pace are not cut to whole minutes."""
    display = spec.display_or_unit
    return 1 if display.pace else display.decimals


class Query(Builder[Dataquery], Dataquery):
    """An InfluxQL query; its answer is a table if ``rows``, else time series named by ``alias``."""

    def __init__(self, text: str, alias: str = "", *, rows: bool = False) -> None:
        self.text, self._alias, self._rows = text, alias, rows
        self.ref_id = "A"

    def build(self) -> Dataquery:
        """Return itself: the query is its own builder."""
        return self

    @property
    def source(self) -> common_model.DataSourceRef:
        """The data source that is asked."""
        return data_source(self.text)

    def to_json(self) -> dict[str, object]:
        """Return the query as it stands in the dashboard's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": {"type": "influxdb", "uid": self.source.uid},
            "rawQuery": True,
            "query": self.text,
            "resultFormat": "table" if self._rows else "time_series",
            "alias": self._alias,
        }


class HubQuery(Query):
    """A PromQL query of a hub's metrics; ``legend`` names each series, with labels as ``{{label}}``."""

    def __init__(self, text: str, legend: str = "", *, now: bool = False) -> None:
        super().__init__(text)
        self._legend, self._now = legend, now

    @property
    def source(self) -> common_model.DataSourceRef:
        """The Prometheus that asks a hub's workers and store."""
        return common_model.DataSourceRef(type_val="prometheus", uid="gaitcue-hub")

    def to_json(self) -> dict[str, object]:
        """Return the query as it stands in the dashboard's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": {"type": "prometheus", "uid": self.source.uid},
            "editorMode": "code",
            "expr": self.text,
            "instant": self._now,
            "range": not self._now,
            "legendFormat": self._legend,
        }


def over_time(expression: str, measurement: str = "second", by: str = "", where: str = "") -> str:
    """Return a query of an expression over the panel's own interval, one series for each of ``by``."""
    more = f" AND {where}" if where else ""
    tags = f", {by}" if by else ""
    what = f'SELECT {expression} FROM "{measurement}" WHERE {SELECTED}{more}'
    return f"{what} GROUP BY time($__interval){tags} fill(none)"


def latest(expression: str, measurement: str, by: str = '"athlete"', where: str = "") -> str:
    """Return a query that gives one row for each athlete (or ``by``)."""
    more = f" AND {where}" if where else ""
    return f'SELECT {expression} FROM "{measurement}" WHERE {SELECTED}{more} GROUP BY {by}'


def thresholds(*levels: Level) -> dashboard.ThresholdsConfig:
    """Return thresholds with each colour from its value on; the first begins at minus infinity."""
    made = [model.Threshold(value=value, color=colour) for value, colour in levels]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(made)


def line_panel(
    title: str,
    about: str,
    in_unit: str,
    queries: Sequence[Query],
    w: int = 12,
    h: int = 8,
    decimals: int = 1,
) -> timeseries.Panel:
    """Return a panel of lines over time; ``about`` is its description, ``w`` of 24 columns wide.

    A line has the colour of its name, so an athlete has the same one on every board.
    """
    what = re.split("[,:]| against | at | by | per | under ", title)[0]  # the rest is above the panel
    return (
        _framed(timeseries.Panel(), title, about, queries, w, h)
        .unit(grafana_unit(in_unit))
        .decimals(decimals)
        .axis_label({"min/km": "Pace, per km", "": what, "index": what}.get(in_unit, f"{what}, {in_unit}"))
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .line_width(2)
        .fill_opacity(0)
        .show_points(common_model.VisibilityMode.AUTO)
        .span_nulls(False)
        .tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_model.LegendDisplayMode.LIST)
            .placement(common_model.LegendPlacement.BOTTOM)
        )
    )


def metric_panel(
    name: str, queries: Sequence[Query], title: str = "", w: int = 12, h: int = 8
) -> timeseries.Panel:
    """Return a panel of lines of one metric, with its own label, unit, decimals and definition."""
    m = BY_NAME[name]
    about = f"{m.definition} Source: {m.source}."
    return line_panel(title or m.label, about, m.display_or_unit.unit, queries, w, h, display_decimals(m))


def fill_band(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw the series "from" and "to" as one filled band, target, own normal and limit as dashed lines."""
    hidden = {"legend": True, "tooltip": False, "viz": False}
    looks: dict[str, dict[str, Any]] = {
        "to": {"custom.lineWidth": 0, "custom.fillBelowTo": "from", "custom.fillOpacity": 18},
        "from": {"custom.lineWidth": 0, "custom.hideFrom": hidden},
        "target": {"custom.lineWidth": 1, "custom.lineStyle": {"fill": "dash", "dash": [8, 6]}},
        "own normal": {"custom.lineWidth": 1, "custom.lineStyle": {"fill": "dash", "dash": [8, 6]}},
        "limit": {"custom.lineWidth": 1, "custom.lineStyle": {"fill": "dash", "dash": [2, 6]}},
    }
    for name, look in looks.items():
        colour = {"mode": "fixed", "fixedColor": "red" if name == "limit" else "green"}
        panel = panel.override_by_name(name, _properties({**look, "color": colour}))
    return panel


def on_right_axis(panel: timeseries.Panel, name: str, in_unit: str) -> timeseries.Panel:
    """Draw a series against an axis of its own at the right, thin, in its own unit."""
    look = {"unit": grafana_unit(in_unit), "custom.axisPlacement": "right", "custom.axisLabel": name}
    return panel.override_by_name(name, _properties({**look, "custom.lineWidth": 1, "decimals": 0}))


def table_panel(title: str, about: str, queries: Sequence[Query], w: int = 24, h: int = 8) -> table.Panel:
    """Return a table whose rows are those of all queries."""
    return _framed(table.Panel(), title, about, queries, w, h).filterable(True).no_value(NO_CELL)


def join_queries(
    panel: table.Panel, on: str, sort: str, names: dict[str, str], hidden: Sequence[str] = ()
) -> table.Panel:
    """Put the queries of a table side by side: one row for each ``on``, sorted by ``sort``, largest first.

    ``names``: field to heading, in the order of columns.  Times are left out unless they are named "Time
    1", which is that of the first query; ``hidden`` columns are there for links only.
    """
    times = {f"Time {k}" for k in range(1, 10)} - names.keys()
    if "Time 1" in names:  # which is "Time" where the other queries have found nothing
        names = {"Time": names["Time 1"], **names}
    else:
        times |= {"Time"}  # that is every one of them
    order = {name: k for k, name in enumerate(names)}
    shape = {"excludeByName": dict.fromkeys(sorted(times), True), "renameByName": names}
    made = (
        panel.with_transformation(_transform("joinByField", byField=on, mode="outer"))
        .with_transformation(_transform("organize", **shape, indexByName=order))
        .with_transformation(_transform("sortBy", sort=[{"field": names.get(sort, sort), "desc": True}]))
    )
    return hide_columns(made, hidden)


def name_columns(panel: table.Panel, names: dict[str, str], hidden: Sequence[str] = ()) -> table.Panel:
    """Give the columns of a table of one query (or of queries that follow each other) their headings."""
    order = {name: k for k, name in enumerate(names)}
    made = panel.with_transformation(_transform("organize", renameByName=names, indexByName=order))
    return hide_columns(made, hidden)


def hide_columns(panel: table.Panel, names: Sequence[str]) -> table.Panel:
    """Leave columns out of sight, for links to read."""
    unseen = {"custom.hideFrom": {"viz": True, "legend": True, "tooltip": True}}
    for name in names:
        panel = panel.override_by_name(name, _properties(unseen))
    return panel


def format_column(
    panel: table.Panel, name: str, in_unit: str, decimals: int, *levels: tuple[float | None, str]
) -> None:
    """Set the unit and decimals of a column, and its colours where there are ``levels``."""
    wanted: dict[str, Any] = {"unit": grafana_unit(in_unit), "decimals": decimals}
    if levels:
        wanted["thresholds"] = thresholds(*levels).build()
        wanted["custom.cellOptions"] = {"type": "color-text"}
    panel.override_by_name(name, _properties(wanted))


def word_column(panel: table.Panel, name: str, words: Sequence[tuple[float, str, str]]) -> None:
    """Show the numbers of a column as words: each from its value on, in its colour."""
    ends = [start for start, _, _ in words[1:]] + [math.inf]
    ranges = [
        model.RangeMap(
            options=model.DashboardRangeMapOptions(
                from_val=None if math.isinf(start) else start,
                to=None if math.isinf(end) else end,
                result=model.ValueMappingResult(text=text, color=colour, index=k),
            )
        )
        for k, ((start, text, colour), end) in enumerate(zip(words, ends, strict=True))
    ]
    panel.override_by_name(
        name, _properties({"mappings": ranges, "custom.cellOptions": {"type": "color-text"}})
    )


def grey_rows(panel: table.Panel, name: str, word: str) -> None:
    """Grey the whole row where a column says this word."""
    grey = model.ValueMappingResult(text=word, color="#464c54", index=0)
    other = model.RegexMap(
        options=model.DashboardRegexMapOptions(
            pattern="(.*)", result=model.ValueMappingResult(text="$1", color="transparent", index=1)
        )
    )
    cells = {"type": "color-background", "mode": "basic", "applyToRow": True}
    mappings = [model.ValueMap(options={word: grey}), other]
    panel.override_by_name(name, _properties({"mappings": mappings, "custom.cellOptions": cells}))


def link_column(panel: table.Panel, name: str, title: str, url: str) -> None:
    """Link the cells of a column; ``url`` may hold other columns of the row (``cell``)."""
    panel.override_by_name(name, _properties({"links": [{"title": title, "url": url}]}))


def cell(name: str) -> str:
    """Return what stands for the text of a column of the same row in a link."""
    return f'${{__data.fields["{name}"]:percentencode}}'


def number_cell(name: str) -> str:
    """Return what stands for the number of a column of the same row in a link."""
    return f'${{__data.fields["{name}"].numeric}}'


def number_panel(
    title: str, about: str, in_unit: str, query: Query, *levels: Level, w: int = 6, decimals: int = 0
) -> stat.Panel:
    """Return a panel with one big number, coloured by ``levels``."""
    made = _framed(stat.Panel(), title, about, [query], w, 4)
    made = made.unit(grafana_unit(in_unit)).decimals(decimals)
    return made.thresholds(thresholds(*(levels or ((None, "text"),))))


def state_panel(title: str, about: str, query: Query, w: int = 24, h: int = 6) -> statetimeline.Panel:
    """Return a panel that shows which state held when, in words."""
    return _framed(statetimeline.Panel(), title, about, [query], w, h)


def bar_panel(
    title: str, about: str, in_unit: str, query: Query, w: int = 12, h: int = 8
) -> bargauge.Panel:
    """Return a panel with a bar for each series."""
    return _framed(bargauge.Panel(), title, about, [query], w, h).unit(grafana_unit(in_unit))


def value_words(words: Mapping[int, tuple[str, str]], absent: str) -> list[model.ValueMapping]:
    """Return mappings of numbers to words with their colours, and of what is not there to ``absent``."""
    known = {
        str(number): model.ValueMappingResult(text=text, color=colour, index=k)
        for k, (number, (text, colour)) in enumerate(words.items())
    }
    nothing = model.DashboardSpecialValueMapOptions(
        match=model.SpecialValueMatch.NULL_AND_NAN,
        result=model.ValueMappingResult(text=absent, color="text", index=len(known)),
    )
    return [model.ValueMap(options=known), model.SpecialValueMap(options=nothing)]


def name_values(panel: table.Panel, column: str, words: Mapping[str, str]) -> table.Panel:
    """Show the values of a column, which are keys in the database, by these words."""
    options = {
        key: model.ValueMappingResult(text=text, index=k) for k, (key, text) in enumerate(words.items())
    }
    return panel.override_by_name(column, _properties({"mappings": [model.ValueMap(options=options)]}))


def sentences() -> dict[str, str]:
    """Return the first sentence of the phrase book under each of its keys, as it may be heard."""
    messages = json.loads(catalogue_json("en"))["languages"]["en"]
    said = sorted(key for key in messages if key.startswith("said."))
    return {key.removeprefix("said."): messages[key][0] for key in said}


def draw_as_bars(
    panel: timeseries.Panel, names: str, in_unit: str, *, right: bool = False
) -> timeseries.Panel:
    """Draw the series whose names begin so as bars, on an axis of its own at the right if asked."""
    wanted: dict[str, Any] = {"custom.drawStyle": "bars", "custom.fillOpacity": 40}
    if right:
        wanted |= {"unit": grafana_unit(in_unit), "custom.axisPlacement": "right"}
    return panel.override_by_regexp(f"/^{names}/", _properties(wanted))


_Panel = TypeVar("_Panel", timeseries.Panel, table.Panel, stat.Panel, statetimeline.Panel, bargauge.Panel)


def _framed(panel: _Panel, title: str, about: str, queries: Sequence[Query], w: int, h: int) -> _Panel:
    """A panel with what all have: its queries, where they are asked, and words where there is nothing."""
    sources = [query.source for query in queries]
    mixed = common_model.DataSourceRef(type_val="datasource", uid="-- Mixed --")
    made = panel.title(title).description(about).targets(list(_numbered(queries))).span(w).height(h)
    made = made.datasource(sources[0] if len({s.uid for s in sources}) == 1 else mixed)
    return made.no_value(NOTHING).interval(_least_interval(queries))


def _least_interval(queries: Sequence[Query]) -> str:
    if any(isinstance(query, HubQuery) for query in queries):
        return "15s"  # as often as Prometheus asks
    names = re.findall(r'FROM "(\w+)"', " ".join(query.text for query in queries))
    return next((_LEAST_INTERVALS[name] for name in names if name in _LEAST_INTERVALS), "1s")


def _properties(wanted: Mapping[str, object]) -> list[model.DynamicConfigValue]:
    return [model.DynamicConfigValue(id_val=k, value=v) for k, v in wanted.items()]


def _numbered(queries: Sequence[Query]) -> Sequence[Query]:
    for letter, query in zip("ABCDEFGHIJKLMNOP", queries, strict=False):
        query.ref_id = letter
    return queries


def _transform(kind: str, **options: object) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val=kind, options=options)


def cue_table(where: str, title: str, w: int) -> table.Panel:
    """Return the table of the newest fifty decisions that meet a condition."""
    wanted = '"kind", "fault", "value", "target", "spoken", "withheld", "why"'
    text = f'SELECT {wanted} FROM "cue" WHERE {SELECTED} AND {where} '
    text += 'GROUP BY "athlete" ORDER BY time DESC LIMIT 50'
    about = "Decisions to speak or to stay silent, and why."
    names = {"Time": "When", "athlete": "Athlete", "kind": "Kind", "fault": "Fault", "value": "Was"}
    names |= {"target": "Wanted", "spoken": "Spoken", "withheld": "Not said because", "why": "Why"}
    made = name_columns(table_panel(title, about, [Query(text, rows=True)], w), names)
    yes_no = value_words({0: ("no", "text"), 1: ("yes", "green")}, NO_CELL)
    made = name_values(name_values(made, "Kind", KINDS), "Fault", FAULTS)
    return made.override_by_name("Spoken", _properties({"mappings": yes_no}))


# ---------------------------------------------------------------------- the dashboards' frame


def empty_board(
    uid: str,
    title: str,
    about: str,
    span: str,
    refresh: str = "",
    several: bool = True,
    measurements: str = '"session"',
) -> dashboard.Dashboard:
    """Return a dashboard without panels, with the athlete as a variable.

    ``span`` is the time that it shows, ``several``: more than one athlete can be selected, of those that
    ``measurements`` know.
    """
    athletes = f'SHOW TAG VALUES FROM {measurements} WITH KEY = "athlete"'
    return plain_board(uid, title, about, span, refresh).with_variable(
        variable("athlete", athletes, several)
    )


def plain_board(uid: str, title: str, about: str, span: str, refresh: str = "") -> dashboard.Dashboard:
    """Return a dashboard without panels and variables, with links to the other boards."""
    made = dashboard.Dashboard(title).uid(uid).description(about).tags(["gaitcue"]).editable()
    made = made.timezone("browser").time(f"now-{span}", "now").tooltip(model.DashboardCursorSync.CROSSHAIR)
    made = made.link(
        dashboard.DashboardLink("Boards")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags(["gaitcue"])
        .include_vars(True)
    )
    return made.refresh(refresh) if refresh else made


def variable(name: str, query: str, several: bool) -> dashboard.QueryVariable:
    """Return a dashboard variable whose values the query finds in the data."""
    made = (
        dashboard.QueryVariable(name).label(name.capitalize()).datasource(data_source(query)).query(query)
    )
    made = made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).multi(several).include_all(several)
    made = made.sort(model.VariableSort.ALPHABETICAL_ASC)
    return made.all_value(".*") if several else made


def annotation(name: str, colour: str, query: str, text: str) -> dashboard.AnnotationQuery:
    """Return an annotation: events that are drawn over every panel; ``text`` is the column shown."""
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(data_source(query))
        .enable(True)
        .icon_color(colour)
        .target(AnnotationQuery(query, text))
    )


class AnnotationQuery(Query):
    """The query of an annotation: ``text`` is the column that is shown."""

    def __init__(self, text: str, column: str) -> None:
        super().__init__(text, rows=True)
        self._column = column

    def to_json(self) -> dict[str, object]:
        """Return the query as it stands in the dashboard's JSON."""
        return super().to_json() | {"textColumn": self._column, "fromAnnotations": True}
