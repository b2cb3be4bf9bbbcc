"""Commands about sensors: what is near, and what to enter in a phone."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import SettingsOption, finite_number
from monitor.core.user_language import user_text


def scan_command(
    seconds: Annotated[
        float | None, typer.Option(min=1, callback=finite_number, help="option.scan.seconds")
    ] = None,
    connect: Annotated[bool, typer.Option("--connect", help="option.scan.connect")] = False,
    everything: Annotated[bool, typer.Option("--all", help="option.scan.all")] = False,
    config: SettingsOption = None,
) -> None:
    """Show which sensors are near and the settings to paste."""
    from rich.console import Console

    from monitor.cli.scan import scan_sensors
    from monitor.core.settings_path import default_path
    from monitor.service.config import devices_folder, load_config

    bluetooth, devices = load_config(config).bluetooth, devices_folder(config or default_path())
    scan_sensors(bluetooth, seconds, Console(), devices, connect=connect, everything=everything)


def phone_command(config: SettingsOption = None) -> None:
    """Show what to enter in a phone's app so that it sends here."""
    from rich.console import Console

    from monitor.core.errors import ConfigError
    from monitor.core.http_server import reachable_host
    from monitor.service.config import data_folder, load_config, setup_words
    from monitor.service.live_session import print_qr_code
    from monitor.sources.phone_settings import (
        broker_websocket,
        phone_token,
        phone_topic,
        phones_over,
        push_path,
    )

    settings, console = load_config(config), Console()
    over_http, over_mqtt = phones_over(settings.sensor, "http"), phones_over(settings.sensor, "mqtt")
    if not over_http and not over_mqtt:
        raise ConfigError("error.no_phone", command=setup_words(config))
    token = phone_token(settings.phone, settings.web, data_folder(settings))
    console.print(user_text("say.phone.title"))
    for sensor in over_http:
        place = f"http://{reachable_host(settings.phone.host)}:{settings.phone.port}"
        url = place + push_path(sensor, token)
        console.print(user_text("say.phone.http", name=sensor.name, url=url), soft_wrap=True)
        print_qr_code(url, console)
    for sensor in over_mqtt:
        topic = str(sensor.options.get("topic", phone_topic(settings.phone, settings.mqtt)))
        address = broker_websocket(settings.phone, settings.mqtt)
        told = user_text("say.phone.mqtt", name=sensor.name, address=address, topic=topic)
        if settings.mqtt.user:
            told += user_text("say.phone.mqtt_user", user=settings.mqtt.user)
        console.print(told, soft_wrap=True)
