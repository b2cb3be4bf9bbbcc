"""Alert rules, as a file that Grafana provisions.

Each asks InfluxQL for a few points of every athlete (``A``), brings them to numbers, and fires where a
condition of these holds.  What tells of runs is asked once an hour, what tells of now every minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grafana.panels import data_source
from grafana.trends import BRAKING_IMPULSE, WHOLE

Reducer = Literal["last", "min", "max", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alert: fires when ``condition`` of the numbers that ``query`` gives for an athlete holds.

    ``numbers`` are made of the points of ``query`` by name; ``days``: how far back it looks; ``lasting``:
    how long it must be so, as Grafana writes it; ``of_runs``: asked once an hour, and the alert links to
    the athlete's last run.  ``advice`` says what to do; ``source``: where the limit comes from.
    """

    uid: str
    title: str
    query: str
    numbers: dict[str, Reducer]
    condition: str
    days: float
    of_runs: bool
    advice: str
    source: str
    lasting: str = "0s"


def _runs(expression: str, count: int) -> str:
    """The newest so many runs of every athlete that have a value."""
    what = f'SELECT {expression} FROM "run" WHERE $timeFilter AND {WHOLE}'
    return f'{what} GROUP BY "athlete" ORDER BY time DESC LIMIT {count}'


RULES = (
    Rule(
        uid="gaitcue-in-band",
        title="Two silent runs out of band",
        query=_runs('"silent_in_band_pct"', 2),
        numbers={"best": "max", "runs": "count"},
        condition="$best < 60 && $runs > 1",
        days=28,
        of_runs=True,
        advice="In both of the last two runs with silent stretches less than 60 % of these were in "
        "band. Go two steps back in the cue plan, and look at the run. It clears with the next "
        "good one.",
        source="share with cues off: Crowell & Davis 2011, Willy 2016; 60 % is a choice",
    ),
    Rule(
        uid="gaitcue-braking",
        title="Braking up at matched speed",
        query=_runs(f'100 * "{BRAKING_IMPULSE}_change" / "{BRAKING_IMPULSE}_before"', 1),
        numbers={"change": "last"},
        condition="$change > 10",
        days=7,
        of_runs=True,
        advice="In the last run braking was more than 10 % above that of the 28 days before it, at "
        "the same speeds on level ground. Ask about shoes, tiredness and pain, and look at the "
        "run.",
        source="a choice; the effect aimed at is 15 % (Napier 2019)",
    ),
    Rule(
        uid="gaitcue-asymmetry",
        title="Asymmetry beyond own history",
        query=_runs('ABS("contact_balance_pct_change")', 1),
        numbers={"change": "last"},
        condition="$change > 3",
        days=7,
        of_runs=True,
        advice="In the last run the balance of left and right contact was more than 3 percentage "
        "points from that of the 28 days before it. Ask whether something hurts, and whether a "
        "sensor sat differently.",
        source="a choice",
    ),
    Rule(
        uid="gaitcue-pain",
        title="Pain above 3 of 10",
        query='SELECT MAX("during") FROM "log" WHERE $timeFilter GROUP BY "athlete"',
        numbers={"pain": "last"},
        condition="$pain > 3",
        days=2,
        of_runs=True,
        advice="Pain above 3 of 10 in a run, shared by the runner. Freeze progress, and talk before the "
        "next run. This is not a diagnosis.",
        source="the rule of the cue plan",
    ),
    Rule(
        uid="gaitcue-sensor",
        title="Sensor lost",
        query='SELECT LAST("silent_s") FROM "sensor" WHERE $timeFilter GROUP BY "athlete", "sensor"',
        numbers={"silent": "last"},
        condition="$silent > 60",
        days=5 / 1440,
        of_runs=False,
        advice="A sensor has been silent for more than a minute. Let the runner look at the page at "
        "the next stop: battery, mount, distance to the phone or box.",
        source="a choice",
    ),
    Rule(
        uid="gaitcue-outbox",
        title="Outbox growing",
        query='SELECT LAST("backlog") FROM "sink" WHERE $timeFilter GROUP BY "athlete", "sink"',
        numbers={"waiting": "last"},
        condition="$waiting > 5000",
        days=10 / 1440,
        of_runs=False,
        lasting="5m",
        advice="More than 5000 records wait for an outside system. Nothing is lost; gaitcue stack "
        "status on the runner's machine says what to fix.",
        source="three minutes of a run with three sensors",
    ),
)

_LAST_RUN = {"from": '"from_ms"', "to": '"to_ms"'}
"""What a link to the last run needs."""


def rules() -> dict[str, object]:
    """Return the content of the file that Grafana provisions alert rules from: a group of each pace."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": f"gaitcue: {name}",
                "folder": "gaitcue",
                "interval": interval,
                "rules": [_rule(rule) for rule in RULES if rule.of_runs is of_runs],
            }
            for name, interval, of_runs in (("now", "1m", False), ("runs", "1h", True))
        ],
    }


def _rule(rule: Rule) -> dict[str, object]:
    data = _question("A", rule.query, rule.days)
    data += [_reduction(name, "A", reducer) for name, reducer in rule.numbers.items()]
    if rule.of_runs:
        for name, field in _LAST_RUN.items():
            data += _question(f"{name}_ms", _runs(field, 1), 366)
            data.append(_reduction(name, f"{name}_ms", "last"))
    data.append(_expression("fires", {"type": "math", "expression": rule.condition}))
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "fires",
        "data": data,
        "for": rule.lasting,
        "noDataState": "OK",
        "execErrState": "Error",
        "annotations": {
            "summary": f"{{{{ $labels.athlete }}}}: {rule.advice}",
            "description": f"Fires if {rule.condition.replace('$', '')} ({rule.source}).",
            "run": _link(rule),
        },
        "labels": {"program": "gaitcue"},
    }


def _link(rule: Rule) -> str:
    """The address of the board that shows what the alert is about."""
    grafana = '{{ reReplaceAll "/$" "" externalURL }}'
    athlete = "var-athlete={{ urlquery $labels.athlete }}"
    if not rule.of_runs:
        return f"{grafana}/d/gaitcue-athlete?{athlete}"
    times = "&".join(f'{name}={{{{ printf "%.0f" $values.{name}.Value }}}}' for name in _LAST_RUN)
    return f"{grafana}/d/gaitcue-session?{athlete}&{times}"


def _question(name: str, query: str, days: float) -> list[dict[str, object]]:
    model = {"refId": name, "rawQuery": True, "query": query, "resultFormat": "time_series"}
    span = {"from": round(86400 * days), "to": 0}
    uid = data_source(query).uid
    return [{"refId": name, "datasourceUid": uid, "relativeTimeRange": span, "model": model}]


def _reduction(name: str, of: str, reducer: Reducer) -> dict[str, object]:
    return _expression(name, {"type": "reduce", "expression": of, "reducer": reducer})


def _expression(name: str, model: dict[str, object]) -> dict[str, object]:
    whole = {"refId": name, "datasource": {"type": "__expr__", "uid": "__expr__"}, **model}
    return {"refId": name, "datasourceUid": "__expr__", "model": whole}
