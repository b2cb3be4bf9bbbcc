"""What a connection must know of a device family: whom to look for, what to say, what to hear.

A family's file in ``monitor.devices.registry`` describes its device with these;
``monitor.sources.bluetooth.source`` carries it out.  The conversation with a device is a generator of
steps, so it can be tested without a radio: it yields what to do and is sent the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field


def sig_uuid(short: int) -> str:
    """Return the full UUID of a 16-bit number of the Bluetooth SIG."""
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Write:
    """A step that writes ``payload`` to the characteristic named ``characteristic``."""

    characteristic: str
    payload: bytes
    response: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A step that writes, then waits for a notification on ``answer_on`` that begins with ``prefix``.

    The script is sent the answer, or None after ``timeout_s``.  An empty ``payload`` writes
    nothing and only waits; what came since the last answer counts too.
    """

    characteristic: str
    payload: bytes
    answer_on: str
    prefix: bytes
    response: bool = True
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Read:
    """A step that reads a characteristic; the script is sent its value, or None if it cannot be read."""

    characteristic: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A step that waits for ``seconds``, to give the device time."""

    seconds: float


ScriptStep = Write | Ask | Read | Pause
Script = Generator[ScriptStep, bytes | None, None]
"""A conversation.  Raises ``SensorError`` when the device refuses."""


def no_conversation() -> Script:
    """Return the conversation with a device that needs none."""
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GattSpec:
    """A device family as a Bluetooth connection needs it: how to find it, what to listen to, what to say.

    ``names`` are prefixes of the advertised name and ``services`` advertised services; of each
    list that is given one entry must hold.  ``characteristics`` gives every name its UUID;
    ``notify`` are listened to in this order and must exist, ``optional`` where they exist.
    ``start`` runs once the notifications are on, ``stop`` before a wanted disconnection.  ``period_s``
    is the longest usual time between packets; the link counts as silent after several of them.
    ``holders`` are the services that hold the characteristics where they are not all in ``services``: a
    browser opens no service that it was not told before.
    """

    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    characteristics: Mapping[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    start: Callable[[], Script] = no_conversation
    stop: Callable[[], Script] = no_conversation
    period_s: float = 1.0
    holders: tuple[str, ...] = ()
    bonded: bool = False  # the device talks to bonded partners only

    def matches(self, name: str | None, services: frozenset[str]) -> bool:
        """Return True when an advertisement looks like this family."""
        if self.names and not (name or "").startswith(self.names):
            return False
        if self.services and services.isdisjoint(self.services):
            return False
        return bool(self.names or self.services)
