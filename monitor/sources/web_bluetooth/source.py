"""The source of all sensors whose radio is a page, which comes and goes with the runner's phone.

A page that is away goes on hearing: its notifications wait in it and come, in order, when it is back.
Until then the time of the session stands still (``complete_until_s``), so that nothing that waits is taken
for silence, and what comes late is evaluated as if it had come in time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from monitor.core.monotonic import MonotonicClock
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.device_identity import check_matches, check_unnamed
from monitor.sources.protocol import Emit
from monitor.sources.web_bluetooth.page_run import AddLatePackets, PageRun, PageSensor
from monitor.sources.web_bluetooth.page_session import PageSession
from monitor.sources.web_bluetooth.page_socket import PageSocket

_REMIND_S = 5.0


class WebBluetoothSource:
    """``WebBluetoothSource`` brings what those pages hear that ``serve_page`` is called with.

    ``ConfigError`` if two sensors of a kind cannot be told apart.
    """

    name = "web_bluetooth"
    live = True

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        time: MonotonicClock,
        specs: Mapping[str, SensorSpec] = DEVICES,
    ) -> None:
        check_unnamed(sensors)
        check_matches(sensors)
        self._time = time
        rows = [(s, specs[s.kind].gatt) for s in sensors]
        self._run = PageRun({s.name: PageSensor(s, gatt(s)) for s, gatt in rows if gatt is not None})

    def begin_run(self, session: str, add_late: AddLatePackets | None) -> None:
        """Begin a run of this name; ``add_late`` takes what pages still have of earlier ones."""
        self._run.id, self._run.add_late = session, add_late

    async def run(self, emit: Emit) -> None:
        """Give on what pages hear, and tell of sensors that nobody hears, until cancelled."""
        self._run.emit = emit
        try:
            while True:
                for sensor in self._run.sensors.values():
                    if (status := sensor.status(self._time.now_s())) is not None:
                        emit(status)
                await self._time.sleep(_REMIND_S)
        finally:
            self._run.emit = None

    async def serve_page(self, socket: PageSocket) -> None:
        """Serve one page until it has left, or the run is over."""
        await PageSession(self._run, socket, self._time).serve()

    def complete_until_s(self) -> float:
        """Return the session second before which nothing more comes, infinite if no page is waited for."""
        waited_for = [s.queue.heard_s for s in self._run.sensors.values() if s.queue is not None]
        return min(waited_for, default=math.inf)
