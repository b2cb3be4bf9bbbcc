"""What the review costs for two hours of three IMUs: keep, make anew, review, open, export; and memory.

``python -m bench.review`` prints one JSON line per case; each runs in a process of its own, so that its
peak memory is its own.  ``bar`` is what issue 7 asks for.
"""

from __future__ import annotations

import datetime
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.core.packet import Packet
from monitor.devices import plain
from monitor.exports.formats import export_session
from monitor.recordings.recording import Recording
from monitor.review.report import session_review
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import reanalyze
from monitor.storage.store import Store
from monitor.web.review_file import write_review

HOURS = 2.0
PIECE_S = 600.0
BARS = {"re-analysis": "10 s", "FIT export": "5 s", "page in the browser": "1 s"}


def main() -> None:
    """All cases, in the order in which they build on each other."""
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            subprocess.run([sys.executable, "-m", "bench.review", name, folder], check=True)


def long_run() -> Recording:
    """Ten minutes of a simulated runner again and again, on clocks that go on."""
    piece = simulated_recording(PIECE_S)
    times = round(HOURS * 3600 / PIECE_S)

    def packets() -> Iterator[Packet]:
        for k in range(times):
            for number, packet in enumerate(piece.packets()):
                yield _later(packet, k * PIECE_S, k * piece.count + number)

    return replace(piece, duration_s=times * PIECE_S, count=times * piece.count, packets=packets)


def _later(packet: Packet, by_s: float, number: int) -> Packet:
    s = plain.decode_imu(packet.payload)
    assert s.device_s is not None
    assert s.sequence is not None
    first = s.sequence + round(by_s * s.nominal_hz)
    payload = plain.encode_imu(first, s.nominal_hz, s.device_s + by_s, s.acc_ms2, s.gyr_rads)
    return replace(packet, arrival_ns=packet.arrival_ns + round(by_s * 1e9), payload=payload)


def _import_session(store: Store, folder: Path) -> dict[str, Any]:
    info = import_recording(
        store, folder, long_run(), "me", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    )
    return {
        "tape_mb": round(Path(info.tape).stat().st_size / 1e6),
        "store_mb": round(store.path.stat().st_size / 1e6),
    }


def _reanalyze_session(store: Store, folder: Path) -> dict[str, Any]:
    again = reanalyze(store, store.sessions()[0])
    return {"numbers_changed": len(again.changed)}


def _reviewed(store: Store, folder: Path) -> dict[str, Any]:
    write_review(session_review(store, store.sessions()[0].id), folder / "review.html")
    return {"page_kb": round((folder / "review.html").stat().st_size / 1e3), "page_bar_kb": 600}


def _second_review(store: Store, folder: Path) -> dict[str, Any]:
    """The paths of the feet were measured by the review before, and kept."""
    return _reviewed(store, folder)


def _exported(store: Store, folder: Path) -> dict[str, Any]:
    (made,) = export_session(store, store.sessions()[0].id, "fit", folder)
    return {"fit_mb": round(made.stat().st_size / 1e6, 2)}


def _opened(store: Store, folder: Path) -> dict[str, Any]:
    """Seconds from navigation to text, tables and tiles, and to the drawn timeline."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        return {"skipped": "no Chromium"}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        page = p.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        page.goto(f"file://{folder}/review.html", wait_until="commit")
        page.wait_for_selector("#timeline path.line")
        marks = page.evaluate("performance.getEntriesByType('mark').map(m => [m.name, m.startTime])")
        found = dict(marks)
        read = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    return {"read_s": read / 1e3, "text_s": found["text"] / 1e3, "timeline_s": found["timeline"] / 1e3}


CASES: dict[str, Callable[[Store, Path], dict[str, Any]]] = {
    "keep": _import_session,
    "re-analysis": _reanalyze_session,
    "review to a file": _reviewed,
    "review to a file again": _second_review,
    "page in the browser": _opened,
    "FIT export": _exported,
}


def run_case(name: str, folder: Path) -> None:
    """Run one and print what it cost."""
    with Store(folder / "gaitcue.db") as store:
        began, cpu = time.perf_counter(), time.process_time()
        more = CASES[name](store, folder)
        line = {
            "case": f"{name}, {HOURS:g} h of three IMUs",
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    if name in BARS:
        line["bar"] = BARS[name]
    print(json.dumps(line | more), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_case(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
