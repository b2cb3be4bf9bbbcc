"""Tables of the embedded store, and how older ones become the newest.

``PRAGMA user_version`` counts the migrations that were applied; each is a list of statements, parted
by semicolons, that takes the schema from its place in the list to the next.  Never
change one that was released: add another.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from monitor.core.errors import StoreError

_log = logging.getLogger(__name__)

APPLICATION_ID = 0x67616974  # "gait"

MIGRATIONS: tuple[str, ...] = (
    # 1: sessions and their records.  `row` numbers all records of all kinds in the order of writing.
    """
    CREATE TABLE session (
      id TEXT PRIMARY KEY, athlete TEXT NOT NULL, title TEXT NOT NULL, started_utc TEXT NOT NULL,
      ended INTEGER NOT NULL, duration_s REAL NOT NULL, status TEXT NOT NULL, sensors TEXT NOT NULL,
      tape TEXT NOT NULL, settings TEXT NOT NULL, version TEXT NOT NULL
    );
    CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE numbering (next_row INTEGER NOT NULL);
    INSERT INTO numbering VALUES (1);
    -- estimates: 20 bytes each, little-endian: u16 word of the metric, u16 word of how, f64 value, f64 sd
    CREATE TABLE step (
      row INTEGER PRIMARY KEY, session TEXT NOT NULL, sensor TEXT NOT NULL, side TEXT,
      ic_s REAL NOT NULL, to_s REAL, estimates BLOB NOT NULL
    );
    CREATE INDEX step_session ON step (session, row);
    CREATE TABLE metric (
      row INTEGER PRIMARY KEY, session TEXT NOT NULL, t_s REAL NOT NULL, side TEXT,
      name TEXT NOT NULL, value REAL, sd REAL, how TEXT NOT NULL
    );
    CREATE INDEX metric_session ON metric (session, name, row);
    CREATE TABLE gap (
      row INTEGER PRIMARY KEY, session TEXT NOT NULL, sensor TEXT NOT NULL,
      start_s REAL NOT NULL, end_s REAL NOT NULL
    );
    CREATE INDEX gap_session ON gap (session, row);
    -- every other kind of record, as JSON
    CREATE TABLE event (
      row INTEGER PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX event_session ON event (session, row);
    """,
    # 2: tags on sessions, and how far each sink has delivered.
    """
    ALTER TABLE session ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE delivered (sink TEXT PRIMARY KEY, row INTEGER NOT NULL);
    """,
    # 3: records that a far end refused for good, with its reason.
    """
    CREATE TABLE quarantine (
      sink TEXT NOT NULL, row INTEGER NOT NULL, session TEXT NOT NULL, reason TEXT NOT NULL,
      PRIMARY KEY (sink, row)
    );
    """,
    # 4: what people add to a session, and what was made of it when and by which version.
    """
    CREATE TABLE note (
      id INTEGER PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, t_s REAL, value REAL,
      text TEXT NOT NULL, made_utc TEXT NOT NULL
    );
    CREATE INDEX note_session ON note (session, id);
    CREATE TABLE analysis (
      id INTEGER PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL,
      made_utc TEXT NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX analysis_session ON analysis (session, id);
    """,
    # 5: what a watch says of an activity, where it was, and which file a session was made of.
    """
    ALTER TABLE session ADD COLUMN sport TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN sub_sport TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN utc_offset_s INTEGER;
    ALTER TABLE session ADD COLUMN source TEXT NOT NULL DEFAULT '';
    CREATE TABLE track (
      session TEXT NOT NULL, t_s REAL NOT NULL, lat_deg REAL, lon_deg REAL, altitude_m REAL,
      PRIMARY KEY (session, t_s)
    ) WITHOUT ROWID;
    -- files all of whose recordings were dealt with, by the SHA-256 of their bytes
    CREATE TABLE imported_file (fingerprint TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
    # 6: the steps that a watch counted itself
    """
    ALTER TABLE session ADD COLUMN counted_steps INTEGER;
    """,
    # 7: how far a run was sent to a hub, or taken from its log
    """
    CREATE TABLE hub_run (
      session TEXT PRIMARY KEY, sent_block INTEGER NOT NULL DEFAULT 0, sent_end INTEGER NOT NULL DEFAULT 0,
      taken INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    """,
    # 8: which edition of a run that is: 0 as it was recorded, one more each time that something came late
    """
    ALTER TABLE hub_run ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
    """,
)

SCHEMA_VERSION = len(MIGRATIONS)
RECORD_TABLES = ("step", "metric", "gap", "event")
"""The tables of records; each has the columns ``row`` and ``session``."""
ATTACHED_TABLES = ("note", "analysis", "track", "hub_run")
"""The tables of what is attached to a session besides its records."""


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file, or bring older ones to ``SCHEMA_VERSION``.

    ``StoreError`` for a database of another program or of a newer version.
    """
    present = _schema_version(db)
    # In this order: a process that makes the file meanwhile writes both at once.
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    if mark != APPLICATION_ID and not empty:
        raise StoreError("error.other_database", path=path)
    if present > SCHEMA_VERSION:
        raise StoreError("error.newer_database", path=path, present=present, known=SCHEMA_VERSION)
    while _schema_version(db) < SCHEMA_VERSION:
        db.execute("BEGIN IMMEDIATE")
        version = _schema_version(db)  # another process may have been faster
        if version < SCHEMA_VERSION:
            for statement in MIGRATIONS[version].split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={version + 1}")
        db.execute("COMMIT")
    if present < SCHEMA_VERSION:
        text = f"tables of version {present} became" if present else "made, with tables of"
        _log.info("%s: %s version %d", path, text, SCHEMA_VERSION)


def _schema_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
