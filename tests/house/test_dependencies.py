"""The lock files: pinned, hashed, in step with each other, naming no address; and the licenses of what they install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-dev.lock", "build.lock", "node.lock")
COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
LESSER = re.compile(r"\b(LGPL|GNU Lesser)", re.IGNORECASE)
STATED_ELSEWHERE = {"resvg-py": "MIT"}
"""Licenses that were read where the package holds them, because its metadata names none."""

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def pins(name: str) -> dict[str, set[str]]:
    """Return the versions a lock file pins for each distribution; several where the Python versions differ."""
    found: dict[str, set[str]] = {}
    for distribution, version in PIN.findall((REPOSITORY / name).read_text(encoding="utf-8")):
        found.setdefault(distribution, set()).add(version)
    return found


def addresses(text: str) -> list[str]:
    """Return what looks like an address, a path or any option but a hash in a lock file."""
    return re.findall(r"(?m)\S*://\S*|\bfile:\S*|--\S*(?:index|find|trust)\S*.*|^\s*--(?!hash=).*", text)


def unhashed(text: str) -> list[str]:
    """Return the pins that no hash follows."""
    lines = text.splitlines()
    return [
        line for line, after in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(line) and "--hash=sha256:" not in after
    ]


def license_fault(distribution: str, license_text: str, *, is_core: bool) -> str:
    """Return why a license cannot be accepted, or an empty string."""
    if COPYLEFT.search(LESSER.sub("", license_text)):
        return f"{distribution} is under {license_text}"
    if is_core and LESSER.search(license_text):
        return f"{distribution} is under {license_text}, which only an optional extra may be"
    return "" if license_text else f"{distribution} states no license: read it, then name it in STATED_ELSEWHERE"


def license_of(distribution: metadata.Distribution) -> str:
    """Return the license a distribution states: expression, classifiers or the first line of the license field."""
    about = distribution.metadata
    classifiers = [line.rsplit(" :: ", 1)[-1] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    first_line = (about.get("License") or "").strip().split("\n", 1)[0]
    stated = STATED_ELSEWHERE.get(re.sub(r"[-_.]+", "-", about["Name"]).lower(), "")
    return about.get("License-Expression") or "; ".join(classifiers) or first_line or stated


@pytest.mark.parametrize("name", LOCKS)
def test_lock__names_no_address_and_hashes_everything(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert pins(name), f"{name} pins nothing"
    assert not addresses(text)
    assert not unhashed(text)


def test_lock__planted_faults_are_found() -> None:
    assert addresses("six==1.0\n--trusted-host packages.example\n") != []
    assert addresses("\tpip install --find-links wheels six\n") != []
    assert addresses("six==1.0 \\\n    --hash=sha256:00\n") == []
    assert addresses("numpy @ file:///srv/numpy.whl") != []
    assert unhashed("numpy==2.0 \\\n    # via chaintwin\n") == ["numpy==2.0 \\"]


def test_lock__test_and_dev_locks_agree_with_the_core() -> None:
    core = pins("requirements.lock")
    for name in LOCKS[1:]:
        other = pins(name)
        assert {d: v for d, v in core.items() if d in other and other[d] != v} == {}, f"{name} disagrees; run make lock"
    assert set(core) <= set(pins("requirements-test.lock")) <= set(pins("requirements-dev.lock"))


def declared(project: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each declared requirement with the lock file that must pin it."""
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    groups = {
        "requirements.lock": project["dependencies"],
        "requirements-test.lock": extras["test"],
        "requirements-dev.lock": extras["dev"],
    }
    for lock, requirements in groups.items():
        assert isinstance(requirements, list)
        yield from ((re.split(r"[<>=!~\[ ;]", r)[0].lower().replace("_", "-"), lock) for r in requirements)


def test_lock__pins_every_declared_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [pair for pair in declared(project) if pair[0] not in pins(pair[1])] == []


def test_decision__gives_a_reason_for_every_declared_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (REPOSITORY / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8").lower()
    assert sorted({name for name, _ in declared(project) if f"| {name} |" not in page}) == []


def test_licenses__installed_from_the_locks() -> None:
    core = set(pins("requirements.lock"))
    faults = []
    for distribution in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        if name in pins("requirements-test.lock"):
            faults.append(license_fault(name, license_of(distribution), is_core=name in core))
    assert faults, "nothing that the locks name is installed"
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize(
    ("text", "is_core", "accepted"),
    [
        ("MIT", True, True),
        ("Apache-2.0 OR BSD-3-Clause", True, True),
        ("GPL-3.0-or-later", False, False),
        ("GNU Affero General Public License v3", False, False),
        ("GNU General Public License v3 (GPLv3)", True, False),
        ("GNU Lesser General Public License v3 (LGPLv3)", True, False),
        ("LGPL-3.0-only", False, True),
        ("", True, False),
    ],
)
def test_license_fault__planted(text: str, is_core: bool, accepted: bool) -> None:
    assert (license_fault("planted", text, is_core=is_core) == "") is accepted


def test_repository__pins_no_registry_in_build_files() -> None:
    for path in (REPOSITORY / "Makefile", REPOSITORY / "pyproject.toml", REPOSITORY / ".ci" / "run"):
        assert not addresses(Path(path).read_text(encoding="utf-8")), path
