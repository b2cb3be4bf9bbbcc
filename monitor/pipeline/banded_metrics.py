"""BANDED_METRICS: one row for every metric the coach sets a target for and cues.

A metric with the role ``dsp.metrics.Role.BANDED`` needs a row here, and only such a metric may have one.
"""

from __future__ import annotations

from dataclasses import dataclass

from dsp.types import Fault

CADENCE_METRIC = "cadence_spm"


@dataclass(frozen=True, slots=True, kw_only=True)
class BandedMetric:
    """What the coach must know of a metric to set a band for it and to test it.

    ``faults``: what leaving the band is called.  ``band_step``: a smaller change of target (unit of the
    metric) makes no new band.  ``least_sd``: least SD of a second, relative to the target.  ``visible_to``:
    placements whose estimates see the fault itself; elsewhere the metric is speed and cadence in other
    words, and cadence is watched already.  Empty: all of them do.
    """

    metric: str
    faults: tuple[Fault, ...]
    band_step: float
    least_sd: float
    visible_to: tuple[str, ...] = ()


BANDED_METRICS: dict[str, BandedMetric] = {
    row.metric: row
    for row in (
        BandedMetric(
            metric=CADENCE_METRIC,
            faults=(Fault.CADENCE_LOW, Fault.CADENCE_HIGH),
            band_step=0.5,
            least_sd=0.0058,  # 1 spm of 172
        ),
        BandedMetric(
            metric="overstride_m",
            faults=(Fault.OVERSTRIDE,),
            band_step=0.002,
            least_sd=0.03,  # 20-step blocks of the models scatter by 3 %
            visible_to=("foot", "shank"),
        ),
        BandedMetric(
            metric="braking_impulse_bws",
            faults=(Fault.BRAKING,),
            band_step=0.0002,
            least_sd=0.03,
            visible_to=("foot",),
        ),
    )
}
"""Every banded metric by its name."""


def banded_metric_of(fault: Fault) -> BandedMetric:
    """Return the row of the metric that shows this fault."""
    return next(row for row in BANDED_METRICS.values() if fault in row.faults)
