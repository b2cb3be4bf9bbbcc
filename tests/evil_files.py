"""Files that nobody means well with, or that broke: written into a folder, each with what is right.

Every one of them once ended an import in a traceback, in gigabytes, or never.
"""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from monitor.recordings.tape import Tape, TapeHeader
from monitor.simulation.simulated_runner import simulated_recording

HEADING = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n"
FRAME = struct.Struct("<QqII")
RUN = simulated_recording(12)
ACC = np.random.default_rng(1).normal(0, 3, (2000, 3)) + np.array([0, 0, 9.81])


def write_evil_files(folder: Path) -> dict[str, str]:
    """Write them all, tapes into a folder ``tapes``, and return what is said of each, by its name.

    What is said is a part of the line; empty: it is imported.
    """
    said: dict[str, str] = {}
    (folder / "tapes").mkdir()
    for write in (_tapes, _tapes_with_programs, _tapes_with_settings):
        said |= write(folder / "tapes")
    for write in (_arrays, _zips, _packed, _tables):
        said |= write(folder)
    return said


def write_tape(path: Path, change: Callable[[sqlite3.Connection], object] | None = None) -> None:
    """Write a good tape, then change it behind its back."""
    minute = zlib.crc32(path.name.encode()) % 400_000
    start = (
        datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(minutes=minute)
    ).isoformat()
    tape = Tape(path, TapeHeader("made", start, RUN.settings, "0.1.0"))
    for packet in RUN.packets():
        tape.append(packet)
    tape.finish()
    if change is not None:
        with sqlite3.connect(path) as db:
            change(db)
        db.close()


def _sql(statement: str, *values: object) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.execute(statement, values)


def _frames(blob: object, count: int = 1) -> Callable[[sqlite3.Connection], object]:
    """A block with other frames; the sum at the end of the tape fits."""
    crc = zlib.crc32(blob) if isinstance(blob, bytes) else 0

    def change(db: sqlite3.Connection) -> None:
        db.execute("UPDATE block SET frames = ?, crc = ?, packets = ? WHERE id = 1", (blob, crc, count))
        db.execute("UPDATE header SET packets = (SELECT sum(packets) FROM block)")

    return change


def _tapes(folder: Path) -> dict[str, str]:
    write_tape(folder / "good.tape")
    jumps = b"".join(FRAME.pack(0, k * 10**18, 0, 0) for k in range(9))
    tapes = {
        "short_frame": (_frames(b"\0" * 10), ""),
        "long_payload": (_frames(FRAME.pack(0, 0, 0, 2**32 - 1)), ""),
        "text_frames": (_frames("abc"), ""),
        "null_sensor": (_sql("UPDATE block SET sensor = NULL WHERE id = 1"), ""),
        "unknown_sensor": (_sql("UPDATE block SET sensor = 'other' WHERE id = 1"), ""),
        "text_part": (_sql("UPDATE block SET part = 'x' WHERE id % 2"), ""),
        "null_crc": (_sql("UPDATE block SET crc = NULL"), "is damaged (truncated"),
        "bad_date": (_sql("UPDATE header SET started_utc = 'yesterday'"), "no date of a run"),
        "year1": (_sql("UPDATE header SET started_utc = '0001-01-01T00:00:00+14:00'"), "no date of a run"),
        "year9999": (_sql("UPDATE header SET started_utc = '9999-12-31T23:59:59-14:00'"), "no date"),
        "int_header": (_sql("UPDATE header SET session = 7, started_utc = 9"), "no date of a run"),
        "null_last": (_sql("UPDATE block SET last_ns = 'x'"), ""),
        "no_block": (_sql("DROP TABLE block"), "its tables are others"),
        "newer": (_sql("UPDATE header SET format = 2"), "format 2"),
        "far_time": (_frames(FRAME.pack(0, 2**63 - 1, 0, 0)), ""),
        "negative_time": (_frames(FRAME.pack(0, -(2**63), 0, 0)), ""),
        "jumps": (_frames(jumps, 9), ""),
        "year_long": (_frames(FRAME.pack(0, 300 * 86_400 * 10**9, 0, 0)), "longer than 4 days"),
        "three_days": (_frames(FRAME.pack(0, 3 * 86_400 * 10**9, 0, 0)), ""),
        "many_counted": (_sql("UPDATE block SET packets = 9223372036854775807"), ""),
    }  # fmt: skip
    for name, (change, _) in tapes.items():
        write_tape(folder / f"{name}.tape", change)
    return {"good.tape": ""} | {f"{name}.tape": said for name, (_, said) in tapes.items()}


def _tapes_with_programs(folder: Path) -> dict[str, str]:
    """Views, triggers, computed columns and tables that compute."""

    def view(rest: str) -> Callable[[sqlite3.Connection], object]:
        def change(db: sqlite3.Connection) -> None:
            db.execute("ALTER TABLE block RENAME TO kept")
            row = (
                "1 AS part, 'footL' AS sensor, 'imu' AS channel, 1 AS packets, 0 AS first_ns, 0 AS last_ns"
            )
            db.execute(f"CREATE VIEW block AS {rest}".replace("ROW", row))
            db.execute("UPDATE header SET packets = NULL")

        return change

    def header_view(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE header RENAME TO kept")
        forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        db.execute(f"CREATE VIEW header AS SELECT ({forever}) AS format")

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, ROW FROM n"
    computed = "ALTER TABLE header ADD COLUMN x AS (hex(zeroblob(900000000)))"
    trigger = "CREATE TRIGGER t AFTER UPDATE ON header BEGIN DELETE FROM block; END"
    tapes = {
        "endless_view": view(endless),
        "big_blob_view": view("SELECT 1 AS id, ROW, 0 AS crc, zeroblob(900000000) AS frames"),
        "header_view": header_view,
        "computed": _sql(computed),
        "trigger": _sql(trigger),
        "index": _sql("CREATE INDEX i ON block (part)"),
        "extra_column": _sql("ALTER TABLE header ADD COLUMN x"),
        "virtual": _sql("CREATE VIRTUAL TABLE v USING fts5(x)"),
    }
    for name, change in tapes.items():
        write_tape(folder / f"{name}.tape", change)
    return {f"{name}.tape": "is not a" for name in tapes}


def _tapes_with_settings(folder: Path) -> dict[str, str]:
    write_tape(folder / "as_it_was.tape")
    with sqlite3.connect(folder / "as_it_was.tape") as db:
        own = json.loads(db.execute("SELECT settings FROM header").fetchone()[0])
    db.close()
    (folder / "as_it_was.tape").unlink()

    def changed(change: Callable[[Any], object]) -> str:
        settings = json.loads(json.dumps(own))
        change(settings)
        return json.dumps(settings)

    junk = {"device": "x", "description": "junk = ["}
    tapes: dict[str, tuple[str | None, str]] = {
        "null_settings": (None, "values that no tape has"),
        "list_settings": ("[]", "settings of another version"),
        "deep_settings": ("[" * 100_000, "nested too deep"),
        "unknown_kind": (changed(lambda s: s["sensors"][0].update(kind="nothing")), "does not know"),
        "formula_name": (
            changed(lambda s: s["sensors"][0].update(name="=cmd|'/C calc'!A1")),
            "name must be",
        ),
        "declared_bad": (changed(lambda s: s["sensors"][0].update(kind="declared", options=junk)), "TOML"),
        "nan_runner": (changed(lambda s: s["runner"].update(height_m=float("nan"))), "no number"),
        "inf_runner": (
            changed(lambda s: s.update(runner={"height_m": 7e7})).replace("70000000.0", "1e999"),
            "no number",
        ),
        "huge_runner": (changed(lambda s: s["runner"].update(height_m=10**400)), "settings of another"),
    }
    for name, (settings, _) in tapes.items():
        write_tape(folder / f"{name}.tape", _sql("UPDATE header SET settings = ?", settings))
    return {f"{name}.tape": said for name, (_, said) in tapes.items()}


def array_file(shape: str, kind: str = "<f8", data: bytes = b"") -> bytes:
    """An ``.npy`` whose header says what it likes."""
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def _arrays(folder: Path) -> dict[str, str]:
    rate = array_file("()", data=struct.pack("<d", 100.0))
    acc = array_file("(2000, 3)", data=ACC.tobytes())
    archives = {
        "huge_shape": ({"fs_imu": rate, "footL_acc": array_file("(100000000000, 3)")}, "too large"),
        "overflow": ({"fs_imu": rate, "footL_acc": array_file(f"({2**63 - 1}, {2**63 - 1})")}, "too large"),
        "negative_shape": ({"fs_imu": rate, "footL_acc": array_file("(-5, 3)")}, "too large"),
        "bomb": (
            {"fs_imu": rate, "footL_acc": array_file("(25000000, 3)", data=bytes(600_000_000))},
            "more",
        ),
        "deep": ({"fs_imu": rate, "footL_acc": array_file("(" * 3000 + ")" * 3000)}, "is damaged"),
        "complex": (
            {"fs_imu": array_file("()", "<c16", bytes(16)), "footL_acc": acc},
            "numbers are expected",
        ),
        "objects": ({"fs_imu": rate, "footL_acc": array_file("(1, 3)", "|O", bytes(24))}, "numbers are"),
        "scale": (
            {"fs_imu": rate, "footL_acc": acc, "footL_acc__scale": array_file("(7,)", data=bytes(56))},
            "one number",
        ),
        "no_rate": ({"fs_imu": array_file("(0,)"), "footL_acc": acc}, "one number"),
        "cut": ({"fs_imu": rate, "footL_acc": acc[:-9]}, "is damaged"),
    }
    for name, (members, _) in archives.items():
        with zipfile.ZipFile(folder / f"{name}.npz", "w", zipfile.ZIP_DEFLATED) as packed:
            for member, data in members.items():
                packed.writestr(f"{member}.npy", data)
    np.savez_compressed(folder / "changed.npz", fs_imu=np.array(100.0), footL_acc=ACC)
    data = bytearray((folder / "changed.npz").read_bytes())
    at = data.find(b"footL_acc.npy") + 60
    data[at : at + 40] = bytes(b ^ 0x5A for b in data[at : at + 40])
    (folder / "changed.npz").write_bytes(data)
    return {"changed.npz": "is damaged"} | {f"{name}.npz": said for name, (_, said) in archives.items()}


def _zips(folder: Path) -> dict[str, str]:
    phone = "t,x,y,z\n" + "".join(f"{k / 100},1,2,9.8\n" for k in range(3000))
    bomb = zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED)
    with bomb, bomb.open("Accelerometer.csv", "w", force_zip64=True) as file:
        file.write(b'"Time (s)","X (m/s^2)","Y","Z"\n')
        for _ in range(200):
            file.write(b"1,2,3,4\n" * 131_072)
    with zipfile.ZipFile(folder / "other_bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Accelerometer.csv", phone)
        with packed.open("ignored.csv", "w", force_zip64=True) as file:
            for _ in range(600):
                file.write(bytes(1_000_000))
    with zipfile.ZipFile(folder / "slip.zip", "w") as packed:
        packed.writestr("../../../../slipped/Accelerometer.csv", phone)
    for name, method in (("lzma", zipfile.ZIP_LZMA), ("bzip2", zipfile.ZIP_BZIP2)):
        with zipfile.ZipFile(folder / f"{name}.zip", "w", method) as packed:
            packed.writestr("Accelerometer.csv", phone)
    with zipfile.ZipFile(folder / "changed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Accelerometer.csv", phone)
    data = bytearray((folder / "changed.zip").read_bytes())
    data[55:58] = bytes(b ^ 0xFF for b in data[55:58])
    (folder / "changed.zip").write_bytes(data)
    return {
        "bomb.zip": "cut it into parts", "other_bomb.zip": "nobody walks", "slip.zip": "nobody walks",
        "lzma.zip": "another way", "bzip2.zip": "another way", "changed.zip": "is damaged",
    }  # fmt: skip


def _packed(folder: Path) -> dict[str, str]:
    """Activities that are packed, more than they are."""
    bomb = gzip.compress(bytes(300_000_000))
    (folder / "bomb.fit.gz").write_bytes(bomb)
    with zipfile.ZipFile(folder / "many.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for k in range(4):
            packed.writestr(f"{k}.fit.gz", bomb)
    with zipfile.ZipFile(folder / "bzip2_bomb.zip", "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("1.fit", bytes(100_000_000))
    (folder / "no.tcx.gz").write_bytes(bz2.compress(b"<x/>"))
    return {
        "bomb.fit.gz": "unpacks to more", "many.zip": "unpacks to more", "bzip2_bomb.zip": "another way",
        "no.tcx.gz": "not packed as .gz",
    }  # fmt: skip


def _tables(folder: Path) -> dict[str, str]:
    run = [f"{k / 100},0,{k % 7},9.8\n" for k in range(500)]
    later = [f"{1.79e9 + k / 100},0,{k % 7},9.8\n" for k in range(900)]
    tables: dict[str, tuple[str | bytes, str]] = {
        "million_columns": (
            "t_s," + ",".join(f"c{k}" for k in range(200_000)) + "\n1\n",
            "a line is longer",
        ),
        "long_cell": (HEADING + "9" * 5_000_000 + ",1,2,3\n2,1,2,3\n3,1,2,3\n", "a line is longer"),
        "many_columns": (",".join(f"c{k}" for k in range(900)) + "\n" + "1," * 899 + "1\n", "its columns"),
        "nan_times": (HEADING + "nan,1,2,3\n" * 100, "not a number"),
        "inf": (HEADING + "".join(f"{k / 100},inf,-inf,1e308\n" for k in range(1000)), "not numbers"),
        "far": (HEADING + "0,0,0,9.8\n1,0,0,9.8\n1e300,0,0,9.8\n", "samples a second"),
        "from_1970": (HEADING + "".join(run + later), ""),
        "nul": (HEADING.encode() + b"0,\0,1,2\n" * 10, "not a number"),
        "quotes": (HEADING + '"0,1,2\n' * 1000, "columns"),
        "thick_rate": (HEADING + "".join(f"{k * 1e-9:.9f},0,1,9.8\n" for k in range(2000)), "a second"),
        "unknown": ("a;b;c\n1;2;3\n", "not known"),
        "latin": ("t_s,é\n1,2\n".encode("latin-1"), "is not text"),
        "[red]bold": ("x", "[red]bold.csv"),
        "esc\x1b[2J\x1b]0;owned\x07": ("x", "not known"),
        "turned\u202etxt": ("x", "not known"),
    }
    for name, (content, _) in tables.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.csv").write_bytes(data)
    return {f"{name}.csv": said for name, (_, said) in tables.items()}
