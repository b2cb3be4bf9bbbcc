"""Where the documents and the examples of settings lie on this machine."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = "share/doc/gaitcue/README.md"


def documents_folder(program: Path = Path(__file__).parents[2]) -> Path | None:
    """Return the folder with ``docs`` and ``config``: the source's, else where a wheel has put them.

    program: the folder that holds the packages ``dsp`` and ``monitor``.  None where no documents are.
    """
    if (program / "docs" / "running.md").is_file():
        return program
    from importlib.metadata import PackageNotFoundError, files  # every command would pay for it

    try:
        installed = files("gaitcue") or ()
    except PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in installed if file.as_posix().endswith(_INSTALLED))
    return next((path.resolve().parent for path in found if path.is_file()), None)
