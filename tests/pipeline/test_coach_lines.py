"""A coach's line is said once, at a calm moment: not near a form cue, and not where a run was stopped."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Cue, CueKind, Fault, Placement
from monitor.core.packet import RUNNER, SAY_LINE, Packet, say_line_packet
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.pipeline.coach_lines import CoachLine, CoachLineParams, CoachLines, line_of_packet, line_text
from monitor.pipeline.cue_policy import CuePolicyParams, notice
from monitor.pipeline.session import Session
from tests.coached_runner import (
    TARGET_SPM,
    cues_among,
    learned_baseline,
    metric_seconds,
    new_coach,
    noisy_cadence,
    run_starts,
)
from tests.service.test_serve import readings

P = CoachLineParams()


def form_cue(t_s: float, withheld: str = "") -> Cue:
    fault = Fault.CADENCE_LOW
    return Cue(t_s, CueKind.CORRECT, fault, "cadence_spm", 160, 170, fault.value, t_s + 3, withheld)


def said_at(
    lines: CoachLines, since_s: int, until_s: int, *, stopped: bool = False
) -> list[tuple[int, str]]:
    cues = [(t, cue) for t in range(since_s, until_s) for cue in lines.second(float(t), stopped=stopped)]
    return [(t, cue.withheld or line_text(cue)) for t, cue in cues]


def test_a_line_is_said_at_once_where_nothing_is_near() -> None:
    lines = CoachLines()
    lines.write(CoachLine(9.5, "Turn at the bridge", when_stopped=False))
    assert said_at(lines, 10, 700) == [(10, "Turn at the bridge")]
    assert not lines.waiting


def test_a_form_cue_has_two_minutes_to_settle_and_any_other_sentence_is_heard_out() -> None:
    assert CuePolicyParams().settles_s == P.settles_s
    for cue, free_s in ((form_cue(10.0), 10 + P.settles_s), (notice(10.0, "x", ""), 10 + P.sentence_s)):
        lines = CoachLines()
        lines.note_spoken([cue])
        lines.write(CoachLine(11.0, "a", when_stopped=False))
        assert said_at(lines, 11, 500) == [(free_s, "a")]


def test_a_cue_that_nobody_heard_is_in_nobodys_way() -> None:
    lines = CoachLines()
    lines.note_spoken([form_cue(10.0, "probe")])
    lines.write(CoachLine(11.0, "a", when_stopped=False))
    assert said_at(lines, 11, 500) == [(11, "a")]


def test_while_a_fault_lasts_a_line_waits() -> None:
    lines = CoachLines()
    lines.write(CoachLine(0.0, "a", when_stopped=False))
    for t in range(1, 30):
        lines.note_fault(float(t))
        assert lines.second(float(t), stopped=False) == []
    assert said_at(lines, 30, 60) == [(34, "a")]


def test_lines_come_one_after_the_other() -> None:
    lines = CoachLines()
    for word in "abc":
        lines.write(CoachLine(0.0, word, when_stopped=False))
    assert said_at(lines, 1, 100) == [(1, "a"), (16, "b"), (31, "c")]


def test_a_line_without_a_calm_moment_is_withheld_after_ten_minutes_and_at_the_end() -> None:
    lines = CoachLines()
    lines.write(CoachLine(0.0, "old", when_stopped=False))
    lines.write(CoachLine(500.0, "new", when_stopped=False))
    for t in range(0, 700, 60):
        lines.note_spoken([form_cue(float(t))])
    assert said_at(lines, 1, 700) == [(600, "late")]
    (left,) = lines.finish(700.0)
    assert (left.withheld, line_text(left)) == ("late", "new")
    assert not lines.waiting


def test_in_a_stopped_run_only_the_line_of_a_paired_coach_is_said() -> None:
    lines = CoachLines()
    lines.write(CoachLine(0.0, "from the broker", when_stopped=False))
    lines.write(CoachLine(0.0, "from the page", when_stopped=True))
    assert said_at(lines, 1, 700, stopped=True) == [(1, "from the page"), (600, "late")]


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=12), st.lists(st.integers(0, 400)))
def test_every_line_is_said_or_withheld_exactly_once_and_never_near_a_form_cue(
    written: list[tuple[int, bool]], cued: list[int]
) -> None:
    lines, got = CoachLines(), list[Cue]()
    for t in range(1200):
        lines.note_spoken([form_cue(float(t))] if t in cued else [])
        for number, (at, stopped) in enumerate(written):
            if at == t:
                lines.write(CoachLine(float(t), f"{number}", when_stopped=stopped))
        got += lines.second(float(t), stopped=t > 300)
    got += lines.finish(1200.0)
    assert sorted(map(line_text, got)) == sorted(str(n) for n in range(len(written)))
    for cue in got:
        assert cue.withheld or not [c for c in cued if 0 <= cue.t_s - c < P.settles_s]


def test_a_packet_that_holds_no_line_is_none() -> None:
    packet = say_line_packet(3.0, "  Shorter \u202esteps ", when_stopped=True)
    assert line_of_packet(packet) == CoachLine(3.0, "Shorter steps", when_stopped=True)
    for payload in (
        b"",
        b"[]",
        b"{}",
        b'{"text": "a"}',
        b'{"text": " ", "when_stopped": 1}',
        b"\xff",
        b"1",
        b"[" * 100_000,
    ):
        assert line_of_packet(Packet(RUNNER, 0, SAY_LINE, payload)) is None
    long = replace(packet, payload=say_line_packet(0.0, "x" * 1000, when_stopped=False).payload)
    found = line_of_packet(long)
    assert found is not None
    assert len(found.text) == 140


@pytest.mark.parametrize("stopped", [False, True])
def test_a_line_in_a_run_that_is_cued_waits_until_the_cue_has_settled(stopped: bool) -> None:
    """Off target for a minute and cued, back for four, off again: the line comes right after the cue."""
    coach = new_coach(learned_baseline())
    parts = [(TARGET_SPM, 60), (0.93 * TARGET_SPM, 60), (TARGET_SPM, 240), (0.93 * TARGET_SPM, 120)]
    cadence = np.concatenate([noisy_cadence(mean, n, seed=k) for k, (mean, n) in enumerate(parts)])
    got: list[object] = list(coach.push([run_starts()]))
    records = metric_seconds(cadence)
    for second, (record, speed) in enumerate(zip(records[::2], records[1::2], strict=True), start=1):
        t_s = float(second)
        got += coach.push([record, speed])
        cues = cues_among(got, CueKind.CORRECT)
        if cues and not coach.lines_wait and not [c for c in cues_among(got) if c.wording == "coach_line"]:
            coach.write_line(CoachLine(t_s, "Relax your shoulders", when_stopped=False))
            got += coach.stop(t_s) if stopped else []
        got += coach.say_lines(t_s)
    got += coach.finish_lines(1000.0)
    first, *later = [c.t_s for c in cues_among(got, CueKind.CORRECT) if not c.withheld]
    (line,) = [c for c in cues_among(got) if c.wording == "coach_line"]
    if stopped:
        assert (line.withheld, later) == ("late", [])
        return
    spoken = [t for t in (first, *later) if t <= line.t_s]
    assert line.withheld == ""
    assert line.t_s >= spoken[-1] + P.settles_s
    assert min(t for t in later if t > line.t_s) > line.t_s + 8


@pytest.mark.parametrize("block_s", [0.5, 7.0, 1e9])
def test_a_replay_says_a_line_at_the_same_second_however_the_packets_are_cut(block_s: float) -> None:
    settings = SessionSettings(
        sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),), coach=CoachSettings()
    )
    line = say_line_packet(20.3, "Relax your shoulders", when_stopped=False)
    packets = sorted([*readings(60), line], key=lambda p: p.arrival_ns)
    live, session = Session(settings), Session(settings)
    whole = [r for p in packets for r in live.push(p)] + live.finish()
    blocks = itertools.groupby(packets, key=lambda p: p.arrival_ns * 1e-9 // block_s)
    cut = [r for _, block in blocks for r in session.push(*block)] + session.finish()
    said = [[r for r in records if isinstance(r, Cue)] for records in (whole, cut)]
    assert said[0] == said[1]
    (found,) = [c for c in said[0] if c.wording == "coach_line"]
    assert 20.3 < found.t_s <= 36
    assert line_text(found) == "Relax your shoulders"


def test_a_line_is_said_while_all_sensors_are_silent() -> None:
    settings = SessionSettings(
        sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),), coach=CoachSettings()
    )
    session = Session(settings)
    session.push(*readings(5))
    session.tick(900.0)
    session.push(say_line_packet(900.2, "Where are you?", when_stopped=False))
    (said,) = [r for r in session.tick(903.0) if isinstance(r, Cue)]
    assert (said.t_s, line_text(said)) == (901.0, "Where are you?")
