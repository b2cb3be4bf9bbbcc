"""Phones with Sensor Logger that push over HTTP: one small server, bodies become packets untouched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from fastapi import Request, Response

from monitor.core.http_access import PageTokens
from monitor.core.http_guard import GuardedApp, GuardSettings, RouteRule
from monitor.core.http_limits import BodyLimits
from monitor.core.http_roles import AccessRole
from monitor.core.http_server import listen, running
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import RepeatedEvent
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings
from monitor.devices.json_fields import LARGEST_JSON_BODY
from monitor.devices.sensor_logger import SENSOR_LOGGER_CHANNEL
from monitor.sources.phone_settings import PhoneSettings
from monitor.sources.protocol import Emit

_log = logging.getLogger(__name__)

_STATUS_SHOWN_BY_APP = 499
"""HTTP status of an answer whose body Sensor Logger shows to its user."""


class PhoneHttp:
    """``PhoneHttp`` is the source of all phones that push over HTTP."""

    name = "phone"
    live = True

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        time: MonotonicClock,
        settings: PhoneSettings,
        token: Secret,
    ) -> None:
        self._sensors = [s.name for s in sensors]
        self._time = time
        self._settings = settings
        self._token = token

    async def run(self, emit: Emit) -> None:
        """Serve ``phone_endpoint`` until cancelled; ``ConfigError`` if the port is taken."""
        settings = self._settings
        listener = listen(settings.host, settings.port, "error.port_of_phone")
        for name in self._sensors:
            text = "waiting for the phone: gaitcue sensors phone says what to enter in its app"
            emit(SensorStatus(self._time.now_s(), name, LinkState.SEARCHING, text))
        async with running(
            phone_endpoint(self._sensors, self._token, self._time, emit), listener, "phone server"
        ):
            await asyncio.Event().wait()


def phone_endpoint(sensors: Sequence[str], token: Secret, time: MonotonicClock, emit: Emit) -> GuardedApp:
    """Return the app that answers ``POST /push/<sensor>?token=...`` and emits each body as a packet.

    The token may come as ``Authorization: Bearer ...`` too; a missing or wrong one is answered with 401.
    """
    app = GuardedApp("gaitcue", _guard_settings(token))
    strangers = RepeatedEvent(_log, time.now_s)

    @app.post("/push/{sensor:path}")
    async def push(request: Request, sensor: str) -> Response:
        if sensor not in sensors:
            strangers.happened("a phone pushes under a name that is not in the settings")
            text = f"gaitcue knows no phone called {sensor}; there is: {', '.join(sensors)}"
            return Response(text, _STATUS_SHOWN_BY_APP, media_type="text/plain")
        body = await request.body()  # it may take seconds, while others come
        emit(Packet(sensor, round(time.now_s() * 1e9), SENSOR_LOGGER_CHANNEL, body))
        return Response("ok")

    return app


def _guard_settings(token: Secret) -> GuardSettings:
    """What a phone may send: a minute of everything has 100,000 values."""
    body = BodyLimits(size=LARGEST_JSON_BODY, items=1_000_000)
    rule = RouteRule(role=AccessRole.RUNNER, in_address=True, body=body)
    missing = "The token is missing or wrong: gaitcue sensors phone shows the address."
    return GuardSettings(
        rules={"POST /push/{sensor:path}": rule}, tokens=PageTokens(token), missing_token=missing
    )
