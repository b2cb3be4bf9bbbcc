"""Others get everything of a run but what tells of its runner's plan."""

from __future__ import annotations

import pytest

from dsp.types import Band, Cue, CueKind, Fault
from monitor.core.session_settings import CoachSettings, SessionSettings, TodaysLimits
from monitor.pipeline.announcements import CUES_OFF, SILENCES
from monitor.pipeline.cue_policy import notice
from monitor.pipeline.load_watch import PRIVATE_NOTICES
from monitor.pipeline.plan_privacy import record_for_others, records_for_others, settings_for_others


@pytest.mark.parametrize("wording", sorted(PRIVATE_NOTICES))
def test_a_notice_of_the_plan_is_for_the_runner_alone(wording: str) -> None:
    assert record_for_others(notice(5.0, wording, "your plan has ...")) is None


@pytest.mark.parametrize("why", sorted(SILENCES.values()))
def test_a_band_keeps_its_target_and_does_not_say_why_cues_are_off(why: str) -> None:
    band = Band(7, "cadence_spm", 170, 165.0, 180, why)
    assert record_for_others(band) == Band(7, "cadence_spm", 170, 165.0, 180, CUES_OFF)


def test_everything_else_stays_as_it_is_and_in_its_order() -> None:
    others = [
        Band(7, "cadence_spm", 170, 165.0, 180, "warming up"),
        Cue(8, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 158, 168.0, "quicker", 12.0),
        notice(9.0, "longest_run", "9.0 km"),
    ]
    assert records_for_others([notice(6.0, "no_run_today", "no running"), *others]) == others


def test_settings_keep_all_but_todays_limits_and_the_reason_of_the_step() -> None:
    limits = TodaysLimits(most_km=5.0, form_cues=False, silence="calm")
    coach = CoachSettings(today=limits, step=2, step_reason="pain", cue_share=0.5)
    assert settings_for_others(SessionSettings(athlete="ann")) == SessionSettings(athlete="ann")
    there = settings_for_others(SessionSettings(athlete="ann", coach=coach))
    assert there.coach == CoachSettings(step=2, cue_share=0.5)
