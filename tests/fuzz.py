"""``python -m tests.fuzz 60``: every decoder and importer against mutated bytes for so many seconds.

The tests do the same for a moment with every change; this is for longer.  Seeds are the captured
packets and small files; a mutation cuts, joins, repeats, flips, inserts or sets extreme numbers.  What
fails is printed as a packet line, to be kept in ``tests/packets`` once it is mended, or kept as a file.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from dsp.types import Placement
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.recordings.readers import recordings_in
from monitor.recordings.recording import Wearing
from tests.devices.test_registry import check_sound
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
IMPORTED: Mapping[str, bytes] = {
    ".tcx": tcx_run(20),
    ".gpx": gpx_run(20),
    ".tcx.gz": gzip.compress(tcx_run(20)),
    ".zip": zip_of({"activities/1.gpx.gz": gzip.compress(gpx_run(20)), "2.tcx": tcx_run(20)}),
    ".csv": b"timestamp,accx,accy,accz\n" + b"".join(b"%d,0.1,0.2,9.8\n" % (10 * k) for k in range(200)),
}
"""A file for each importer, by its ending."""


def main(seconds: float) -> int:
    """The exit code: 1 after the first failure."""
    rng, files, counts = random.Random(), all_packet_files(), Counter[str]()
    warnings.simplefilter("error")  # as in the tests: NumPy must have nothing to say either
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        import_mutated(rng, counts)
        file = rng.choice(files)
        decoder, link = file.decoder(), 0
        history: list[Packet] = []
        for n in range(RUN):
            line = rng.choice(file.lines)
            link += rng.random() < 0.1
            payload = mutate(rng, line.payload, [line.payload for line in file.lines])
            history.append(Packet("it", n * 10**8, line.channel, payload, link))
            try:
                got = decode_or_error(decoder, history[-1])
                check_sound(got)
            except Exception:
                print_packets(file, history)
                raise
            counts[f"{file.kind} {'refused' if not isinstance(got, list) else 'sound'}"] += 1
    for name, count in sorted(counts.items()):
        print(f"{name:24} {count}")
    print(f"{sum(counts.values())} inputs in {seconds:g} s, none more than a DecodeError or InputError")
    return 0


def import_mutated(rng: random.Random, counts: Counter[str]) -> None:
    """One mutated file through its importer, up to the last packet."""
    ending = rng.choice(sorted(IMPORTED))
    data = mutate(rng, IMPORTED[ending], [IMPORTED[ending]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mutated{ending}"
        path.write_bytes(data)
        try:
            for found in recordings_in(path, Wearing(Placement.WAIST)):
                if not isinstance(found, InputError):
                    assert sum(1 for _ in found.packets()) == found.count
                elif found.messages[0].key == "error.reader_failed":
                    raise AssertionError("a reader failed")
                counts[f"{ending} {'refused' if isinstance(found, InputError) else 'imported'}"] += 1
        except Exception:
            Path(f"mutated{ending}").write_bytes(data)
            raise


def mutate(rng: random.Random, payload: bytes, others: Sequence[bytes]) -> bytes:
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
    return bytes(data[:20_000])


def print_packets(file: PacketFile, history: list[Packet]) -> None:
    """The packets that led there, as lines of a packet file."""
    print(f"# {file.kind}/{file.path.name}")
    for packet in history:
        print(f"{packet.channel} {packet.payload.hex(' ').upper()}    # link {packet.link}")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
