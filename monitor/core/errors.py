"""What can go wrong outside this program, and whom it concerns.

Anything that is not a ``MonitorError`` is a bug and ends with a traceback; the tape makes the
restart lossless.
"""


class MonitorError(Exception):
    """An error about which someone outside can act.  Its one line says what is wrong and what to do.

    ``log_text`` is what a log says of it: something else where the text quotes what others sent or are
    called, empty where somebody else logs it.
    """

    def __init__(self, text: str, *, log_text: str | None = None) -> None:
        super().__init__(text)
        self.log_text = text if log_text is None else log_text


class ConfigError(MonitorError):
    """The operator must change a setting or an argument (exit code 2).  May hold many mistakes."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class InputError(MonitorError):
    """A file or recording handed to us cannot be used (exit code 2)."""


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


class StoreError(MonitorError):
    """The embedded database or a tape cannot be read or written (disk full, damaged, newer version)."""


class SinkError(MonitorError):
    """The far end of a sink misbehaves."""


class SinkRefused(SinkError):
    """The far end will never take this (wrong token, conflict): do not send it again unchanged."""
