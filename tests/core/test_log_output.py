"""Log lines: their shape, what each verbosity shows, and what is masked."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import io
import json
import logging
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import ConfigError, MonitorError
from monitor.core.log_format import LogFormat
from monitor.core.log_output import (
    extend_logging,
    logs_as_json,
    mask_secrets,
    session_in_logs,
    write_in_thread,
)
from monitor.core.message_catalogues import UserMessage
from monitor.core.secret import Secret
from tests.log_lines import captured_stderr

OURS = logging.getLogger("monitor.sinks.outbox")


def said(level: int = logging.INFO, log: logging.Logger = OURS, **options: Any) -> list[str]:
    """What two lines, of ``level`` and a warning, make on stderr."""
    with captured_stderr(**options) as stderr:
        log.log(level, "quiet")
        log.warning("loud")
    return stderr.getvalue().splitlines()


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_service_shows_every_change_of_a_state_and_a_short_command_only_what_is_wrong() -> None:
    assert len(said(service=True)) == 2
    assert len(said(service=False)) == 1
    assert len(said(logging.DEBUG, service=True)) == 1
    assert len(said(logging.DEBUG, service=False, verbosity=1)) == 2


@pytest.mark.parametrize("library", ["aiomqtt", "uvicorn.access", "httpx", "asyncio"])
def test_libraries_show_warnings_until_they_are_asked_for_twice(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger(library)
    monkeypatch.setattr(log, "propagate", True)  # a page of another test may have silenced its requests
    assert [len(said(logging.DEBUG, log, verbosity=v)) for v in (0, 1, 2)] == [1, 1, 2]


@pytest.mark.parametrize("library", ["bleak.backends.bluezdbus.manager", "uvicorn.error", "websockets"])
def test_debug_lines_that_hold_frames_or_names_of_devices_never_come(library: str) -> None:
    log = logging.getLogger(library)
    assert [len(said(logging.DEBUG, log, verbosity=v)) for v in (0, 1, 2)] == [1, 1, 1]
    assert [len(said(logging.INFO, log, verbosity=v)) for v in (0, 1, 2)] == [1, 1, 2]


def test_verbosity_before_and_after_the_command_adds_up_and_the_last_format_counts() -> None:
    with captured_stderr(1):
        assert not logs_as_json()
        assert logging.getLogger().level == logging.WARNING
        extend_logging(1, LogFormat.JSON)
        assert logging.getLogger().level == logging.DEBUG
        assert logs_as_json()
        extend_logging(0, None)
        assert logs_as_json()


def test_a_text_line_in_a_file_has_date_level_and_logger() -> None:
    (line,) = said(service=False)
    date, time, level, logger, text = line.split(" ", 4)
    datetime.datetime.fromisoformat(f"{date} {time}")
    assert (level, logger, text) == ("WARNING", "monitor.sinks.outbox:", "loud")


def test_a_text_line_at_a_terminal_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    with captured_stderr() as stderr:
        monkeypatch.setattr(stderr, "isatty", lambda: True)
        extend_logging(0, None)
        OURS.info("quiet")
        OURS.warning("loud")
    assert [line[8:] for line in stderr.getvalue().splitlines()] == [" quiet", " WARNING loud"]


async def test_a_json_line_has_time_level_logger_message_and_fields() -> None:
    async def work() -> None:
        OURS.warning("the far end is %s", "away", extra={"sink": "influx", "tries": 3, "payload": "x"})

    with captured_stderr(log_format=LogFormat.JSON) as stderr:
        with session_in_logs("s-1"):
            await asyncio.create_task(work())
        OURS.info("after it")
    first, second = json_lines(stderr.getvalue())
    at = datetime.datetime.fromisoformat(first.pop("time"))
    assert at.utcoffset() == datetime.timedelta(0)
    assert first == {
        "level": "warning", "logger": "monitor.sinks.outbox", "message": "the far end is away",
        "session": "s-1", "sink": "influx", "tries": 3,
    }  # fmt: skip
    assert "session" not in second


@given(text=st.text())
def test_whatever_is_logged_a_json_line_stays_one_line_and_a_text_line_too(text: str) -> None:
    for log_format in LogFormat:
        with captured_stderr(log_format=log_format) as stderr:
            OURS.warning("%s", text, extra={"sensor": text})
        out = stderr.getvalue()
        assert out.count("\n") == 1
        assert out.removesuffix("\n").isprintable() or log_format is LogFormat.JSON
        if log_format is LogFormat.JSON:
            json_lines(out)


def test_a_mistake_of_ours_is_one_json_line_with_its_traceback() -> None:
    def wrong() -> None:
        raise ZeroDivisionError("in a thread")

    with captured_stderr(log_format=LogFormat.JSON) as stderr:
        try:
            wrong()
        except ZeroDivisionError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        thread = threading.Thread(target=wrong)
        thread.start()
        thread.join()
    lines = json_lines(stderr.getvalue())
    assert [line["level"] for line in lines] == ["critical", "critical"]
    assert all("in wrong" in line["traceback"] for line in lines)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://ann:hunter22@box.local:8086/x cannot be reached", "http://***@box.local:8086/x cannot be"),
        ("GET /push/shoe?token=abcdefgh&x=1", "GET /push/shoe?token=***&x=1"),
        ("{'Authorization': 'Token abcdefgh', 'Host': 'box'}", "{'Authorization': '***', 'Host': 'box'}"),
        ("Authorization: Bearer abcdefgh", "Authorization: ***"),
        ("sent Bearer abcdefgh.ijk to it", "sent Bearer *** to it"),
        ('{"password": "hunter22", "a": 1}', '{"password": "***", "a": 1}'),
        ("< Cookie: gaitcue=abcdefgh", "< Cookie: ***"),
        ("/org/bluez/hci0/dev_AA_BB_CC_00_11_22/x", "/org/bluez/hci0/dev_<address>/x"),
        ("Device with address AA:BB:CC:00:11:2f", "Device with address <address>"),
    ],
)
def test_what_looks_like_a_secret_or_a_device_is_masked(text: str, left: str) -> None:
    assert mask_secrets(text).startswith(left)


@pytest.mark.parametrize(
    "text",
    [
        "knows no such user or password: correct user in [mqtt] and GAITCUE_MQTT_PASSWORD",
        "the token is not known there; make one that may write to the bucket",
        'set GAITCUE_INFLUX_TOKEN or token_file = "influx.token"',
        "session 2026-11-24T13-05-12-me ends after 31:05 min, 5:31 min/km",
    ],
)
def test_ordinary_sentences_are_left_as_they_are(text: str) -> None:
    assert mask_secrets(text) == text


@given(value=st.text(st.characters(categories=["L", "N", "P"]), min_size=6, max_size=30))
def test_a_secret_of_this_process_is_never_in_a_line(value: str) -> None:
    secret = Secret(value)
    for log_format in LogFormat:
        with captured_stderr(2, log_format) as stderr:
            logging.getLogger("a.library").warning(f"sent >{secret.reveal()}<")  # noqa: G004
        assert f">{value}<" not in stderr.getvalue()
        assert json.dumps(f">{value}<", ensure_ascii=False)[1:-1] not in stderr.getvalue()
        assert ">***<" in stderr.getvalue()


def test_of_a_secret_of_several_lines_each_is_masked() -> None:
    Secret("json://one.example/first-token\nntfys://second-token/")
    assert mask_secrets("could not load ntfys://second-token/") == "could not load ***"


def test_an_error_says_to_the_log_what_it_says_to_the_user_unless_it_quotes_others() -> None:
    assert MonitorError("disk full").log_text == "disk full"
    assert MonitorError("Anna's watch was refused", log_text="another was refused").log_text.startswith(
        "an"
    )
    both = ConfigError.listing([UserMessage("setting.missing"), UserMessage("setting.table")])
    assert both.log_text == "is missing\nmust be a table"


class FrozenStderr(io.StringIO):
    """Takes no text before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go, self.asked = threading.Event(), threading.Event()

    def write(self, text: str, /) -> int:
        self.asked.set()
        self.let_go.wait()
        return super().write(text)


def test_nobody_waits_for_a_stderr_that_takes_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.core.log_output._LINES_WAITING", 3)
    frozen = FrozenStderr()
    with captured_stderr(log_format=LogFormat.JSON), contextlib.redirect_stderr(frozen):
        with write_in_thread(), session_in_logs("run-1"):
            OURS.warning("line 0")
            frozen.asked.wait()  # the thread has taken it and hangs
            for n in range(1, 6):
                OURS.warning("line %d", n)
            frozen.let_go.set()
        OURS.warning("written at once")
    lines = json_lines(frozen.getvalue())
    assert [line["message"] for line in lines] == [
        "line 0", "2 log lines could not be written", "line 1", "line 2", "line 3", "written at once",
    ]  # fmt: skip
    assert lines[1]["level"] == "warning"
    assert lines[2]["session"] == "run-1"
