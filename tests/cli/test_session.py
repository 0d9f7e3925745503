"""What a command says when it cannot go on."""

from __future__ import annotations

import pytest
import typer

from chaintwin.cli.terminal.session import SMALLER_RUN, session


@pytest.mark.parametrize(
    ("advice", "is_about_runs"), [({}, False), ({"memory_advice": SMALLER_RUN}, True)], ids=["project", "simulation"]
)
def test_session__out_of_memory(advice: dict[str, str], is_about_runs: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, session(is_json=False, **advice):
        raise MemoryError
    text = capsys.readouterr().err
    assert left.value.exit_code == 1
    assert "not enough memory" in text
    assert ("replications" in text) is is_about_runs
