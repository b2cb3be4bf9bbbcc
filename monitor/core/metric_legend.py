"""What a page, a report or another program has to know of the metrics to show them."""

from __future__ import annotations

from typing import Any

from dsp.metrics import METRICS


def metric_legend() -> dict[str, dict[str, Any]]:
    """Return, for every metric by name, what ``dsp.metrics.MetricSpec`` says of showing it, as JSON values.

    ``decimals`` are digits of the value in ``unit``; ``display`` has ``unit``, ``scale``, ``decimals`` and
    ``pace`` (minutes per kilometre) for people; ``roles`` are the values of ``dsp.metrics.Role``, and
    within a role the smaller ``order`` comes first.
    """
    return {
        m.name: {
            "label": m.label,
            "unit": m.unit,
            "decimals": m.decimals,
            "definition": m.definition,
            "source": m.source,
            "better": m.better,
            "roles": sorted(m.roles),
            "order": m.order,
            "display": {
                "unit": m.display_or_unit.unit,
                "scale": m.display_or_unit.scale,
                "decimals": m.display_or_unit.decimals,
                "pace": m.display_or_unit.pace,
            },
        }
        for m in METRICS
    }
