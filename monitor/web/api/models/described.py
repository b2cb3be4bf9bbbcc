"""Fields that say what they are: a description for each, and the unit of every number."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

_UNITS = {
    "s": "s",
    "ms": "ms",
    "m": "m",
    "mps": "m/s",
    "hz": "Hz",
    "pct": "%",
    "ppm": "ppm",
    "bpm": "bpm",
    "kg": "kg",
    "bws": "BW·s",
    "bytes": "bytes",
}
"""By the ending of a name, as everywhere in this program."""

OF_THE_METRIC = "of the metric, see /api/v1/legend"
"""The unit of a number whose metric is named beside it."""


def _add_units(schema: dict[str, Any]) -> None:
    for name, field in schema.get("properties", {}).items():
        unit = _UNITS.get(name.rpartition("_")[2])
        if unit and holds_numbers(field):
            field.setdefault("x-unit", unit)


def holds_numbers(schema: dict[str, Any]) -> bool:
    """Return whether a JSON schema allows a number, alone or in a list or an object (other models left
    aside)."""
    inner = [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return schema.get("type") in ("number", "integer") or any(map(holds_numbers, inner))


class ApiModel(BaseModel):
    """The base of all models of the API: built only when the description is asked for."""

    model_config = ConfigDict(defer_build=True, strict=True, json_schema_extra=_add_units)


class ApiList(RootModel[Any]):
    """The base of answers that are a list, or an object with any names as keys; its field is ``root``."""

    model_config = ConfigDict(defer_build=True)


def _without_zeros(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_without_zeros)]
"""An integer as JSON Schema has it: ``2.0`` is one, whatever type a parser makes of it."""


def described(text: str, unit: str | None = None, **more: Any) -> Any:
    """Return the field of a model with its description.

    ``unit`` is needed only where the name does not tell it; "1" is a number without a unit, such as a
    count or a share.  ``more`` goes to ``pydantic.Field``.
    """
    return Field(description=text, json_schema_extra=None if unit is None else {"x-unit": unit}, **more)
