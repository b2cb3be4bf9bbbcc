"""TCX and GPX alike: a file that is cut off or damaged gives what is in it, or one line of refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.recordings import timed_points
from monitor.recordings.gpx import gpx_activities
from monitor.recordings.recording import Recording
from monitor.recordings.tcx import tcx_activities
from monitor.recordings.watch_activity import WatchActivity, activity_recording
from tests.track_bytes import distance_m, gpx_run, tcx_run


class Form(NamedTuple):
    read: Callable[[bytes], list[WatchActivity]]
    run: bytes
    end: str

    def recordings(self, data: bytes) -> list[Recording]:
        return [activity_recording(a, "run") for a in self.read(data)]

    def refusal(self, data: bytes) -> str:
        """Why these bytes are refused; empty if they are not."""
        try:
            self.recordings(data)
        except InputError as exc:
            return str(exc)
        return ""


FORMS = (
    Form(gpx_activities, gpx_run(60), "</gpx>"),
    Form(tcx_activities, tcx_run(60), "</TrainingCenterDatabase>"),
)
JUNK = (
    *(b"", b"\x00", b"<", b"&#x0;", b"1e999", b"nan", b"-1", b"\xff\xfe", b'"'),
    *(b"9999-12-31T23:59:59Z", b"</trkseg>", b"</Lap>"),
)


@pytest.mark.parametrize("form", FORMS)
@given(share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_any_beginning_of_a_file_gives_what_is_in_it_or_one_refusal(form: Form, share: float) -> None:
    beginning = form.run[: round(share * len(form.run))]
    if refused := form.refusal(beginning):
        assert "\n" not in refused
        return
    (run,) = form.recordings(beginning)
    assert run.duration_s <= 60
    assert 2.7 < distance_m(run) / run.duration_s < 3.3
    assert form.end in beginning.decode() or "the file is damaged" in run.remarks[0]


@pytest.mark.parametrize("form", FORMS)
@given(share=st.floats(0, 1), what=st.sampled_from(JUNK), gone=st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_a_mutated_file_gives_runs_or_one_refusal(form: Form, share: float, what: bytes, gone: int) -> None:
    at = round(share * len(form.run))
    assert "\n" not in form.refusal(form.run[:at] + what + form.run[at + gone :])


GPX_POINT = '<trkpt lat="{at}" lon="9"><time>2026-01-01T00:{at}:00Z</time></trkpt>'
TCX_POINT = (
    "<Trackpoint><Time>2026-01-01T00:{at}:00Z</Time><DistanceMeters>1{at}</DistanceMeters></Trackpoint>"
)


def gpx_of(points: int) -> bytes:
    inside = "".join(GPX_POINT.format(at=at) for at in range(10, 10 + points))
    return f"<gpx><trk><type>running</type><trkseg>{inside}</trkseg></trk></gpx>".encode()


def tcx_of(points: int) -> bytes:
    inside = "".join(TCX_POINT.format(at=at) for at in range(10, 10 + points))
    lap = f'<Lap StartTime="2026-01-01T00:10:00Z"><Track>{inside}</Track></Lap>'
    activity = f'<Activity Sport="Running">{lap}</Activity>'
    return f"<TrainingCenterDatabase><Activities>{activity}</Activities></TrainingCenterDatabase>".encode()


@pytest.mark.parametrize(("read", "made"), [(gpx_activities, gpx_of), (tcx_activities, tcx_of)])
def test_a_file_of_more_points_than_anybody_ran_is_refused_before_it_takes_the_memory(
    read: Callable[[bytes], list[WatchActivity]],
    made: Callable[[int], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timed_points, "MOST_POINTS", 40)
    assert len(read(made(40))) == 1
    with pytest.raises(InputError, match="holds more than 40 points"):
        read(made(41))
