"""What the app Sensor Logger sends, made from samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from dsp.types import ImuChunk

EPOCH_NS = 1_760_000_000_000_000_000


def ios_messages(chunk: ImuChunk, gps_mps: float) -> Iterator[bytes]:
    """What an iPhone would push twice a second: signs turned around, gravity apart, GPS once a second."""
    up = np.array([0.0, 0.0, 9.80665])
    assert chunk.gyr_rads is not None
    for number, a in enumerate(range(0, len(chunk), 50)):
        rows: list[dict[str, Any]] = []
        for k in range(a, min(a + 50, len(chunk))):
            at = EPOCH_NS + round(float(chunk.t_s[k]) * 1e9)
            for name, xyz in (
                ("accelerometer", up - chunk.acc_ms2[k]),
                ("gravity", -up),
                ("gyroscope", chunk.gyr_rads[k]),
            ):
                values = dict(zip("xyz", map(float, xyz), strict=True))
                rows.append({"name": name, "time": at, "values": values})
        if number % 2 == 0:
            rows.append({"name": "location", "time": rows[0]["time"], "values": {"speed": gps_mps}})
        yield json.dumps({"messageId": number, "sessionId": "s", "payload": rows}).encode()
