"""Home Assistant finds gaitcue by itself: one retained message describes a runner as a device.

Device discovery of Home Assistant 2024.11 and later
(home-assistant.io/integrations/mqtt, "Device discovery payload").  The discovery is retained, so that a
Home Assistant that starts finds it.  The state is not ("Using retained state messages"): it would be
replayed as new, and an old number would count as fresh until ``expire_after``.  It comes each second
anyway, and who is away is said by the retained availability.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dsp.metrics import METRICS, MetricSpec, Role
from dsp.types import Activity, CueKind, Fault
from monitor.core.mqtt_client import MqttMessage

_DEVICE_CLASSES = {"ms": "duration", "m": "distance", "mm": "distance", "W": "power"}
"""Units that Home Assistant has a device class for, whatever is measured in them."""

_UNITS = {"deg": "°"}
_EXPIRES_S = 10  # without a message, should even the broker not know that the service is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEntities:
    """The things that somebody has measured: names of metrics, and of sensors that tell their battery."""

    metrics: frozenset[str] = frozenset()
    batteries: frozenset[str] = frozenset()


def discovery_message(
    prefix: str, root: str, athlete: str, sensors: Sequence[str], version: str, seen: MeasuredEntities
) -> MqttMessage:
    """Return the retained message that describes a runner as a device, an entity for all that was seen.

    ``prefix`` is Home Assistant's own topic, ``root`` the runner's (``gait/<runner>``), ``sensors`` the
    names of what is worn, ``version`` that of this program.
    """
    runner = root.rsplit("/", 1)[1]
    there = [m for m in METRICS if m.second and m.name in seen.metrics]
    entities = {m.name: _metric_entity(m, root) for m in there}
    entities |= {f"{m.name}_out_of_band": _band_entity(m, root) for m in there if Role.BANDED in m.roles}
    entities |= {"activity": _activity_entity(), "cue": _cue_entity(f"{root}/cues")}
    for number, name in enumerate(sensors, start=1):
        entities |= _sensor_entities(number, name, battery=name in seen.batteries)
    for key, entity in entities.items():
        entity["unique_id"] = f"gaitcue_{runner}_{key}"
        entity["availability"] = [{"topic": f"{root}/availability"}, *entity.get("availability", ())]
        if entity["platform"] != "event":
            entity["expire_after"] = _EXPIRES_S
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
    entity: dict[str, Any] = {
        "platform": "sensor",
        "name": spec.label,
        "unit_of_measurement": _UNITS.get(spec.unit, spec.unit),
        "state_class": "measurement",
        "suggested_display_precision": spec.decimals,
        "value_template": f"{{{{ value_json.now.{spec.name} | default(none) }}}}",
        **_while_defined(root, f"value_json.now.{spec.name}"),
    }
    device_class = "speed" if spec.name == "speed_mps" else _DEVICE_CLASSES.get(spec.unit)
    return entity | ({} if device_class is None else {"device_class": device_class})


def _band_entity(spec: MetricSpec, root: str) -> dict[str, Any]:
    """Whether a metric is out of its band; unavailable while cues are muted, silent by plan too."""
    out = f"value_json.out_of_band.{spec.name}"
    return {
        "platform": "binary_sensor",
        "name": f"{spec.label} out of band",
        "device_class": "problem",
        "value_template": f"{{{{ 'ON' if {out} | default(false) else 'OFF' }}}}",
        **_while_defined(root, out),
    }


def _while_defined(root: str, value: str) -> dict[str, Any]:
    """Options of an entity that is available while the state has this value."""
    there = f"{{{{ 'online' if {value} is defined else 'offline' }}}}"
    return {
        "availability": [{"topic": f"{root}/state", "value_template": there}],
        "availability_mode": "all",
    }


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


def _sensor_entities(number: int, name: str, *, battery: bool) -> dict[str, dict[str, Any]]:
    one = f"value_json.sensors[{json.dumps(name, ensure_ascii=False)}]"
    streams = f"{one} is defined and {one}.link == 'streaming'"
    out: dict[str, dict[str, Any]] = {
        f"sensor{number}_link": {
            "platform": "binary_sensor",
            "name": f"{name} connected",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "value_template": f"{{{{ 'ON' if {streams} else 'OFF' }}}}",
        }
    }
    if battery:
        out[f"sensor{number}_battery"] = {
            "platform": "sensor",
            "name": f"{name} battery",
            "device_class": "battery",
            "entity_category": "diagnostic",
            "state_class": "measurement",
            "unit_of_measurement": "%",
            "value_template": f"{{{{ {one}.battery_pct if {one} is defined else none }}}}",
        }
    return out
