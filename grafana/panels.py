"""Panels with InfluxQL queries; units, labels and decimals come from METRICS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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

from dsp.metrics import BY_NAME

SOURCE = common_model.DataSourceRef(type_val="influxdb", uid="gaitcue")
Level = tuple[float | None, str]

SELECTED = '$timeFilter AND "athlete" =~ /^$athlete$/'
"""What every query is limited to."""

UNITS = {
    "ms": "ms", "%": "percent", "m/s": "velocityms", "m": "lengthm", "mm": "lengthmm", "deg": "degree",
    "W": "watt", "s": "s",
}  # fmt: skip
"""Units that Grafana knows by name; all others are written behind the number as they are."""


def grafana_unit(text: str) -> str:
    """Return Grafana's name of a unit of ``dsp.metrics``, or the unit as a suffix."""
    return UNITS.get(text) or (f"suffix: {text}" if text else "none")


class Query(Builder[Dataquery], Dataquery):
    """An InfluxQL query; its answer is a table if ``rows``, else time series named by ``alias``."""

    def __init__(self, text: str, alias: str = "", *, rows: bool = False) -> None:
        self._text, self._alias, self._rows = text, alias, rows
        self.ref_id = "A"

    def build(self) -> Dataquery:
        """Return itself: the query is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the query as it stands in the dashboard's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": {"type": "influxdb", "uid": "gaitcue"},
            "rawQuery": True,
            "query": self._text,
            "resultFormat": "table" if self._rows else "time_series",
            "alias": self._alias,
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
    """Return a panel of lines over time; ``about`` is its description, ``w`` of 24 columns wide."""
    return (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .targets(list(_numbered(queries)))
        .unit(grafana_unit(in_unit))
        .decimals(decimals)
        .span(w)
        .height(h)
        .line_width(2)
        .fill_opacity(0)
        .show_points(common_model.VisibilityMode.AUTO)
        .span_nulls(False)
        .tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
        .legend(common.VizLegendOptions().show_legend(True).placement(common_model.LegendPlacement.BOTTOM))
    )


def metric_panel(
    name: str, queries: Sequence[Query], title: str = "", w: int = 12, h: int = 8
) -> timeseries.Panel:
    """Return a panel of lines of one metric, with its own label, unit, decimals and definition."""
    m = BY_NAME[name]
    about = f"{m.definition} Source: {m.source}."
    return line_panel(title or m.label, about, m.unit, queries, w, h, m.decimals)


def table_panel(title: str, about: str, queries: Sequence[Query], w: int = 24, h: int = 8) -> table.Panel:
    """Return a table whose rows are those of all queries."""
    made = table.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered(queries))).filterable(True)


def join_queries(panel: table.Panel, on: str, sort: str, names: dict[str, str]) -> table.Panel:
    """Put the queries of a table side by side: one row for each ``on``, sorted by ``sort``, largest first.

    ``names``: field to heading.
    """
    hidden = {"Time": True, **{f"Time {k}": True for k in range(1, 9)}}
    return (
        panel.with_transformation(_transform("joinByField", byField=on, mode="outer"))
        .with_transformation(_transform("organize", excludeByName=hidden, renameByName=names))
        .with_transformation(_transform("sortBy", sort=[{"field": names.get(sort, sort), "desc": True}]))
    )


def format_column(
    panel: table.Panel, name: str, in_unit: str, decimals: int, *levels: tuple[float | None, str]
) -> None:
    """Set the unit and decimals of a column, and its colours where there are ``levels``."""
    wanted: dict[str, Any] = {"unit": grafana_unit(in_unit), "decimals": decimals}
    if levels:
        wanted["thresholds"] = thresholds(*levels).build()
        wanted["custom.cellOptions"] = {"type": "color-text"}
    panel.override_by_name(name, [model.DynamicConfigValue(id_val=k, value=v) for k, v in wanted.items()])


def number_panel(
    title: str, about: str, in_unit: str, query: Query, *levels: Level, w: int = 6, decimals: int = 0
) -> stat.Panel:
    """Return a panel with one big number, coloured by ``levels``."""
    made = stat.Panel().title(title).description(about).datasource(SOURCE).span(w).height(4)
    made = made.targets(list(_numbered([query]))).unit(grafana_unit(in_unit)).decimals(decimals)
    return made.thresholds(thresholds(*(levels or ((None, "text"),))))


def state_panel(title: str, about: str, query: Query, w: int = 24, h: int = 6) -> statetimeline.Panel:
    """Return a panel that shows which state held when, in words."""
    made = statetimeline.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered([query])))


def bar_panel(
    title: str, about: str, in_unit: str, query: Query, w: int = 12, h: int = 8
) -> bargauge.Panel:
    """Return a panel with a bar for each series."""
    made = bargauge.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered([query]))).unit(grafana_unit(in_unit))


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


def draw_as_bars(
    panel: timeseries.Panel, names: str, in_unit: str, *, right: bool = False
) -> timeseries.Panel:
    """Draw the series whose names begin so as bars, on an axis of its own at the right if asked."""
    wanted: dict[str, Any] = {"custom.drawStyle": "bars", "custom.fillOpacity": 40}
    if right:
        wanted |= {"unit": grafana_unit(in_unit), "custom.axisPlacement": "right"}
    values = [model.DynamicConfigValue(id_val=k, value=v) for k, v in wanted.items()]
    return panel.override_by_regexp(f"/^{names}/", values)


def _numbered(queries: Sequence[Query]) -> Sequence[Query]:
    for letter, query in zip("ABCDEFGHIJKLMNOP", queries, strict=False):
        query.ref_id = letter
    return queries


def _transform(kind: str, **options: object) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val=kind, options=options)


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
    made = dashboard.Dashboard(title).uid(uid).description(about).tags(["gaitcue"]).editable()
    made = made.timezone("browser").time(f"now-{span}", "now").tooltip(model.DashboardCursorSync.CROSSHAIR)
    made = made.with_variable(
        variable("athlete", f'SHOW TAG VALUES FROM {measurements} WITH KEY = "athlete"', several)
    )
    return made.refresh(refresh) if refresh else made


def variable(name: str, query: str, several: bool) -> dashboard.QueryVariable:
    """Return a dashboard variable whose values the query finds in the data."""
    made = dashboard.QueryVariable(name).label(name.capitalize()).datasource(SOURCE).query(query)
    made = made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).multi(several).include_all(several)
    made = made.sort(
        model.VariableSort.ALPHABETICAL_ASC if name == "athlete" else model.VariableSort.ALPHABETICAL_DESC
    )
    return made.all_value(".*") if several else made


def annotation(name: str, colour: str, query: str, text: str) -> dashboard.AnnotationQuery:
    """Return an annotation: events that are drawn over every panel; ``text`` is the column shown."""
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
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
