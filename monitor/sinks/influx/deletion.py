"""What is to be deleted at the server: the points of one runner in one measurement, and of which days.

In the two languages for it: the predicate of InfluxDB 2 (docs.influxdata.com/influxdb/v2, "Delete
predicate syntax"), and a statement of InfluxQL.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from monitor.sinks.influx.line_protocol import stored_tag

_EVER = (datetime.date(1970, 1, 1), datetime.date(2200, 1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A ``Deletion`` is of the points of ``athlete`` from day ``first`` to day ``last``, by default all.

    ``kind``: of those alone that have this tag ``kind``.
    """

    measurement: str
    athlete: str
    kind: str = ""
    first: datetime.date = _EVER[0]
    last: datetime.date = _EVER[1]

    @property
    def span(self) -> tuple[str, str]:
        """The beginning of the first day and that of the day after the last, as RFC 3339."""
        after = self.last + datetime.timedelta(days=1)
        return f"{self.first}T00:00:00Z", f"{after}T00:00:00Z"

    def predicate(self) -> str:
        """Return the predicate of ``/api/v2/delete``, to which ``span`` belongs."""
        kind = f" AND kind={_quoted(self.kind)}" if self.kind else ""
        name = _quoted(stored_tag(self.athlete))
        return f"_measurement={_quoted(self.measurement)} AND athlete={name}{kind}"

    def influxql(self) -> str:
        """Return the statement of InfluxQL that deletes the same."""
        name = stored_tag(self.athlete).replace("'", "\\'")
        start, stop = self.span
        kind = f"AND \"kind\" = '{self.kind}' " if self.kind else ""
        return (
            f"DELETE FROM {_quoted(self.measurement)} WHERE \"athlete\" = '{name}' {kind}"
            f"AND time >= '{start}' AND time < '{stop}'"
        )


def _quoted(text: str) -> str:
    """A text without backslashes in double quotes."""
    return '"' + text.replace('"', '\\"') + '"'
