"""TCX and GPX files element by element, with positions along a meridian."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterable, Mapping

import numpy as np

from monitor.devices.plain import decode_values
from monitor.recordings.activity_track import timer_steps
from monitor.recordings.recording import Recording

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
METRES_PER_DEGREE = 6_371_008.8 * 3.141592653589793 / 180


def utc(t_s: float) -> str:
    return (NOON + datetime.timedelta(seconds=t_s)).isoformat().replace("+00:00", "Z")


def tcx_point(
    t_s: float, *, metres: float | None = None, at_m: float | None = None, inside: str = ""
) -> str:
    """One point; ``metres`` as its distance, ``at_m`` as its place north of the start."""
    out = f"<Time>{utc(t_s)}</Time>"
    if at_m is not None:
        latitude = 48 + at_m / METRES_PER_DEGREE
        out += f"<Position><LatitudeDegrees>{latitude:.9f}</LatitudeDegrees>"
        out += "<LongitudeDegrees>11.0</LongitudeDegrees></Position>"
    if metres is not None:
        out += f"<DistanceMeters>{metres}</DistanceMeters>"
    return f"<Trackpoint>{out}{inside}</Trackpoint>"


def tcx_lap(
    start_s: float, tracks: Iterable[str], *, timer_s: float, metres: float, trigger: str = "Manual"
) -> str:
    inside = "".join(f"<Track>{track}</Track>" for track in tracks)
    return (
        f'<Lap StartTime="{utc(start_s)}"><TotalTimeSeconds>{timer_s}</TotalTimeSeconds>'
        f"<DistanceMeters>{metres}</DistanceMeters><TriggerMethod>{trigger}</TriggerMethod>{inside}</Lap>"
    )


def tcx_activity(*laps: str, sport: str = "Running") -> str:
    creator = "<Creator><Name>Forerunner 965</Name></Creator>"
    return f'<Activity Sport="{sport}"><Id>{utc(0)}</Id>{"".join(laps)}{creator}</Activity>'


def tcx_file(*activities: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="x"><Activities>'
    return f"{head}{''.join(activities)}</Activities></TrainingCenterDatabase>".encode()


def tcx_run(seconds: int = 600, speed: float = 3.0, sport: str = "Running") -> bytes:
    """A steady run of one lap: distance, cadence, heart rate, power and height every second."""
    tpx = "<Extensions><ns3:TPX><ns3:Speed>3.0</ns3:Speed><ns3:RunCadence>85</ns3:RunCadence>"
    tpx += "<ns3:Watts>250</ns3:Watts></ns3:TPX></Extensions>"
    inside = "<AltitudeMeters>500.0</AltitudeMeters><HeartRateBpm><Value>150</Value></HeartRateBpm>" + tpx
    points = "".join(
        tcx_point(t, metres=speed * t, at_m=speed * t, inside=inside) for t in range(seconds + 1)
    )
    return tcx_file(
        tcx_activity(tcx_lap(0, [points], timer_s=seconds, metres=speed * seconds), sport=sport)
    )


def gpx_point(t_s: float | None, at_m: float, inside: str = "") -> str:
    time = "" if t_s is None else f"<time>{utc(t_s)}</time>"
    latitude = 48 + at_m / METRES_PER_DEGREE
    return f'<trkpt lat="{latitude:.9f}" lon="11.0"><ele>500</ele>{time}{inside}</trkpt>'


def gpx_track(*segments: str, kind: str = "running") -> str:
    inside = "".join(f"<trkseg>{s}</trkseg>" for s in segments)
    return f"<trk><name>morning</name>{f'<type>{kind}</type>' if kind else ''}{inside}</trk>"


def gpx_file(*tracks: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="watch" xmlns="x">'
    return f"{head}{''.join(tracks)}</gpx>".encode()


def gpx_run(seconds: int = 600, speed: float = 3.0, kind: str = "running", inside: str = "") -> bytes:
    """A steady run in one segment, a point every second."""
    points = "".join(gpx_point(t, speed * t, inside) for t in range(seconds + 1))
    return gpx_file(gpx_track(points, kind=kind))


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """A zip with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


def column(recording: Recording, quantity: str) -> list[float]:
    """The values of one quantity by second, NaN where it is not given."""
    out = [np.nan] * (int(recording.duration_s) + 1)
    for packet in recording.packets():
        out[packet.arrival_ns // 10**9] = decode_values(packet.payload).values.get(quantity, np.nan)
    return out


def distance_m(recording: Recording) -> float:
    """The distance as a session adds it up: a speed counts for the second before it."""
    speed = np.nan_to_num(column(recording, "speed_mps"))
    stopped = [(pause.start_s, pause.end_s) for pause in recording.facts.pauses]
    return float(speed @ timer_steps(len(speed), stopped))
