"""What the program would write to stderr, and a process left as it was afterwards."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

from monitor.core.log_format import LogFormat
from monitor.core.log_output import extend_logging, start_logging


@contextlib.contextmanager
def captured_stderr(
    verbosity: int = 0, log_format: LogFormat = LogFormat.TEXT, *, service: bool = True
) -> Iterator[io.StringIO]:
    """Log as ``gaitcue`` with these options does, into the text that is given; then no more."""
    root = logging.getLogger()
    handlers, levels = list(root.handlers), {name: log.level for name, log in _loggers().items()}
    shown = (sys.excepthook, threading.excepthook, warnings.showwarning)
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        start_logging(verbosity, log_format)
        extend_logging(0, None, service=service)
        try:
            yield stderr
        finally:
            logging.captureWarnings(False)
            sys.excepthook, threading.excepthook, warnings.showwarning = shown
            root.handlers[:] = handlers
            for name, log in _loggers().items():
                log.setLevel(levels.get(name, logging.NOTSET))


def _loggers() -> dict[str, logging.Logger]:
    named = logging.getLogger().manager.loggerDict.items()
    return {"": logging.getLogger()} | {n: log for n, log in named if isinstance(log, logging.Logger)}
