"""The command that says what to enter in a phone."""

from __future__ import annotations

from monitor.cli.options import Settings


def phone(config: Settings = None) -> None:
    """Say what to enter in the phone's app so that it sends here, with a QR code to copy the address."""
    import io

    import segno
    from rich.console import Console

    from monitor.core.errors import ConfigError
    from monitor.core.http_server import seen_from_outside
    from monitor.service.config import data_folder, load_config
    from monitor.sources.phone_settings import needed, path, pushing

    settings, console = load_config(config), Console()
    over_http, over_mqtt = pushing(settings.sensor, "http"), pushing(settings.sensor, "mqtt")
    if not over_http and not over_mqtt:
        raise ConfigError(
            'no phone is configured: add a [[sensor]] with kind = "sensor_logger", placement = "waist" '
            'and options = { platform = "ios" } or "android"'
        )
    token = needed(settings.phone, settings.web, data_folder(settings))
    console.print("In Sensor Logger switch on accelerometer, gravity, gyroscope and location; then:")
    for sensor in over_http:
        place = f"http://{seen_from_outside(settings.phone.host)}:{settings.phone.port}"
        url = place + path(sensor, token)
        console.print(f"\n{sensor.name}: HTTP Push, on, with this address:\n  {url}", soft_wrap=True)
        drawing = io.StringIO()
        segno.make(url, micro=False).terminal(out=drawing, compact=True)
        console.file.write(drawing.getvalue())
    for sensor in over_mqtt:
        console.print(
            f"\n{sensor.name}: MQTT Publish to the broker of [mqtt], topic {settings.phone.topic}"
        )
