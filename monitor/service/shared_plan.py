"""What the settings' runner shares of the plan, brought to the coach's InfluxDB whenever somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.errors import InputError
from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.config import Config, data_folder
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.sinks.influx.shared_days import SharedDaysDelivery, SharingReport, deletion_waits
from monitor.sinks.influx.sink import InfluxSink, require_influx_client
from monitor.storage.sent_days import read_sent_days, sent_days_path
from monitor.storage.store import Store
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


def shared_days_delivery(config: Config, store: Store, time: MonotonicClock) -> SharedDaysDelivery:
    """Return the delivery to the server of the settings, which must have one."""
    require_influx_client()
    settings, keeper = config.influx, plan_keeper(config)
    return SharedDaysDelivery(
        InfluxSink(settings, store, time),
        f"{settings.url} {settings.org}/{settings.bucket}",
        config.athlete,
        lambda: keeper.load_shared_days(store, runner_now()),
        sent_days_path(data_folder(config), config.athlete),
    )


def deliver_shared_days(config: Config, store: Store) -> SharingReport:
    """Deliver what is shared, and delete what is not any more; ``MonitorError`` if something waits."""
    return asyncio.run(shared_days_delivery(config, store, SystemClock()).deliver())


def switch_items(
    keeper: PlanKeeper, items: Iterable[SharedItem], *, on: bool, guardian: bool = False
) -> None:
    """Write down that the runner shares these items, or does not any more.

    ``InputError`` for a runner who may be under 16 and shares without the tick of a guardian.
    """
    now = runner_now()
    if on and not guardian and needs_guardian(keeper.settings, now.date()):
        raise InputError("error.share_guardian")
    fields = {"on": on, "guardian": guardian and on}
    keeper.add(*(new_entry("share", {"item": item, **fields}, now) for item in items))


def sharing_state(config: Config) -> SharingState:
    """Return how sharing stands, from this machine's files alone."""
    sent = read_sent_days(sent_days_path(data_folder(config), config.athlete))
    items = plan_keeper(config).load_shared_items(runner_now().date())
    return SharingState(
        items=items,
        sent=bool(sent.items),
        deletion_waits=deletion_waits(sent, items),
        left_at=sent.left_at,
    )
