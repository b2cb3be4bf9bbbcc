"""What a page, a report or another program has to know of the metrics to show them."""

from __future__ import annotations

from typing import Any

from dsp.metrics import METRICS, MetricSpec
from monitor.core.message_catalogues import Catalogue, Language, catalogue


def metric_legend(language: Language = "en") -> dict[str, dict[str, Any]]:
    """Return, for every metric by name, what ``dsp.metrics.MetricSpec`` says of showing it, as JSON values.

    Label, definition, source and the unit for people are in the given language.

    ``decimals`` are digits of the value in ``unit``; ``display`` has ``unit``, ``scale``, ``decimals`` and
    ``pace`` (minutes per kilometre) for people; ``roles`` are the values of ``dsp.metrics.Role``, and
    within a role the smaller ``order`` comes first.
    """
    text = catalogue(language).text
    return {
        m.name: {
            "label": text(f"metric.{m.name}.label"),
            "unit": m.unit,
            "decimals": m.decimals,
            "definition": text(f"metric.{m.name}.definition"),
            "source": text(f"metric.{m.name}.source"),
            "better": m.better,
            "roles": sorted(m.roles),
            "order": m.order,
            "display": {
                "unit": text(f"metric.{m.name}.unit"),
                "scale": m.display_or_unit.scale,
                "decimals": m.display_or_unit.decimals,
                "pace": m.display_or_unit.pace,
            },
        }
        for m in METRICS
    }


def unit_text(spec: MetricSpec, messages: Catalogue) -> str:
    """Return the unit beside a number that is given in the unit of the metric, in words of a language."""
    shown = spec.display_or_unit
    as_shown = shown.scale == 1 and not shown.pace
    return messages.text(f"metric.{spec.name}.unit") if as_shown else spec.unit
