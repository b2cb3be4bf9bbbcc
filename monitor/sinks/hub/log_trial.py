"""Whether a hub's log takes what this machine would send, tried without leaving anything in it."""

from __future__ import annotations

from monitor.core.errors import SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.sinks.hub.subjects import RunAddress

_NEVER = str(2**63 - 1)
"""A number of the log's last message that it never has, so that it refuses this one."""
_WRONG_LAST_SEQUENCE = 10071  # the server's code for that refusal (NATS, ADR-7)


async def try_log(settings: HubSettings, athlete: str) -> None:
    """Check that the hub's log takes packets of this athlete; ``SinkError`` says why it does not.

    All is as for a packet but the condition under which the log may store it, and that is looked at last.
    """
    from nats.js.errors import APIError, NoStreamResponseError

    subject = RunAddress(settings.tenant, athlete, "trial").subject("packets")
    async with log_connection(settings) as log:
        try:
            await log.publish(subject, b"", headers={"Nats-Expected-Last-Sequence": _NEVER})
        except NoStreamResponseError as exc:
            raise SinkError(f"{settings.address} has no log for packets of {settings.tenant}") from exc
        except APIError as exc:
            if exc.err_code != _WRONG_LAST_SEQUENCE:
                raise
