"""The first real run, as a newcomer goes it with the README alone: setup, run, review.

On two emulated sensors that every process on this machine hears over a bus of its own, and with a phone
alone on a machine without Bluetooth.  Everything is a command, and takes the time that it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from dsp.simulation.runner import steady_pelvis_imu
from monitor.service.config import load_config
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.runner import emulated_signals
from monitor.storage.store import Store
from tests.phone_messages import ios_messages
from tests.ports import free_port
from tests.sources.bluetooth.conftest import dbus

pytestmark = pytest.mark.slow
RUN_S = 10.0
STRIDES_HZ = 1.5  # of a foot, at 180 steps a minute


class Terminal:
    """A window with one command in it; ``text`` is what it has shown so far, without colours."""

    def __init__(self, window: int, program: asyncio.subprocess.Process) -> None:
        self._window, self.program = window, program
        self._shown = b""

    async def read(self) -> None:
        """Until the window is closed."""
        with contextlib.suppress(OSError):
            while shown := await asyncio.to_thread(os.read, self._window, 65536):
                self._shown += shown

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._shown.decode(errors="replace"))

    def type(self, text: str) -> None:
        os.write(self._window, text.encode())


class Newcomer:
    """Somebody with an empty home; ``bus`` is where this machine's Bluetooth answers, if it has any."""

    def __init__(self, home: Path, bus: str) -> None:
        ours = {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home / "data", "DBUS_SYSTEM_BUS_ADDRESS": bus}
        self._environment = {**os.environ, **{k: str(v) for k, v in ours.items()}, "COLUMNS": "120"}
        self._environment |= {"TERM": "xterm", "BROWSER": "true"}
        self.data = home / "data" / "gaitcue"
        self.settings = home / "gaitcue" / "gaitcue.toml"

    @contextlib.asynccontextmanager
    async def opens(self, *words: str) -> AsyncIterator[Terminal]:
        """A window in which ``gaitcue`` with these words has been started; it must end well."""
        window, inside = os.openpty()
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", *words,
            stdin=inside, stdout=inside, stderr=inside, env=self._environment,
        )  # fmt: skip
        os.close(inside)
        terminal = Terminal(window, program)
        reading = asyncio.create_task(terminal.read(), name="window")
        try:
            async with asyncio.timeout(120):
                yield terminal
                assert await program.wait() == 0, terminal.text
                await reading
        except TimeoutError:
            pytest.fail(terminal.text)
        finally:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await program.wait()
            await reading
            os.close(window)

    async def types(self, *words: str, answers: str = "") -> str:
        """What ``gaitcue`` with these words has said, given these answers, each ended by |."""
        async with self.opens(*words) as terminal:
            terminal.type(answers.replace("|", "\n"))
        return terminal.text

    async def runs(self, meanwhile: Callable[[], Awaitable[object]], *options: str) -> str:
        """What ``gaitcue run`` has said, which is ended by Ctrl-C after ``meanwhile``."""
        async with self.opens("run", *options) as terminal:
            await meanwhile()
            terminal.program.send_signal(signal.SIGINT)
        return terminal.text

    def reviewed(self, said: str) -> str:
        """The review that a command says it has written, of the one session that there is."""
        with Store(self.data / "gaitcue.db") as store:
            (info,) = store.sessions()
        written = self.data / "reviews" / f"{info.id}.html"
        assert str(written) in said.replace("\r\n", "")
        return written.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def may_block(nothing_blocks: BlockBuster) -> None:
    """The commands have loops of their own; that of the test may wait for files."""
    nothing_blocks.deactivate()


def is_qr_code(text: str) -> bool:
    """Whether a code for a phone to scan is drawn in it: lines of blocks, one under the other."""
    return re.search(r"(?:[█▀▄ ]{25,}\s+){10}", text) is not None


async def test_setup_run_and_review_with_two_sensors_on_the_shoes(tmp_path: Path) -> None:
    shoes = list(zip(("204830000001", "204830000002"), emulated_signals(), strict=False))
    async with dbus() as around:
        devices = []
        for serial, moves in shoes:
            devices.append(Movesense(around.radio, serial))
            devices[-1].signal = moves
            await devices[-1].start()
        ann = Newcomer(tmp_path, os.environ["DBUS_SYSTEM_BUS_ADDRESS"])

        async def have_run() -> None:
            while min(d.notified for d in devices) < before + RUN_S * 2 * 208 / 8:  # noqa: ASYNC110 - halves of packets
                await asyncio.sleep(0.1)

        found = await ann.types("sensors", "scan", "--seconds", "2")
        assert all(serial in found for serial, _ in shoes)
        body, both, pages = "ann|175|70||", "|1 2|" + 8 * "|", "||y|"
        said = await ann.types("setup", answers=body + both + pages + "y|")
        assert len(re.findall(r"sends \d+ samples a second, battery 87 %", said)) == 2, said
        assert "Start with: gaitcue run" in said
        config = load_config(ann.settings, {})
        assert config.runner.height_m == 1.75
        assert [s.name for s in config.sensor] == ["left foot", "right foot"]

        before = max(d.notified for d in devices)
        begun = [d.notified for d in devices]
        said = await ann.runs(have_run, "--port", str(free_port()))
        assert is_qr_code(said)
        assert "gaitcue review opens it" in said
        ran = re.search(r"(\d+) steps \(L (\d+), R (\d+)\),\s+0\s+gaps", said)
        assert ran is not None, said
        steps, left, right = map(int, ran.groups())
        assert steps > 2 * RUN_S
        sent_s = [4 * (d.notified - n) / 208 for d, n in zip(devices, begun, strict=True)]
        assert abs(left - right) <= 1 + STRIDES_HZ * abs(
            sent_s[0] - sent_s[1]
        )  # one may be connected later

    review = ann.reviewed(await ann.types("review"))
    assert "left foot" in review


async def test_setup_run_and_review_with_a_phone_alone(tmp_path: Path) -> None:
    ben = Newcomer(tmp_path, f"unix:path={tmp_path / 'nobody'}")
    ben.settings.parent.mkdir()
    port = free_port()
    ben.settings.write_text(f'[phone]\nport = {port}\nhost = "127.0.0.1"\n')  # 8766 may be taken here
    said = await ben.types("setup", answers="ben|1,80|80|||||ios|||y|y|")
    assert "no Bluetooth service" in said
    assert said.rindex("gaitcue sensors phone") < said.rindex("gaitcue run")

    said = await ben.types("sensors", "phone")
    assert is_qr_code(said)
    address = re.search(rf"http://127\.0\.0\.1:{port}/push/phone\?token=\S+", said)
    assert address is not None

    async def have_run() -> None:
        first, *others = ios_messages(steady_pelvis_imu("phone", RUN_S, 100.0), 2.9)
        await asyncio.to_thread(push, address[0], first, 20.0)
        begun_s = time.monotonic()
        for n, body in enumerate(others, 1):  # by the phone's own clock, however long the last one took
            await asyncio.sleep(max(0.0, begun_s + 0.5 * n - time.monotonic()))
            await asyncio.to_thread(push, address[0], body, 0.0)

    said = await ben.runs(have_run, "--port", str(free_port()))
    assert is_qr_code(said)
    ran = re.search(r"(\d+) steps", said.partition("phone (waist)")[2])
    assert ran is not None, said
    assert int(ran[1]) > 2 * RUN_S
    assert "phone" in ben.reviewed(await ben.types("review"))


def push(address: str, body: bytes, patience_s: float) -> None:
    """Push as the app does, which tries again until somebody listens."""
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(address, body), timeout=10).close()
            return
        except OSError:
            if patience_s <= 0:
                raise
            patience_s -= 0.2
            time.sleep(0.2)
