"""What is said of a sensor: the source's words, the session's counts, and the battery."""

from __future__ import annotations

import functools
import itertools
import json
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Gap, Metric, Placement, Step
from monitor.core import json_codec
from monitor.core.errors import InputError
from monitor.core.packet import LAP, PAUSE, RESUME, RUNNER, Packet, stop_cues_packet, wish_packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings, TodaysLimits
from monitor.devices import plain
from monitor.devices.device_information import BATTERY
from monitor.pipeline.load_watch import RunLoad
from monitor.pipeline.session import Session, decoded_inputs
from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run, simulated_recording
from tests.deep import DEEP

POD = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
STRAP = SensorSettings(name="strap", kind="heart_rate", placement=Placement.POD)


@pytest.fixture
def session() -> Session:
    return Session(SessionSettings(sensors=(POD, STRAP)))


def rsc(t_s: float) -> Packet:
    return Packet("pod", round(t_s * 1e9), "rsc", struct.pack("<BHB", 0, 768, 85))


def beat(t_s: float) -> Packet:
    return Packet("strap", round(t_s * 1e9), "heart_rate", bytes((0, 150)))


def battery(t_s: float, pct: int) -> Packet:
    return Packet("pod", round(t_s * 1e9), BATTERY, bytes([pct]))


def said(records: list[object], sensor: str = "pod") -> list[SensorStatus]:
    return [r for r in records if isinstance(r, SensorStatus) and r.sensor == sensor]


def test_what_the_source_says_of_a_link_holds_until_the_next_packet(session: Session) -> None:
    session.push(rsc(1.0))
    lost = session.push_status(SensorStatus(2.0, "pod", LinkState.LOST, "out of range; searching on"))
    assert lost.received > 0
    statuses = [s for t in range(3, 20) for s in said(session.push(beat(float(t))))]
    assert statuses
    assert {(s.link, s.text) for s in statuses} == {(LinkState.LOST, "out of range; searching on")}
    back = said(session.push(rsc(20.0)))[-1]
    assert (back.link, back.text) == (LinkState.STREAMING, "streaming")


def test_without_a_word_from_the_source_a_sensor_without_packets_is_silent(session: Session) -> None:
    session.push(rsc(1.0))
    statuses = [s for t in range(2, 20) for s in said(session.push(beat(float(t))))]
    assert statuses[-1].link is LinkState.SILENT


@pytest.mark.parametrize(("pct", "told"), [(3, "; its battery was at 3 %"), (60, "")])
def test_of_a_sensor_that_is_gone_a_battery_that_was_empty_is_told(
    session: Session, pct: int, told: str
) -> None:
    session.push(rsc(1.0))
    session.push(battery(1.1, pct))
    lost = session.push_status(SensorStatus(5.0, "pod", LinkState.LOST, "pod is out of range"))
    assert lost.text == f"pod is out of range{told}"
    back = said(session.push(rsc(9.0)))[-1]
    assert (back.link, back.text) == (LinkState.STREAMING, "streaming")


def test_a_low_battery_is_told_once_and_at_once(session: Session) -> None:
    session.push(rsc(1.0))
    assert said(session.push(battery(1.1, 40))) == []
    session.push(rsc(2.0))
    (low,) = said(session.push(battery(2.1, 14)))
    assert "charge it soon" in low.text
    assert low.battery_pct == 14.0
    session.push(rsc(3.0))
    assert said(session.push(battery(3.1, 13))) == []


def test_a_battery_level_is_no_measurement(session: Session) -> None:
    session.push(battery(1.0, 80))
    (pod, _) = session.statuses()
    assert (pod.link, pod.received, pod.battery_pct) == (LinkState.SEARCHING, 0, 80.0)
    session.push(battery(2.0, 130))
    (pod, _) = session.statuses()
    assert (pod.bad, pod.battery_pct) == (1, 80.0)


# ------------------------------------------------------------------ time that passes


FIRST = {
    "rsc": ("rsc", struct.pack("<BHB", 0, 768, 85)),
    "heart_rate": ("heart_rate", bytes((0, 150))),
    "plain": (plain.IMU, plain.encode_imu(0, 100.0, np.arange(3) / 100, np.ones((3, 3)), np.ones((3, 3)))),
    "sensor_logger": (
        "push",
        b'{"messageId": 1, "payload": [{"name": "location", "time": 1700000000000000000, "values": '
        b'{"speed": 2.5}}]}',
    ),
}


@pytest.mark.parametrize("kind", FIRST)
def test_a_sensor_of_any_kind_that_stops_is_silent_after_three_seconds_and_missed_after_eight(
    kind: str,
) -> None:
    placement = Placement.WAIST if kind in ("plain", "sensor_logger") else Placement.POD
    options = {"platform": "android"} if kind == "sensor_logger" else {}
    sensor = SensorSettings(name="it", kind=kind, placement=placement, options=options)
    session = Session(SessionSettings(sensors=(sensor,), coach=CoachSettings()))
    channel, payload = FIRST[kind]
    session.push(Packet("it", 10**9, channel, payload))
    told = session.tick(30.5)
    silent = [r for r in told if isinstance(r, SensorStatus) and r.link is LinkState.SILENT]
    assert silent[0].t_s == 5.0  # a status is sent at whole seconds
    assert [s.silent_s for s in silent] == [float(k) for k in range(4, 30)]
    (missed,) = [r for r in told if isinstance(r, Cue) and r.wording == "sensor_lost"]
    assert missed.t_s == 9.0
    assert session.t_s == 30.0


def test_a_sensor_whose_source_says_that_it_is_lost_is_missed_as_well() -> None:
    session = Session(SessionSettings(sensors=(POD, STRAP), coach=CoachSettings()))
    session.push(rsc(1.0))
    session.push_status(SensorStatus(2.0, "pod", LinkState.LOST, "out of range; searching on"))
    (missed,) = [r for r in session.tick(30.0) if isinstance(r, Cue) and r.wording == "sensor_lost"]
    assert missed.t_s == 9.0
    assert "strap" not in missed.why.split(".")[0]  # it never came, so it is not missed


# ------------------------------------------------------------------ chunking


def _reclocked(packet: Packet, shift_s: float, link: int) -> Packet:
    """The same samples with another device time, on another connection."""
    s = plain.decode_imu(packet.payload)
    assert s.device_s is not None
    assert s.sequence is not None
    body = plain.encode_imu(s.sequence, s.nominal_hz, s.device_s + shift_s, s.acc_ms2, s.gyr_rads)
    return replace(packet, payload=body, link=link)


def _tape(mishap: str) -> tuple[SessionSettings, list[Packet]]:
    """Half a minute of two shoes and a belt over a bad radio; the mishap comes in its middle."""
    stall_s = (3.0, 5.0) if mishap == "stalls" else (0.1, 0.6)
    radio = RadioModel(stall_every_s=12.0, stall_s=stall_s, loss=0.05 if mishap == "losses" else 0.0)
    recording = simulated_recording(36.0, radio, seed=3)
    out = []
    for packet in recording.packets():
        at_s, mine = packet.arrival_ns * 1e-9, packet.sensor == recording.settings.sensors[0].name
        if mine and mishap == "new links":
            packet = _reclocked(packet, 0.0, int(at_s // 9))
        elif mine and mishap == "restarts" and at_s > 18:
            packet = _reclocked(packet, -10.0, 1)
        elif mine and mishap == "clock set" and at_s > 18:
            packet = _reclocked(packet, 3600.0, 0)
        out.append(packet)
    return recording.settings, out


def _everything() -> tuple[SessionSettings, list[Packet]]:
    """A coached minute on which all of it happens: each shoe and the belt over a radio of its own.

    Stalls of up to 2 s, 3 % lost, new links and a restart of one shoe, the other one's clock is set,
    packets that cannot be read, a battery that is low, a pause, laps, and the wish to hear no more cues.
    """
    radio = RadioModel(stall_every_s=6.0, stall_s=(0.1, 2.0), loss=0.03)
    recording = recording_of_run(
        [Bout(seconds=40.0, speed_mps=2.9), Bout(seconds=20.0, speed_mps=3.4)], radio, 5
    )
    left, right, belt = (s.name for s in recording.settings.sensors)
    out = []
    for packet in recording.packets():
        at_s = packet.arrival_ns * 1e-9
        if packet.sensor == left:
            packet = _reclocked(packet, -10.0 if at_s > 35 else 0.0, int(at_s // 14))
        elif packet.sensor == right and at_s > 30:
            packet = _reclocked(packet, 3600.0, 0)
        out.append(packet)
    for at_s in (12.0, 33.0, 48.0):
        out.append(Packet(belt, round(at_s * 1e9), plain.IMU, b"no packet"))
    out += [Packet(right, round(21e9), BATTERY, bytes([9])), stop_cues_packet(50.2, "enough")]
    out += [
        wish_packet(at_s, kind) for at_s, kind in ((18.2, LAP), (24.1, PAUSE), (29.3, RESUME), (44.0, LAP))
    ]
    return coached_settings(recording.settings), sorted(out, key=lambda p: p.arrival_ns)


def test_packets_of_which_many_are_decoded_at_once_bring_the_same_one_after_the_other() -> None:
    settings, packets = _everything()
    one_by_one, together = Session(settings), Session(settings)
    expected = [one_by_one.push(packet) for packet in packets]
    assert list(together.evaluate(packets)) == expected
    assert together.finish() == one_by_one.finish()
    kinds = {type(r) for found in expected for r in found}
    assert kinds >= {Step, Metric, Gap, ActivityChange, SensorStatus, Band, Cue}
    assert [s.bad for s in together.statuses()] == [0, 0, 3]


@pytest.mark.parametrize(
    "mishap", ["stalls", "losses", "new links", "restarts", "clock set", "all of it and more"]
)
def test_packets_one_by_one_are_blocks_of_any_length(mishap: str) -> None:
    settings, packets = _everything() if mishap == "all of it and more" else _tape(mishap)
    one_by_one = Session(settings)
    records = [r for packet in packets for r in one_by_one.push(packet)] + one_by_one.finish()
    assert sum(isinstance(r, Step) for r in records) > 80
    for block_s in (1.0, 4.0, 1e9) if DEEP else (4.0, 1e9):
        session, got = Session(settings), []
        for _, block in itertools.groupby(packets, key=lambda p: p.arrival_ns * 1e-9 // block_s):
            by_sensor = sorted(block, key=lambda p: p.sensor)  # each source has its own queue
            got += session.push(*by_sensor)
        assert got + session.finish() == records, block_s


# ------------------------------------------------------------------ times that are not sure


def _bodies(seconds: float = 60.0) -> list[tuple[float, list[dict[str, object]]]]:
    """What a phone at the waist sends every half second of running at 168 steps a minute."""
    run = simulated_run([Bout(seconds=seconds, speed_mps=2.8, cadence_spm=168)], seed=1)
    c = simulated_imu(run, Placement.PELVIS, None, Device(rate_hz=100.0), "phone", 1)
    assert c.gyr_rads is not None
    out = []
    for k in range(int(2 * seconds)):
        rows: list[dict[str, object]] = []
        for i in np.flatnonzero((c.t_s >= k / 2) & (c.t_s < (k + 1) / 2)).tolist():
            for name, xyz in (("totalacceleration", c.acc_ms2[i]), ("gyroscope", c.gyr_rads[i])):
                values = dict(zip("xyz", map(float, xyz), strict=True))
                rows.append({"name": name, "time": 1_790_000_000 + float(c.t_s[i]), "values": values})
        out.append(((k + 1) / 2, rows))
    return out


BODIES = _bodies()
PHONE = SensorSettings(
    name="phone", kind="sensor_logger", placement=Placement.WAIST, options={"platform": "android"}
)


def _packets(delay_s: Callable[[float], float], set_s: Callable[[float], float]) -> list[Packet]:
    """The bodies, each so late; the phone's clock shows its time and ``set_s`` of it."""
    out = []
    for number, (due_s, rows) in enumerate(BODIES):
        shown = [
            {**row, "time": round((t_s + set_s(t_s - 1_790_000_000)) * 1e9)}
            for row in rows
            if isinstance(t_s := row["time"], float)
        ]
        body = json.dumps({"messageId": number, "sessionId": "s", "payload": shown}).encode()
        out.append(Packet("phone", round((due_s + delay_s(due_s)) * 1e9), "push", body))
    return out


def _cadences(packets: list[Packet]) -> list[tuple[float, float]]:
    session = Session(SessionSettings(sensors=(PHONE,)))
    records = session.push(*packets) + session.finish()
    assert session.t_s <= max(p.arrival_ns for p in packets) * 1e-9
    found = [r for r in records if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"]
    return [(m.t_s, m.estimate.value) for m in found]


RANDOM = np.random.default_rng(5)
LATE = {k / 2: float(v) for k, v in enumerate(RANDOM.exponential(0.4, 200))}
SLIGHTLY_LATE = {k / 2: float(v) for k, v in enumerate(RANDOM.uniform(0.05, 0.15, 200))}
DELAYS: dict[str, Callable[[float], float]] = {
    "in time": lambda due_s: 0.08,
    "the first 4 s together": lambda due_s: max(0.08, 4.05 - due_s),
    "the first 15 s together": lambda due_s: max(0.08, 15.05 - due_s),
    "a delay that grows to 5 s and is gone": lambda due_s: 0.08 + max(0.0, due_s - 20) / 6 * (due_s < 50),
    "less and less late": lambda due_s: max(0.08, 6 - due_s),
    "irregular": lambda due_s: LATE[due_s],
    "a little irregular": lambda due_s: SLIGHTLY_LATE[due_s],
}
CLOCKS: dict[str, Callable[[float], float]] = {
    "right": lambda t_s: 0.0,
    **{
        f"set by {by:+g} s at {at:g} s": (lambda t_s, by=by, at=at: by * (t_s > at))  # type: ignore[misc]
        for k, by in enumerate((0.2, 2.0, -2.0, 3600.0, -3600.0, 2.6e6))
        for at in ((30.25, 29.995) if DEEP else ((30.25, 29.995)[k % 2],))
    },
}


@pytest.mark.parametrize("delay", DELAYS)
def test_however_late_bodies_come_no_wrong_cadence_is_shown(delay: str) -> None:
    cadences = _cadences(_packets(DELAYS[delay], CLOCKS["right"]))
    assert len(cadences) > (20 if delay == "irregular" else 45)
    assert [c for c in cadences if abs(c[1] - 168) > 5] == []


@pytest.mark.parametrize("clock", CLOCKS)
def test_whatever_the_phone_calls_the_time_the_run_is_as_long_as_it_was(clock: str) -> None:
    cadences = _cadences(_packets(DELAYS["a little irregular"], CLOCKS[clock]))
    assert len(cadences) >= 58
    assert cadences[-1][0] <= 60.0
    assert [c for c in cadences if abs(c[1] - 168) > 5] == []


def _sent_by(phone: str, packet: Packet, at_s: float | None = None) -> Packet:
    body = {**json.loads(packet.payload), "deviceId": phone, "sessionId": f"of {phone}"}
    arrival_ns = packet.arrival_ns if at_s is None else round(at_s * 1e9)
    return replace(packet, payload=json.dumps(body).encode(), arrival_ns=arrival_ns)


def test_the_phone_that_came_first_goes_on_and_another_is_told() -> None:
    mine = [_sent_by("mine", p) for p in _packets(lambda t_s: 0.1, lambda t_s: 0.0)]
    theirs = [_sent_by("theirs", p) for p in mine]
    alone = Session(SessionSettings(sensors=(PHONE,)))
    crowded = Session(SessionSettings(sensors=(PHONE,)))
    expected = [r for r in alone.push(*mine) if isinstance(r, Step)]
    both = [p for pair in zip(mine, theirs, strict=True) for p in pair]
    found = crowded.push(*both)
    assert [r for r in found if isinstance(r, Step)] == expected
    assert "another phone sends under this name" in said(found, "phone")[-1].text
    assert crowded.statuses()[0].bad == len(theirs)


def test_a_stranger_that_goes_on_sending_does_not_hide_that_mine_is_silent() -> None:
    session = Session(SessionSettings(sensors=(PHONE,)))
    mine = [_sent_by("mine", p) for p in _packets(lambda t_s: 0.1, lambda t_s: 0.0)][:40]
    session.push(*mine)
    end_s = mine[-1].arrival_ns * 1e-9
    theirs = [_sent_by("theirs", mine[0], end_s + k) for k in range(1, 12)]
    last = said(session.push(*theirs), "phone")[-1]
    assert last.link is LinkState.SILENT
    assert "another phone" in last.text
    assert last.silent_s is not None
    assert last.silent_s > 8


HOLED_S = 10


def _run_with_hole(hole_s: float, ticked: bool) -> list[object]:
    """A run, a hole, and the run once more; ``ticked`` every second as live, or with the packets alone."""
    run = simulated_recording(HOLED_S, RadioModel(), seed=3)
    first = list(run.packets())
    later = [
        replace(p, arrival_ns=p.arrival_ns + round((HOLED_S + hole_s) * 1e9), link=p.link + 1)
        for p in first
    ]
    session, out = Session(run.settings), list[object]()
    for packet in first:
        out += session.push(packet)
    for second in range(HOLED_S + 1, int(HOLED_S + hole_s)) if ticked else ():
        out += session.tick(float(second))
    for packet in later:
        out += session.push(packet)
    return [*out, *session.finish()]


def test_a_long_silence_gives_the_same_live_second_by_second_and_from_a_tape() -> None:
    assert _run_with_hole(9000.0, ticked=True) == _run_with_hole(9000.0, ticked=False)


def test_a_hole_of_an_hour_is_told_every_five_seconds_and_longer_ones_ever_more_seldom() -> None:
    def told(hole_s: float) -> list[float]:
        records = _run_with_hole(hole_s, ticked=False)
        name = simulated_recording(HOLED_S).settings.sensors[0].name
        times = [r.t_s for r in records if isinstance(r, SensorStatus) and r.sensor == name]
        return [t for t in times if 90 < t < HOLED_S + hole_s]

    assert {b - a for a, b in itertools.pairwise(told(3600.0))} == {5.0}
    year = told(365 * 86_400.0)
    assert all(b - a <= max(5.0, (b - 15) * 5 / 3600 + 1) for a, b in itertools.pairwise(year))
    assert len(year) < 8000


def test_fifty_years_without_a_packet_cost_nothing() -> None:
    """A clock that jumps from 1970 to today: 1.8 thousand million seconds, in each of which nothing is."""
    few, many = len(_run_with_hole(2 * 3600.0, False)), len(_run_with_hole(1.8e9, False))
    assert many < few + 3 * 12_000  # the statuses of three sensors


def test_a_sensor_of_a_kind_that_is_not_known_is_an_error_of_the_tape() -> None:
    sensor = SensorSettings(name="left", kind="of tomorrow", placement=Placement.FOOT)
    with pytest.raises(InputError, match="does not know"):
        Session(SessionSettings(sensors=(sensor,)))


# ------------------------------------------------------------------ today's limits and the runner's STOP


def _of_shoes(recording: Recording) -> tuple[SessionSettings, tuple[Packet, ...]]:
    """The first two of the three sensors, which are quicker to evaluate."""
    shoes = recording.settings.sensors[:2]
    names = {s.name for s in shoes}
    packets = tuple(p for p in recording.packets() if p.sensor in names)
    return replace(recording.settings, sensors=shoes), packets


def _hilly_run(
    limits: TodaysLimits, seed: int = 1, slope_pct: float = -6.0, seconds: float = 90.0
) -> tuple[Session, list[Cue]]:
    """A minute on the level, a minute and a half down a hill, half a minute on the level; two shoes."""
    bouts = [Bout(seconds=10, speed_mps=0), Bout(seconds=60, speed_mps=2.8)]
    bouts += [Bout(seconds=seconds, speed_mps=2.6, slope_pct=slope_pct), Bout(seconds=30, speed_mps=2.8)]
    settings, packets = _of_shoes(recording_of_run(bouts, RadioModel(loss=0.01), seed))
    session = Session(replace(settings, coach=CoachSettings(today=limits)))
    records = [r for p in packets for r in session.push(p)] + session.finish()
    return session, [r for r in records if isinstance(r, Cue) and r.wording != "learning"]


def test_a_descent_is_counted_from_the_shoes_within_its_doubt() -> None:
    session, said = _hilly_run(TodaysLimits(descent_m=6.0), slope_pct=-5.0)
    assert session.load is not None
    true_m, load = 2.6 * 90 * 0.05, session.load
    assert abs(load.descent_m - true_m) < load.descent_sd_m
    assert abs(load.descent_s - 90) < load.descent_sd_s
    assert load.descent_sd_m < 0.6 * true_m
    assert load.distance_m == pytest.approx(90 * 2.8 + 90 * 2.6, rel=0.05)
    assert [c.wording for c in said] == ["descent", "descent_far"]
    assert 70 < said[0].t_s < said[1].t_s < 160


def test_the_level_has_no_descent_and_no_braking_beyond_it() -> None:
    limits = TodaysLimits(descent_m=6.0, speed_loss_mps=10.0)
    session, said = _hilly_run(limits, slope_pct=0.0, seconds=90.0 if DEEP else 20.0)
    assert session.load is not None
    assert (session.load.descent_m, session.load.speed_loss_mps) == (0.0, 0.0)
    assert said == []


def test_a_run_without_a_coach_has_no_load_and_follows_no_wish() -> None:
    session = Session(SessionSettings(sensors=(POD,)))
    assert not [r for r in session.push(rsc(1.0), stop_cues_packet(2.0, "red_flag")) if isinstance(r, Cue)]
    assert session.load is None


STOP_S = 100.2


@functools.cache
def _drifting_run() -> tuple[SessionSettings, tuple[Packet, ...]]:
    """Three minutes with two drifts that are cued, and limits that are reached on the way."""
    settings, packets = _of_shoes(recording_of_run(drifting_bouts(180.0), RadioModel(), seed=5))
    settings = coached_settings(settings)
    assert settings.coach is not None
    limits = TodaysLimits(longest_km=0.3, descent_m=20.0)
    coached = replace(settings, coach=replace(settings.coach, today=limits))
    return coached, packets


def _with_stop(packets: Sequence[Packet]) -> list[Packet]:
    stop = stop_cues_packet(STOP_S, "red_flag")
    return sorted((*packets, stop), key=lambda p: p.arrival_ns)


Replayed = tuple[tuple[object, ...], RunLoad]


def _replayed(settings: SessionSettings, packets: Iterable[Packet]) -> Replayed:
    """The records of a run, and its load."""
    session = Session(settings)
    records = tuple([r for p in packets for r in session.push(p)] + list(session.finish()))
    assert session.load is not None
    return records, session.load


@functools.cache
def _free_run() -> Replayed:
    return _replayed(*_drifting_run())


@functools.cache
def _stopped_run() -> tuple[object, ...]:
    settings, packets = _drifting_run()
    return _replayed(settings, _with_stop(packets))[0]


def test_after_a_red_flag_in_a_running_session_no_cue_comes() -> None:
    """The fourth history: the calf is ticked in mid-run."""
    free, stopped = _free_run()[0], _stopped_run()

    def cued(records: Sequence[object]) -> list[float]:
        return [r.t_s for r in records if isinstance(r, Cue) and r.kind is not CueKind.NOTICE]

    assert [t for t in cued(free) if t < STOP_S] == cued(stopped) != []
    assert max(cued(free)) > STOP_S + 30
    at = next(k for k, r in enumerate(stopped) if isinstance(r, Cue) and r.wording == "cues_ended")
    assert not [r for r in stopped[at:] if isinstance(r, Band)]
    assert [r.wording for r in stopped[at + 1 :] if isinstance(r, Cue)] == [
        "longest_run",
        "longest_run_far",
    ]
    bands = {r.metric: r.muted for r in stopped if isinstance(r, Band)}
    assert set(bands.values()) == {"cues are off"}
    assert "red_flag" not in repr(stopped)
    measured = [[r for r in x if not isinstance(r, (Band, Cue))] for x in (free, stopped)]
    assert measured[0] == measured[1]


@pytest.mark.parametrize("block_s", [0.5, 7.0, 1e9] if DEEP else [7.0])
def test_a_stop_is_followed_at_the_same_place_however_the_packets_are_cut(block_s: float) -> None:
    settings, packets = _drifting_run()
    session, got = Session(settings), list[object]()
    for _, block in itertools.groupby(_with_stop(packets), key=lambda p: p.arrival_ns * 1e-9 // block_s):
        got += session.push(*sorted(block, key=lambda p: p.sensor))
    assert (*got, *session.finish()) == _stopped_run()


def test_a_stop_and_the_limits_are_on_the_tape_and_its_replay_is_the_run(tmp_path: Path) -> None:
    settings, packets = _drifting_run()
    tape = Tape(tmp_path / "a.tape", TapeHeader("s", "2026-01-01T07:00:00+00:00", settings, "0"))
    live = Session(settings)
    records = list[object]()
    for packet in _with_stop(packets):
        for second in range(int(live.t_s) + 1, int(packet.arrival_ns // 10**9) + 1):
            records += live.tick(float(second))
        tape.append(packet)
        records += live.push(packet)
    records += live.finish()
    tape.finish()
    with TapeReader(tape.path) as reader:
        assert reader.header.settings == settings
        again = list(reader.packets())
    assert again == _with_stop(packets)
    assert tuple(records) == _stopped_run()
    assert list(decoded_inputs(settings, again[:400])) != []


PAUSE_S, RESUME_S = 80.3, 110.7


@functools.cache
def _paused_run() -> Replayed:
    settings, packets = _drifting_run()
    wishes = (wish_packet(PAUSE_S, PAUSE), wish_packet(RESUME_S, RESUME))
    return _replayed(settings, sorted((*packets, *wishes), key=lambda p: p.arrival_ns))


def test_nothing_is_measured_cued_or_counted_in_a_pause() -> None:
    free, paused = _free_run()[0], _paused_run()[0]
    inside = [r for r in paused if isinstance(r, (Metric, Cue)) and PAUSE_S < r.t_s < RESUME_S]
    steps = [[r.ic_s for r in x if isinstance(r, Step)] for x in (free, paused)]
    assert inside == []
    assert [sum(PAUSE_S < t < RESUME_S for t in x) for x in steps] == [pytest.approx(83, abs=10), 0]
    assert [r.wording for r in paused if isinstance(r, Cue) and r.t_s in (PAUSE_S, RESUME_S)] == [
        "paused", "resumed",
    ]  # fmt: skip
    assert min(t for t in steps[1] if t > RESUME_S) < RESUME_S + 4


def test_the_load_of_a_run_leaves_out_its_pause() -> None:
    free, paused = _free_run()[1], _paused_run()[1]
    assert free.on_foot_s - paused.on_foot_s == pytest.approx(RESUME_S - PAUSE_S, abs=4)
    assert free.distance_m - paused.distance_m == pytest.approx(2.8 * (RESUME_S - PAUSE_S), rel=0.25)


def test_a_pause_ends_running_and_its_end_begins_it_again() -> None:
    changes = [(r.t_s, r.activity) for r in _paused_run()[0] if isinstance(r, ActivityChange)]
    at = changes.index((PAUSE_S, Activity.UNKNOWN))
    assert changes[at - 1][1] is Activity.RUN
    assert changes[at + 1] == (RESUME_S, Activity.RUN)


def test_a_wish_that_is_not_known_here_changes_nothing() -> None:
    settings, packets = _drifting_run()
    other = replace(stop_cues_packet(20.2, ""), channel="of a later version")
    early = [p for p in packets if p.arrival_ns < 30e9]
    with_it = sorted((*early, other), key=lambda p: p.arrival_ns)
    assert _replayed(settings, with_it) == _replayed(settings, early)


def test_no_sensor_can_be_called_as_the_runner_is() -> None:
    with pytest.raises(ValueError, match="name must be"):
        SensorSettings(name=RUNNER, kind="plain", placement=Placement.POD)


def test_settings_from_before_the_limits_are_read_and_later_ones_are_refused_clearly(
    tmp_path: Path,
) -> None:
    stored = json_codec.to_json(SessionSettings(sensors=(POD,), coach=CoachSettings()))
    assert json_codec.from_json(SessionSettings, stored).coach == CoachSettings()
    del stored["coach"]["today"]
    assert json_codec.from_json(SessionSettings, stored).coach == CoachSettings()
    stored["coach"]["tomorrow"] = None  # what a reader before the limits sees of "today"
    with pytest.raises(ValueError, match="not a SessionSettings"):
        json_codec.from_json(SessionSettings, stored)
