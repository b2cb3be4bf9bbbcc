"""The dashboard of a hub: whether every partition is served, what waits, and what was left out.

Its numbers are those of ``monitor.hub.hub_metrics``, which Prometheus asks workers and store for.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from grafana.panels import HubQuery, Level, line_panel, number_panel, plain_board

_OF_PARTITION = "partition {{partition}}"
_NONE: tuple[Level, ...] = ((None, "green"), (1.0, "red"))
_AGE: tuple[Level, ...] = ((None, "green"), (40.0, "yellow"), (90.0, "red"))
"""Seconds since the oldest snapshot: one is due every 30."""
_WAITING: tuple[Level, ...] = ((None, "green"), (100.0, "yellow"), (1000.0, "red"))
"""Messages that wait: a runner sends one a second."""
_LEFT_OUT = {
    "redelivered_messages": "had already",
    "repeated_packets": "packets twice",
    "damaged_messages": "unreadable",
    "orphan_messages": "start missing",
    "late_packets": "after the end",
    "missing_packets": "never came",
    "damaged_entries": "notes of workers",
    "broken_runs": "runs given up",
    "over_budget_runs": "runs too large",
    "dropped_messages": "of such runs",
}


def hub() -> dashboard.Dashboard:
    """Return the board of a hub's workers and store."""
    about = "Workers and store of a hub, as they answer Prometheus. Empty where no hub runs."
    made = plain_board("gaitcue-hub", "Hub", about, "1h", "15s")
    lately = "max by (partition) (max_over_time(gaitcue_hub_serving[1h]))"  # one that died answers nothing
    unserved = f"count({lately} unless max by (partition) (gaitcue_hub_serving) == 1) or vector(0)"
    for title, says, unit, text, levels in (
        ("Partitions without a worker", "Their runs wait in the log.", "", unserved, _NONE),
        ("Runs", "In the memory of all workers.", "", "sum(gaitcue_hub_runs)", ()),
        ("Waiting", "Of the partition that is most behind.", "", "max(gaitcue_hub_lag_messages)", _WAITING),
        ("Oldest snapshot", "So much is read again.", "s", "max(gaitcue_hub_snapshot_age_seconds)", _AGE),
    ):
        made = made.with_panel(number_panel(title, says, unit, HubQuery(text, now=True), *levels))
    for title, says, unit, queries in (
        (
            "Waiting: messages of each partition",
            "When the last one came.",
            "messages",
            _each("lag_messages"),
        ),
        ("Snapshot: age in each partition", "Of the oldest.", "s", _each("snapshot_age_seconds")),
        ("Read and made: per second", "Messages in, records out, stored.", "1/s", _flow()),
        ("Store: messages that wait", "With records.", "messages", _store()),
        ("Left out: in each minute", "What was not evaluated, and why.", "", _left_out()),
        ("Begun: claims of each partition", "A worker that began anew.", "", _claims()),
        ("Load: of one core", "CPU time of each process.", "%", _load()),
    ):
        made = made.with_panel(line_panel(title, says, unit, queries))
    return made


def _each(name: str) -> list[HubQuery]:
    return [HubQuery(f"max by (partition) (gaitcue_hub_{name})", _OF_PARTITION)]


def _flow() -> list[HubQuery]:
    of = {"messages in": "hub_messages", "records out": "hub_records", "stored": "hub_store_records"}
    return [
        HubQuery(f"sum(rate(gaitcue_{name}_total[$__rate_interval]))", says) for says, name in of.items()
    ]


def _store() -> list[HubQuery]:
    return [HubQuery("max(gaitcue_hub_store_lag_messages)", "store")]


def _left_out() -> list[HubQuery]:
    return [
        HubQuery(f"sum(increase(gaitcue_hub_{name}_total[1m]))", says) for name, says in _LEFT_OUT.items()
    ]


def _claims() -> list[HubQuery]:
    return [HubQuery("sum by (partition) (increase(gaitcue_hub_claims_total[1m]))", _OF_PARTITION)]


def _load() -> list[HubQuery]:
    rate = '100 * rate(process_cpu_seconds_total{job="gaitcue-hub"}[$__rate_interval])'
    return [HubQuery(rate, "{{instance}}")]
