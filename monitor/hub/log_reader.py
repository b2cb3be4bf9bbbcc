"""Messages of the log in their order, from a place on that the reader itself remembers.

The log is asked to remember nothing (no acknowledgements): after a broken connection it would hand on what
is new first, and what was under way then a minute later.  A reader begins again behind what it has kept.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.errors import SinkError
from monitor.core.retry import pass_on_cancellation

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext


_LOOK_EVERY = 6
"""After so many empty batches the server is asked whether nothing waits: one that died and came back may
have forgotten whom it had to hand messages to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRange:
    """``LogRange`` is what is read: a stream after the message ``after``, of one filter or all of it.

    With ``since`` it begins at that time, and not behind ``after``.  ``reader`` is how the name begins by
    which the server knows the reader, for ``keep_s`` after it was heard last.
    """

    stream: str
    after: int
    reader: str
    subjects: str | None = None
    keep_s: float = 60.0
    since: datetime.datetime | None = None


async def read_log(
    log: JetStreamContext, wanted: LogRange, at_once: int, wait_s: float
) -> AsyncIterator[Sequence[Msg]]:
    """Yield messages in order, some at a time; an empty batch where none came for ``wait_s``.

    Raises what NATS does, ``SinkError`` where messages were lost on their way.
    """
    from nats.js import api

    name = f"{wanted.reader}{uuid.uuid4().hex[:12]}"
    config = api.ConsumerConfig(
        name=name,
        deliver_policy=(
            api.DeliverPolicy.BY_START_TIME if wanted.since else api.DeliverPolicy.BY_START_SEQUENCE
        ),
        opt_start_seq=None if wanted.since else wanted.after + 1,
        opt_start_time=wanted.since,
        ack_policy=api.AckPolicy.NONE,
        filter_subject=wanted.subjects,
        inactive_threshold=wanted.keep_s,
    )
    await log.add_consumer(wanted.stream, config)
    reader = await log.pull_subscribe_bind(consumer=name, stream=wanted.stream)
    expected, empty, stalled = 1, 0, False
    while True:
        pass_on_cancellation()
        try:
            messages = await reader.fetch(at_once, timeout=wait_s)
        except TimeoutError:
            messages = []
        empty = 0 if messages else empty + 1
        if empty and empty % _LOOK_EVERY == 0:
            waits = bool((await log.consumer_info(wanted.stream, name)).num_pending)
            if waits and stalled:
                raise SinkError("the log hands out nothing although messages wait: reading again")
            stalled = waits
        for message in messages:
            if message.metadata.sequence.consumer != expected:
                raise SinkError("messages of the log were lost on their way: reading again")
            expected += 1
        yield messages
