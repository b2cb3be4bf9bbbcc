"""A coach's line is said once, at a calm moment: not near a form cue, and not where a run was stopped."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Cue, CueKind, Fault
from monitor.core.packet import RUNNER, SAY_LINE, Packet, say_line_packet, stop_cues_packet
from monitor.pipeline.coach_lines import CoachLine, CoachLineParams, CoachLines, line_of_packet, line_text
from monitor.pipeline.cue_policy import CuePolicyParams, notice
from monitor.pipeline.session import Session
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run

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
    ):
        assert line_of_packet(Packet(RUNNER, 0, SAY_LINE, payload)) is None
    long = replace(packet, payload=say_line_packet(0.0, "x" * 1000, when_stopped=False).payload)
    found = line_of_packet(long)
    assert found is not None
    assert len(found.text) == 140


@pytest.mark.parametrize("stopped", [False, True])
def test_a_line_in_a_run_that_is_cued_waits_and_the_replay_says_it_at_the_same_second(
    stopped: bool,
) -> None:
    """A drift that is cued, then two minutes on target, then another: what is written at 58 s waits."""
    drift = drifting_bouts(90.0)
    bouts = [*drift, replace(drift[0], seconds=120.0), *drift]
    recording = recording_of_run(bouts, RadioModel(), seed=5)
    settings = coached_settings(recording.settings)
    extra = [say_line_packet(58.0, "Relax your shoulders", when_stopped=False)]
    extra += [stop_cues_packet(70.0, "red_flag")] if stopped else []
    packets = sorted([*recording.packets(), *extra], key=lambda p: p.arrival_ns)
    runs = []
    for block_s in (0.0, 7.0):
        session = Session(settings)
        blocks = itertools.groupby(
            packets, key=lambda p: p.arrival_ns // (block_s * 1e9) if block_s else id(p)
        )
        records = [r for _, block in blocks for r in session.push(*block)]
        runs.append([r for r in [*records, *session.finish()] if isinstance(r, Cue)])
    assert runs[0] == runs[1]
    spoken = [c.t_s for c in runs[0] if c.kind is CueKind.CORRECT and not c.withheld]
    (line,) = [c for c in runs[0] if c.wording == "coach_line"]
    first, *later = spoken
    assert first < 58
    if stopped:
        assert (line.withheld, later) == ("late", [])
    else:
        assert line.withheld == ""
        assert first + P.settles_s <= line.t_s < first + P.settles_s + 10
        assert len(later) == 1
        assert later[0] > line.t_s + 8
