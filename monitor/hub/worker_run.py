"""A run in the memory of a worker, what the log has of it, and what its messages say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monitor.hub.hosted_run import HostedRun, RecordBatch
from monitor.hub.run_snapshots import SnapshotEntry
from monitor.sinks.hub.run_messages import edition_of
from monitor.sinks.hub.subjects import RunAddress

if TYPE_CHECKING:
    from nats.aio.msg import Msg


class RunMessage(NamedTuple):
    """``RunMessage`` is a message of a run: its start, packets or end, of which edition, and its bytes."""

    what: str
    edition: int
    data: bytes


class PublishedRun(NamedTuple):
    """``PublishedRun`` is what the log has of a run: so many ``records`` of its newest edition.

    ``given_up`` says why that edition was, if it was.
    """

    edition: int = 0
    records: int = 0
    given_up: str = ""


@dataclass(slots=True)
class WorkerRun:
    """``WorkerRun`` is a run in memory: ``sequence`` is its last message, ``published`` is in the log.

    ``unsaved`` messages came since its snapshot, ``late`` packets after its end.
    """

    key: str
    address: RunAddress
    run: HostedRun | None
    entry: SnapshotEntry
    sequence: int
    published: PublishedRun
    saved_s: float
    touched_s: float
    edition: int = 0
    unsaved: int = 0  # messages since the snapshot
    waiting: list[RecordBatch] = field(default_factory=list)
    ended: bool = False
    given_up: bool = False
    over_budget: bool = False
    late: int = 0

    @property
    def dirty(self) -> bool:
        """Whether it has had a message that its snapshot has not."""
        return self.sequence > self.entry.sequence

    @property
    def next_packet(self) -> int:
        """The number that the next packet of this edition has, as far as it is known here."""
        return self.entry.next_packet if self.run is None else self.run.next_packet

    def take_edition(self, edition: int) -> None:
        """Take this edition of the run in hand, as ended if the log says that it was given up."""
        why = self.published.given_up if edition == self.published.edition else ""
        self.edition, self.given_up = edition, False
        self.ended, self.over_budget = bool(why), why == "over budget"


def run_message(message: Msg, what: str) -> RunMessage:
    """Return a message of the log as one of a run; ``DecodeError`` if its edition is none."""
    return RunMessage(what, edition_of(message.headers), message.data)
