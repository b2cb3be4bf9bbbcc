"""What a coach writes to a runner during a run: each line is said once, at a calm moment, or not at all.

A moment is calm when no form cue is near: none was spoken in the last two minutes, in which its answer
settles, no fault lasts that is about to be cued, and the last sentence of any kind is over.  A line waits
for that; what has waited for ten minutes is withheld, for it may be wrong by then.  In a run that was
stopped (a warning sign, phase STOP of the plan) only a line of somebody whom the runner has given the role
of a coach is said; others wait, and their writer does not learn why.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dsp.types import Cue, CueKind
from monitor.core.json_codec import parse_json
from monitor.core.packet import Packet
from monitor.core.safe_text import clean_line
from monitor.pipeline.cue_policy import LATE, notice

LINE_WORDING = "coach_line"
"""``Cue.wording`` of a coach's line; its ``why`` is the line behind ``Coach: ``."""
LONGEST_LINE = 140
"""Characters of a line: what can be heard at a run without stopping."""
_BEFORE = "Coach: "


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachLineParams:
    """Times that make a moment calm, in seconds.

    ``settles_s`` is that of ``CuePolicyParams``; the others are choices: how long a sentence takes to be
    heard out, how long a fault counts as lasting after its last second, and how long a line stays true.
    """

    settles_s: float = 120.0
    sentence_s: float = 15.0
    fault_s: float = 5.0
    valid_s: float = 600.0


@dataclass(frozen=True, slots=True)
class CoachLine:
    """A line as it came at session second ``t_s``; ``when_stopped``: it is said in a stopped run too."""

    t_s: float
    text: str
    when_stopped: bool


class CoachLines:
    """A stage that holds the lines back until they can be said, second by second."""

    def __init__(self, params: CoachLineParams | None = None) -> None:
        self._p = params or CoachLineParams()
        self._waiting: deque[CoachLine] = deque()
        self._free_s = -math.inf  # from when on nothing that was spoken is in the way
        self._fault_s = -math.inf  # the last second of a fault that lasts

    @property
    def waiting(self) -> bool:
        """Whether a line waits for its moment."""
        return bool(self._waiting)

    def write(self, line: CoachLine) -> None:
        """Take a line, which is said after those that wait already."""
        self._waiting.append(line)

    def note_fault(self, t_s: float) -> None:
        """Note that a fault lasts in this second which may be cued at any moment."""
        self._fault_s = t_s

    def note_spoken(self, records: Iterable[object]) -> None:
        """Note the sentences among these records, in whose way no line must come."""
        for record in records:
            if isinstance(record, Cue) and not record.withheld:
                form = record.kind is CueKind.CORRECT
                pause_s = self._p.settles_s if form else self._p.sentence_s
                self._free_s = max(self._free_s, record.t_s + pause_s)

    def second(self, t_s: float, *, stopped: bool) -> list[Cue]:
        """Return what becomes of the lines in this second: at most one is said, old ones are withheld."""
        out = []
        while self._waiting and t_s - self._waiting[0].t_s >= self._p.valid_s:
            out.append(_line_cue(t_s, self._waiting.popleft(), LATE))
        if t_s < self._free_s or t_s - self._fault_s < self._p.fault_s:
            return out
        line = next((w for w in self._waiting if w.when_stopped or not stopped), None)
        if line is not None:
            self._waiting.remove(line)
            out.append(_line_cue(t_s, line, ""))
            self.note_spoken(out)
        return out

    def finish(self, t_s: float) -> list[Cue]:
        """Return what still waits at the end of the run, withheld."""
        out = [_line_cue(t_s, line, LATE) for line in self._waiting]
        self._waiting.clear()
        return out


def _line_cue(t_s: float, line: CoachLine, withheld: str) -> Cue:
    return replace(notice(t_s, LINE_WORDING, f"{_BEFORE}{line.text}"), withheld=withheld)


def line_text(cue: Cue) -> str:
    """Return the coach's words in a cue that is a line."""
    return cue.why.removeprefix(_BEFORE)


def line_of_packet(packet: Packet) -> CoachLine | None:
    """Return the line that a packet brings, None where it holds none."""
    try:
        body = parse_json(packet.payload)
        text, when_stopped = clean_line(str(body["text"]), LONGEST_LINE), bool(body["when_stopped"])
    except (ValueError, KeyError, TypeError):
        return None
    return CoachLine(packet.arrival_ns / 1e9, text, when_stopped) if text else None
