"""New files in folders that come and go: a watch that is plugged in, a folder that is kept in sync.

The folders are looked at again and again.  A file is complete when its size and time have stayed the same
for ``_SETTLED_S``: half-written ones are left alone.  One that changes afterwards counts as new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_SETTLED_S = 5.0  # a choice: longer than a watch or a sync client pauses within a file
_LOOK_EVERY_S = 2.0

_Shape = tuple[int, int]  # bytes and time of the last change, which tell a file from its former self


class FolderWatch:
    """``FolderWatch`` remembers what it saw of the files in some folders, and which it has given out."""

    def __init__(self, folders: Sequence[Path], is_recording_name: Callable[[Path], bool]) -> None:
        self._folders = folders
        self._is_readable = is_recording_name
        self._seen: dict[Path, tuple[_Shape, float]] = {}  # since when a file has looked like this
        self._given: dict[Path, _Shape] = {}

    def complete_files(self, now_s: float) -> list[Path]:
        """Return the files, in the order of their names, that are complete and were not returned before."""
        there = dict(self._shapes())
        self._seen = {
            path: (shape, self._seen[path][1] if self._seen.get(path, (None,))[0] == shape else now_s)
            for path, shape in there.items()
        }
        settled = [path for path, (_, since_s) in self._seen.items() if now_s - since_s >= _SETTLED_S]
        ready = [path for path in settled if self._given.get(path) != there[path]]
        self._given.update((path, there[path]) for path in ready)
        return sorted(ready)

    def _shapes(self) -> Iterator[tuple[Path, _Shape]]:
        """What is there now; a folder that is away has nothing in it, and is remembered."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                for path in folder.rglob("*"):
                    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
                    if not hidden and self._is_readable(path) and path.is_file():
                        status = path.stat()
                        if status.st_size:
                            yield path, (status.st_size, status.st_mtime_ns)


def watch_folders(
    folders: Sequence[Path], now_s: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[list[Path]]:
    """Yield new complete files as they appear, for ever; what is there at the beginning is new as well."""
    from monitor.recordings.readers import is_recording_name

    watch = FolderWatch(folders, is_recording_name)
    while True:
        if paths := watch.complete_files(now_s()):
            yield paths
        sleep(_LOOK_EVERY_S)
