"""What the program stands on may be passed on with it: a container image of an MIT project carries it all.

Licences are read from the metadata of the installed packages, so a new version that changes its licence
fails here too.  ``docs/development.md`` lists every dependency with its licence and its reason.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BASE: list[str] = PROJECT["project"]["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
FOR_USERS = sorted(EXTRAS.keys() - {"test"})
NAME = canonicalize_name(PROJECT["project"]["name"])

ALLOWED: Mapping[str, str] = {
    "0BSD": "no condition",
    "Apache-2.0": "notices stay with the package; patents are granted",
    "BSD": "two or three clauses, which the package names in its licence file alone",
    "BSD-2-Clause": "notice stays with the package",
    "BSD-3-Clause": "notice stays with the package",
    "CC0-1.0": "no condition",
    "ISC": "notice stays with the package",
    "MIT": "notice stays with the package",
    "MIT-0": "no condition",
    "MPL-2.0": "copyleft for its own files alone, which are passed on as they are (a list of certificates)",
    "PSF-2.0": "notice stays with the package",
    "Zlib": "notice stays with the package",
}
"""Licences of what may lie in the image, with what they ask for."""

ONLY_OUTSIDE_THE_IMAGE: Mapping[str, str] = {
    "libusb1": "LGPL-2.1-or-later; comes with Bumble, which whoever wants `demo --radio` installs",
}
"""Packages that an extra may bring which is not in the image, with the reason."""

SPDX: Mapping[str, str] = {
    "apache": "Apache-2.0",  # of kubernetes-validate, whose licence file says version 2.0
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""Words of older metadata, in lower case."""

NO_LICENCE = {"OSI Approved", "DFSG approved"}
"""Classifiers that praise a licence and name none."""

FORBIDS = re.compile(r"non-?\s?commercial(?!ly)|no\s+distribution", re.IGNORECASE)
LIMITED = "a text that forbids commercial use or distribution"
"""What stands in the text of a licence that no image may carry, whatever it calls itself."""


# ------------------------------------------------------------------ reading


def stated_licence(package: Distribution) -> str:
    """The licence that the package's metadata states, as an SPDX expression; empty if they state none.

    Older metadata may say it twice, in a field and in classifiers: then both count.  A classifier that
    says more than that the licence is approved by the OSI counts too, and what a licence's text forbids.
    """
    metadata = package.metadata
    field = str(metadata.get("License") or "").strip()
    forbidden = [LIMITED] if FORBIDS.search(field) else []
    if expression := metadata.get("License-Expression"):
        return " AND ".join([f"({expression})" if forbidden else str(expression), *forbidden])
    prefix = "License :: "
    found = [c.removeprefix(prefix) for c in metadata.get_all("Classifier") or [] if c.startswith(prefix)]
    said = [c.removeprefix("OSI Approved :: ") for c in found if c not in NO_LICENCE]
    first = field.splitlines()[0].strip() if field else ""
    if first.lower() in SPDX or (first == field and len(field) < 40):  # else it is the licence's whole text
        said.append(first)
    parts = {SPDX.get(s.lower(), s) for s in said if s} | set(forbidden)
    if any(p.startswith("BSD-") for p in parts):
        parts.discard("BSD")  # the classifier does not know which
    return " AND ".join(sorted(parts))


def is_allowed(expression: str) -> bool:
    """Whether everything that must be accepted, and one of what can be chosen, is allowed."""
    while inner := re.search(r"\(([^()]*)\)", expression):
        answer = "0BSD" if is_allowed(inner[1]) else "refused"
        expression = expression[: inner.start()] + answer + expression[inner.end() :]
    choices = re.split(r"\s+OR\s+", expression)
    return any(all(p.strip() in ALLOWED for p in re.split(r"\s+AND\s+", choice)) for choice in choices)


def chains(requirements: Iterable[str]) -> dict[str, str]:
    """Every package that these requirements bring on this machine, each with the way to it."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(r), "") for r in requirements]
    while todo:
        wanted, way = todo.pop()
        name = canonicalize_name(wanted.name)
        way = f"{way} → {name}" if way else name
        if name != NAME:
            found.setdefault(name, way)
        for extra in {"", *wanted.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += [(r, way) for r in needed_by(name, extra)]
    return found


def needed_by(name: str, extra: str) -> list[Requirement]:
    if name == NAME:  # what stands in pyproject.toml now, not what was installed once
        return [Requirement(r) for r in (EXTRAS[extra] if extra else BASE)]
    try:
        requires = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    found = [Requirement(r) for r in requires]
    return [
        r
        for r in found
        if (r.marker is None and not extra)
        or (r.marker is not None and r.marker.evaluate({"extra": extra}))
    ]


def refusals(requirements: Iterable[str], outside: Iterable[str] = ()) -> list[str]:
    """One line for every package that may not be passed on, with what to do about it."""
    lines = []
    for name, way in sorted(chains(requirements).items()):
        try:
            licence = stated_licence(distribution(name))
        except PackageNotFoundError:
            lines.append(f"{name} ({way}): is not installed, so its licence is unknown; install .[test]")
            continue
        if name not in outside and not is_allowed(licence):
            said = f"its licence is {licence}" if licence else "its metadata state no licence"
            lines.append(
                f"{name} ({way}): {said}, which the image of an MIT project cannot carry; use another "
                "package, move it to the extra `test`, or read the licence and add it to ALLOWED with why"
            )
    return lines


def image_extras() -> list[str]:
    """The extras that the Dockerfile installs."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.findall(r'pip install .*"\.(?:\[([\w,]+)\])?"', dockerfile)
    assert found, "the Dockerfile installs the program in another way; adapt this test"
    return [extra for group in found for extra in group.split(",") if extra]


# ------------------------------------------------------------------ what lies in the image, and beside it


def test_the_image_carries_nothing_that_an_mit_project_may_not_pass_on() -> None:
    assert set(image_extras()) <= EXTRAS.keys()
    assert len(chains([f"{NAME}[{','.join(image_extras())}]"])) > 30
    assert refusals([f"{NAME}[{','.join(image_extras())}]"]) == []


@pytest.mark.parametrize("extra", FOR_USERS)
def test_every_extra_for_users_can_be_passed_on_or_says_why_not(extra: str) -> None:
    outside = () if extra in image_extras() else ONLY_OUTSIDE_THE_IMAGE
    assert refusals([f"{NAME}[{extra}]"], outside) == []


def test_the_program_imports_only_what_it_declares_for_users() -> None:
    """What only tests may use (Garmin's SDK, above all) is not imported by the program."""
    brought = chains([f"{NAME}[{','.join(FOR_USERS)}]"])
    homes = packages_distributions()
    for room in ("dsp", "monitor"):
        for path in (ROOT / room).rglob("*.py"):
            for module in imported(path):
                for home in homes.get(module, []):
                    name = canonicalize_name(home)
                    assert name in {*brought, NAME}, f"{path.relative_to(ROOT)} imports {module}"


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return {name.split(".")[0] for name in names}


# ------------------------------------------------------------------ the check itself


@pytest.mark.parametrize(
    ("requirement", "refused"),
    [
        ("garmin-fit-sdk", "garmin-fit-sdk"),  # no distribution, "internal business purposes"
        ("bumble", "libusb1"),  # LGPL, two steps away
        ("blockbuster", "forbiddenfruit"),  # two classifiers, one of them GPL
        ("no-such-package", "no-such-package"),
    ],
)
def test_a_dependency_that_may_not_be_passed_on_is_caught_in_the_base(
    requirement: str, refused: str
) -> None:
    """Asked of packages that the extra `test` installs."""
    (line,) = refusals([*BASE, requirement])
    assert line.startswith(f"{refused} (")
    assert requirement in line
    assert "install .[test]" in line or "add it to ALLOWED" in line


@pytest.mark.parametrize(
    ("fields", "stated", "allowed"),
    [
        ("License-Expression: MIT", "MIT", True),
        ("License-Expression: (Apache-2.0 OR MIT)", "(Apache-2.0 OR MIT)", True),
        ("License-Expression: EPL-2.0 OR BSD-3-Clause", "EPL-2.0 OR BSD-3-Clause", True),
        ("License-Expression: MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", False),
        ("License-Expression: GPL-2.0-only OR MIT AND LGPL-2.1-only", None, False),
        ("License-Expression: GPL-3.0-only AND (Apache-2.0 OR MIT)", None, False),
        ("License-Expression: (GPL-3.0-only OR MIT) AND Zlib", None, True),
        ("License-Expression: LicenseRef-Own", "LicenseRef-Own", False),
        ("License: Apache 2.0", "Apache-2.0", True),
        ("License: MIT License\n Copyright (c) somebody\n Permission is hereby granted ...", "MIT", True),
        ("License: GPLv3", "GPLv3", False),
        ("License: ISC\nClassifier: License :: OSI Approved :: BSD License", "BSD AND ISC", True),
        ("License: MIT\nClassifier: License :: OSI Approved :: GNU Affero GPL", None, False),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT", True),
        ("Classifier: License :: Other/Proprietary License", "Other/Proprietary License", False),
        ("License: MIT\nClassifier: License :: Free for non-commercial use", None, False),
        ("License: MIT\nClassifier: License :: Other/Proprietary License", None, False),
        (
            "Classifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: MIT License",
            "MIT",
            True,
        ),
        ("Classifier: License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0", True),
        ("License: MIT License\n Use is granted for noncommercial purposes only.", None, False),
        ("License: MIT License\n Use is granted for Non-Commercial purposes only.", None, False),
        ("License: BSD License\n Internal use, no distribution.", None, False),
        ("License-Expression: MIT\nLicense: MIT License\n No distribution.", None, False),
        ("Summary: says nothing of a licence", "", False),
    ],
)
def test_licences_are_read_as_packages_state_them(
    tmp_path: Path, fields: str, stated: str | None, allowed: bool
) -> None:
    text = f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{fields}\n"
    (tmp_path / "METADATA").write_text(text, encoding="utf-8")
    found = stated_licence(Distribution.at(tmp_path))
    assert stated in (None, found)
    assert is_allowed(found) is allowed


# ------------------------------------------------------------------ the table

TABLE = (ROOT / "docs" / "development.md").read_text(encoding="utf-8").partition("\n## Dependencies\n")[2]
TABLE = TABLE.partition("\n## ")[0]
ROWS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)


def declared() -> dict[str, set[str]]:
    """Every dependency of pyproject.toml with where it is asked for."""
    groups = {"base": BASE, "build": PROJECT["build-system"]["requires"], **EXTRAS}
    found: dict[str, set[str]] = {}
    for group, requirements in groups.items():
        for name in (canonicalize_name(Requirement(r).name) for r in requirements):
            if name != NAME:
                found.setdefault(name, set()).add(group)
    return found


def test_the_table_lists_exactly_the_dependencies() -> None:
    listed = {canonicalize_name(name): set(re.split(r", ", group)) for name, group, _, _ in ROWS}
    assert listed == declared()
    assert len(ROWS) == len(listed), "a package stands there twice"


@pytest.mark.parametrize(("name", "group", "licence", "reason"), ROWS, ids=[r[0] for r in ROWS])
def test_the_table_says_the_licence_that_the_package_states(
    name: str, group: str, licence: str, reason: str
) -> None:
    assert len(reason.split()) >= 3
    if group == "build":
        return  # fetched by pip for a moment, not installed
    assert licence == stated_licence(distribution(name))


@pytest.mark.parametrize(
    "kept",
    [
        "Retry",
        "Outbox",
        "Clock",
        "Tape",
        "Migrations",
        "Line protocol",
        "TOML editing",
        "Garmin's framing",
        "JSON of records",
        "Settings",
    ],
)
def test_what_is_kept_of_our_own_says_why(kept: str) -> None:
    (line,) = re.findall(rf"^- \*\*{kept}\*\* \(`(monitor/[\w/.]+)`\): (.+)$", TABLE, re.MULTILINE)
    assert (ROOT / line[0]).exists()
    assert len(line[1].split()) >= 8
