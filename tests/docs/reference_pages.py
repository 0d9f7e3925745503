"""The pages of docs/reference that are made from the program itself; `python -m tests.docs.reference_pages` writes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from tests.shared_data import REPOSITORY

FOLDER = REPOSITORY / "docs" / "reference"
NOTICE = "<!-- Made by `make reference` from the program; a test compares the two. Change the program, not this page. -->\n"


def tables_page() -> str:
    """Return the page about the tables and columns of a project."""
    from chaintwin.network.tables.catalog import CATALOG
    from chaintwin.network.tables.reference import kinds_text, tables_text
    from chaintwin.network.tables.schema import SCHEMA_VERSION

    intro = (
        f"# Tables of a project\n\n{NOTICE}\n"
        f"A project is a folder with `chaintwin.toml` and one file per table, or one XLSX file with a sheet per table. This is "
        f"schema version {SCHEMA_VERSION}; older projects are migrated when they are read. Required tables: "
        + ", ".join(f"`{table.name}`" for table in CATALOG if table.required)
        + ". Columns may come in any order.\n"
    )
    return f"{intro}\nWhat a cell holds:\n\n{kinds_text()}\n{tables_text()}"


def commands_page() -> str:
    """Return the page about the command, its subcommands, arguments and options."""
    import typer.main

    from chaintwin.cli import app
    from chaintwin.cli.application import EPILOG

    group = typer.main.get_command(app)
    text = f"# The `chaintwin` command\n\n{NOTICE}\n{_plain(group.help)}\n\n"
    text += f"{EPILOG}\n"
    return text + "".join(_command_section(name, command) for name, command in commands_of(group))


def commands_of(group: Any, *, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield full name and command of every subcommand, those of groups too."""
    for name, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from commands_of(command, above=f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def mapping_page() -> str:
    """Return the page about the fields and sections of a mapping file."""
    from chaintwin.ingest.shipment_log.mapping.fields import FIELDS
    from chaintwin.ingest.shipment_log.mapping.sections import ENTRIES, SECTIONS

    text = (
        f"# Mapping files\n\n{NOTICE}\n"
        "A mapping file says what the columns and words of a shipment log mean. It is TOML; "
        "`chaintwin import LOG --show-mapping` prints the one that would be used, to be corrected "
        "and given to `--mapping`. [The guide](../guides/import-a-shipment-log.md) has an example.\n\n## Fields\n\n"
        "Under `[columns]`. Needed are the required fields, `origin` or `vendor`, and one of `ordered`, `promised`, "
        "`shipped` and `delivered`. The headers are examples; others with words of the same meaning are recognized as well.\n\n"
        "| Field | Holds | Meaning | Headers such as |\n|---|---|---|---|\n"
    )
    for item in FIELDS:
        meaning = f"{'Required. ' if item.required else ''}{item.meaning}"
        text += f"| `{item.name}` | {item.kind.value} | {meaning} | {', '.join(item.headers[:4])} |\n"
    for title, sections in (("Entries above the sections", ENTRIES), ("Sections", SECTIONS)):
        text += f"\n## {title}\n\n| Name | Says | Example |\n|---|---|---|\n"
        for section in sections:
            name = section.name if sections is ENTRIES else f"[{section.name}]"
            text += f"| `{name}` | {_plain(section.meaning)} | `{section.example}` |\n"
    return text


PAGES: dict[str, Callable[[], str]] = {"tables.md": tables_page, "commands.md": commands_page, "mapping.md": mapping_page}


def write() -> Iterator[str]:
    """Write the pages and yield their names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        yield name


def _command_section(name: str, command: Any) -> str:
    usage = f"chaintwin {name}"
    rows = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            label = (parameter.metavar or parameter.name).upper().translate(str.maketrans("", "", "[]"))
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
