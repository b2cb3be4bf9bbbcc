"""Limits of detector parameters, checked when a parameter object is made."""

from __future__ import annotations


def check_limits(params: object, **limits: tuple[float, float]) -> None:
    """Raise ``ValueError`` where a field of ``params`` lies outside its (lowest, highest) value."""
    for name, (low, high) in limits.items():
        value = getattr(params, name)
        if not low <= value <= high:
            raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value:g}")
