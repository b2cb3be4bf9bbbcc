"""Three genuine NATS servers of one cluster on this machine, each of which may be killed."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path

from monitor.core.errors import SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.hub.local_server import nats_config, server_program
from monitor.hub.streams import PACKET_LOG, HubLayout, HubStreams, create_streams
from tests.hub_rig import TENANT, eventually, needs_nats
from tests.ports import free_port

SERVERS = ("n1", "n2", "n3")


class HubCluster:
    """The servers by name, and the settings with which one reaches whichever of them lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: free_port() for name in SERVERS}
        self._routes = {name: free_port() for name in SERVERS}
        self._processes: dict[str, Process] = {}
        self.settings = HubSettings(
            url=",".join(f"nats://127.0.0.1:{port}" for port in self._ports.values()),
            tenant=TENANT,
            timeout_s=2.0,
        )

    async def start(self, name: str) -> None:
        """Start a server, as its supervisor does."""
        config = self._folder / f"{name}.conf"
        await asyncio.to_thread(config.write_text, self._config(name))
        program = await asyncio.to_thread(server_program)
        self._processes[name] = await asyncio.create_subprocess_exec(
            program, "--config", str(config), stdout=DEVNULL, stderr=DEVNULL
        )

    async def kill(self, name: str) -> None:
        """End a server as ``kill -9`` does."""
        process = self._processes.pop(name)
        process.kill()
        await process.wait()

    async def stop(self) -> None:
        """End all servers that live."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            await process.wait()

    def _config(self, name: str) -> str:
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._routes.values())
        cluster = (
            f'server_name: "{name}"\n'
            f'cluster {{ name: "hub", listen: "127.0.0.1:{self._routes[name]}", routes: [{routes}] }}\n'
        )
        return nats_config(self._folder / name, "127.0.0.1", self._ports[name], cluster)


async def leader_of(streams: HubStreams, name: str = PACKET_LOG) -> str:
    """Return the server that leads a stream, nothing while there is none."""
    cluster = (await streams.log.stream_info(name)).cluster
    return (cluster.leader or "") if cluster else ""


@contextlib.asynccontextmanager
async def running_cluster(folder: Path, partitions: int) -> AsyncIterator[HubCluster]:
    """Run three servers with a hub of which each keeps everything."""
    await asyncio.to_thread(needs_nats)
    cluster = HubCluster(folder)
    try:
        for name in SERVERS:
            await cluster.start(name)

        async def is_made() -> bool:
            try:
                async with log_connection(cluster.settings) as log:
                    await create_streams(log, HubLayout(partitions=partitions, replicas=3))
            except SinkError:  # they have not found each other yet
                return False
            return True

        await eventually(is_made, 120)
        yield cluster
    finally:
        await cluster.stop()
