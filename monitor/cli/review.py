"""The command that shows the review of a session, as one file or as the tab of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import (
    HostOption,
    LogFormatOption,
    PortOption,
    SessionArgument,
    SettingsOption,
    VerboseOption,
    open_session_store,
    page_settings,
    resolve_session,
)


def review_command(
    session: SessionArgument = None,
    out: Annotated[Path | None, typer.Option(help="option.review.out")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="option.review.open")] = True,
    web: Annotated[bool, typer.Option("--web", help="option.review.web")] = False,
    host: HostOption = None,
    port: PortOption = None,
    config: SettingsOption = None,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    """Review a session: what went well, and one thing to work on."""
    from rich.console import Console

    from monitor.core.browser import open_in_browser
    from monitor.core.log_output import extend_logging
    from monitor.core.message_catalogues import catalogue
    from monitor.review.report import session_review
    from monitor.service.config import data_folder, load_config
    from monitor.web.review_file import write_review

    extend_logging(verbose, log_format, service=web)
    settings = load_config(config)
    if web:
        from monitor.service.live_session import result_console
        from monitor.service.review_server import serve_review

        serve_review(settings, page_settings(settings, host, port), result_console())
        return
    with open_session_store(config) as store:
        name = resolve_session(store, session)
        review = session_review(store, name, settings.alerts.language)
    path = out or data_folder(settings) / "reviews" / f"{name}.html"
    write_review(review, path)
    console, texts = Console(stderr=True), review["words"]
    text = catalogue(settings.alerts.language).text
    for part in ("well", "work", "target"):
        console.print(f"[b]{text(f'review.words.{part}')}[/b]: {texts[part]['text']}", highlight=False)
    print(path)
    if open_browser:
        open_in_browser(path.absolute().as_uri())
