"""Panels with InfluxQL queries; units, labels and decimals come from METRICS."""

from __future__ import annotations

from collections.abc import Sequence
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

OF = '$timeFilter AND "athlete" =~ /^$athlete$/'
"""What every query is limited to."""

UNITS = {
    "ms": "ms", "%": "percent", "m/s": "velocityms", "m": "lengthm", "mm": "lengthmm", "deg": "degree",
    "W": "watt", "s": "s",
}  # fmt: skip
"""Units that Grafana knows by name; all others are written behind the number as they are."""


def unit(text: str) -> str:
    return UNITS.get(text) or (f"suffix: {text}" if text else "none")


class Query(Builder[Dataquery], Dataquery):
    """One InfluxQL query; ``rows``: a table, else time series named by ``alias``."""

    def __init__(self, text: str, alias: str = "", *, rows: bool = False) -> None:
        self._text, self._alias, self._rows = text, alias, rows
        self.ref_id = "A"

    def build(self) -> Dataquery:
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "refId": self.ref_id,
            "datasource": {"type": "influxdb", "uid": "gaitcue"},
            "rawQuery": True,
            "query": self._text,
            "resultFormat": "table" if self._rows else "time_series",
            "alias": self._alias,
        }


def over_time(expression: str, measurement: str = "second", by: str = "", where: str = "") -> str:
    """Means (or what ``expression`` says) over the panel's own interval."""
    more = f" AND {where}" if where else ""
    tags = f", {by}" if by else ""
    what = f'SELECT {expression} FROM "{measurement}" WHERE {OF}{more}'
    return f"{what} GROUP BY time($__interval){tags} fill(none)"


def latest(expression: str, measurement: str, by: str = '"athlete"', where: str = "") -> str:
    """One row for each athlete (or ``by``)."""
    more = f" AND {where}" if where else ""
    return f'SELECT {expression} FROM "{measurement}" WHERE {OF}{more} GROUP BY {by}'


def steps(*levels: Level) -> dashboard.ThresholdsConfig:
    """Colours from these values on; the first from minus infinity."""
    made = [model.Threshold(value=value, color=colour) for value, colour in levels]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(made)


def traces(
    title: str,
    about: str,
    in_unit: str,
    queries: Sequence[Query],
    w: int = 12,
    h: int = 8,
    decimals: int = 1,
) -> timeseries.Panel:
    """Lines over time."""
    return (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .targets(list(_numbered(queries)))
        .unit(unit(in_unit))
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


def metric(
    name: str, queries: Sequence[Query], title: str = "", w: int = 12, h: int = 8
) -> timeseries.Panel:
    """Lines of one metric, with its own label, unit, decimals and definition."""
    m = BY_NAME[name]
    about = f"{m.definition} Source: {m.source}."
    return traces(title or m.label, about, m.unit, queries, w, h, m.decimals)


def rows(title: str, about: str, queries: Sequence[Query], w: int = 24, h: int = 8) -> table.Panel:
    """A table."""
    made = table.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered(queries))).filterable(True)


def joined(panel: table.Panel, on: str, sort: str, names: dict[str, str]) -> table.Panel:
    """Several queries side by side, one row for each ``on``; sorted by ``sort``, the largest first."""
    hidden = {"Time": True, **{f"Time {k}": True for k in range(1, 9)}}
    return (
        panel.with_transformation(_transform("joinByField", byField=on, mode="outer"))
        .with_transformation(_transform("organize", excludeByName=hidden, renameByName=names))
        .with_transformation(_transform("sortBy", sort=[{"field": names.get(sort, sort), "desc": True}]))
    )


def column(
    panel: table.Panel, name: str, in_unit: str, decimals: int, *levels: tuple[float | None, str]
) -> None:
    """How a column is written, and coloured where there are ``levels``."""
    wanted: dict[str, Any] = {"unit": unit(in_unit), "decimals": decimals}
    if levels:
        wanted["thresholds"] = steps(*levels).build()
        wanted["custom.cellOptions"] = {"type": "color-text"}
    panel.override_by_name(name, [model.DynamicConfigValue(id_val=k, value=v) for k, v in wanted.items()])


def number(
    title: str, about: str, in_unit: str, query: Query, *levels: Level, w: int = 6, decimals: int = 0
) -> stat.Panel:
    """One big number."""
    made = stat.Panel().title(title).description(about).datasource(SOURCE).span(w).height(4)
    made = made.targets(list(_numbered([query]))).unit(unit(in_unit)).decimals(decimals)
    return made.thresholds(steps(*(levels or ((None, "text"),))))


def states(title: str, about: str, query: Query, w: int = 24, h: int = 6) -> statetimeline.Panel:
    """What held when, in words."""
    made = statetimeline.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered([query])))


def bars(title: str, about: str, in_unit: str, query: Query, w: int = 12, h: int = 8) -> bargauge.Panel:
    """One bar for each."""
    made = bargauge.Panel().title(title).description(about).datasource(SOURCE).span(w).height(h)
    return made.targets(list(_numbered([query]))).unit(unit(in_unit))


def _numbered(queries: Sequence[Query]) -> Sequence[Query]:
    for letter, query in zip("ABCDEFGHIJKLMNOP", queries, strict=False):
        query.ref_id = letter
    return queries


def _transform(kind: str, **options: object) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val=kind, options=options)


# ---------------------------------------------------------------------- the dashboards' frame


def board(
    uid: str, title: str, about: str, span: str, refresh: str = "", several: bool = True
) -> dashboard.Dashboard:
    """An empty dashboard with the athlete variable."""
    made = dashboard.Dashboard(title).uid(uid).description(about).tags(["gaitcue"]).editable()
    made = made.timezone("browser").time(f"now-{span}", "now").tooltip(model.DashboardCursorSync.CROSSHAIR)
    made = made.with_variable(
        choice("athlete", 'SHOW TAG VALUES FROM "session" WITH KEY = "athlete"', several)
    )
    return made.refresh(refresh) if refresh else made


def choice(name: str, query: str, several: bool) -> dashboard.QueryVariable:
    """A variable whose values come from the data."""
    made = dashboard.QueryVariable(name).label(name.capitalize()).datasource(SOURCE).query(query)
    made = made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).multi(several).include_all(several)
    made = made.sort(
        model.VariableSort.ALPHABETICAL_ASC if name == "athlete" else model.VariableSort.ALPHABETICAL_DESC
    )
    return made.all_value(".*") if several else made


def marks(name: str, colour: str, query: str, text: str) -> dashboard.AnnotationQuery:
    """Events drawn over every trace."""
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(colour)
        .target(Mark(query, text))
    )


class Mark(Query):
    """The query of an annotation: ``text`` is the column that is shown."""

    def __init__(self, text: str, column: str) -> None:
        super().__init__(text, rows=True)
        self._column = column

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"textColumn": self._column, "fromAnnotations": True}
