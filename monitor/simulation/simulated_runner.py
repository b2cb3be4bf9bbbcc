"""Simulated sensors behind a simulated radio, for the demo and for tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Array, Placement, Runner, Side
from monitor.core.packet import Packet
from monitor.devices import plain
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioModel:
    """A model of what Bluetooth LE does to packets (orders of magnitude of real links).

    Packets wait for the next connection event, some for several; now and then the link stalls and
    everything that waited comes at once.  The order never changes.
    """

    interval_s: float = 0.03  # between connection events
    success: float = 0.85  # share of events that succeed
    stall_every_s: float | None = 20.0  # on average
    stall_s: tuple[float, float] = (0.1, 0.6)
    loss: float = 0.0  # share of packets the device drops
    ppm: float = 50.0  # how fast the device's clock runs
    latency_s: float = 0.02

    def arrivals(self, ready_s: Array, rng: np.random.Generator) -> Array:
        """Return when packets that were ready at ``ready_s`` (n,) arrive; NaN for those that are lost."""
        n = len(ready_s)
        events = np.ceil(ready_s / self.interval_s + rng.random()) + rng.geometric(self.success, n) - 1
        out = events * self.interval_s + np.abs(rng.normal(0, 0.002, n)) + self.latency_s
        at_s = float(ready_s[0]) if n else 0.0
        while self.stall_every_s is not None and n:
            at_s += rng.exponential(self.stall_every_s)
            if at_s > ready_s[-1]:
                break
            end_s = at_s + rng.uniform(*self.stall_s)
            held = (out >= at_s) & (out < end_s)
            out[held] = end_s + 0.01 * rng.random(int(held.sum()))
            at_s = end_s
        out = np.maximum.accumulate(out)
        out[rng.random(n) < self.loss] = np.nan
        return np.asarray(out, dtype=np.float64)


def easy_bouts(seconds: float) -> list[Bout]:
    """Return stretches at an easy pace, a little faster every other minute."""
    bouts = [Bout(seconds=60.0, speed_mps=2.7 + 0.3 * (k % 2)) for k in range(math.ceil(seconds / 60))]
    return [*bouts[:-1], replace(bouts[-1], seconds=seconds - 60.0 * (len(bouts) - 1))]


def simulated_recording(seconds: float, radio: RadioModel | None = None, seed: int = 1) -> Recording:
    """Return a recording of two shoes and a belt of one simulated runner at an easy pace."""
    return recording_of_run(easy_bouts(seconds), radio, seed)


def recording_of_run(bouts: Sequence[Bout], radio: RadioModel | None = None, seed: int = 1) -> Recording:
    """Return a recording of two shoes and a belt of one simulated runner in this run."""
    run, signals = simulated_run(bouts, seed=seed), []
    worn = ((Placement.FOOT, Side.LEFT), (Placement.FOOT, Side.RIGHT), (Placement.PELVIS, None))
    for number, (placement, side) in enumerate(worn):
        c = simulated_imu(
            run, placement, side, Device(misaligned_deg=(4.0, 8.0, -5.0)), placement, seed + number
        )
        signals.append(Signal(placement, side, c.t_s, c.acc_ms2, c.gyr_rads))
    recording = recording_from_signals(
        "simulated runner", signals, Runner(height_m=run.style.height_m, mass_kg=70.0)
    )
    return recording if radio is None else deliver(recording, radio, seed)


def two_feet_recording(seconds: float, seed: int = 1) -> Recording:
    """Return a recording of two shoes at 100 Hz of one simulated runner at an easy pace."""
    run, signals = simulated_run(easy_bouts(seconds), seed=seed), []
    for number, side in enumerate((Side.LEFT, Side.RIGHT)):
        device = Device(misaligned_deg=(4.0, 8.0, -5.0), rate_hz=100.0)
        c = simulated_imu(run, Placement.FOOT, side, device, Placement.FOOT, 10 * seed + number)
        signals.append(Signal(Placement.FOOT, side, c.t_s, c.acc_ms2, c.gyr_rads))
    runner = Runner(height_m=run.style.height_m, mass_kg=70.0)
    return recording_from_signals("simulated runner", signals, runner)


def deliver(recording: Recording, radio: RadioModel, seed: int = 1) -> Recording:
    """Return the recording as that radio would bring it, with each device's clock running its own way."""
    packets = list(recording.packets())
    arrival_s = np.empty(len(packets))
    for number, sensor in enumerate(recording.settings.sensors):
        mine = [k for k, packet in enumerate(packets) if packet.sensor == sensor.name]
        ready_s = np.array([packets[k].arrival_ns * 1e-9 for k in mine])
        arrival_s[mine] = radio.arrivals(ready_s, np.random.default_rng([seed, number]))
    order = np.argsort(arrival_s, kind="stable")[: int(np.isfinite(arrival_s).sum())].tolist()

    def as_delivered() -> Iterator[Packet]:
        for k in order:
            packet = replace(packets[k], arrival_ns=round(float(arrival_s[k]) * 1e9))
            yield _skew_device_clock(packet, radio.ppm) if packet.channel == plain.IMU else packet

    return replace(recording, count=len(order), packets=as_delivered)


def repeat_recording(recording: Recording, times: int) -> Recording:
    """Return a recording of our own packets played so many times in a row, as one long run.

    Sample numbers and device times go on; where one round joins the next the runner misses a step.
    """
    round_ns = round(recording.duration_s * 1e9)

    def packets() -> Iterator[Packet]:
        samples: dict[str, int] = {}
        for number in range(times):
            newest = dict(samples)
            for packet in recording.packets():
                at = packet.arrival_ns + number * round_ns
                if packet.channel == plain.IMU:
                    first = samples.get(packet.sensor, 0)
                    payload, end = plain.moved_imu(packet.payload, first, number * round_ns // 1000)
                    newest[packet.sensor] = max(newest.get(packet.sensor, 0), end)
                    packet = replace(packet, payload=payload)
                yield replace(packet, arrival_ns=at)
            samples = newest

    duration_s, count = times * recording.duration_s, times * recording.count
    return replace(recording, duration_s=duration_s, count=count, packets=packets)


def _skew_device_clock(packet: Packet, ppm: float) -> Packet:
    samples = plain.decode_imu(packet.payload)
    assert samples.device_s is not None
    assert samples.sequence is not None
    device_s = samples.device_s * (1 + ppm * 1e-6)
    payload = plain.encode_imu(
        samples.sequence, samples.nominal_hz, device_s, samples.acc_ms2, samples.gyr_rads
    )
    return replace(packet, payload=payload)


def hilly_recording(seed: int = 7, kilometres: float = 10.0) -> Recording:
    """Return a run over hills by a runner who tires, with a belt sensor that is lost for a while.

    Two shoes, a belt and a watch (speed, slope, heart rate).  In the last third cadence is 3 % lower at
    the same speed; the belt is silent from 55 to 70 % of the run.
    """
    speeds, slopes = (2.9, 3.3, 2.5, 3.0, 2.9), (0.0, -6.0, 5.0, 0.0, 0.0)
    bouts, metres, k = [Bout(seconds=20, speed_mps=0)], 0.0, 0
    while metres < 1000 * kilometres:
        v, tired = speeds[k % 5], metres > 667 * kilometres
        usual = 163 + 9 * (v - 2.8) + 0.6 * slopes[k % 5]
        cadence = usual * (0.97 if tired else 1.0)
        bouts.append(Bout(seconds=90.0, speed_mps=v, cadence_spm=cadence, slope_pct=slopes[k % 5]))
        metres, k = metres + 90 * v, k + 1
        if k % 12 == 0:
            bouts.append(Bout(seconds=15, speed_mps=0))
    run = simulated_run(bouts, seed=seed)
    worn = ((Placement.FOOT, Side.LEFT), (Placement.FOOT, Side.RIGHT), (Placement.PELVIS, None))
    signals = []
    for number, (placement, side) in enumerate(worn):
        c = simulated_imu(
            run, placement, side, Device(misaligned_deg=(4.0, 8.0, -5.0)), placement, seed + number
        )
        signals.append(Signal(placement, side, c.t_s, c.acc_ms2, c.gyr_rads))
    belt = signals[2]
    there = (belt.t_s < 0.55 * run.seconds) | (belt.t_s > 0.70 * run.seconds)
    assert belt.gyr_rads is not None
    signals[2] = replace(
        belt, t_s=belt.t_s[there], acc_ms2=belt.acc_ms2[there], gyr_rads=belt.gyr_rads[there]
    )
    ends = np.cumsum([b.seconds for b in bouts])
    t_s = np.arange(0.0, run.seconds)
    now = np.searchsorted(ends, t_s, side="right")
    column = {"speed_mps": np.array([bouts[n].speed_mps for n in now])}
    column["slope_pct"] = np.array([bouts[n].slope_pct for n in now])
    effort = column["speed_mps"] * (1 + 0.05 * column["slope_pct"])
    column["heart_rate_bpm"] = (
        95 + 55 * (1 - np.exp(-t_s / 240)) + 6 * (effort - 2.9) + 12 * t_s / run.seconds
    )
    runner = Runner(height_m=run.style.height_m, mass_kg=70.0)
    return recording_from_signals(
        f"simulated {kilometres:g} km with hills", signals, runner, track=(t_s, column)
    )
