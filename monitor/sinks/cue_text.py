"""A cue as one line of text, with its numbers as a runner reads them: for the terminal and the log."""

from __future__ import annotations

from dsp.metrics import BY_NAME, Display, MetricSpec
from dsp.types import Cue, CueKind
from monitor.core.message_catalogues import Catalogue

_SLOWEST_MPS = 0.3  # a slower speed is not written as a pace: it would be more than 55 minutes


def cue_line(cue: Cue, messages: Catalogue) -> str:
    """Return a line that says what the runner was told, when and why.

    For example ``0:38  cue  Cadence 165, target 173 steps/min (...)``; the time is in the session.
    """
    when = minutes_seconds_text(cue.t_s)
    if cue.kind is CueKind.NOTICE:
        return messages.text("terminal.cue.notice", time=when, why=messages.translate_recorded(cue.why))
    return messages.text(f"terminal.cue.{cue.kind.value}", time=when, reason=cue_reason(cue, messages))


def cue_reason(cue: Cue, messages: Catalogue) -> str:
    """Return why the runner was told something, with the numbers unless it is a notice."""
    why = messages.translate_recorded(cue.why)
    if cue.kind is CueKind.NOTICE:
        return why
    spec, unit = BY_NAME[cue.metric], messages.text(f"metric.{cue.metric}.unit")
    value, target = (
        messages.localized(number_text(spec.display_or_unit, v)[0]) for v in (cue.value, cue.target)
    )
    label = label_text(spec, messages)
    return messages.text(
        "terminal.cue.reason", metric=label, value=value, target=target, unit=unit, why=why
    )


def label_text(spec: MetricSpec, messages: Catalogue) -> str:
    """Return the label beside a number of ``number_text``: a speed that is shown as a pace is called so."""
    return messages.text("page.pace" if spec.display_or_unit.pace else f"metric.{spec.name}.label")


def number_text(shown_as: Display, value: float, sd: float = 0.0) -> tuple[str, str]:
    """Return value and SD, given in the unit of the metric, as a person reads them; a speed as a pace."""
    if not shown_as.pace:
        n = shown_as.decimals
        return f"{value * shown_as.scale:.{n}f}", f"{sd * shown_as.scale:.{n}f}"
    if value < _SLOWEST_MPS:
        return "—", ""
    return minutes_seconds_text(1000 / value), minutes_seconds_text(1000 * sd / value**2)


def minutes_seconds_text(seconds: float) -> str:
    """Return seconds as minutes and seconds, ``5:30``; an hour is 60 minutes."""
    return "{}:{:02d}".format(*divmod(round(seconds), 60))
