"""Which fields of a FIT file carry which of our quantities, in which unit, and what is plausible in them.

Names of native fields are those of the FIT profile, in its units; names of developer fields are as Stryd
and others write them.
"""

from __future__ import annotations

from collections.abc import Mapping

NATIVE_FIELDS: Mapping[str, tuple[str, float]] = {
    "enhanced_speed": ("speed_mps", 1.0),
    "heart_rate": ("heart_rate_bpm", 1.0),
    "power": ("power_w", 1.0),
    "stance_time": ("contact_ms", 1.0),
    "vertical_oscillation": ("vertical_oscillation_mm", 1.0),
    "vertical_ratio": ("vertical_ratio_pct", 1.0),
    "stance_time_balance": ("contact_balance_pct", 1.0),
    "step_length": ("step_length_m", 1e-3),
}
"""Fields of a ``record`` message to quantities, with the factor from the profile's units to ours."""

_DEVELOPER_FIELDS: Mapping[str, str] = {
    "power": "power_w",
    "cadence": "cadence_raw",
    "ground time": "contact_ms",
    "ground contact time": "contact_ms",
    "stance time": "contact_ms",
    "vertical oscillation": "vertical_oscillation_mm",
    "vertical ratio": "vertical_ratio_pct",
    "leg spring stiffness": "leg_stiffness_kn_m",
    "speed": "speed_mps",
    "step length": "step_length_m",
    "ground contact balance": "contact_balance_pct",
    "contact balance": "contact_balance_pct",
    "heart rate": "heart_rate_bpm",
}
"""Names of developer fields, in lower case."""

_SCALES: Mapping[tuple[str, str], float] = {
    ("vertical_oscillation_mm", "centimeters"): 10.0,
    ("vertical_oscillation_mm", "cm"): 10.0,
    ("vertical_oscillation_mm", "m"): 1000.0,
    ("step_length_m", "cm"): 1e-2,
    ("step_length_m", "mm"): 1e-3,
    ("contact_ms", "s"): 1e3,
    ("speed_mps", "km/h"): 1 / 3.6,
}

_PLAUSIBLE: Mapping[str, tuple[float, float]] = {
    "cadence_raw": (20, 280),
    "speed_mps": (0, 12),
    "heart_rate_bpm": (25, 250),
    "power_w": (0, 2500),
    "contact_ms": (100, 700),
    "vertical_oscillation_mm": (10, 300),
    "vertical_ratio_pct": (1, 40),
    "contact_balance_pct": (30, 70),
    "step_length_m": (0.2, 3.0),
    "leg_stiffness_kn_m": (1, 40),
}
"""Outside lies what devices write when they do not know (65535, 0) and what nobody runs."""


def developer_quantity(name: str, units: str) -> tuple[str, float]:
    """Return quantity and factor to our unit of a developer field; an empty quantity if it is none of ours.

    ``name`` and ``units`` are as the file describes the field; case does not matter.
    """
    quantity = _DEVELOPER_FIELDS.get(name.strip().lower(), "")
    return quantity, _SCALES.get((quantity, units.strip().lower()), 1.0)


def is_plausible(quantity: str, value: float) -> bool:
    """Return whether a device may have measured this value, in our unit."""
    low, high = _PLAUSIBLE.get(quantity, (-1e9, 1e9))
    return low <= value <= high
