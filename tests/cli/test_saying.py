"""What is said of saved replications."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.cli.running.saying import said_checkpoint
from chaintwin.cli.terminal.output import open_terminal

PLACE = Path("run.checkpoint")


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (128, "Saved 128 replications of all in run.checkpoint; the same command goes on from there."),
        (0, "Nothing is saved yet; the first 64 replications were not finished."),
    ],
)
def test_said_checkpoint__stopped(
    kept: int, words: str, stopped: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = open_terminal(is_json=False)
    with pytest.raises(stopped), said_checkpoint(terminal, PLACE, anew=False, saved=lambda _: kept, whose=" of all"):
        raise stopped
    assert words in " ".join(capsys.readouterr().err.split())


def test_said_checkpoint__goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with said_checkpoint(open_terminal(is_json=False), PLACE, anew=False, saved=lambda _: 0) as checkpoint:
        assert checkpoint is not None
        assert capsys.readouterr().err == ""
        checkpoint.tell(0)
        assert capsys.readouterr().err == ""
        checkpoint.tell(64)
    assert capsys.readouterr().err.strip() == "Going on from 64 replications saved in run.checkpoint."


def test_said_checkpoint__without_a_checkpoint_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = open_terminal(is_json=False)
    with (
        pytest.raises(KeyboardInterrupt),
        said_checkpoint(terminal, None, anew=False, saved=lambda _: 64) as checkpoint,
    ):
        assert checkpoint is None
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""
