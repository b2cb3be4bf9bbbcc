"""``python -m validation.clock``: the time base against simulated links of known truth.

Twenty minutes, five seeds, 13 packets of 8 samples a second, a connection event every 30 ms, retries,
stalls of 0.1 to 0.6 s: what arrival makes of the times, and what is left after the first 30 s.  The
constant latency is not in the errors: it cannot be seen from one sensor (``gaitcue sensors align``
finds it).
"""

from __future__ import annotations

import numpy as np

from monitor.pipeline.clock_sync import SensorClock
from monitor.simulation.simulated_runner import RadioModel

_SECONDS, _SEEDS, _SETTLED_S = 1200.0, 5, 30.0
_PACKETS_HZ, _ROWS = 13.0, 8
_LINKS = {
    "clean": RadioModel(stall_every_s=None),
    "stalls every 20 s": RadioModel(stall_every_s=20.0),
    "stalls every 5 s": RadioModel(stall_every_s=5.0),
    "stalls every 5 s, 3 % loss": RadioModel(stall_every_s=5.0, loss=0.03),
    "the same, sampling 7000 ppm fast": RadioModel(stall_every_s=5.0, loss=0.03, ppm=7000.0),
    "the same, sampling 7000 ppm slow": RadioModel(stall_every_s=5.0, loss=0.03, ppm=-7000.0),
}
_CRYSTAL_PPM = 500.0  # what is further off is no clock of a device but a number of samples
_BAR_MS = 2.0


def main() -> None:
    """Print one row per link; every number is the worst of the seeds, that of arrival their mean."""
    print("| link | arrival, ms | time base, ms | stated ± ms | rate error, ppm | losses unseen, ms |")
    print("|---|---|---|---|---|---|")
    worst = 0.0
    for name, radio in _LINKS.items():
        runs = [_run(radio, seed) for seed in range(_SEEDS)]
        raw = float(np.mean([r[0] for r in runs]))
        error, stated, ppm = np.max([r[1:] for r in runs], axis=0).tolist()
        unseen = max(_run(radio, seed, unseen=True)[1] for seed in range(_SEEDS))
        worst = max(worst, error)
        print(f"| {name} | {raw:.1f} | {error:.2f} | {stated:.2f} | {ppm:.0f} | {unseen:.2f} |", flush=True)
    print(f"\nbar: {_BAR_MS:g} ms after {_SETTLED_S:.0f} s; worst {worst:.2f} ms")


def _run(radio: RadioModel, seed: int, *, unseen: bool = False) -> tuple[float, float, float, float]:
    """SD of arrival and of the time base, the uncertainty it states (ms), and its rate error (ppm).

    The device sends its time, or numbers its samples: but for the rates that may be believed, to the clock
    that is the same.  ``unseen``: it does neither, so that a lost packet is missing from the count and
    nobody knows.
    """
    rng = np.random.default_rng(seed)
    true_s = np.arange(1, int(_SECONDS * _PACKETS_HZ)) / _PACKETS_HZ
    arrival_s = radio.arrivals(true_s, rng)
    kept = np.flatnonzero(np.isfinite(arrival_s))
    clock = SensorClock(counted=unseen or abs(radio.ppm) > _CRYSTAL_PPM)
    told_s = true_s[: len(kept)] if unseen else true_s[kept]
    back_s = np.arange(_ROWS - 1, -1, -1) / (_PACKETS_HZ * _ROWS)
    rate = 1 + radio.ppm * 1e-6
    times = []
    for at, told in zip(arrival_s[kept], told_s, strict=True):
        times += clock.push(float(at), 5.0 + (told - back_s) * rate)
    placed = [t.t_s[-1] for t in times + clock.flush()]
    late = true_s[kept] > _SETTLED_S
    raw, error = (arrival_s[kept] - true_s[kept])[late], (np.array(placed) - true_s[kept])[late]
    stated = np.nan if clock.sd_s is None else clock.sd_s
    ppm = np.nan if clock.ppm is None else abs(clock.ppm - radio.ppm)
    return 1e3 * float(np.std(raw)), 1e3 * float(np.std(error)), 1e3 * stated, ppm


if __name__ == "__main__":
    main()
