"""The topics and messages that go over MQTT, made of records.

``gait/<runner>/`` and then

- ``availability``: ``online`` or ``offline``, retained; the broker itself says the latter;
- ``state_message``: the newest of everything, once a second (QoS 0, not retained: the next replaces it);
- ``cues``: what is said to the runner, at once, gone when it has expired (QoS 1);
- ``metrics``: every second's numbers, none lost (QoS 1);
- ``line``: the other way: what a coach writes to the runner, plain text, never retained (QoS 1);
- ``events``: sessions, activity, gaps, problems of sensors, every cue with its reason, none lost (QoS 1).
"""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsp.metrics import is_modelled
from dsp.types import ActivityChange, Cue, CueKind, Gap, Metric, SensorProblem
from monitor.core import json_codec
from monitor.core.mqtt_client import MqttMessage
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.pipeline.plan_privacy import records_for_others
from monitor.sinks.live_state import LiveState
from monitor.storage.session_info import SessionInfo

_PRESENT_S = 10.0
_EVENTS = (ActivityChange, Cue, Gap, SensorProblem, SessionStarted, SessionEnded)


def availability_message(root: str, online: bool) -> MqttMessage:
    """Return the retained message that says whether the service is there; ``root``: ``gait/<runner>``."""
    return MqttMessage(f"{root}/availability", "online" if online else "offline", retain=True)


def line_topic(root: str) -> str:
    """Return the topic of a coach's lines to the runner; ``root``: ``gait/<runner>``."""
    return f"{root}/line"


def state_message(root: str, live_state: LiveState) -> MqttMessage:
    """Return the message with the newest of everything; Home Assistant would take a retained one for new.

    A metric not measured is not in it, and neither is one whose last value is older than ten seconds: it
    was, it is not.  ``out_of_band`` has the banded metrics that would be cued now if they stayed so: not
    while cues are muted or silent by plan.
    """
    now = live_state.state()
    session = now["session"] or {}
    present = {
        name: value["value"]
        for name, value in now["now"].items()
        if now["t_s"] - value["t_s"] <= _PRESENT_S
    }
    body = {
        "session": session.get("session"),
        "t_s": round(now["t_s"], 3),
        "activity": now["activity"],
        "steps": now["steps"],
        "ended": now["ended"],
        "now": {name: _six_figures(value) for name, value in present.items()},
        "out_of_band": {
            name: _is_outside(band, present[name])
            for name, band in now["bands"].items()
            if name in present and not band["muted"]
        },
        "sensors": {
            name: {"link": s["link"], "text": s["text"], "battery_pct": s["battery_pct"]}
            for name, s in now["sensors"].items()
        },
    }
    return MqttMessage(f"{root}/state", json.dumps(body), qos=0)


def _is_outside(band: Mapping[str, Any], value: float) -> bool:
    low, high = band["low"], band["high"]
    return bool((low is not None and value < low) or (high is not None and value > high))  # of NumPy's


def cue_message(root: str, record: Cue, valid_s: float) -> MqttMessage:
    """Return the message of a cue, which the broker forgets after ``valid_s`` seconds (at least one)."""
    word = record.fault.value if record.kind is CueKind.CORRECT and record.fault else record.kind.value
    body = {"event_type": word, **json_codec.to_json(record)}
    return MqttMessage(f"{root}/cues", json.dumps(body), valid_s=max(1, round(valid_s)))


def record_messages(root: str, session: SessionInfo, records: Iterable[Out]) -> Iterator[MqttMessage]:
    """Yield the messages of what must not be lost, of one session, in order.

    Metrics of the same second that follow each other become one message; records of kinds that nobody
    waits for (steps, bands, statuses) become none, and neither does what tells of the runner's plan.
    """
    for t_s, group in itertools.groupby(
        records_for_others(records), key=lambda r: r.t_s if isinstance(r, Metric) else None
    ):
        if t_s is None:
            for record in group:
                if isinstance(record, _EVENTS):
                    body = {
                        "session": session.id,
                        "event": json_codec.kind_of(record),
                        **json_codec.to_json(record),
                    }
                    yield MqttMessage(f"{root}/events", json.dumps(body))
        else:
            values = {_metric_key(m): _metric_value(m) for m in group if isinstance(m, Metric)}
            body = {"session": session.id, "t_s": t_s, "utc": _utc_time(session, t_s), "metrics": values}
            yield MqttMessage(f"{root}/metrics", json.dumps(body))


def _metric_key(metric: Metric) -> str:
    """``contact_ms``, or of one leg ``contact_ms.L``."""
    return metric.estimate.metric + (f".{metric.side.value}" if metric.side else "")


def _metric_value(metric: Metric) -> dict[str, Any]:
    e = metric.estimate
    out = {"value": _six_figures(e.value), "sd": _six_figures(e.sd), "how": e.how}
    return out | ({"modelled": True} if is_modelled(e.metric, e.how) else {})


def _six_figures(value: float) -> float:
    """Six significant figures: more than any sensor here can tell, half the bytes."""
    return float(f"{value:.6g}")


def _utc_time(session: SessionInfo, t_s: float) -> str:
    started = datetime.datetime.fromisoformat(session.started_utc)
    return (started + datetime.timedelta(seconds=t_s)).isoformat(timespec="milliseconds")
