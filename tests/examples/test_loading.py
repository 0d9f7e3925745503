from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaintwin.errors import Severity
from chaintwin.examples import NAMES, Example, describe
from chaintwin.network import Network, read, write
from chaintwin.network.doctor import check
from chaintwin.network.geography import check_countries
from chaintwin.network.tables.catalog import CATALOG
from tests.examples.networks import shipped

EVERY = pytest.mark.parametrize("example", list(Example), ids=lambda example: example.value)


def test_names__are_those_of_the_command() -> None:
    assert NAMES == ("beer-game", "medicines", "electronics")


@EVERY
def test_describe__one_sentence(example: Example) -> None:
    text = describe(example)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 160


@EVERY
def test_load__columns_of_the_catalog(example: Example) -> None:
    network = shipped(example)
    assert network.settings.name == example.value
    for table in CATALOG:
        assert network[table.name].columns == [column.name for column in table.columns]


@EVERY
def test_load__doctor_finds_no_error(example: Example) -> None:
    report = check(shipped(example))
    assert [str(finding) for finding in report.findings if finding.severity is Severity.ERROR] == []


@EVERY
def test_load__written_and_read_without_loss(example: Example, tmp_path: Path) -> None:
    network = shipped(example)
    write(network, tmp_path / "project")
    again = read(tmp_path / "project")
    assert again.settings == network.settings
    assert [name for name in network.tables if not network[name].equals(again[name])] == []


@EVERY
def test_load__coordinates_lie_in_their_countries(example: Example) -> None:
    sites = shipped(example)["sites"].drop_nulls("latitude")
    found = check_countries(sites["latitude"].to_numpy(), sites["longitude"].to_numpy(), declared=sites["country"].to_list())
    assert sites.filter(found.disagrees | found.at_sea)["site_id"].to_list() == []


@EVERY
def test_load__stock_points_are_complete(example: Example) -> None:
    """The table of stock points leaves nothing to be implied, so that what a person reads is all there is."""
    network = shipped(example)
    program = network.compile()
    listed = {f"{site}/{product}" for site, product in network["stock_points"].select("site_id", "product_id").iter_rows()}
    assert set(program.names.buffers["buffer_id"]) == listed


def test_load__same_bytes_in_another_process() -> None:
    """Another process hashes strings otherwise, which would show an order taken from a set."""
    code = (
        "from chaintwin.examples import Example\n"
        "from tests.examples.test_loading import digest\n"
        "from chaintwin.examples import load\n"
        "print(*(digest(load(example)) for example in Example))\n"
    )
    environment = {"PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == [digest(shipped(example)) for example in Example]


def digest(network: Network) -> str:
    text = "".join(frame.write_csv() for frame in network.tables.values())
    return hashlib.sha256(text.encode()).hexdigest()


def test_list_of_names__loads_nothing_heavy() -> None:
    code = (
        "import sys; from chaintwin.examples import NAMES; print([m for m in ('numba', 'scipy', 'searoute') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.stdout.strip() == "[]"
