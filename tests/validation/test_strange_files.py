"""Whatever lies in the folder, ``python -m validation`` says what it could not use and goes on."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Placement, Side
from validation.__main__ import main
from validation.recordings import SETS
from validation.run import CSV_COLUMNS

RUN = simulated_run([Bout(seconds=14, speed_mps=3.2)])


def arrays(*names: str, rate_hz: float = 200.0) -> dict[str, np.ndarray]:
    """A recording as published, from the simulated runner."""
    worn = {"foot": Placement.FOOT, "shank": Placement.SHANK, "pelvis": Placement.PELVIS}
    out: dict[str, np.ndarray] = {
        "fs_imu": np.array(rate_hz),
        "height_m": np.array(1.75),
        "mass_kg": np.array(70.0),
        "speed_mps": np.array(3.2),
    }
    for name in names:
        part = next(p for p in worn if name.startswith(p))
        side = Side(name[-1]) if part != "pelvis" else None
        chunk = simulated_imu(RUN, worn[part], side, Device(rate_hz=rate_hz), name)
        assert chunk.gyr_rads is not None
        out |= {f"{name}_acc": chunk.acc_ms2, f"{name}_gyro": chunk.gyr_rads}
    return out


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sensors: str, **files: object) -> dict[str, list]:
    """Rows of each CSV by the name of its file."""
    folder = tmp_path / "data" / "lab"
    folder.mkdir(parents=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / f"{name}.npz").write_bytes(content)
        else:
            np.savez(folder / f"{name}.npz", **content)  # type: ignore[arg-type]
    out = tmp_path / "out"
    monkeypatch.setattr(
        sys, "argv", ["validation", "--data", str(folder.parent), "--sensors", sensors, "--out", str(out)]
    )
    assert main() == 0
    found = {}
    for name in files:
        with (out / "lab" / f"{name}.csv").open() as f:
            reader = csv.DictReader(f)
            found[name] = list(reader)
            assert tuple(reader.fieldnames or ()) == CSV_COLUMNS
    return found


@pytest.mark.parametrize("sensors", SETS)
def test_no_strange_file_stops_the_rest(
    sensors: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = arrays("footL", "footR", "shankL", "shankR", "pelvis")
    good |= {"ankleR_acc": good["shankR_acc"]}
    least = {"pod": 12, "ankle": 12}.get(sensors, 28)
    found = run(
        tmp_path, monkeypatch, sensors,
        a_not_a_zip=b"nothing of the kind",
        b_empty=b"",
        c_no_sensor={"fs_imu": np.array(100.0)},
        d_flat={"pelvis_acc": np.zeros(300), "footL_acc": np.zeros((300, 2))},
        e_words={"fs_imu": np.array("fast"), "pelvis_acc": np.array(["a", "b"])},
        f_giant=good | {"height_m": np.array(175.0), "mass_kg": np.array(np.nan)},
        g_blink={k: v[:3] if v.ndim else v for k, v in good.items()},
        h_silent={k: v * np.nan if v.ndim else v for k, v in good.items()},
        i_still={k: 0 * v if v.ndim else v for k, v in good.items()},
        j_rate=good | {"fs_imu": np.array(0.0)},
        z_good=good,
    )  # fmt: skip
    assert len(found["z_good"]) > least
    assert len(found["f_giant"]) > least
    for name in "a_not_a_zip", "b_empty", "d_flat", "e_words", "h_silent", "i_still", "j_rate":
        assert found[name] == []
    said = capsys.readouterr().err
    for name in "a_not_a_zip", "b_empty", "j_rate":
        assert len([line for line in said.splitlines() if f"{name}.npz" in line]) == 1


@pytest.mark.parametrize("rate_hz", [60.0, 100.0, 148.0, 500.0])
def test_any_usual_sampling_rate_gives_the_same_steps(
    rate_hz: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(tmp_path, monkeypatch, "foot", run=arrays("footL", "footR", rate_hz=rate_hz))["run"]
    ic = np.array([float(r["ic_s"]) for r in found])
    true = RUN.ic_s[(RUN.ic_s > 1.0) & (RUN.ic_s < 13.0)]
    assert max(float(np.abs(ic - t).min()) for t in true) < 0.02
    assert len(ic[(ic > 0.98) & (ic < 13.02)]) == len(true)


def test_lost_samples_are_left_out_and_only_their_steps_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = arrays("footL", "footR")
    data["footL_acc"][1000:1200] = np.nan
    data["footR_gyro"][300:306] = np.inf
    ic = np.array(
        [float(r["ic_s"]) for r in run(tmp_path, monkeypatch, "foot", run=data)["run"] if r["side"] == "L"]
    )
    true = RUN.ic_s[RUN.left & (RUN.ic_s > 1) & (RUN.ic_s < 13)]
    missed = [t for t in true if np.abs(ic - t).min() > 0.03]
    assert 1 <= len(missed) <= 3
    assert all(4.0 < t < 7.2 for t in missed)


@pytest.mark.parametrize(("sensors", "part"), [("foot", "foot"), ("shank+speed", "shank")])
def test_one_sided_and_gyroless_recordings_still_count_strides(
    sensors: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = arrays(f"{part}R")
    still = {k: v for k, v in one.items() if not k.endswith("_gyro")}
    found = run(tmp_path, monkeypatch, sensors, one=one, gyroless=still)
    assert {r["side"] for r in found["one"]} == {"R"}
    if part == "foot":
        assert all(r["contact_ms"] == "" for r in found["gyroless"])
    for rows in found.values():
        cadence = [float(r["cadence_spm"]) for r in rows if r["cadence_spm"]]
        assert np.median(cadence) == pytest.approx(60 / np.diff(RUN.ic_s).mean(), abs=3)
