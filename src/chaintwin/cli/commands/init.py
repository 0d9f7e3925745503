"""``chaintwin init``: a project to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Layout, LayoutChoice, Shipped
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.network.network import Network


def init(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of the new project, new or empty; with --from-example also a new file that ends in .xlsx.",
            show_default=False,
        ),
    ],
    *,
    from_example: Annotated[
        Shipped | None, typer.Option(help="Write a shipped network instead of a template.", show_default=False)
    ] = None,
    layout: LayoutChoice = Layout.CSV,
    json: Json = False,
) -> None:
    """Write a project to start from: a template or an example."""
    with session(is_json=json) as terminal:
        from chaintwin.errors import UsageError

        refuse_full_folder(folder)
        if from_example is None and (layout is not Layout.CSV or folder.suffix.lower() == ".xlsx"):
            raise UsageError("--layout: the template is a folder of commented CSV files; other layouts go with --from-example")
        if from_example is None:
            _write_template(folder)
        else:
            write_example(from_example, folder, layout=layout)
        files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [folder.name]
        terminal.document({"folder": folder, "files": files, "example": from_example, "layout": layout})
        what = f"the example {from_example.value}" if from_example else "a commented template"
        terminal.show(f"Wrote {what} to {folder}:", f"  {', '.join(files)}")
        terminal.show("", "Next:", f"  chaintwin check {quoted(folder)}", f"  chaintwin simulate {quoted(folder)}")


def refuse_full_folder(folder: Path) -> None:
    """Refuse a folder that holds something, so that nothing is ever overwritten.

    Raises
    ------
    UsageError
        The folder is a file or holds files.
    """
    from chaintwin.errors import UsageError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: found files; allowed: something new, or an empty folder")


def write_example(example: Shipped, folder: Path, *, layout: Layout = Layout.CSV) -> None:
    """Write a shipped network as a project.

    Parameters
    ----------
    example, folder : which and where.
    layout : how.
    """
    from chaintwin.examples.loading import Example, load

    write_project(load(Example(example.value)), folder, layout=layout)


def write_project(network: Network, target: Path, *, layout: Layout) -> Path:
    """Write a network as a project and return the folder or workbook written.

    Parameters
    ----------
    network : what is written.
    target : a folder; for a workbook also a file that ends in ``.xlsx``.
    layout : how; a workbook in a folder gets the folder's name.
    """
    from chaintwin.network.tables.writing import Layout as Written
    from chaintwin.network.tables.writing import write

    is_workbook = target.suffix.lower() == ".xlsx"
    if is_workbook or layout is not Layout.XLSX:
        write(network, target, layout=Written.XLSX if is_workbook else Written(layout.value))
        return target
    is_new = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"{target.resolve().name}.xlsx"
    try:
        write(network, file, layout=Written.XLSX)
    except BaseException:
        if is_new:
            target.rmdir()
        raise
    return file


def quoted(path: Path) -> str:
    """Return a path as it must be typed in a shell."""
    import shlex

    return shlex.quote(str(path))


def _write_template(folder: Path) -> None:
    from chaintwin.network.tables.template import write_template

    write_template(folder)
