"""What is worth a push: when, how often, and when nobody may be disturbed."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Band, Cue, CueKind, Estimate, Fault, Metric
from monitor.core.records import LinkState, Out, SensorStatus, SinkStatus
from monitor.pipeline import load_watch
from monitor.pipeline.coach_lines import LINE_WORDING
from monitor.pipeline.cue_policy import notice
from monitor.sinks.push import alerts
from monitor.sinks.push.alerts import Alert, Alerts, AlertSettings

NOON = "2026-11-25T12:00:00+00:00"
BAND = Band(0.0, "cadence_spm", 172.0, 168.0, 178.0)


def seconds(metric: str, values: list[float], start_s: float = 1.0) -> list[Out]:
    return [Metric(start_s + n, None, Estimate(metric, v, 1.0, "foot")) for n, v in enumerate(values)]


def cue(t_s: float, kind: CueKind = CueKind.CORRECT, withheld: str = "") -> Cue:
    fault = Fault.CADENCE_LOW
    return Cue(t_s, kind, fault, "cadence_spm", 160.0, 172.0, fault.value, t_s + 3, withheld)


def told(records: list[Out], settings: AlertSettings | None = None) -> list[Alert]:
    watcher = Alerts(settings or AlertSettings(), NOON)
    return [a for record in records for a in watcher.push(record)]


def test_a_drift_that_outlasts_its_cues_is_pushed_once() -> None:
    run = [BAND, cue(10.0), *seconds("cadence_spm", [160.0] * 600, 10.0)]
    (alert,) = told(run)
    assert (alert.kind, alert.t_s, alert.expires_s) == ("drift", 190.0, 310.0)
    assert "Cadence has been off target for 3 min" in alert.text


@pytest.mark.parametrize(
    "said",
    [
        cue(10.0, withheld="experiment"),
        cue(60.0, CueKind.CONFIRM),
        Band(60.0, "cadence_spm", 172.0, 168.0, 178.0, "too steep"),
    ],
)
def test_a_drift_that_nobody_was_cued_for_or_that_ended_is_not(said: Out) -> None:
    first = [] if said == cue(10.0, withheld="experiment") else [cue(10.0)]
    assert told([BAND, *first, said, *seconds("cadence_spm", [160.0] * 600, 61.0)]) == []


def test_who_came_back_without_a_tone_is_not_told_of_a_drift_when_a_single_second_is_outside() -> None:
    back = [172.0] * 400
    back[300] = 160.0
    run = [BAND, cue(10.0), *seconds("cadence_spm", [160.0] * 20 + back, 10.0)]
    assert told(run) == []


def test_single_seconds_in_band_do_not_hide_a_drift() -> None:
    run = [BAND, cue(10.0), *seconds("cadence_spm", [160.0, 160.0, 160.0, 172.0] * 60, 10.0)]
    assert [alert.kind for alert in told(run)] == ["drift"]


def test_in_band_nothing_is_pushed_although_a_cue_was_given() -> None:
    assert told([BAND, cue(10.0), *seconds("cadence_spm", [172.0] * 600, 10.0)]) == []


def status(sensor: str, t_s: float, silent_s: float = 0.0) -> SensorStatus:
    link = LinkState.SILENT if silent_s else LinkState.STREAMING
    return SensorStatus(t_s, sensor, link, "", silent_s=silent_s)


def test_a_sensor_is_told_lost_after_a_minute_and_says_what_goes_on() -> None:
    silent = [status("left shoe", t, t) for t in (55.0, 60.0, 65.0, 70.0)]
    (alert,) = told([status("belt", 50.0), *silent])
    assert (alert.kind, alert.t_s, alert.priority) == ("sensor_lost", 60.0, 4)
    assert alert.text.startswith("No data from left shoe for 60 s")
    assert "Everything else keeps running" in alert.text


def test_the_only_sensor_that_is_lost_leaves_nothing_that_runs() -> None:
    (alert,) = told([status("phone", 5.0), status("phone", 65.0, 60.0)])
    assert alert.text == "No data from phone for 60 s. No live values and no cues until it is back."


def test_every_sensor_that_is_lost_is_told_once() -> None:
    run = [status("left shoe", 5.0), status("right shoe", 5.0)]
    for start_s, sensor in ((60.0, "left shoe"), (300.0, "right shoe"), (600.0, "left shoe")):
        run += [status(sensor, start_s + t, t) for t in (60.0, 65.0)] + [status(sensor, start_s + 90.0)]
    pushes = told(list(run))
    assert [(a.t_s, a.text[: len("No data from left")]) for a in pushes] == [
        (120.0, "No data from left"),
        (360.0, "No data from righ"),
    ]


def passed(wording: str, why: str, t_s: float = 90.0) -> Cue:
    return notice(t_s, wording, why)


def test_a_limit_of_the_load_is_pushed_in_the_words_of_its_notice_the_quiet_one_without_a_sound() -> None:
    quiet = "9.0 km: as far as your longest run of 30 days. Turn home, or stop at 9.9 km."
    loud = "9.9 km so far; your longest run of 30 days was 9.0 km."
    run = [passed("longest_run", quiet), passed("longest_run_far", loud, 400.0)]
    first, second = told(run, AlertSettings(language="de"))
    assert (first.kind, first.t_s, first.priority) == ("longest_run", 90.0, 1)
    assert first.text.startswith("9,0 km: so weit wie dein längster Lauf in 30 Tagen.")
    assert (second.kind, second.expires_s, second.priority) == ("longest_run_far", 520.0, 3)
    assert second.text.startswith("Bisher 9,9 km; dein längster Lauf in 30 Tagen war 9,0 km.")


def test_every_notice_that_is_pushed_is_given_by_the_load_watch_and_has_its_title() -> None:
    source = Path(load_watch.__file__).read_text()
    for wording in alerts._NOTICES:
        assert f'"{wording}"' in source
        (alert,) = told([passed(wording, "why")])
        assert alert.title


def test_other_notices_are_not_pushed() -> None:
    assert told([passed("no_slope", "x"), passed("cues_ended", "x"), passed("sensor_lost", "x")]) == []


def test_nothing_rings_in_quiet_hours_which_may_reach_over_midnight() -> None:
    night = AlertSettings(quiet_from="22:00", quiet_to="07:00")
    hours = [h for h in range(24) if night.is_quiet(datetime.time(h))]
    assert hours == [0, 1, 2, 3, 4, 5, 6, 22, 23]
    now = datetime.datetime.fromisoformat(NOON).astimezone()
    here = AlertSettings(quiet_from=f"{now:%H:%M}", quiet_to=f"{now + datetime.timedelta(minutes=2):%H:%M}")
    lost = [SensorStatus(t, "shoe", LinkState.SILENT, "", silent_s=99.0) for t in (10.0, 130.0)]
    assert [a.t_s for a in told(list(lost), here)] == [130.0]


def test_wrong_hours_are_told_with_what_is_right() -> None:
    with pytest.raises(ValueError, match='like "22:00"'):
        AlertSettings(quiet_from="10 pm", quiet_to="07:00")
    with pytest.raises(ValueError, match="together"):
        AlertSettings(quiet_from="22:00")


def test_a_push_comes_in_the_language_of_the_runner() -> None:
    lost = [status("Gurt", 60.0), status("Schuh", 60.0, 60.0)]
    (alert,) = told(list(lost), AlertSettings(language="de"))
    assert alert.text == "Seit 60 s keine Daten von Schuh. Alles andere läuft weiter."


@pytest.mark.parametrize("sink", ["tape", "store"])
def test_a_run_that_is_not_being_stored_is_pushed_at_once_and_once(sink: str) -> None:
    full = [
        SinkStatus(t, sink, False, "no room on the disk; 70 packets wait in memory") for t in (5.0, 9.0)
    ]
    (alert,) = told([*full, SinkStatus(20.0, sink, True, "writing again")])
    assert (alert.kind, alert.t_s, alert.priority) == ("not_stored", 5.0, 5)
    assert alert.text.startswith("no room on the disk; 70 packets wait in memory.")
    (german,) = told([*full], AlertSettings(language="de"))
    assert german.text.startswith("kein Platz auf dem Datenträger; 70 Pakete warten im Speicher.")


def test_a_far_end_that_is_away_is_no_push() -> None:
    assert told([SinkStatus(5.0, "influx", False, "not connected yet")]) == []


def test_every_line_of_a_coach_is_pushed_once_and_one_that_was_not_said_is_not() -> None:
    alerts = Alerts(AlertSettings(language="de"), NOON)
    lines = [replace(notice(t, LINE_WORDING, f"Coach: {text}"), withheld=w) for t, text, w in (
        (60.0, "Locker bleiben", ""), (90.0, "Locker bleiben", ""), (99.0, "zu spät", "late"),
    )]  # fmt: skip
    found = [alert for line in lines for alert in alerts.push(line)]
    assert [(a.title, a.text, a.priority) for a in found] == 2 * [
        ("Dein Trainer", "Dein Trainer: Locker bleiben", 3)
    ]
