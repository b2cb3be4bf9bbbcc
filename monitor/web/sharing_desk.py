"""Where a runner switches what a coach sees, from the page and from the command line alike."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monitor.core.errors import InputError, SinkError, SinkRefused
from monitor.core.message_catalogues import Language, catalogue
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.sinks.influx.shared_days import SharingReport, deletion_waits
from monitor.storage.sent_days import read_sent_days, sent_days_path
from monitor.training.entries import SharedItem
from monitor.training.plan_settings import needs_guardian


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingState:
    """``SharingState`` is how sharing stands: the items that are shared, and what may be at a server.

    ``deletion_waits``: something was sent that is not shared any more, and has not been deleted there;
    ``left_at`` are servers of earlier settings, where something was left.
    """

    items: frozenset[SharedItem]
    sent: bool
    deletion_waits: bool
    left_at: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingDesk:
    """``SharingDesk`` is of the runner of ``keeper``; every method blocks on files, some on the network.

    ``deliver`` brings what is shared to the server and deletes what is not any more, None without a server.
    """

    keeper: PlanKeeper
    deliver: Callable[[], SharingReport] | None

    def state(self, today: datetime.date) -> SharingState:
        """Return how sharing stands, from this machine's files alone."""
        sent = read_sent_days(sent_days_path(self.keeper.folder, self.keeper.athlete))
        items = self.keeper.load_shared_items(today)
        return SharingState(
            items=items,
            sent=bool(sent.items),
            deletion_waits=deletion_waits(sent, items),
            left_at=sent.left_at,
        )

    def switch(
        self, items: Iterable[SharedItem], now: datetime.datetime, *, on: bool, guardian: bool = False
    ) -> None:
        """Write down that the runner shares these items, or does not any more.

        ``InputError`` for a runner who may be under 16 and shares without the tick of a guardian.
        """
        if on and not guardian and needs_guardian(self.keeper.settings, now.date()):
            raise InputError("error.share_guardian")
        fields = {"on": on, "guardian": guardian and on}
        self.keeper.add(*(new_entry("share", {"item": item, **fields}, now) for item in items))

    def state_texts(self, today: datetime.date, language: Language) -> list[str]:
        """Return what is never sent, and what waits or was left somewhere, as sentences."""
        state, text = self.state(today), catalogue(language).text
        texts = [text("say.share.never")]
        if state.deletion_waits:
            texts.append(text("say.share.must_delete"))
        elif self.deliver is None:
            texts.append(text("say.share.no_server"))
        return texts + [text("say.share.left_at", server=server) for server in state.left_at]

    def delivery_texts(self, today: datetime.date, language: Language, *, always: bool) -> Iterator[str]:
        """Deliver, and yield what came of it as sentences; ``always``: also if there was nothing to do."""
        before, text = self.state(today), catalogue(language).text
        if self.deliver is None:
            waits = before.deletion_waits
            yield text("say.share.no_server_to_delete" if waits else "say.share.no_server")
            return
        try:
            report = self.deliver()
        except (SinkError, SinkRefused) as exc:
            key = "say.share.deletion_waits" if before.deletion_waits else "say.share.waits"
            yield text(key, reason=exc.text_in(language))
            return
        withdrawn = report.deleted and before.sent
        if withdrawn:
            yield text("say.share.deleted")
        if report.sent:
            yield text("say.share.sent_again" if withdrawn else "say.share.sent", n=report.sent)
        elif always and not withdrawn:
            yield text("say.share.nothing_new" if before.items else "say.share.nothing_there")
        for server in report.left_at:
            yield text("say.share.left_at", server=server)
