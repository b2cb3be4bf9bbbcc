"""A device that answers from a table, so that a conversation can be tested without a radio."""

from __future__ import annotations

from collections.abc import Callable

from monitor.devices.gatt import Ask, Read, Script, Write

DeviceReply = Callable[[bytes], bytes | None]
"""What the device says to a command (or, for a read, to nothing)."""


def run_script(script: Script, device: DeviceReply, most: int = 200) -> list[bytes]:
    """Run it; the commands that were written, in order.  Answers must begin as the script expects."""
    written: list[bytes] = []
    answer: bytes | None = None
    for _ in range(most):
        try:
            step = script.send(answer)
        except StopIteration:
            return written
        answer = None
        if isinstance(step, Read):
            answer = device(b"")
        elif isinstance(step, Write | Ask):
            if step.payload:
                written.append(step.payload)
            said = device(step.payload)
            if isinstance(step, Ask) and said is not None and said.startswith(step.prefix):
                answer = said
    raise AssertionError("the conversation does not end")
