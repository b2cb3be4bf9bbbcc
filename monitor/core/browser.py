"""A page in the browser of whoever sits at this machine, and what the terminal is told to type next."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path


def open_in_browser(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Show a page in the browser and return whether there is one; never one that takes the terminal.

    On Linux that is only where there is a screen.  Without one a text browser would be started instead, in
    the terminal from which this program runs.
    """
    screen = sys.platform in ("win32", "darwin") or environment.get("DISPLAY")
    return bool(screen or environment.get("WAYLAND_DISPLAY")) and webbrowser.open(url)


def command_as_typed(*arguments: str | Path, program: str = sys.argv[0]) -> str:
    """Return the line that starts this program again with these arguments, as it works in this terminal.

    ``gaitcue`` where the terminal finds this very program by that name, else its path.
    """
    found, own = shutil.which("gaitcue"), Path(program)
    if found is not None and own.exists() and Path(found).samefile(own):
        words = ["gaitcue"]
    elif own.name == "__main__.py":
        words = [sys.executable, "-m", own.parent.name]
    elif own.name.removesuffix(".exe") == "gaitcue" and own.is_absolute():
        here = Path.cwd()
        words = [str(own.relative_to(here) if own.is_relative_to(here) else own)]
    else:
        words = [program]
    return shlex.join((*words, *map(str, arguments)))
