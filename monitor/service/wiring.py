"""Which sources and sinks a session gets from the settings: one row makes a way in or out exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import SessionStarted
from monitor.service.config import Config, data_folder
from monitor.sinks.finished_runs import RUN_SINKS, FinishedRuns
from monitor.sinks.protocol import Sink
from monitor.sinks.push.alerts import Alerts
from monitor.sinks.push.sink import PushSink
from monitor.sources.protocol import Source
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkContext:
    """The things that a sink of an outside system is made from.

    ``store`` is None where nothing is kept; ``pace`` is 1 unless a recording is played faster or slower;
    ``now_s`` gives the session second of now, which is the clock's in a run and the packets' in a replay.
    ``recorded``: it is a run of now, and no recording of one.  ``say_line`` takes a coach's line that comes
    from outside, None where nobody could hear it.
    """

    config: Config
    store: Store | None
    started: SessionStarted
    time: MonotonicClock
    pace: float = 1.0
    now_s: Callable[[], float] = lambda: 0.0
    recorded: bool = True
    say_line: Callable[[str], LineAnswer] | None = None


def bluetooth_source(config: Config, time: MonotonicClock) -> Source | None:
    """Return the source of the sensors that come over Bluetooth, None without such."""
    from monitor.devices.registry import DEVICES  # these and bleak are only needed where sensors are
    from monitor.sources.bluetooth.source import BluetoothSource

    sensors = [s for s in config.sensor if DEVICES[s.kind].gatt is not None]
    if not sensors or config.bluetooth.radio != "machine":
        return None
    return BluetoothSource(sensors, time, config.bluetooth)


def web_bluetooth_source(config: Config, time: MonotonicClock) -> Source | None:
    """Return the source of the sensors whose radio is the live page, None without such."""
    from monitor.devices.registry import DEVICES
    from monitor.sources.web_bluetooth.source import WebBluetoothSource

    sensors = [s for s in config.sensor if DEVICES[s.kind].gatt is not None]
    if not sensors or config.bluetooth.radio != "page":
        return None
    return WebBluetoothSource(sensors, time)


def phone_http_source(config: Config, time: MonotonicClock) -> Source | None:
    """Return the source of the phones that push over HTTP, None without such."""
    from monitor.sources.phone_http import PhoneHttp
    from monitor.sources.phone_settings import phone_token, phones_over

    sensors = phones_over(config.sensor, "http")
    if not sensors:
        return None
    token = phone_token(config.phone, config.web, data_folder(config))
    return PhoneHttp(sensors, time, config.phone, token)


def phyphox_source(config: Config, time: MonotonicClock) -> Source | None:
    """Return the source that polls phones with phyphox, None without such."""
    from monitor.sources.phyphox import Phyphox

    sensors = [s for s in config.sensor if s.kind == "phyphox"]
    return Phyphox(sensors, time) if sensors else None


def phone_mqtt_source(config: Config, time: MonotonicClock) -> Source | None:
    """Return the source of the phones that publish over MQTT, None without such."""
    from monitor.sources.phone_mqtt import PhoneMqtt
    from monitor.sources.phone_settings import phone_topic, phones_over

    sensors = phones_over(config.sensor, "mqtt")
    return (
        PhoneMqtt(sensors, time, config.mqtt, phone_topic(config.phone, config.mqtt)) if sensors else None
    )


def influx_sink(context: SinkContext) -> Sink | None:
    """Return the sink to InfluxDB, None unless an address is set and a store is kept."""
    from monitor.sinks.influx.sink import InfluxSink, require_influx_client

    settings = context.config.influx
    if settings.url is None or context.store is None:
        return None
    require_influx_client()
    return InfluxSink(settings, context.store, context.time, context.started.session)


def sharing_sink(context: SinkContext) -> Sink | None:
    """Return the sink of what the runner shares of the plan, None without InfluxDB or for no run of now."""
    from monitor.service.shared_plan import shared_days_delivery
    from monitor.sinks.influx.plan_sink import SharedPlanSink

    if context.store is None or not context.recorded or context.config.influx.url is None:
        return None
    delivery = shared_days_delivery(context.config, context.store, context.time)
    return SharedPlanSink(delivery, context.store, context.time, context.started.session)


def ntfy_sink(context: SinkContext) -> Sink | None:
    """Return the sink of pushes through ntfy, None unless a topic is set and the run is in real time."""
    from monitor.sinks.push.ntfy import NtfyTopic, require_ntfy_client

    settings = context.config.ntfy
    if settings.topic is None or context.pace != 1:
        return None
    require_ntfy_client()
    return PushSink("ntfy", _make_alerts(context), NtfyTopic(settings).post, context.time)


def apprise_sink(context: SinkContext) -> Sink | None:
    """Return the sink of pushes through Apprise, None unless URLs are given and the run is in real time."""
    from monitor.sinks.push.apprise import AppriseServices

    urls = context.config.apprise.urls
    if urls is None or context.pace != 1:
        return None
    return PushSink("apprise", _make_alerts(context), AppriseServices(urls).post, context.time)


def mqtt_sink(context: SinkContext) -> Sink | None:
    """Return the sink to an MQTT broker, None unless one is named and a store is kept."""
    from monitor.core.mqtt_client import require_mqtt_client
    from monitor.sinks.mqtt.sink import MqttSink

    settings = context.config.mqtt
    if settings.host is None or context.store is None:
        return None
    require_mqtt_client()
    return MqttSink(
        settings, context.store, context.started, context.time,
        now_s=context.now_s, say_line=context.say_line,
    )  # fmt: skip


def hub_sink(context: SinkContext) -> Sink | None:
    """Return the sink to a hub, None unless one is set and the run is recorded."""
    from monitor.core.nats_client import require_nats_client
    from monitor.sinks.hub.sink import HubSink

    settings = context.config.hub
    if settings.url is None or context.store is None or not context.recorded:
        return None
    require_nats_client()
    return HubSink(settings, context.store, context.started, context.time)


def export_sink(context: SinkContext) -> Sink | None:
    """Return the sink that writes finished runs to a folder, None unless one is set and a run is kept."""
    return _sink_of_this_run("export", context)


def intervals_sink(context: SinkContext) -> Sink | None:
    """Return the sink to intervals.icu, None unless its key is given and a run is kept."""
    return _sink_of_this_run("intervals_icu", context)


def _sink_of_this_run(name: str, context: SinkContext) -> Sink | None:
    """Return one of ``RUN_SINKS``, None for a replay: it delivers nothing, so it has nothing to say."""
    if context.store is None or not context.recorded:
        return None
    return run_sink(name, context.config, context.store, context.time, context.started.session)


def run_sink(
    name: str, config: Config, store: Store, time: MonotonicClock, session: str | None
) -> FinishedRuns | None:
    """Return one of ``RUN_SINKS`` by its name, None where it is not set up."""
    from monitor.sinks.export.sink import make_export_sink
    from monitor.sinks.intervals_icu.sink import make_intervals_sink

    def write_fit(name: str, path: Path) -> None:
        from monitor.exports.formats import export_session  # a second to load, at the end of a run

        export_session(store, name, "fit", path)

    if name == "export" and config.export.folder is not None:
        return make_export_sink(config.export.folder, store, write_fit, time, session)
    if name == "intervals_icu" and config.intervals_icu.token is not None:
        return make_intervals_sink(config.intervals_icu, store, write_fit, time, session)
    return None


def _make_alerts(context: SinkContext) -> Alerts:
    return Alerts(context.config.alerts, context.started.started_utc)


SOURCES: tuple[Callable[[Config, MonotonicClock], Source | None], ...] = (
    bluetooth_source,
    web_bluetooth_source,
    phone_http_source,
    phone_mqtt_source,
    phyphox_source,
)
"""Where the packets of configured sensors come from; each row makes its source, or None without such."""

SINKS: tuple[Callable[[SinkContext], Sink | None], ...] = (
    influx_sink,
    sharing_sink,
    ntfy_sink,
    apprise_sink,
    mqtt_sink,
    hub_sink,
    export_sink,
    intervals_sink,
)
"""Outside systems that get the records; each row makes its sink, or None where it is not set up."""


KEPT_UNTIL_DELIVERED = ("influx", "mqtt", "hub", *RUN_SINKS)
"""Sinks for which the store keeps what has not arrived."""


def configured_sources(config: Config, time: MonotonicClock) -> list[Source]:
    """Return all sources that the settings ask for, empty where no sensor can be listened to live."""
    return [source for make in SOURCES if (source := make(config, time)) is not None]


def configured_sinks(context: SinkContext) -> list[Sink]:
    """Return the sinks of all outside systems that are set up; ``ConfigError`` if one cannot work."""
    return [sink for make in SINKS if (sink := make(context)) is not None]
