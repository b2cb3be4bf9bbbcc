"""Units stand beside numbers in the language of the reader, and only where they are those of the number."""

from __future__ import annotations

from dsp.metrics import BY_NAME
from monitor.core.message_catalogues import catalogue
from monitor.core.metric_legend import metric_legend, unit_text


def test_a_unit_is_said_in_the_language() -> None:
    assert unit_text(BY_NAME["cadence_spm"], catalogue("de")) == "Schritte/min"
    assert unit_text(BY_NAME["cadence_spm"], catalogue("en")) == "steps/min"
    assert unit_text(BY_NAME["shank_deg"], catalogue("en")) == "°"


def test_a_number_in_metres_is_not_called_centimetres() -> None:
    """Pages show overstride in cm, tables give it in m."""
    assert metric_legend("de")["overstride_m"]["display"]["unit"] == "cm"
    assert unit_text(BY_NAME["overstride_m"], catalogue("de")) == "m"
