"""Leaving a band and coming back: two questions on two time scales, scaled to the runner's own scatter.

Deviations are in *widths*: 0 is the target, 1 the edge of the band, whatever the metric; positive is
towards the fault.  ``s`` is the SD of single seconds about their level, ``r`` their correlation from one
second to the next.  The mean of n seconds then has an SD of about ``s * sqrt((1 + r) / (1 - r) / n)``.

**Has the level changed?**  Quick, and blind to a constant offset.  One-sided CUSUM (Page 1954) of the log
likelihood ratio of a change by ``change``, against the runner's own level of the last minutes.  That level
follows with ``memory_s`` and looks back past ``lag_s``, or a change would hide in it.  A change counts
when the evidence reaches ``evidence`` nats and the mean since it began lies at least at ``edge``.  At an
equal rate of false alarms a change of 1.35 widths is told sooner than one of 1.0, and so is a fall of
1.15; a memory of eight minutes tells 1.6 s sooner than one of four.

**Is the level outside?**  Slow: the mean of a window lies beyond the edge of the band by so many of its
SDs, few over four minutes, more over shorter windows.

No single test can do both: at the scatter of running outdoors a level 1.15 widths away gives 0.02 nats a
second more for *outside* than for *at 0.9 widths, inside*, and a false alarm an hour costs six
(``docs/cues.md`` shows the bound and the curves).  A target that is not known well moves both thresholds
out by ``sure_sd`` of its SDs: in doubt there is silence.  What is only unsure for a minute or so (hills
that nobody measures) does not count over ``slow_s`` and more.

**Back again**: the mean of a window long enough for this scatter, all of it after the fault was found, is
at most ``leave``, so a wobble over the line is no return and neither are the good seconds before the
fault.  Then the windows begin anew, or the fault that is over would be found a second time.  Half a
window later the return is ``settled``: what lasted that long may be confirmed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

_AR1 = 0.85
"""Correlation of one-second cadence (a five-second mean) with that of the second before, measured
outdoors."""
_LONG_RUN = (1 + _AR1) / (1 - _AR1)
"""Variance of a mean of n seconds times n, over the variance of single seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftParams:
    """When a fault begins and ends; lengths of time in seconds, levels in widths of the band.

    ``windows``: length of a mean, and by how many of its SDs it must lie outside (choices; what they cost
    and miss is shown by ``gaitcue coaching-trial``).  Raises ``ValueError`` for a fault that could never
    end.
    """

    change: float = 1.35
    evidence: float = 4.45  # nats
    edge: float = 0.78  # a change that ends below this is the runner's own business
    lag_s: int = 40
    memory_s: int = 480
    windows: tuple[tuple[int, float], ...] = ((30, 2.8), (60, 2.3), (120, 1.6), (240, 1.2))
    leave: float = 0.5
    dwell_s: int = 5
    dwell_steps: int = 12
    slow_s: int = 120
    sure_sd: float = 0.84  # out of band with 80 % probability, given how unsure the target is

    def __post_init__(self) -> None:
        if not 0 <= self.leave < self.edge:
            raise ValueError("leave must be below edge")
        if self.change <= 0 or self.evidence <= 0:
            raise ValueError("change and evidence must be positive")


CADENCE_DRIFT = DriftParams()
QUICK_DRIFT = DriftParams(evidence=6.0)  # too quick a step is no hurry
LOAD_DRIFT = DriftParams(
    change=1.0, dwell_s=15, dwell_steps=40, windows=((30, 2.5), (60, 2.0), (120, 0.8))
)  # overstride and braking
_SETTLED_S = 20  # seconds that make a first level
_TESTED_S = 25  # seconds in which a change is usually found
_WILD, _WILD_NATS = 0.6, 8.0
"""Beyond this scatter (widths) a change needs so many more nats a width: long excursions come by chance."""
_NOW_S = 5
_RENEWED_S = 60  # a fault that lasts is measured anew
_RETURN_SD, _RETURN_S = 0.25, (10, 30)
"""A return is judged over a window whose mean is known so well, in widths; at least and at most so long."""


class DriftDetector:
    """The detector of one fault of one metric: ``push`` a second, read ``out`` and ``error``."""

    def __init__(self, params: DriftParams) -> None:
        self.params = params
        self.error = 0.0  # mean deviation of the fault; without one since the return, or of the last 10 s
        self.lasting_s = 0  # how long the fault has lasted, or a change that may become one
        self._evidence = self._sum = self._unsure = self._steps = 0.0  # of that change
        self._level, self._seen = 0.0, 0  # what the runner has done of late; seconds in it
        self.end_excursion()

    def end_excursion(self) -> None:
        """End the excursion, because the runner stopped, the signal was away or cues were muted.

        The level of the last minutes stays: a stop at a crossing does not change how somebody runs.
        """
        self.out, self._out_s = False, 0
        self.settled, self._settles_s = False, 0  # a return, and the seconds until it is
        self._forget_evidence()
        self._sums = deque([0.0], maxlen=max(w for w, _ in self.params.windows) + 1)
        self._waiting: deque[float] = deque()  # too new for the level

    def push(
        self, deviation: float, scatter: float, steps: float, unsure: float = 0.0, unsure_long: float = 0.0
    ) -> bool:
        """Take one second with ``steps`` steps in it and return True while the fault lasts.

        ``deviation``, ``scatter`` (SD of single seconds), ``unsure`` (SD of the target now) and
        ``unsure_long`` (its SD over minutes) are in widths.
        """
        self._sums.append(self._sums[-1] + deviation)
        self._follow_own_level(deviation)
        self._gather_evidence_of_change(deviation, scatter, steps, unsure)
        self.settled = self._settles_s == 1
        self._settles_s = max(0, self._settles_s - 1)
        if self.out:
            self._continue_or_end_fault(scatter)
        else:
            self._begin_fault(scatter, unsure, unsure_long)
        return self.out

    def recent(self, seconds: int) -> float:
        """Return the mean deviation of the last ``seconds``, fewer where an excursion was ended since."""
        n = min(seconds, len(self._sums) - 1)
        return (self._sums[-1] - self._sums[-1 - n]) / n if n else 0.0

    @property
    def seems_over(self) -> bool:
        """True while the last seconds are well in band, though it takes longer to be sure of a return."""
        return self.recent(_NOW_S) <= self.params.leave

    def settled_sd(self, scatter: float) -> float:
        """Return the SD of the mean by which a return is confirmed, in widths."""
        seconds = self._return_s(scatter)
        return scatter * math.sqrt(_LONG_RUN / (seconds + seconds // 2))

    def _follow_own_level(self, deviation: float) -> None:
        """Let the level follow all but the newest ``lag_s``, and no fault that may still turn out a
        lapse."""
        p = self.params
        if self._seen < _SETTLED_S:
            self._seen += 1
            self._level += (deviation - self._level) / self._seen
            return
        self._waiting.append(deviation)
        wait_s = p.lag_s if not self.out else p.lag_s + 120
        while len(self._waiting) > wait_s:
            self._seen += 1
            self._level += (self._waiting.popleft() - self._level) / min(self._seen, p.memory_s)

    def _gather_evidence_of_change(
        self, deviation: float, scatter: float, steps: float, unsure: float
    ) -> None:
        """Add this second's log likelihood ratio of a change, in nats."""
        p = self.params
        if self.out:  # found already: no more evidence is needed, but it lasts
            self.lasting_s += 1
            return
        if self._seen < _SETTLED_S:
            return
        seen = min(self._seen, p.memory_s)
        known = seen / (seen + _TESTED_S)  # a level from few seconds makes a change less sure
        ratio = known * p.change / (scatter**2 * _LONG_RUN) * (deviation - self._level - p.change / 2)
        self._evidence = max(0.0, self._evidence + ratio)
        if self._evidence == 0.0:
            self._forget_evidence()
        else:
            self.lasting_s += 1
            self._sum += deviation
            self._unsure += unsure
            self._steps += steps

    def _forget_evidence(self) -> None:
        self.lasting_s = 0
        self._evidence = self._sum = self._unsure = self._steps = 0.0

    def _level_after_change(self, scatter: float) -> float | None:
        """The level that a change has led to, if it ends outside of what its seconds leave in doubt."""
        p = self.params
        enough = p.evidence + _WILD_NATS * max(0.0, scatter - _WILD)
        if self._evidence < enough or self.lasting_s < p.dwell_s or self._steps < p.dwell_steps:
            return None
        level = self._sum / self.lasting_s
        return level if level >= p.edge + p.sure_sd * self._unsure / self.lasting_s else None

    def _level_outside_band(self, scatter: float, unsure: float, unsure_long: float) -> float | None:
        """The mean of the first window that lies outside."""
        p = self.params
        for seconds, sds in p.windows:
            if len(self._sums) <= seconds:
                return None
            mean = self.recent(seconds)
            if mean < 1:
                continue
            mean_sd = scatter * math.sqrt(_LONG_RUN / seconds)
            doubt = p.sure_sd * (unsure if seconds < p.slow_s else unsure_long)
            if mean >= 1 + sds * mean_sd + doubt:
                self.lasting_s = max(self.lasting_s, seconds)
                return mean
        return None

    def _begin_fault(self, scatter: float, unsure: float, unsure_long: float) -> None:
        """One more second without a fault, or the first of one."""
        level = self._level_after_change(scatter)
        if level is None:
            level = self._level_outside_band(scatter, unsure, unsure_long)
        if self.seems_over:
            level = None
        self.out, self._out_s = level is not None, 0
        if level is not None:
            self.error, self.settled, self._settles_s = level, False, 0
        else:
            self.error = self.recent(len(self._sums) - 1 if self.settled else 10)

    def _continue_or_end_fault(self, scatter: float) -> None:
        """One more second of the fault, or its end."""
        self._out_s += 1
        if self._out_s >= _RENEWED_S:
            self.error = self.recent(_RENEWED_S)
        else:  # what began slowly is known better by now
            self.error = max(self.error, self.recent(self._return_s(scatter)))
        if self._has_returned(scatter):
            self.out = False
            self._forget_evidence()
            self._waiting.clear()  # a lapse says nothing about how the runner usually runs
            window_s = self._return_s(scatter)
            self._forget_before(window_s)
            self._settles_s = window_s // 2
            self.error = self.recent(window_s)

    def _has_returned(self, scatter: float) -> bool:
        window_s = self._return_s(scatter)
        return self._out_s >= window_s and self.recent(window_s) <= self.params.leave

    def _return_s(self, scatter: float) -> int:
        least, most = _RETURN_S
        return round(min(max(_LONG_RUN * (scatter / _RETURN_SD) ** 2, least), most))

    def _forget_before(self, seconds: int) -> None:
        """Let the windows know the last ``seconds`` only."""
        while len(self._sums) > seconds + 1:
            self._sums.popleft()


class ScatterEstimate:
    """SD of single seconds from differences over 10 s, so that slow drift and level do not count.

    At AR(1) 0.85 values 10 s apart correlate by 0.2 (real runs: 0.1 to 0.4), which is allowed for.  It
    starts from ``prior_sd`` as if that had been seen for five minutes, forgets over fifteen and never
    falls below ``floor_sd``.
    """

    LAG = 10
    CORRELATION = 0.2
    MEMORY_S = 900.0
    PRIOR_S = 300.0

    def __init__(self, prior_sd: float, floor_sd: float) -> None:
        self._floor_sd = floor_sd
        self._variance, self._weight = max(prior_sd, floor_sd) ** 2, self.PRIOR_S
        self._last: deque[float] = deque(maxlen=self.LAG)

    @property
    def sd(self) -> float:
        """The SD of single seconds, in the unit of the values, not below ``floor_sd``."""
        return max(math.sqrt(self._variance), self._floor_sd)

    def reset(self) -> None:
        """Note a hole, which differences must not span; what was learned stays."""
        self._last.clear()

    def push(self, value: float) -> None:
        """Take the value of one more second, right after the last one."""
        if len(self._last) == self.LAG:
            seen = (value - self._last[0]) ** 2 / (2 * (1 - self.CORRELATION))
            limit = 6 * self._variance  # a sudden change of level is not scatter
            self._weight = min(self._weight + 1, self.MEMORY_S)
            self._variance += (min(seen, limit) - self._variance) / self._weight
        self._last.append(value)
