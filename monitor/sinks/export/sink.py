"""Every finished run as one FIT file in a folder, which other programs watch: whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from monitor.core.errors import SinkError, reason_text
from monitor.core.monotonic import MonotonicClock
from monitor.sinks.finished_runs import FinishedRuns, WriteFit
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

EXPORT_SINK = "export"


def make_export_sink(
    folder: Path, store: Store, write_fit: WriteFit, time: MonotonicClock, session: str | None
) -> FinishedRuns:
    """Return the sink that writes runs into ``folder``, which is made if only itself is missing."""

    async def place(info: SessionInfo, write: Callable[[Path], None]) -> None:
        await asyncio.to_thread(place_file, folder, f"{info.id}.fit", write)

    return FinishedRuns(EXPORT_SINK, store, write_fit, place, time, session)


def place_file(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    """Write a file under a hidden name and rename it when it is whole; ``SinkError`` if it cannot be."""
    part = folder / f".{name}.part"
    try:
        folder.mkdir(exist_ok=True)  # not what lies above: that may be a disk which is not plugged in
        part.unlink(missing_ok=True)
        write(part)
        os.replace(part, folder / name)
    except OSError as exc:
        raise SinkError(f"{folder} cannot be written ({reason_text(exc)})") from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
