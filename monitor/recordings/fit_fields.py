"""Which fields of a FIT file carry which of our quantities, in which unit, and what is plausible in them.

All of it stands in ``dsp.metrics`` (``FitField``), but for the quantities that are no metrics: cadence as
written, in steps or in strides.
"""

from __future__ import annotations

from collections.abc import Mapping

from dsp.metrics import BY_NAME, METRICS

_CADENCE = "cadence_raw"
_READ = [(m.name, m.fit) for m in METRICS if m.fit is not None and m.fit.plausible is not None]

NATIVE_FIELDS: Mapping[str, tuple[str, float]] = {
    field.name: (metric, 1 / field.scale) for metric, field in _READ if not field.unit
}
"""Fields of a ``record`` message to quantities, with the factor from the profile's units to ours."""

_DEVELOPER_FIELDS: Mapping[str, str] = {"cadence": _CADENCE} | {
    name: metric
    for metric, field in _READ
    for name in (*field.aliases, *([field.name.lower()] if field.unit else []))
}
"""Names of developer fields, in lower case."""

_FACTORS: Mapping[tuple[str, str], float] = {
    ("centimeters", "mm"): 10.0,
    ("cm", "mm"): 10.0,
    ("m", "mm"): 1000.0,
    ("cm", "m"): 1e-2,
    ("mm", "m"): 1e-3,
    ("s", "ms"): 1e3,
    ("km/h", "m/s"): 1 / 3.6,
}
"""From a unit that developer fields are written in to the metric's own."""

_PLAUSIBLE: Mapping[str, tuple[float, float]] = {_CADENCE: (0, 280)} | {
    metric: field.plausible for metric, field in _READ if field.plausible is not None
}


def developer_quantity(name: str, units: str) -> tuple[str, float]:
    """Return quantity and factor to our unit of a developer field; an empty quantity if it is none of ours.

    ``name`` and ``units`` are as the file describes the field; case does not matter.
    """
    quantity = _DEVELOPER_FIELDS.get(name.strip().lower(), "")
    ours = BY_NAME[quantity].unit if quantity in BY_NAME else ""
    return quantity, _FACTORS.get((units.strip().lower(), ours), 1.0)


def is_plausible(quantity: str, value: float) -> bool:
    """Return whether a device may have measured this value, in our unit."""
    low, high = _PLAUSIBLE.get(quantity, (-1e9, 1e9))
    return low <= value <= high
