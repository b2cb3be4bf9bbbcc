"""New files in folders that come and go: a watch that is plugged in, a folder that is kept in sync.

The folders are looked at again and again.  A file is complete when its size and time have stayed the same
for ``_SETTLED_S``, and for ``_PATIENCE_S`` if by its own account its end is still missing: half-written
ones are left alone, also while a copy hangs.  One that changes afterwards counts as new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_SETTLED_S = 5.0  # a choice: longer than a watch or a sync client pauses within a file
_PATIENCE_S = 600.0  # a choice: a file that was cut off for good is imported as far as it goes
_LOOK_EVERY_S = 2.0

_Shape = tuple[int, int]  # bytes and time of the last change, which tell a file from its former self


class FolderWatch:
    """``FolderWatch`` remembers what it saw of the files in some folders, and which it has given out."""

    def __init__(
        self,
        folders: Sequence[Path],
        is_recording_name: Callable[[Path], bool],
        has_end: Callable[[Path], bool],
    ) -> None:
        self._folders = folders
        self._is_readable, self._has_end = is_recording_name, has_end
        self._seen: dict[Path, tuple[_Shape, float]] = {}  # since when a file has looked like this
        self._given: dict[Path, _Shape] = {}

    def complete_files(self, now_s: float) -> list[Path]:
        """Return the files, in the order of their names, that are complete and were not returned before."""
        there = dict(self._shapes())
        self._seen = {
            path: (shape, self._seen[path][1] if self._seen.get(path, (None,))[0] == shape else now_s)
            for path, shape in there.items()
        }
        still_s = {path: now_s - since_s for path, (_, since_s) in self._seen.items()}
        new = [path for path in still_s if self._given.get(path) != there[path]]
        settled = [path for path in new if still_s[path] >= _SETTLED_S]
        ready = [path for path in settled if still_s[path] >= _PATIENCE_S or self._has_end(path)]
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
    from monitor.recordings.file_end import has_end
    from monitor.recordings.readers import is_recording_name

    watch = FolderWatch(folders, is_recording_name, has_end)
    while True:
        if paths := watch.complete_files(now_s()):
            yield paths
        sleep(_LOOK_EVERY_S)
