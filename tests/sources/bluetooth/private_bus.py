"""A system bus of our own, for as long as a test lasts."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

_RULES = """<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/></policy></busconfig>"""


def dbus_daemon() -> str | None:
    """Where the program is, None if it is not installed."""
    return shutil.which("dbus-daemon")


@contextlib.contextmanager
def private_bus() -> Iterator[None]:
    """``DBUS_SYSTEM_BUS_ADDRESS`` points to it."""
    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        rules.write_text(_RULES.format(folder=folder))
        command = [str(dbus_daemon()), f"--config-file={rules}", "--nofork", "--print-address=1"]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert daemon.stdout is not None
            address = daemon.stdout.readline().strip()
            with mock.patch.dict(os.environ, {"DBUS_SYSTEM_BUS_ADDRESS": address}):
                yield
        finally:
            daemon.terminate()
            daemon.communicate()
