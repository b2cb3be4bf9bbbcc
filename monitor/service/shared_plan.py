"""What the settings' runner shares of the plan, brought to the coach's InfluxDB whenever somebody asks."""

from __future__ import annotations

import asyncio

from monitor.core.monotonic import MonotonicClock, SystemClock
from monitor.review.training_plan import PlanKeeper
from monitor.service.config import Config, data_folder
from monitor.service.runner_plan import log_keeper, plan_keeper, runner_now
from monitor.sinks.influx.shared_days import SharedDaysDelivery, SharingReport
from monitor.sinks.influx.sink import InfluxSink, require_influx_client
from monitor.storage.backup import DATABASE
from monitor.storage.sent_days import sent_days_path
from monitor.storage.store import Store
from monitor.training.sharing import SharedDay
from monitor.web.sharing_desk import SharingDesk


def shared_days_delivery(config: Config, store: Store, time: MonotonicClock) -> SharedDaysDelivery:
    """Return the delivery to the server of the settings, which must have one."""
    require_influx_client()
    settings = config.influx

    def shared_days() -> tuple[SharedDay, ...]:
        """Where nothing is shared no table is needed to delete what was sent."""
        now = runner_now()
        shares = log_keeper(config).load_shared_items(now.date())
        return plan_keeper(config).load_shared_days(store, now) if shares else ()

    return SharedDaysDelivery(
        InfluxSink(settings, store, time),
        f"{settings.url} {settings.org}/{settings.bucket}",
        config.athlete,
        shared_days,
        sent_days_path(data_folder(config), config.athlete),
    )


def sharing_desk(config: Config, keeper: PlanKeeper | None = None) -> SharingDesk:
    """Return where the settings' runner switches what is shared, or that of this ``keeper``."""

    def deliver() -> SharingReport:
        with Store(data_folder(config) / DATABASE) as store:
            return asyncio.run(shared_days_delivery(config, store, SystemClock()).deliver())

    return SharingDesk(
        keeper=keeper or plan_keeper(config), deliver=None if config.influx.url is None else deliver
    )
