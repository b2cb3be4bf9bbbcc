"""Who may do what at a hub: users, their passwords, and the part of the server's configuration that says
so.

A runner may publish only the own packets and read only the own records; a coach may read the records of
the tenant; workers may do everything.  What is not allowed is refused by the server.

Runners and coaches of all tenants are users of one account of NATS, parted by subjects: a worker serves
the runners of every tenant, and of accounts of their own each would need its own streams and workers.  The
streams are in another account, of which this one has nothing but those subjects.  For whoever publishes
says where the answer is to go, and the server itself brings it there, whatever the permissions are: in one
account with the streams that would be a way to write into all of them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.core.json_codec import parse_json
from monitor.core.private_files import make_private_folder, write_private_file
from monitor.core.safe_text import LONGEST_NAME, file_name_part, line_complaint
from monitor.sinks.hub.subjects import escape_name, unescape_name

WORKER = "worker"
"""The user of workers, of the store and of whoever makes the hub."""
_RUNNER, _COACH = "runner", "coach"
_HUB, _PEOPLE = "HUB", "PEOPLE"
_SENT = ("gait.*.*.*.start", "gait.*.*.*.packets", "gait.*.*.*.end")
_READ = "gait.*.*.*.records"
ACCOUNTS_FILE = "accounts.conf"
"""The part of the server's configuration that ``add_accounts`` writes."""
WORKER_PASSWORD_FILE = "worker.password"
"""The password of workers and store alone, for a ``password_file`` of theirs."""
_USERS = "users.json"


def runner_user(tenant: str, athlete: str) -> str:
    """Return the user of a runner at the hub."""
    return f"{_RUNNER}.{escape_name(tenant)}.{escape_name(athlete)}"


def coach_user(tenant: str, name: str) -> str:
    """Return the user of a coach at the hub."""
    return f"{_COACH}.{escape_name(tenant)}.{escape_name(name)}"


def add_accounts(
    folder: Path, tenant: str, runners: Sequence[str], coaches: Sequence[str]
) -> Mapping[str, str]:
    """Add users to the ones in ``folder``, write the server's part, and return passwords of all, by user.

    Who is there already keeps the password.  ``ConfigError`` for a name that cannot be one, or for a
    tenant whose store would lie in the folder of another's.
    """
    for name in (tenant, *runners, *coaches):
        if line_complaint(name, LONGEST_NAME):
            raise ConfigError("error.hub_name", name=name)
    path = folder / _USERS
    users: dict[str, str] = parse_json(path.read_text()) if path.exists() else {}
    for other in {unescape_name(user.split(".")[1]) for user in users if user != WORKER} - {tenant}:
        if file_name_part(other).casefold() == file_name_part(tenant).casefold():
            raise ConfigError("error.hub_tenant", name=tenant, other=other)
    names = [WORKER, *(runner_user(tenant, r) for r in runners), *(coach_user(tenant, c) for c in coaches)]
    users |= {name: secrets.token_urlsafe(24) for name in names if name not in users}
    make_private_folder(folder)
    write_private_file(path, json.dumps(users, indent=2))
    write_private_file(folder / ACCOUNTS_FILE, accounts_text(users))
    write_private_file(folder / WORKER_PASSWORD_FILE, users[WORKER])
    return users


def accounts_text(users: Mapping[str, str]) -> str:
    """Return the accounts of the server's configuration for these users and passwords."""
    exports = [*(f'service: "{subject}"' for subject in _SENT), f'stream: "{_READ}"']
    imports = [
        *(f'service: {{ account: {_HUB}, subject: "{subject}" }}' for subject in _SENT),
        f'stream: {{ account: {_HUB}, subject: "{_READ}" }}',
    ]
    workers, people = (
        _list_text("users", [_user_text(n, p) for n, p in users.items() if (n == WORKER) is inside])
        for inside in (True, False)
    )
    hub = _account_text(_HUB, "jetstream: enabled", workers, _list_text("exports", exports))
    return f"accounts {{{hub}{_account_text(_PEOPLE, people, _list_text('imports', imports))}\n}}\n"


def _account_text(name: str, *parts: str) -> str:
    lines = "".join(f"\n    {part}" for part in parts)
    return f"\n  {name} {{{lines}\n  }}"


def _list_text(name: str, items: Sequence[str]) -> str:
    lines = "".join(f"\n      {{ {item} }}" for item in items)
    return f"{name}: [{lines}\n    ]"


def _user_text(name: str, password: str) -> str:
    kind, *names = name.split(".")
    user = f'user: "{name}", password: "{password}"'
    inbox = f'"_INBOX_{name}.>"'
    if kind == WORKER:
        return user
    tenant, person = names
    if kind == _COACH:
        may = f'publish: {{ deny: ">" }}, subscribe: ["gait.{tenant}.*.*.records", {inbox}]'
    else:
        own = f"gait.{tenant}.{person}.*"
        sent = ", ".join(f'"{own}.{what}"' for what in ("start", "packets", "end"))
        may = f'publish: [{sent}], subscribe: ["{own}.records", {inbox}]'
    return f"{user}, permissions: {{ {may} }}"
