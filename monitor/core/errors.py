"""What can go wrong outside this program, and whom it concerns.

Anything that is not a ``MonitorError`` is a bug and ends with a traceback; the tape makes the
restart lossless.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from monitor.core.message_catalogues import EnglishText, Language, MessageValue, UserMessage, catalogue
from monitor.core.safe_text import printable_text


class MonitorError(Exception):
    """An error about which someone outside can act.  Its one line says what is wrong and what to do.

    ``log_text`` is what a log says of it: something else where the text quotes what others sent or are
    called, empty where somebody else logs it.
    """

    def __init__(self, text: str, *, log_text: str | None = None) -> None:
        super().__init__(text)
        self._log_text = text if log_text is None else log_text

    @property
    def log_text(self) -> str:
        """The text that a log has of it."""
        return self._log_text

    def text_in(self, language: Language) -> str:
        """Return its text in this language, in English where it is not known there."""
        return catalogue(language).translate_recorded(printable_text(str(self)))


class UserError(MonitorError):
    """An error that whoever asked reads: messages of the catalogues, in the language in which it is shown.

    ``values`` fill the places of the message ``key``.  An error among them stands for its reason.  As a
    string, and in a log, it is English.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        places = {name: _message_value(value) for name, value in values.items()}
        self.messages: tuple[UserMessage, ...] = (UserMessage(key, places),)

    @classmethod
    def listing(cls, messages: Iterable[UserMessage]) -> Self:
        """Return one error with several messages, a line each."""
        error = cls.__new__(cls)
        error.messages = tuple(messages)
        return error

    @property
    def log_text(self) -> str:
        """The text that a log has of it."""
        return str(self)

    def text_in(self, language: Language) -> str:
        """Return its text in this language, one line for each message."""
        return "\n".join(map(catalogue(language).render, self.messages))

    def __str__(self) -> str:
        return self.text_in("en")


def reason_text(error: Exception) -> str:
    """Return what an error says, that of the operating system without its number and file."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _message_value(value: object) -> MessageValue:
    match value:
        case UserMessage() | EnglishText() | str() | int() | float():
            return value
        case UserError(messages=(message,)):
            return message
        case Exception():
            return EnglishText(reason_text(value))
        case _:
            return str(value)


class ConfigError(UserError):
    """The operator must change a setting or an argument (exit code 2).  May hold many mistakes."""


class InputError(UserError):
    """A file or recording handed to us cannot be used (exit code 2)."""


class ImportedBefore(InputError):
    """This recording is a session of the store already: nothing is left to do."""


class SensorError(MonitorError):
    """A sensor cannot be used as it should; it is tried again or its packet is skipped."""


class SensorLost(SensorError):
    """The link went away; the supervisor tries again."""


class SensorNotFound(SensorError):
    """The sensor is not in range; the supervisor tries again."""


class BluetoothOff(SensorError):
    """Bluetooth has no adapter, no permission, or is off: nothing can be reached until that changes."""


class DecodeError(SensorError):
    """These bytes are not what the device's format allows; the packet is counted and skipped."""


class RepeatedPacket(DecodeError):
    """This packet came before, or too late for its turn; it is counted apart and skipped."""


class StrangersPacket(DecodeError):
    """This packet is of another device than the one that has sent so far; it is counted and skipped."""


class StoreError(UserError):
    """The embedded database or a tape cannot be read or written (disk full, damaged, newer version)."""


class StoreDamaged(StoreError):
    """The embedded database is damaged; the next program that opens the store sets it aside."""


class SinkError(MonitorError):
    """The far end of a sink misbehaves."""


class SinkRefused(SinkError):
    """The far end will never take this (wrong token, conflict): do not send it again unchanged."""
