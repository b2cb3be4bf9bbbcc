"""Alert rules, as a file that Grafana provisions.  Each asks InfluxQL and fires above a limit."""

from __future__ import annotations

from dataclasses import dataclass

from grafana.boards import BRAKING_IMPULSE, CADENCE, OFF_PLAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alert: fires when the number that ``query`` gives for an athlete is above ``limit``.

    ``days``: how far back the query looks; ``lasting``: how long it must be so, as Grafana writes it;
    ``source``: where the limit comes from.
    """

    uid: str
    title: str
    query: str
    days: float
    limit: float
    lasting: str
    text: str
    source: str


_SHARES = (
    f'SELECT MEAN("{CADENCE}_in_band") AS "share" FROM "second" '
    f'WHERE $timeFilter AND {OFF_PLAN} GROUP BY "athlete", "session"'
)
_LOW_SHARES = (
    f'SELECT COUNT("share") FROM ({_SHARES}) WHERE $timeFilter AND "share" < 0.6 GROUP BY "athlete"'
)
_SPREAD = (
    'SELECT ABS("now" - "usual") AS "apart" FROM '
    '(SELECT LAST("day") AS "now", MEAN("day") AS "usual" FROM '
    '(SELECT MEAN("contact_balance_pct") AS "day" FROM "second" WHERE $timeFilter '
    'GROUP BY time(1d), "athlete" fill(none)) WHERE $timeFilter GROUP BY "athlete") GROUP BY "athlete"'
)
_MATCHED = (
    'SELECT 100 * "now" / "usual" - 100 AS "more" FROM '
    '(SELECT LAST("day") AS "now", MEAN("day") AS "usual" FROM '
    f'(SELECT MEAN("{BRAKING_IMPULSE}") / MEAN("{BRAKING_IMPULSE}_target") AS "day" FROM "second" '
    "WHERE $timeFilter "
    'GROUP BY time(1d), "athlete" fill(none)) WHERE $timeFilter GROUP BY "athlete") GROUP BY "athlete"'
)

RULES = (
    Rule(
        uid="gaitcue-in-band",
        title="Two silent runs out of band",
        query=_LOW_SHARES,
        days=14,
        limit=1,
        lasting="0s",
        text="In two runs of the last two weeks less than 60 % of the silent seconds were in band: "
        "go two steps back in the plan.",
        source="share with cues off: Crowell & Davis 2011, Willy 2016; 60 % is a choice",
    ),
    Rule(
        uid="gaitcue-braking",
        title="Braking up at matched speed",
        query=_MATCHED,
        days=28,
        limit=10,
        lasting="0s",
        text="Braking against the own normal at the same speed is more than 10 % above its 28-day mean.",
        source="a choice; the effect aimed at is 15 % (Napier 2019)",
    ),
    Rule(
        uid="gaitcue-asymmetry",
        title="Asymmetry beyond own history",
        query=_SPREAD,
        days=28,
        limit=3,
        lasting="0s",
        text="Left/right contact balance is more than 3 percentage points from its own 28-day mean.",
        source="a choice",
    ),
    Rule(
        uid="gaitcue-sensor",
        title="Sensor lost",
        query='SELECT LAST("silent_s") FROM "sensor" WHERE $timeFilter GROUP BY "athlete", "sensor"',
        days=5 / 1440,
        limit=60,
        lasting="0s",
        text="A sensor has been silent for more than a minute.",
        source="a choice",
    ),
    Rule(
        uid="gaitcue-outbox",
        title="Outbox growing",
        query='SELECT LAST("backlog") FROM "sink" WHERE $timeFilter GROUP BY "athlete", "sink"',
        days=10 / 1440,
        limit=5000,
        lasting="5m",
        text="More than 5000 records wait for an outside system; gaitcue stack status says why.",
        source="three minutes of a run with three sensors",
    ),
    Rule(
        uid="gaitcue-pain",
        title="Pain above 3 of 10",
        query='SELECT MAX("during") FROM "log" WHERE $timeFilter GROUP BY "athlete"',
        days=2,
        limit=3,
        lasting="0s",
        text="Pain above 3 of 10 in a run, shared by the runner: talk before progress.  No diagnosis.",
        source="the rule of the cue plan",
    ),
)


def rules() -> dict[str, object]:
    """Return the content of the file that Grafana provisions alert rules from."""
    group = {
        "orgId": 1,
        "name": "gaitcue",
        "folder": "gaitcue",
        "interval": "1m",
        "rules": [_rule(rule) for rule in RULES],
    }
    return {"apiVersion": 1, "groups": [group]}


def _rule(rule: Rule) -> dict[str, object]:
    span = {"from": round(86400 * rule.days), "to": 0}
    ask = {"refId": "A", "rawQuery": True, "query": rule.query, "resultFormat": "time_series"}
    last = {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}
    above = {
        "refId": "C",
        "type": "threshold",
        "expression": "B",
        "conditions": [{"evaluator": {"type": "gt", "params": [rule.limit]}}],
    }
    data = [
        {"refId": "A", "datasourceUid": "gaitcue", "relativeTimeRange": span, "model": ask},
        {"refId": "B", "datasourceUid": "__expr__", "relativeTimeRange": span, "model": last},
        {"refId": "C", "datasourceUid": "__expr__", "relativeTimeRange": span, "model": above},
    ]
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "data": data,
        "for": rule.lasting,
        "noDataState": "OK",
        "execErrState": "Error",
        "annotations": {"summary": rule.text, "description": f"Limit: {rule.limit:g} ({rule.source})."},
        "labels": {"program": "gaitcue"},
    }
