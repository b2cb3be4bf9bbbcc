"""Checks of the coach's stack, one after the other, each with what to do if it fails."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import re
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from monitor.core.errors import ConfigError, SinkError, reason_text
from monitor.core.message_catalogues import catalogue
from monitor.core.nats_client import HubSettings, require_nats_client
from monitor.core.secret import Secret
from monitor.core.user_language import user_language, user_text
from monitor.service.config import Config
from monitor.service.delivery_status import outside_systems
from monitor.sinks.export.settings import ExportSettings
from monitor.sinks.export.sink import place_file
from monitor.sinks.finished_runs import RUN_SINKS
from monitor.sinks.hub.log_trial import try_log
from monitor.sinks.influx.schema import INFLUX_SCHEMA, RAW_DAYS
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import INFLUX_REMEDIES
from monitor.sinks.intervals_icu.settings import IntervalsIcuSettings
from monitor.sinks.intervals_icu.sink import IntervalsIcu
from monitor.storage.store import Store

DASHBOARDS = (
    "gaitcue-squad",
    "gaitcue-athlete",
    "gaitcue-session",
    "gaitcue-trends",
    "gaitcue-fleet",
    "gaitcue-returning",
    "gaitcue-hub",
)
ALERT_RULES = (
    "gaitcue-in-band",
    "gaitcue-braking",
    "gaitcue-asymmetry",
    "gaitcue-pain",
    "gaitcue-sensor",
    "gaitcue-outbox",
)
CONTACT_POINT = "coach"
"""The dashboards, alert rules and contact point of the stack, as Grafana knows them."""
_CLOCK_SKEW_S = 2.0  # a coach compares runners second by second
_WAIT_S = 5.0
_SERVER_KINDS = {"float": "float", "integer": "int", "boolean": "bool", "string": "string"}


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: ``ok`` is None where it could not be decided, ``remedy`` says what to do."""

    name: str
    ok: bool | None
    text: str
    remedy: str = ""


def influx_checks(settings: InfluxSettings) -> Iterator[Check]:
    """Yield the checks of InfluxDB: address, clock, token, schema, retention; some failures end them."""
    if settings.url is None:
        yield Check("InfluxDB", None, user_text("say.doctor.not_set_up"), user_text("say.doctor.set_up"))
        return
    unknown = host_check(urllib.parse.urlsplit(settings.url).hostname or "")
    if unknown is not None:
        yield unknown
        return
    status, _, headers = _fetch(f"{settings.url}/ping")
    if status == 0:
        text = user_text("say.doctor.unreachable", url=settings.url)
        yield Check("InfluxDB", False, text, "docker compose up -d influxdb")
        return
    yield Check("InfluxDB", True, user_text("say.doctor.answers", url=settings.url))
    yield _clock_finding(headers.get("Date"))
    token = settings.token.reveal() if settings.token else ""
    for bucket in (settings.bucket, settings.raw_bucket):
        finding = _write_finding(settings, bucket, token)
        yield finding
        if not finding.ok:
            return
    yield _mapping_finding(settings, token)
    yield _schema_finding(settings, token)
    yield _retention_finding(settings, token)


def _write_finding(settings: InfluxSettings, bucket: str, token: str) -> Check:
    target = urllib.parse.urlencode({"org": settings.org, "bucket": bucket, "precision": "ns"})
    status, body, _ = _fetch(f"{settings.url}/api/v2/write?{target}", f"Token {token}", b"\n")
    name = user_text("say.doctor.token")
    if status in INFLUX_REMEDIES:
        text = user_text("say.doctor.write", status=status, bucket=bucket)
        return Check(
            name, False, text, catalogue(user_language()).translate_english(INFLUX_REMEDIES[status])
        )
    if status >= 500 or status == 0:
        text = user_text("say.doctor.write_body", status=status, bucket=bucket, body=body[:100])
        return Check(name, False, text, user_text("say.doctor.log"))
    return Check(name, True, user_text("say.doctor.may_write", bucket=bucket))


def _clock_finding(date: str | None) -> Check:
    if date is None:
        return Check(user_text("say.doctor.clock"), None, user_text("say.doctor.no_clock"))
    apart_s = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    remedy = user_text("say.doctor.ntp")
    return Check(
        user_text("say.doctor.clock"),
        apart_s <= _CLOCK_SKEW_S,
        user_text("say.doctor.skew", apart=apart_s),
        remedy,
    )


def _mapping_finding(settings: InfluxSettings, token: str) -> Check:
    """Whether InfluxQL finds the buckets, as the boards ask: InfluxDB 2 maps database names to them."""
    name = user_text("say.doctor.mapping")
    for bucket in (settings.bucket, settings.raw_bucket):
        query = urllib.parse.urlencode({"db": bucket, "q": "SHOW MEASUREMENTS LIMIT 1"})
        status, body, _ = _fetch(f"{settings.url}/query?{query}", f"Token {token}")
        if re.search("(?i)(database|dbrp).*not found", body):
            text = user_text("say.doctor.no_mapping", bucket=bucket)
            return Check(name, False, text, user_text("say.doctor.map", bucket=bucket))
        if status != 200:  # the write proxy, or a token that may not
            return Check(name, None, user_text("say.doctor.no_read"))
    return Check(name, True, user_text("say.doctor.mapped"))


def _schema_finding(settings: InfluxSettings, token: str) -> Check:
    there: dict[tuple[str, str], str] = {}
    for bucket in (settings.bucket, settings.raw_bucket):
        series = _ask_influxql(settings, bucket, token, "SHOW FIELD KEYS")
        if series is None:
            return Check(user_text("say.doctor.schema"), None, user_text("say.doctor.no_read"))
        for one in series:
            there |= {(one["name"], name): _SERVER_KINDS.get(kind, kind) for name, kind in one["values"]}
    wanted = {(m.name, f.name): f.kind for m in INFLUX_SCHEMA for f in m.fields}
    wrong = [
        f"{m}.{f} = {there[m, f]}" for m, f in wanted if there.get((m, f), wanted[m, f]) != wanted[m, f]
    ]
    if wrong:
        remedy = user_text("say.doctor.other_program")
        return Check(
            user_text("say.doctor.schema"),
            False,
            user_text("say.doctor.types", fields=", ".join(wrong[:3])),
            remedy,
        )
    return Check(user_text("say.doctor.schema"), True, user_text("say.doctor.fields", n=len(there)))


def _retention_finding(settings: InfluxSettings, token: str) -> Check:
    """Whether what a run sends while it goes on is forgotten some day, and what it came to never."""
    name = user_text("say.doctor.retention")
    raw, kept = (_retention_days(settings, b, token) for b in (settings.raw_bucket, settings.bucket))
    if raw is None or kept is None:
        return Check(name, None, user_text("say.doctor.no_read"))
    if math.isfinite(kept):
        text = user_text("say.doctor.forgets", bucket=settings.bucket, days=kept)
        return Check(name, False, text, user_text("say.doctor.keep", bucket=settings.bucket))
    if not math.isfinite(raw):
        text = user_text("say.doctor.forgets_nothing", bucket=settings.raw_bucket)
        remedy = user_text("say.doctor.forget", bucket=settings.raw_bucket, days=RAW_DAYS)
        return Check(name, False, text, remedy)
    return Check(name, True, user_text("say.doctor.forgets", bucket=settings.raw_bucket, days=raw))


def _retention_days(settings: InfluxSettings, bucket: str, token: str) -> float | None:
    """How long a bucket keeps points, infinite for ever; None where this token may not ask."""
    target = urllib.parse.urlencode({"org": settings.org, "name": bucket})
    status, body, _ = _fetch(f"{settings.url}/api/v2/buckets?{target}", f"Token {token}")
    if status == 200:
        found = [b for b in json.loads(body).get("buckets", []) if b.get("name") == bucket]
        seconds = [rule.get("everySeconds", 0) for b in found for rule in b.get("retentionRules", [])]
        return _days(max(seconds, default=0)) if found else None
    series = _ask_influxql(settings, bucket, token, f'SHOW RETENTION POLICIES ON "{bucket}"')
    if not series:
        return None
    rows = [dict(zip(series[0]["columns"], row, strict=True)) for row in series[0]["values"]]
    hours = [float(row["duration"].split("h")[0].rstrip("s")) for row in rows if row["default"]]
    return _days(3600 * hours[0]) if hours else None


def _days(seconds: float) -> float:
    return seconds / 86400 if seconds else math.inf


def _ask_influxql(
    settings: InfluxSettings, bucket: str, token: str, statement: str
) -> list[dict[str, Any]] | None:
    """The series that a statement answers; None where it is not answered."""
    query = urllib.parse.urlencode({"db": bucket, "q": statement})
    status, body, _ = _fetch(f"{settings.url}/query?{query}", f"Token {token}")
    if status != 200:
        return None
    return [series for result in json.loads(body).get("results", []) for series in result.get("series", [])]


def grafana_checks(url: str, password: Secret | None) -> Iterator[Check]:
    """Yield the checks of Grafana: reachability and, with the coach's password, what it must have."""
    status, _, headers = _fetch(f"{url}/api/health")
    if status != 200:
        yield Check(
            "Grafana", False, user_text("say.doctor.silent", url=url), "docker compose up -d grafana"
        )
        return
    yield Check("Grafana", True, user_text("say.doctor.answers", url=url))
    yield _clock_finding(headers.get("Date"))
    if password is None:
        yield Check(
            user_text("say.doctor.dashboards"),
            None,
            user_text("say.doctor.skipped"),
            "--password-file secrets/grafana-password",
        )
        return
    login = "Basic " + base64.b64encode(f"coach:{password.reveal()}".encode()).decode()
    answers = {uid: _fetch(f"{url}/api/dashboards/uid/{uid}", login)[0] for uid in DASHBOARDS}
    if 401 in answers.values():
        yield Check(
            user_text("say.doctor.dashboards"),
            False,
            user_text("say.doctor.password"),
            user_text("say.doctor.password_file"),
        )
        return
    there = {uid for uid, status in answers.items() if status == 200}
    yield _complete_finding("dashboards", DASHBOARDS, there)
    rules = _provisioned(f"{url}/api/v1/provisioning/alert-rules", login, "uid")
    yield _complete_finding("alert_rules", ALERT_RULES, rules)
    points = _provisioned(f"{url}/api/v1/provisioning/contact-points", login, "name")
    yield _complete_finding("contact_point", (CONTACT_POINT,), points)


def _provisioned(url: str, login: str, key: str) -> set[str]:
    """What Grafana answers at this address, by one of its fields; nothing where it answers no list."""
    status, body, _ = _fetch(url, login)
    try:
        found = json.loads(body) if status == 200 else []
    except ValueError:
        found = []
    return (
        {str(one.get(key)) for one in found if isinstance(one, dict)} if isinstance(found, list) else set()
    )


def _complete_finding(name: str, wanted: Sequence[str], there: Collection[str]) -> Check:
    missing = [one for one in wanted if one not in there]
    text = (
        user_text("say.doctor.missing", names=", ".join(missing))
        if missing
        else user_text("say.doctor.all_there", n=len(wanted))
    )
    return Check(user_text(f"say.doctor.{name}"), not missing, text, user_text("say.doctor.mount"))


def port_check(name: str, host: str, port: int) -> Check:
    """Return whether anything listens on this port; ``name`` is its service in docker-compose.yml."""
    try:
        socket.create_connection((host, port), _WAIT_S).close()
    except OSError as exc:
        return Check(
            name,
            False,
            f"{host}:{port}: {catalogue(user_language()).translate_english(reason_text(exc))}",
            f"docker compose up -d {name}",
        )
    return Check(name, True, user_text("say.doctor.open", host=host, port=port))


def websocket_check(host: str, port: int) -> Check:
    """Return whether MQTT over WebSockets answers with TLS; whose certificate it is, is not looked at."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asked = (
        f"GET /mqtt HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: Z2FpdGN1ZS1kb2N0b3ItMTYK\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    )
    name = user_text("say.doctor.websocket")
    try:
        with (
            socket.create_connection((host, port), _WAIT_S) as bare,
            context.wrap_socket(bare, server_hostname=host) as link,
        ):
            link.sendall(asked.encode())
            answer = link.recv(1000).decode(errors="replace")
    except OSError as exc:
        why = catalogue(user_language()).translate_english(reason_text(exc))
        return Check(name, False, f"{host}:{port}: {why}", "docker compose up -d mosquitto")
    if " 101 " not in answer.split("\r\n")[0]:
        return Check(
            name, False, f"{host}:{port}: {answer[:60]}", user_text("say.doctor.websocket_listener")
        )
    return Check(name, True, user_text("say.doctor.open", host=host, port=port))


def host_check(host: str) -> Check | None:
    """Return that nothing here knows this name, None where it is known."""
    try:
        socket.getaddrinfo(host, None)
    except (socket.gaierror, UnicodeError):
        text = user_text("say.doctor.unknown_name", host=host)
        return Check(user_text("say.doctor.name"), False, text, user_text("say.doctor.spelling"))
    return None


def export_check(settings: ExportSettings) -> Check | None:
    """Return whether a file can be put into the folder for finished runs; None where none is set."""
    folder = settings.folder
    if folder is None:
        return None
    try:
        place_file(folder, "gaitcue-doctor.tmp", Path.touch)
        (folder / "gaitcue-doctor.tmp").unlink()
    except (SinkError, OSError) as exc:
        why = catalogue(user_language()).translate_recorded(str(exc))
        return Check(user_text("say.doctor.export"), False, why, user_text("say.doctor.export_folder"))
    return Check(
        user_text("say.doctor.export"), True, user_text("say.doctor.export_works", folder=str(folder))
    )


def intervals_check(settings: IntervalsIcuSettings) -> Check | None:
    """Return whether intervals.icu takes the key; None where it is not set up."""
    if settings.token is None:
        return None
    try:
        IntervalsIcu(settings).check_key()
    except SinkError as exc:
        why = catalogue(user_language()).translate_recorded(str(exc))
        return Check("intervals.icu", False, why, user_text("say.doctor.intervals_key"))
    return Check("intervals.icu", True, user_text("say.doctor.answers", url=settings.url))


def hub_check(settings: HubSettings, athlete: str) -> Check | None:
    """Return whether the hub's log takes packets of this athlete; None where no hub is set up."""
    if settings.url is None:
        return None
    try:
        require_nats_client()
        asyncio.run(try_log(settings, athlete))
    except (ConfigError, SinkError) as exc:
        why = catalogue(user_language()).translate_recorded(str(exc))
        return Check("hub", False, why, user_text("say.doctor.hub"))
    text = user_text("say.doctor.hub_takes", address=settings.address, athlete=athlete)
    return Check("hub", True, text)


def store_checks(store: Store) -> Iterator[Check]:
    """Yield one check per outside system: how many records wait or were refused."""
    for system in outside_systems(store):
        if system.refused:
            reason, count = system.refused.most_common(1)[0]
            remedy = user_text("say.doctor.mend")
            yield Check(
                user_text("say.doctor.outbox", name=system.name),
                False,
                user_text("say.doctor.refused", count=count, reason=reason),
                remedy,
            )
        else:
            yield Check(
                user_text("say.doctor.outbox", name=system.name),
                True,
                user_text(
                    "say.doctor.waiting_runs" if system.name in RUN_SINKS else "say.doctor.waiting",
                    n=system.waiting,
                ),
            )


def all_checks(config: Config, store: Store, host: str | None, password: Secret | None) -> Iterator[Check]:
    """Yield the checks of the systems that are set up, and of the whole stack on ``host`` if given."""
    yield from influx_checks(config.influx)
    checks = (
        export_check(config.export),
        intervals_check(config.intervals_icu),
        hub_check(config.hub, config.athlete),
    )
    yield from (check for check in checks if check is not None)
    if host is not None:
        yield from _host_checks(host, password)
    yield from store_checks(store)


def _host_checks(host: str, password: Secret | None) -> Iterator[Check]:
    unknown = host_check(host)
    if unknown is not None:
        yield unknown
        return
    yield from grafana_checks(f"http://{host}:3000", password)
    yield port_check("mosquitto", host, 8883)
    yield websocket_check(host, 8884)
    yield port_check("ntfy", host, 8080)


def is_set_up(config: Config, host: str | None) -> bool:
    """Return whether there is anything to check: an outside system in the settings, or a stack's host."""
    systems = (
        config.influx.url, config.export.folder, config.intervals_icu.token, config.hub.url, host
    )  # fmt: skip
    return any(one is not None for one in systems)


def _fetch(url: str, login: str = "", body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
    """Status (0: no answer), body, headers."""
    headers = {"Authorization": login} if login else {}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=_WAIT_S) as answer:
            return answer.status, answer.read().decode(errors="replace"), dict(answer.headers)
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode(errors="replace"), dict(exc.headers)
    except (OSError, ValueError) as exc:
        return 0, str(exc), {}
