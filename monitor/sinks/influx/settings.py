"""The settings of InfluxDB, apart from what sends to it: every command reads them, few need the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from monitor.core.http_client import check_address
from monitor.core.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """Settings of InfluxDB: where it is; nothing is sent while ``url`` is not set.

    ``raw_bucket`` gets what a run sends while it goes on (``RAW_MEASUREMENTS``) and should forget it after
    ``RAW_DAYS``; ``bucket`` gets the rest, for years.  ``ca_file`` is the certificate of the authority that
    signed the server's, if it is your own.
    """

    url: str | None = None
    org: str = "gaitcue"
    bucket: str = "gait"
    raw_bucket: str = "gait_raw"
    token: Secret | None = None
    ca_file: Path | None = None
    timeout_s: float = 10.0  # for a whole request (the client's own default)

    def __post_init__(self) -> None:
        if self.url is not None:
            parts = urlsplit(self.url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError('url must be like "http://localhost:8086"')
            check_address(self.url)
            if "@" in parts.netloc:
                raise ValueError("url must not hold a user or password: access is by token")
            if self.token is None:
                raise ValueError(
                    "url is set, but there is no token: set GAITCUE_INFLUX_TOKEN or token_file"
                )
        if not self.org or not self.bucket or not self.raw_bucket:
            raise ValueError("org, bucket and raw_bucket must not be empty")
        if not 0.5 <= self.timeout_s <= 60:
            raise ValueError(f"timeout_s must be between 0.5 and 60, not {self.timeout_s:g}")
