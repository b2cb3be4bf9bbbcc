"""The only retry loop: try, fail, wait a little longer each time, try again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from monitor.core.errors import ConfigError, MonitorError, SensorLost, SinkError, SinkRefused
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A rule for how long to wait after a failure (the numbers are choices).

    ``jitter`` spreads the waits of several supervisors: each lies within plus or minus that share.
    """

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 30.0
    jitter: float = 0.2
    healthy_s: float = 10.0  # an attempt that lasted so long had succeeded: start over

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s:
            raise ValueError("first_s must be positive and not above longest_s")
        if self.factor < 1 or not 0 <= self.jitter < 1 or self.healthy_s < 0:
            raise ValueError("factor must be at least 1, jitter in [0, 1), healthy_s not negative")

    def wait_s(self, failures: int, luck: float) -> float:
        """Return the wait (s) after some failures in a row (1 or more); ``luck`` in [0, 1) jitters it."""
        doublings = min(failures - 1, 64)
        plain = min(self.longest_s, self.first_s * self.factor**doublings)
        return plain * (1 + self.jitter * (2 * luck - 1))


Attempt = Callable[[int], Awaitable[None]]
"""Tries once; its argument is the generation, 0, 1, 2 ..., so that late callbacks of an older
attempt can be told apart.  Returning means done; a ``MonitorError`` means try again."""

Report = Callable[[MonitorError, float], None]
"""Told of each failure and how long the wait will be."""


async def retry_until_done(
    attempt: Attempt,
    report: Report,
    outage: Outage,
    time: MonotonicClock,
    backoff: Backoff | None = None,
    luck: Callable[[], float] = random.random,
) -> None:
    """Run ``attempt`` again and again, with growing pauses, until it returns.

    Failures are logged by ``outage``, which an attempt that goes on tells itself when it works (``over``):
    that it took long does not show it, a time-out takes long too.
    ``ConfigError`` and ``SinkRefused`` are passed on, as trying again cannot help; so is anything
    that is not a ``MonitorError``, as it is a bug, and cancellation.
    """
    backoff = backoff or Backoff()
    generation = failures = 0
    while True:
        pass_on_cancellation()
        began_s = time.now_s()
        try:
            await attempt(generation)
            outage.over()
            return
        except (ConfigError, SinkRefused):
            raise
        except MonitorError as exc:
            lasted = time.now_s() - began_s >= backoff.healthy_s
            failures = 1 if lasted else failures + 1
            outage.failed(exc)
            wait_s = backoff.wait_s(failures, luck())
            report(exc, wait_s)
        await time.sleep(wait_s)
        generation += 1


def pass_on_cancellation() -> None:
    """Raise ``CancelledError`` if this task is to end although a library has swallowed that.

    ``asyncio.wait_for`` does so before Python 3.12 when what it waits for is just ready, and with it every
    client that waits by it.  A loop of calls to such a client asks here once a turn.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextlib.contextmanager
def isolate_errors(
    log: logging.Logger, what: str, error: type[SensorLost | SinkError] = SensorLost
) -> Iterator[None]:
    """Raise ``error`` for any error of the block that is no ``MonitorError``, and log its traceback.

    A library's bug, or a ``CancelledError`` that nobody asked this task for, so costs one sensor, source or
    sink a new attempt, and the others nothing.  A cancellation of this task goes on; so does what ends a
    program, and a group that holds it.
    """
    try:
        yield
    except MonitorError:
        raise
    except (asyncio.CancelledError, BaseExceptionGroup) as exc:
        task = asyncio.current_task()
        cancelled = isinstance(exc, asyncio.CancelledError) and (task is None or task.cancelling())
        if cancelled or not isinstance(only_error(exc), Exception | asyncio.CancelledError):
            raise
        raise _unexpected(exc, log, what, error) from exc
    except Exception as exc:
        raise _unexpected(exc, log, what, error) from exc


def only_error(exc: BaseException) -> BaseException:
    """Return the first error of a group of tasks: which tasks there were is nobody's business outside.

    One that ends a program comes before all others.
    """
    while isinstance(exc, BaseExceptionGroup):
        ends = exc.subgroup((SystemExit, KeyboardInterrupt, GeneratorExit))
        exc = (ends or exc).exceptions[0]
    return exc


def _unexpected(
    exc: BaseException, log: logging.Logger, what: str, error: type[SensorLost | SinkError]
) -> MonitorError:
    log.error("%s: an error that is a bug, here or in a library", what, exc_info=exc)
    return error(f"{what}: an unexpected error ({type(only_error(exc)).__name__})")
