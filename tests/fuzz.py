"""``python -m tests.fuzz 60``: every decoder, importer and target of ``tests/fuzz_targets.py`` against
mutated inputs, each for so many seconds; or those alone whose names follow.

The tests do the same for a moment with every change; this is for longer.  Seeds are the captured packets
and the files of ``tests/fit_bytes.py``; a mutation cuts, joins, repeats, flips, inserts or sets extreme
numbers.  What fails is printed, as a packet line to be kept in ``tests/packets`` once it is mended or as
the bytes of a file.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import itertools
import math
import random
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from dsp.types import Placement
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.devices import plain
from monitor.recordings.fit import fit_activities
from monitor.recordings.gpx import gpx_activities
from monitor.recordings.readers import recordings_in
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.tcx import tcx_activities
from monitor.recordings.watch_activity import WatchActivity, activity_recording
from tests.devices.test_registry import check_sound
from tests.fit_bytes import (
    activity,
    compressed_records,
    correlation,
    crc,
    description,
    developer_id,
    event,
    file_id,
    fit_file,
    lap,
    records,
    row,
    session,
    sport,
)
from tests.fuzz_targets import TARGETS
from tests.packet_files import PacketFile, all_packet_files, decode_or_error
from tests.track_bytes import gpx_run, tcx_run, zip_of

EXTREME = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\x7f\x7f",
    b"\x00\x00\xc0\x7f",
    b"\x00\x00\x80\xff",
    b"1e999",
)
RUN = 12  # packets to one decoder before it is made anew


def main(seconds: float, only: Sequence[str] = ()) -> int:
    """The exit code: 1 after the first failure."""
    warnings.simplefilter("error")  # as in the tests: NumPy must have nothing to say either
    fuzzers: dict[str, Callable[[float], Counter[str]]] = {
        "decoders": fuzz_decoders, "importers": fuzz_importers, "files": fuzz_files,
        **{name: functools.partial(fuzz_target, name) for name in TARGETS},
    }  # fmt: skip
    for name in only or fuzzers:
        counts = fuzzers[name](seconds)
        for what, count in sorted(counts.items()):
            print(f"{what:36} {count}")
        print(
            f"{name}: {sum(counts.values())} inputs in {seconds:g} s, none more than a refusal", flush=True
        )
    return 0


def fuzz_target(name: str, seconds: float) -> Counter[str]:
    """Run a target with mutated seeds; how many were refused, and how many were sound."""
    target, counts, rng = TARGETS[name], Counter[str](), random.Random()
    seeds = list(target.seeds())
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutate(rng, rng.choice(seeds), seeds, 10**6)
        try:
            counts[f"{name} {target.run(data)}"] += 1
        except Exception:
            place = Path(".cache") / "fuzz" / name
            place.mkdir(parents=True, exist_ok=True)
            (place / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
            print(f"# {name}: the bytes are in {place}; keep them in tests/fuzz_corpus once it is mended")
            raise
    return counts


def fuzz_importers(seconds: float) -> Counter[str]:
    """Read mutated files to their last packet; how many were refused, and how many were sound."""
    rng, counts = random.Random(), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ending = rng.choice(sorted(IMPORTERS))
        seeds, read = IMPORTERS[ending]
        data = mutate(rng, rng.choice(seeds), seeds, 10**6)
        if ending == ".fit" and rng.random() < 0.5:
            data = with_checksum(data)
        try:
            refused = refusal(read, data)
        except Exception:
            print(f"# {ending} file\n{data.hex()}")
            raise
        assert "\n" not in refused
        counts[f"{ending} {'refused' if refused else 'sound'}"] += 1
    return counts


def fuzz_files(seconds: float) -> Counter[str]:
    """Read mutated files that are opened by name to their last packet; how many were refused or sound."""
    rng, counts = random.Random(), Counter[str]()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            ending = rng.choice(sorted(FILES))
            data = mutate(rng, FILES[ending], list(FILES.values()), 10**6)
            path = Path(folder) / f"mutated{ending}"
            path.write_bytes(data)
            try:
                for found in recordings_in(path, Wearing(Placement.WAIST)):
                    if isinstance(found, Recording):
                        assert sum(1 for _ in found.packets()) == found.count
                    else:
                        assert found.messages[0].key != "error.reader_failed"
                    counts[f"{ending} {'sound' if isinstance(found, Recording) else 'refused'}"] += 1
            except Exception:
                print(f"# {ending} file\n{data.hex()}")
                raise
    return counts


def refusal(read: Callable[[bytes], list[WatchActivity]], data: bytes) -> str:
    """Why the file is refused; empty if it is read, and then all of it is sound."""
    try:
        recordings = [activity_recording(found, "fuzz") for found in read(data)]
    except InputError as exc:
        return str(exc)
    for recording in recordings:
        check_activity(recording)
    return ""


def check_activity(recording: Recording) -> None:
    """The numbers of a recording are possible, and its packets can be decoded."""
    assert 0 <= recording.duration_s < 3 * 86_400
    for packet in itertools.islice(recording.packets(), 2000):
        values = plain.decode_values(packet.payload).values
        assert all(math.isnan(v) or abs(v) < 1e9 for v in values.values()), values
    pauses = recording.facts.pauses
    assert all(p.seconds > 0 and 0 <= p.start_s <= p.end_s <= recording.duration_s + 1 for p in pauses)


def fuzz_decoders(seconds: float) -> Counter[str]:
    """Decode mutated packets; how many were refused, and how many were sound."""
    rng, files, counts = random.Random(), all_packet_files(), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        file = rng.choice(files)
        decoder, link = file.decoder(), 0
        history: list[Packet] = []
        for n in range(RUN):
            line = rng.choice(file.lines)
            link += rng.random() < 0.1
            payload = mutate(rng, line.payload, [other.payload for other in file.lines], 20_000)
            history.append(Packet("it", n * 10**8, line.channel, payload, link))
            try:
                got = decode_or_error(decoder, history[-1])
                check_sound(got)
            except Exception:
                print_packets(file, history)
                raise
            counts[f"{file.kind} {'refused' if not isinstance(got, list) else 'sound'}"] += 1
    return counts


def fit_seeds() -> list[bytes]:
    """Whole FIT files with all that importers ask for."""
    both = developer_id() + description("Power", 0x84) + records(90, developer=((0, 2, 0),), tail=b"\xfa\0")
    summary = session(0, 89.0, timer_s=59.0, metres=270.0, cycles=126) + lap(0, 40.0) + lap(40, 49.0)
    timer = event(0, 0) + event(20, 4) + event(50, 0) + event(89, 4)
    places = [
        row(t, speed=3, cadence=85, distance=3 * t, lat=48, lon=11, altitude=500) for t in range(0, 90, 3)
    ]
    legs = [sport(5), *places[:10], session(0, 29.0, kind=5), sport(1), *places[10:], session(30, 57.0)]
    bodies = (
        [records(90), timer, summary, activity(89, 3600)],
        [compressed_records(90), summary],
        [both, summary],
        [timer, *places, summary],
        legs,
        [row(t, heart=140, lat=48 + 3e-5 * t, lon=11) for t in range(90)] + [correlation(0, 7200), summary],
    )
    whole = [fit_file(file_id() + b"".join(parts)) for parts in bodies]
    return [*whole, whole[0] + whole[3], fit_file(file_id(big=True) + records(90, big=True))]


def with_checksum(data: bytes) -> bytes:
    """The file with sizes and checksums made right again, so that what is inside gets read."""
    if len(data) < 16 or data[:1] != b"\x0e":
        return data
    head = data[:4] + struct.pack("<I", len(data) - 16) + data[8:12]
    body = head + struct.pack("<H", crc(head)) + data[14:-2]
    return body + struct.pack("<H", crc(body))


IMPORTERS: dict[str, tuple[list[bytes], Callable[[bytes], list[WatchActivity]]]] = {
    ".fit": (fit_seeds(), fit_activities),
    ".gpx": ([gpx_run(20), gpx_run(20).replace(b'creator="', b'creator="gaitcue - ')], gpx_activities),
    ".tcx": ([tcx_run(20)], tcx_activities),
}
"""Files to begin with and what reads them, by the ending of the file."""


def _npz() -> bytes:
    out = io.BytesIO()
    acc = np.tile([0.0, 0.1, 9.8], (300, 1))
    np.savez_compressed(out, fs_imu=np.array(100.0), acc_mps2_xyz=acc, height_m=np.array(1.8))
    return out.getvalue()


FILES: dict[str, bytes] = {
    ".tcx.gz": gzip.compress(tcx_run(20)),
    ".zip": zip_of({"activities/1.gpx.gz": gzip.compress(gpx_run(20)), "2.tcx": tcx_run(20)}),
    ".npz": _npz(),
    ".csv": b"timestamp,x,y,z\n" + b"".join(b"%d,0.1,0.2,9.8\n" % (10 * k) for k in range(200)),
    ".CSV": b"timestamp,x,y,z\n"
    + b"".join(b"01.05.2026 06:00:%02d.%d,0.1,0.2,9.8\n" % (k // 50, k % 50 * 2) for k in range(200)),
}
"""Files that are opened by name, by their ending."""


def mutate(rng: random.Random, payload: bytes, others: Sequence[bytes], longest: int) -> bytes:
    """One to four changes, or none."""
    data = bytearray(payload)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at = rng.randint(0, len(data))
        match rng.randrange(6):
            case 0:
                del data[at:]
            case 1:
                data += rng.choice(others)
            case 2:
                data[at : at + rng.randint(0, 4)] = rng.choice(EXTREME)
            case 3 if data:
                data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
            case 4:
                data[at:at] = rng.randbytes(rng.randint(1, 8))
            case _:
                data[at : at + rng.randint(1, 8)] = b""
    return bytes(data[:longest])


def print_packets(file: PacketFile, history: list[Packet]) -> None:
    """The packets that led there, as lines of a packet file."""
    print(f"# {file.kind}/{file.path.name}")
    for packet in history:
        print(f"{packet.channel} {packet.payload.hex(' ').upper()}    # link {packet.link}")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0, sys.argv[2:]))
