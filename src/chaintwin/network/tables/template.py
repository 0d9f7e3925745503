"""A small project to start from: it checks clean, it can be simulated, and it explains itself."""

from __future__ import annotations

from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.network.network import Settings
from chaintwin.network.tables.files.exchanging import write_folder
from chaintwin.network.tables.files.folder import SETTINGS_FILE
from chaintwin.network.tables.reference import kinds_text, tables_text
from chaintwin.network.tables.settings import settings_text

GUIDE_FILE = "TABLES.md"

INTRODUCTION = """\
# This folder is a project of chaintwin: a supply network described by tables.
#
#   sites.csv         places: suppliers, plants, warehouses, stores
#   products.csv      what is made, stocked and sold
#   lanes.csv         transport links between two sites
#   demand.csv        what customers ask for, where
#   stock_points.csv  ordering rules, where the proposed ones do not suit
#
# TABLES.md beside this file explains every table and column; what a table or a column does not say has a default.
# Change the tables with any spreadsheet program or editor, keep them as CSV, then try:
#
#   chaintwin check .             finds faults and says how to mend them
#   chaintwin check . --explain   lists the defaults that stand in for what is not said
#   chaintwin simulate .          shows stock, service and cost

"""

TABLES = (
    (
        "sites",
        """\
site_id,name,kind,country,latitude,longitude
hamburg,Supplier in Hamburg,supplier,DE,53.55,9.99
gdansk,Supplier in Gdansk,supplier,PL,54.35,18.65
central,Warehouse in Lyon,warehouse,FR,45.76,4.84
store-paris,Store in Paris,store,FR,48.86,2.35
store-milan,Store in Milan,store,IT,45.46,9.19
""",
    ),
    (
        "products",
        """\
product_id,name,unit,value,weight_kg,volume_m3
lamp,Desk lamp,each,40,1.5,0.01
bulb,Light bulb,each,5,0.05,0.0005
""",
    ),
    (
        "lanes",
        """\
from_site,to_site,mode,lead_time,fixed_cost,variable_cost,capacity
hamburg,central,road,"triangular(3, 4, 8)",40,0.5,300
gdansk,central,road,"triangular(5, 6, 12)",40,0.4,300
central,store-paris,road,1,20,0.2,
central,store-milan,road,2,20,0.2,
""",
    ),
    (
        "demand",
        """\
site_id,product_id,quantity,price
store-paris,lamp,poisson(8),70
store-paris,bulb,"normal(100, 20)",9
store-milan,lamp,poisson(5),70
store-milan,bulb,"normal(60, 15)",9
""",
    ),
    (
        "stock_points",
        """\
site_id,product_id,policy,base_stock,reorder_point,order_up_to,service_target
central,lamp,s_S,,110,180,
central,bulb,base_stock,,,,0.98
store-paris,lamp,base_stock,30,,,
store-paris,bulb,base_stock,,,,0.98
store-milan,lamp,base_stock,25,,,
store-milan,bulb,base_stock,,,,0.98
""",
    ),
)

GUIDE = """\
# The tables of a project

Each table is a file of its name ending in `.csv`; only `sites`, `products`, `lanes` and `demand` are required. The order of
columns does not matter, optional ones may be left out, and a column whose name begins with `#` is a comment. Numbers have a
decimal point and no thousands separators; shares run from 0 to 1. Amounts are in the project's currency, times in its periods,
both chosen in `chaintwin.toml`.

What a cell holds:

{kinds}
{tables}"""


def write_template(path: str | Path) -> None:
    """Write a starter project.

    Parameters
    ----------
    path : the folder to make; it must not exist, or be empty.

    Raises
    ------
    UsageError
        There is something at the path already.

    Example
    -------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "mine")
    ...     sorted(path.name for path in (Path(folder) / "mine").iterdir())[:3]
    ['TABLES.md', 'chaintwin.toml', 'demand.csv']
    """
    folder = Path(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _taken(folder)
    write_folder(folder, _fill, stale=_nothing)


def _nothing(folder: Path) -> tuple[str, ...]:
    """Return no names; what another program put there in the meantime is not replaced."""
    if any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise _taken(folder)
    return ()


def _taken(folder: Path) -> UsageError:
    return UsageError(
        f"{folder.name or folder}: found something there already; allowed: a new or an empty folder; fix: choose another name"
    )


def _fill(folder: Path) -> None:
    settings = Settings(name="my network", currency="EUR")
    (folder / SETTINGS_FILE).write_text(INTRODUCTION + settings_text(settings), encoding="utf-8")
    for name, text in TABLES:
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / GUIDE_FILE).write_text(GUIDE.format(kinds=kinds_text(), tables=tables_text()), encoding="utf-8")
