"""Home Assistant finds gaitcue by itself: one retained message describes a runner as a device.

Device discovery of Home Assistant 2024.11 and later
(home-assistant.io/integrations/mqtt, "Device discovery payload").
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dsp.metrics import METRICS, MetricSpec
from dsp.types import Activity, CueKind, Fault
from monitor.core.mqtt_client import MqttMessage

_DEVICE_CLASSES = {"m/s": "speed", "ms": "duration", "m": "distance", "mm": "distance", "W": "power"}
"""Units that Home Assistant has a device class for."""

_UNITS = {"deg": "°"}
_EXPIRES_S = 10  # without a message, should even the broker not know that the service is gone


def discovery_message(
    prefix: str, root: str, athlete: str, sensors: Sequence[str], version: str
) -> MqttMessage:
    """Return the retained message that describes a runner as a device with an entity for every metric.

    ``prefix`` is Home Assistant's own topic, ``root`` the runner's (``gait/<runner>``), ``sensors`` the
    names of what is worn, ``version`` that of this program.
    """
    runner = root.rsplit("/", 1)[1]
    entities = {m.name: _metric_entity(m, root) for m in METRICS if m.second}
    entities |= {"activity": _activity_entity(), "cue": _cue_entity(f"{root}/cues")}
    for number, name in enumerate(sensors, start=1):
        entities |= _sensor_entities(number, name)
    for key, entity in entities.items():
        entity["unique_id"] = f"gaitcue_{runner}_{key}"
        entity["availability"] = [{"topic": f"{root}/availability"}, *entity.get("availability", ())]
    body = {
        "device": {
            "identifiers": [f"gaitcue_{runner}"],
            "name": f"gaitcue {athlete}",
            "manufacturer": "gaitcue",
            "sw_version": version,
        },
        "origin": {"name": "gaitcue", "sw_version": version},
        "state_topic": f"{root}/state",
        "components": entities,
    }
    return MqttMessage(f"{prefix}/device/gaitcue/{runner}/config", json.dumps(body), retain=True)


def _metric_entity(spec: MetricSpec, root: str) -> dict[str, Any]:
    """A number that is unavailable while nobody measures it, whatever it was before."""
    measured = f"{{{{ 'online' if value_json.now.{spec.name} is defined else 'offline' }}}}"
    entity: dict[str, Any] = {
        "platform": "sensor",
        "name": spec.label,
        "unit_of_measurement": _UNITS.get(spec.unit, spec.unit),
        "state_class": "measurement",
        "suggested_display_precision": spec.decimals,
        "value_template": f"{{{{ value_json.now.{spec.name} | default(none) }}}}",
        "expire_after": _EXPIRES_S,
        "availability": [{"topic": f"{root}/state", "value_template": measured}],
        "availability_mode": "all",
    }
    return entity | ({"device_class": _DEVICE_CLASSES[spec.unit]} if spec.unit in _DEVICE_CLASSES else {})


def _activity_entity() -> dict[str, Any]:
    return {
        "platform": "sensor",
        "name": "Activity",
        "device_class": "enum",
        "options": [a.value for a in Activity],
        "value_template": "{{ value_json.activity }}",
    }


def _cue_entity(topic: str) -> dict[str, Any]:
    kinds = [*(f.value for f in Fault), CueKind.CONFIRM.value, CueKind.NOTICE.value]
    return {"platform": "event", "name": "Cue", "event_types": kinds, "state_topic": topic}


def _sensor_entities(number: int, name: str) -> dict[str, dict[str, Any]]:
    one = f"value_json.sensors[{json.dumps(name, ensure_ascii=False)}]"
    streams = f"{one} is defined and {one}.link == 'streaming'"
    return {
        f"sensor{number}_link": {
            "platform": "binary_sensor",
            "name": f"{name} connected",
            "device_class": "connectivity",
            "value_template": f"{{{{ 'ON' if {streams} else 'OFF' }}}}",
        },
        f"sensor{number}_battery": {
            "platform": "sensor",
            "name": f"{name} battery",
            "device_class": "battery",
            "unit_of_measurement": "%",
            "value_template": f"{{{{ {one}.battery_pct if {one} is defined else none }}}}",
        },
    }
