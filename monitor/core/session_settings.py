"""The settings a session needs, each with its limits.  TOML in, frozen dataclasses out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from dsp.cueing.baseline import Baseline
from dsp.cueing.gating import EffortParams
from dsp.cueing.target import TargetParams
from dsp.types import SPEED_GAINS, STEEPEST_OFFSET_PCT, Placement, Runner, Side, Worn
from monitor.core.safe_text import line_complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSettings:
    """Settings of one sensor: what it is, which one it is, and where it is worn.

    ``kind`` is a key of ``monitor.devices.registry.DEVICES``.  ``match`` is the advertised name, the serial
    number or the address that tells it from others of its kind (some systems make addresses up: the last
    resort).
    """

    name: str
    kind: str
    placement: Placement
    side: Side | None = None
    match: str | None = None
    rate_hz: float | None = None
    # how much later than the others' its samples arrive placed: gaitcue sensors align
    sync_delay_s: float = field(default=0.0, metadata={"stored": "delay_s"})
    # on the foot, from gaitcue calibrate: true over measured speed; what it measures on the level
    speed_gain: float | None = None
    slope_offset_pct: float | None = None
    cadence_unit: str | None = None  # "steps" or "strides" for pods whose unit is contested
    options: dict[str, str | float | bool] = field(default_factory=dict)  # of that kind

    def __post_init__(self) -> None:
        pattern = r"[^\s/+#\"'\\\x00-\x1f][^/+#\"'\\\x00-\x1f]{0,39}"
        if line_complaint(self.name) or not re.fullmatch(pattern, self.name):
            raise ValueError("name must be 1 to 40 characters, without / + # \\ or quotes")
        if self.rate_hz is not None and not 1 <= self.rate_hz <= 5000:
            raise ValueError(f"rate_hz must be between 1 and 5000, not {self.rate_hz:g}")
        if not 0 <= self.sync_delay_s <= 2:
            raise ValueError(f"sync_delay_s must be between 0 and 2, not {self.sync_delay_s:g}")
        self._check_calibration()
        if self.cadence_unit not in (None, "steps", "strides"):
            raise ValueError(f'cadence_unit must be "steps" or "strides", not "{self.cadence_unit}"')

    def _check_calibration(self) -> None:
        for name, low, high in (
            ("speed_gain", *SPEED_GAINS),
            ("slope_offset_pct", -STEEPEST_OFFSET_PCT, STEEPEST_OFFSET_PCT),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            if self.placement is not Placement.FOOT:
                raise ValueError(f"{name} is only for a sensor on the foot")
            if not low <= value <= high:
                raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value:g}")

    @property
    def worn(self) -> Worn:
        """The sensor and where it sits, as the numbers need to know it."""
        return Worn(self.name, self.placement, self.side, self.speed_gain, self.slope_offset_pct)


@dataclass(frozen=True, slots=True, kw_only=True)
class CueSettings:
    """Settings that say whether and how long to coach.  ``experiment`` is the consent to withheld cues."""

    on: bool = True
    plan: Literal["fade", "always"] = "fade"  # cues in ever less of the time (Crowell, Willy, Davis)
    experiment: bool = False  # one due cue in five stays unspoken at random, so that cues can be judged
    warm_up_s: float = 300.0  # the first minutes of every run are silent

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up_s <= 3600:
            raise ValueError(f"warm_up_s must be between 0 and 3600, not {self.warm_up_s:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LapSettings:
    """Settings of laps.  ``auto_km`` is the length after which one ends by itself; 0: only by hand."""

    auto_km: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.auto_km <= 100:
            raise ValueError(f"auto_km must be between 0 and 100, not {self.auto_km:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalPlan:
    """``repeats`` times ``work_s`` seconds of work, with ``easy_s`` between two of them.

    ``pace_s_per_km`` is what the work aims at; None: nothing.  No repeats: no intervals any more.
    ``walk``: the work is running, and between two of them the runner walks.  ``name`` is the runner's own.
    """

    repeats: int
    work_s: float = 60.0
    easy_s: float = 60.0
    pace_s_per_km: float | None = None
    walk: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.repeats <= 100:
            raise ValueError("repeats must be between 0 and 100")
        if not 5 <= self.work_s <= 7200 or not 0 <= self.easy_s <= 7200:
            raise ValueError("work_s must be between 5 and 7200, easy_s at most 7200")
        if self.pace_s_per_km is not None and not 100 <= self.pace_s_per_km <= 1200:
            raise ValueError("pace_s_per_km must be between 100 and 1200")
        if self.name and line_complaint(self.name, 40):
            raise ValueError("name must be a name of 1 to 40 characters, without control characters")

    @property
    def parts(self) -> list[tuple[str, float]]:
        """The kinds and seconds of all parts in order; after the last work nothing is left to rest for."""
        both = [("work", self.work_s), ("easy", self.easy_s)]
        return [part for part in both * self.repeats if part[1] > 0][: -1 if self.easy_s else None]


SilenceReason = Literal["", "calm", "hold", "red"]
"""Why form cues are silent today: the calm phase, a hold after RED, or no GREEN run since a RED one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysLimits:
    """Limits of what one session may be, as they were known when it began; None is no limit, or not known.

    ``longest_km`` and ``longest_min`` are the longest run of 30 days, ``most_km`` and ``most_min`` what
    today allows: km of running, minutes on foot.  Minutes stand in where the distance is not known;
    ``timed`` ones (of a walk-run ladder) count beside it.  ``descent_m`` and ``descent_s`` are allowed
    below -2 %, ``speed_loss_mps`` is the braking allowed beyond what the level would have cost.  From
    ``loud_share`` of a limit on it is said aloud.  ``form_cues`` False silences cues for cadence,
    overstride and braking, because of ``silence``; ``stop`` ends targets too.
    """

    longest_km: float | None = None
    longest_min: float | None = None
    most_km: float | None = None
    most_min: float | None = None
    timed: bool = False
    descent_m: float | None = None
    descent_s: float | None = None
    speed_loss_mps: float | None = None
    loud_share: float = 1.1
    form_cues: bool = True
    silence: SilenceReason = ""
    stop: bool = False

    def __post_init__(self) -> None:
        for name in ("longest_km", "longest_min", "speed_loss_mps"):
            if (value := getattr(self, name)) is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive")
        for name in ("most_km", "most_min", "descent_m", "descent_s"):
            if (value := getattr(self, name)) is not None and not 0 <= value < math.inf:
                raise ValueError(f"{name} must not be negative")
        if not 1 <= self.loud_share < math.inf:
            raise ValueError("loud_share must be at least 1")
        if self.silence not in get_args(SilenceReason):
            raise ValueError(f'silence must be a reason that is known here, not "{self.silence}"')


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachSettings:
    """Settings that decide the cues of one session: fixed when it starts, kept on its tape.

    ``baseline`` is ``Baseline.to_dict`` as it was then (None: nothing learned yet), ``step`` (of
    ``target.steps``; 0 adds nothing), ``step_reason`` (ends the key of a message), ``cue_share`` (share
    of the time in which cues may be spoken) and ``today`` come from the plan.  ``today`` stands here and
    not beside the sensors because it decides bands, cues and notices, and no measurement: a re-analysis,
    which leaves out the coach, must leave it out too.
    """

    cues: CueSettings = field(default_factory=CueSettings)
    target: TargetParams = field(default_factory=TargetParams)
    effort: EffortParams = field(default_factory=EffortParams)
    baseline: dict[str, Any] | None = None
    step: int = field(default=1, metadata={"stored": "week"})
    step_reason: str = ""
    cue_share: float = field(default=1.0, metadata={"stored": "availability"})
    seed: int = 0
    today: TodaysLimits | None = None

    def __post_init__(self) -> None:
        if self.step < 0 or not 0 <= self.cue_share <= 1:
            raise ValueError("step starts at 0, cue_share is between 0 and 1")
        if self.baseline is not None:
            Baseline.from_dict(self.baseline)

    @property
    def may_cue(self) -> bool:
        """True where cues may be given at all: the runner wants them and today allows them."""
        return self.cues.on and (self.today is None or (self.today.form_cues and not self.today.stop))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """Settings that decide what records come out of a session's packets; stored with its tape."""

    athlete: str = "me"
    runner: Runner = field(default_factory=Runner)
    sensors: tuple[SensorSettings, ...] = ()
    coach: CoachSettings | None = None  # None: numbers only
    laps: LapSettings = field(default_factory=LapSettings)

    def __post_init__(self) -> None:
        names = [sensor.name for sensor in self.sensors]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f'two sensors are called "{name}"; each needs a name of its own')
