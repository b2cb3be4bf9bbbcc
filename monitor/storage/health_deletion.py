"""Deleting what the sessions of a runner, their tapes and the cadence plan hold of the runner's health.

The runner's log is files of its own (``monitor.storage.runner_log``); this is what is left beside it.
"""

from __future__ import annotations

import glob
from dataclasses import replace
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.pipeline.plan_privacy import settings_for_others
from monitor.storage.plan_file import plan_path, read_plan, write_plan
from monitor.storage.runner_log import athlete_file_name
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import change_tape_settings

_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def delete_health(store: Store, folder: Path, athlete: str) -> bool:
    """Delete pain, effort and what the plan allowed from an athlete's runs; return whether anything was.

    Measurements stay; pages that were made of them (reviews and reports in ``folder``) go, as they can be
    made anew.  A session that is being recorded is left as it is.
    """
    changed = False
    pages = list((folder / "reports").glob(f"{glob.escape(athlete_file_name(athlete))}-{_DATE}*.html"))
    for info in store.sessions():
        if info.athlete == athlete and info.status is not SessionStatus.LIVE:
            changed |= store.forget_health(info.id)
            change_tape_settings(info, settings_for_others)
            pages.append(folder / "reviews" / f"{info.id}.html")
    store.wipe_deleted_rows()
    for page in pages:
        _delete_page(page)
    path = plan_path(folder, athlete)
    plan = read_plan(path)
    if plan.pains:
        write_plan(path, replace(plan, pains=()))
    return changed or bool(plan.pains)


def _delete_page(page: Path) -> None:
    try:
        page.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError("error.cannot_remove", path=page, reason=exc) from exc
