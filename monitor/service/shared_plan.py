"""What the settings' runner shares of the plan, brought to the coach's InfluxDB whenever somebody asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.service.config import Config, data_folder
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.sinks.influx.shared_days import SharedDaysDelivery, SharingReport, deletion_waits
from monitor.sinks.influx.sink import InfluxSink, require_influx_client
from monitor.storage.sent_days import read_sent_days, sent_days_path
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingState:
    """``SharingState`` is how sharing stands: whether anything may be at a server, and what waits.

    ``deletion_waits``: something was sent that is not shared any more, and has not been deleted there.
    """

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


def sharing_state(config: Config) -> SharingState:
    """Return how sharing stands, from this machine's files alone."""
    sent = read_sent_days(sent_days_path(data_folder(config), config.athlete))
    items = plan_keeper(config).load_shared_items(runner_now().date())
    return SharingState(
        sent=bool(sent.items),
        deletion_waits=deletion_waits(sent, items),
        left_at=sent.left_at,
    )
