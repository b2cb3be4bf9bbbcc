"""Log lines: where they go, what they look like, and what is never in them.

Every module that has something to say logs under its own name (``logging.getLogger(__name__)``), once when
a state changes and not once a try (``monitor.core.outage``); ``dsp`` and ``monitor.pipeline`` say nothing.
Here it is decided what becomes of it: one handler writes to stderr, as text or as one JSON object a line.

The fields of a JSON line are ``time`` (UTC), ``level``, ``logger``, ``message``, those of ``FIELDS`` that
the call gave as ``extra``, and ``traceback`` where there is one.

A line holds no secret, no payload, and no address or name of a device that the user did not configure.
Whoever logs sees to that; what still gets in (an error text of a library, say) is masked here, last of all.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TextIO

from monitor.core.log_format import LogFormat
from monitor.core.secret import masked_secrets

FIELDS = (
    "session", "sensor", "sink", "runner", "route", "status", "tries", "lasted_s", "count", "reason",
    "duration_s", "steps", "cues", "lost",
)  # fmt: skip
"""What a log call may give as ``extra`` for the JSON line."""

_QUIET = {
    "apprise": logging.CRITICAL,  # its errors name whole URLs; what it could not send is told by its result
    "bleak": logging.INFO,  # debug: names of all devices around, and every notification
    "bleak_retry_connector": logging.INFO,  # debug: names and addresses
    "dbus_fast": logging.INFO,
    "uvicorn.error": logging.INFO,  # debug: every frame to a page, and its cookie
    "websockets": logging.INFO,  # the same
    "requests": logging.INFO,
    "urllib3": logging.INFO,  # debug: addresses, with the tokens that some services put there
}
"""The lowest level of libraries whose lower ones hold what no log may hold."""

_MASKS = (
    (re.compile(r"(?<=://)[^/\s@]+@"), "***@"),
    (re.compile(r"(?i)\b(cookie|authorization)(['\"]?\s*[=:,]\s*(?:b?['\"])?)[^'\"\n]+"), r"\1\2***"),
    (re.compile(r"(?i)\b(bearer) +[\w.~+/=-]{6,}"), r"\1 ***"),
    (
        re.compile(r"(?i)(token|password|secret|api[_-]?key)(=|['\"]\s*[:=,]\s*b?['\"])[^\s&'\",;]+"),
        r"\1\2***",
    ),
    (
        re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}([:_-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"),
        "<address>",
    ),
)
"""What is masked wherever it appears: users and passwords in addresses, headers, parameters, devices."""

_LINES_WAITING, _CLOSE_S = 10_000, 5.0  # choices; the first is a few megabytes

_session: ContextVar[str] = ContextVar("session", default="")


def start_logging(verbosity: int = 0, log_format: LogFormat | None = None) -> None:
    """Write log lines to stderr from now on, as text unless ``log_format`` says otherwise.

    ``verbosity`` 0 is what somebody should know, 1 every retry, 2 what the libraries say.
    """
    handler = _stderr_handler()
    handler.verbosity, handler.service = verbosity, False
    handler.log_format = log_format or LogFormat.TEXT
    _install_handler(handler)


def extend_logging(verbosity: int, log_format: LogFormat | None, *, service: bool = True) -> None:
    """Add what a command was told to what ``start_logging`` was told before.

    A ``service``, which nobody may be watching, logs every change of a state.
    """
    handler = _stderr_handler()
    handler.verbosity += verbosity
    handler.service = service
    handler.log_format = log_format or handler.log_format
    _install_handler(handler)


def logs_as_json() -> bool:
    """Return whether log lines are JSON, so that nothing else should be written between them."""
    handlers = (h for h in logging.getLogger().handlers if isinstance(h, _StderrHandler))
    return any(h.log_format is LogFormat.JSON for h in handlers)


def logging_levels() -> dict[str, int]:
    """Return the level of each logger that was given one, for ``forward_logging`` in another process."""
    return {name: logging.getLogger(name).level for name in ("", "monitor", *_QUIET)}


def forward_logging(send: Callable[[logging.LogRecord], None], levels: Mapping[str, int]) -> None:
    """Let a worker process ``send`` its log records to the process that writes them.

    They are ready to be pickled: text and traceback are made here.  ``levels`` are those of that process.
    """
    logging.getLogger().addHandler(_ForwardingHandler(send))
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def handle_forwarded(record: logging.LogRecord) -> None:
    """Log a record that a worker process has sent, as if it had been made here."""
    logging.getLogger(record.name).handle(record)


@contextlib.contextmanager
def write_in_thread() -> Iterator[None]:
    """Let a thread write the log lines of the block, so that nobody waits for a stderr that takes no text.

    ``_LINES_WAITING`` lines wait for it at most; more are counted, and a later line says how many.  At the
    end of the block all lines have been written, unless stderr takes none for ``_CLOSE_S``.
    """
    handler = _stderr_handler()
    handler.writer = writer = _LineWriter(handler)
    try:
        yield
    finally:
        handler.writer = None
        writer.close()


@contextlib.contextmanager
def session_in_logs(session: str) -> Iterator[None]:
    """Give every JSON line of this task, and of those that it starts, the id of the session."""
    before = _session.set(session)
    try:
        yield
    finally:
        _session.reset(before)


def mask_secrets(text: str) -> str:
    """Return ``text`` without secrets, passwords in addresses, and addresses of Bluetooth devices."""
    text = masked_secrets(text)
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment: while a live table is drawn, that is its console."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.verbosity = 0
        self.service = False
        self.log_format = LogFormat.TEXT
        self.writer: _LineWriter | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or hand it to the thread that writes."""
        if self.writer is None:
            super().emit(record)
        else:
            try:
                self.writer.put(self.format(record) + self.terminator)
            except Exception:
                self.handleError(record)

    def write(self, text: str) -> None:
        """Write formatted lines to what ``sys.stderr`` is now; raises ``OSError`` where nobody reads."""
        self.stream.write(text)
        self.stream.flush()

    def dropped_line(self, count: int) -> str:
        """Return the line which says that so many others could not be written."""
        text, values = "%d log lines could not be written", (count,)
        record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, values, None)
        return self.format(record) + self.terminator

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _ForwardingHandler(logging.Handler):
    def __init__(self, send: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record as text; nobody may be listening any more."""
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        with contextlib.suppress(OSError):
            self._send(record)


class _LineWriter:
    """A thread that writes lines, in their order."""

    def __init__(self, handler: _StderrHandler) -> None:
        self._handler = handler
        self._dropped = 0
        self._lines: queue.Queue[str | None] = queue.Queue(_LINES_WAITING)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Hand over a line; it is dropped and counted when too many wait."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Return when all lines have been written, or after ``_CLOSE_S``."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_CLOSE_S)
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError, ValueError):  # nobody reads them any more, or it is closed
                self._handler.write(line)
                if dropped := self._dropped:
                    self._dropped -= dropped
                    self._handler.write(self._handler.dropped_line(dropped))


def _stderr_handler() -> _StderrHandler:
    """The one of this process, made if there is none."""
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, _StderrHandler):
            return handler
    handler = _StderrHandler()
    handler.addFilter(_is_signed)
    root.addHandler(handler)
    logging.captureWarnings(True)
    logging.getLogger("uvicorn.access").addFilter(_hide_visitor_address)
    logging.getLogger("uvicorn.error").addFilter(_shorten_visitor_mistake)
    return handler


def _install_handler(handler: _StderrHandler) -> None:
    usual = logging.INFO if handler.service else logging.WARNING
    libraries = logging.DEBUG if handler.verbosity > 1 else logging.WARNING
    logging.getLogger("monitor").setLevel(logging.DEBUG if handler.verbosity else usual)
    logging.getLogger().setLevel(libraries)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, libraries))
    if handler.log_format is LogFormat.JSON:
        handler.setFormatter(_JsonFormatter())
        sys.excepthook = _log_uncaught  # what nobody catches is a line too
        threading.excepthook = _log_uncaught_in_thread
    else:
        handler.setFormatter(_text_formatter())
        threading.excepthook = threading.__excepthook__


def _text_formatter() -> logging.Formatter:
    """Short at a terminal, where somebody looks on; with date and logger in a file or a journal."""
    if sys.stderr.isatty():
        return _TextFormatter("%(asctime)s %(notable)s%(message)s", "%H:%M:%S")
    return _TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets("\n".join(map(_one_line, super().format(record).split("\n"))))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _one_line(record.message)
        record.notable = f"{record.levelname} " if record.levelno > logging.INFO else ""
        return super().formatMessage(record)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_secrets(_one_line(record.getMessage())),
        }
        if session := _session.get():
            line["session"] = session
        for name in FIELDS:
            if (value := getattr(record, name, None)) is not None:
                line[name] = mask_secrets(_one_line(value)) if isinstance(value, str) else value
        if record.exc_info or record.exc_text:
            text = self.formatException(record.exc_info) if record.exc_info else str(record.exc_text)
            lines = text.split("\n")
            line["traceback"] = mask_secrets("\n".join(map(_one_line, lines)))
        return json.dumps(line, ensure_ascii=False, default=str)


def _is_signed(record: logging.LogRecord) -> bool:
    """Return False for lines below a warning that a library logs under no name: some are whole answers."""
    return record.name != "root" or record.levelno >= logging.WARNING


def _one_line(text: str) -> str:
    """Return ``text`` without line breaks and without what would command a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _hide_visitor_address(record: logging.LogRecord) -> bool:
    """Take the visitor's address and what follows the path out of a line of uvicorn's access log."""
    if isinstance(record.args, tuple) and len(record.args) == 5:
        _, method, path, _, status = record.args
        record.msg, record.args = "%s %s: %s", (method, str(path).partition("?")[0], status)
    return True


def _shorten_visitor_mistake(record: logging.LogRecord) -> bool:
    """Make one line of what uvicorn logs of a WebSocket whose text is no UTF-8: a visitor's mistake."""
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True


def _log_uncaught(kind: type[BaseException], exc: BaseException, traceback: TracebackType | None) -> None:
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, exc, traceback)
        return
    log = logging.getLogger(__name__)
    log.critical("this is a mistake in gaitcue: %s", kind.__name__, exc_info=(kind, exc, traceback))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
