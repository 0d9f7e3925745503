"""The pages of docs/reference that are made from the program itself; `python -m tests.docs.reference_pages` writes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from chaintwin.network.tables.schema import Column, Table
from tests.shared_data import REPOSITORY

FOLDER = REPOSITORY / "docs" / "reference"
NOTICE = "<!-- Made by `make reference` from the program; a test compares the two. Change the program, not this page. -->\n"


def tables_page() -> str:
    """Return the page about the tables and columns of a project."""
    from chaintwin.network.tables.catalog import CATALOG
    from chaintwin.network.tables.schema import SCHEMA_VERSION

    intro = (
        f"# Tables of a project\n\n{NOTICE}\n"
        f"A project is a folder with `chaintwin.toml` and one file per table, or one XLSX file with a sheet per table. This is "
        f"schema version {SCHEMA_VERSION}; older projects are migrated when they are read. Required tables: "
        + ", ".join(f"`{table.name}`" for table in CATALOG if table.required)
        + ". Columns may come in any order.\n"
    )
    return intro + "".join(_table_section(table) for table in CATALOG)


def commands_page() -> str:
    """Return the page about the command, its subcommands, arguments and options."""
    import typer.main

    from chaintwin.cli import app

    group = typer.main.get_command(app)
    text = f"# The `chaintwin` command\n\n{NOTICE}\n{_plain(group.help)}\n\n"
    text += "Exit codes: 0 on success, 1 on a finding or failure, 2 on wrong usage.\n"
    return text + "".join(_command_section(name, command) for name, command in getattr(group, "commands", {}).items())


PAGES: dict[str, Callable[[], str]] = {"tables.md": tables_page, "commands.md": commands_page}


def write() -> Iterator[str]:
    """Write the pages and yield their names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        yield name


def _table_section(table: Table) -> str:
    name, meaning = table.name, table.meaning
    key = ", ".join(f"`{column}`" for column in table.key)
    text = f"\n## {name}\n\n{'Required. ' if table.required else ''}{meaning}"
    text += f" A row is named by {key}." if key else ""
    text += "\n\n| Column | Holds | Unit | Allowed | Blank means | Meaning |\n|---|---|---|---|---|---|\n"
    for column in table.columns:
        cells = (f"`{column.name}`", column.kind.value, column.unit, _allowed(column), _blank(column), column.meaning)
        text += "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"
    return text


def _allowed(column: Column) -> str:
    low, high, is_open = column.low, column.high, column.low_open
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.references:
        return f"a value of `{column.references}`"
    if low is not None and high is not None:
        return f"{'more than ' if is_open else ''}{low:g} to {high:g}"
    if low is not None:
        return f"more than {low:g}" if is_open else f"{low:g} or more"
    return f"up to {high:g}" if high is not None else ""


def _blank(column: Column) -> str:
    if column.required:
        return "not allowed"
    default, rule = column.default, column.rule
    if default is None:
        return str(rule) or "left blank"
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    return f"`{shown}`"


def _command_section(name: str, command: Any) -> str:
    usage = f"chaintwin {name}"
    rows = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            label = (parameter.metavar or parameter.name).upper().strip("[]")
            usage += f" {label}" if parameter.required else f" [{label}]"
            rows.append((f"`{label}`", _plain(getattr(parameter, "help", ""))))
        else:
            names = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
            rows.append((names, _option_text(parameter)))
    text = f"\n## {name}\n\n`{usage}`\n\n{_plain(command.help)}\n"
    if rows:
        text += "\n| Argument or option | Meaning |\n|---|---|\n"
        text += "".join(f"| {label} | {meaning} |\n" for label, meaning in rows)
    return text


def _option_text(parameter: Any) -> str:
    text = _plain(parameter.help)
    choices = _choices(parameter.type_descriptor.annotation)
    if choices:
        text += " One of " + ", ".join(f"`{choice}`" for choice in choices) + "."
    default = parameter.default
    if default is None or default is False or default is True or callable(default) or default == "":
        return text
    return f"{text} Default: `{getattr(default, 'value', default)}`."


def _choices(annotation: Any) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(choice.value) for choice in annotation]
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


def _plain(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    for written in write():
        print(f"docs/reference/{written}")
