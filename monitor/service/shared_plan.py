"""What the settings' runner shares of the plan, brought to the coach's InfluxDB whenever somebody asks."""

from __future__ import annotations

import asyncio

from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.service.config import Config, data_folder
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.sinks.influx.shared_days import SharedDaysDelivery, SharingReport
from monitor.sinks.influx.sink import InfluxSink, require_influx_client
from monitor.storage.backup import DATABASE
from monitor.storage.sent_days import sent_days_path
from monitor.storage.store import Store
from monitor.web.sharing_desk import SharingDesk


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


def sharing_desk(config: Config) -> SharingDesk:
    """Return where the settings' runner switches what is shared."""

    def deliver() -> SharingReport:
        with Store(data_folder(config) / DATABASE) as store:
            return asyncio.run(shared_days_delivery(config, store, SystemClock()).deliver())

    return SharingDesk(keeper=plan_keeper(config), deliver=None if config.influx.url is None else deliver)
