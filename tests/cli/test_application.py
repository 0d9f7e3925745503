"""The command as an object, without a process of its own."""

from __future__ import annotations

import typer
import typer.main
from typer.testing import CliRunner

from chaintwin.cli import app
from tests.docs.reference_pages import commands_of


def test_app__every_parameter_is_explained() -> None:
    for name, command in commands_of(typer.main.get_command(app)):
        assert command.help, name
        for parameter in command.params:
            assert parameter.name == "help" or parameter.help, f"{name} {parameter.name}"
            assert "--json" in {option for item in command.params for option in item.opts}


def test_app__short_help_is_not_cut() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    assert "..." not in text.replace("[ARGS]...", "")
