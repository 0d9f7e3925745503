"""The case of trading partners' messages: how fast EDIFACT and X12 files become events, and are in the log."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase

if TYPE_CHECKING:
    from chaintwin.ingest.connectors.edi.edi_file import EdiFile


def edi_read() -> Case:
    """Return the case that reads despatch advices in both syntaxes."""
    return Case(
        "edi_read",
        "Read despatch advices of one order with two pallets, lots and SSCCs as EDIFACT and as X12: segments alone, events, "
        "events in a new log.",
        (200, 5_000),
        "message",
        _prepare,
    )


def despatch_message(number: int, *, syntax: str) -> str:
    """Return a despatch advice as a supplier sends it; every number has an order and pallets of its own.

    Parameters
    ----------
    number : from 0 on. syntax : ``edifact`` or ``x12``.
    """
    hour, minute = divmod(number % 1440, 60)
    day = f"2026{1 + number // 1440 // 28 % 12:02}{1 + number // 1440 % 28:02}"
    pallets = [_sscc(2 * number), _sscc(2 * number + 1)]
    if syntax == "edifact":
        lines = [
            f"BGM+351+DES{number}+9", f"DTM+137:{day}{hour:02}{minute:02}:203", f"DTM+11:{day}{hour:02}{minute:02}:203",
            f"DTM+17:{day}2359:203", f"RFF+ON:PO{number}", "NAD+SU+9521321000017::9", "NAD+DP+9521321000024::9", "CPS+1",
        ]  # fmt: skip
        for place, pallet in enumerate(pallets, start=1):
            lines += [
                f"CPS+{place + 1}+1", "PAC+1++201::9", "PCI+33E", f"GIN+BJ+{pallet}", f"LIN+{place}++9521321000031:SRV",
                f"QTY+12:{40 + number % 60}:PCE", "PCI+36E", f"GIN+BX+LOT{number % 300}",
            ]  # fmt: skip
        head = f"UNH+{number}+DESADV:D:01B:UN:EAN007'\n"
        return head + "".join(f"{line}'\n" for line in lines) + f"UNT+{len(lines) + 2}+{number}'\n"
    lines = [
        f"BSN*00*DES{number}*{day}*{hour:02}{minute:02}*0001", "HL*1**S", f"DTM*011*{day}*{hour:02}{minute:02}",
        f"DTM*017*{day}*2359", "N1*ST**UL*9521321000024", "N1*SF**UL*9521321000017", "HL*2*1*O", f"PRF*PO{number}",
    ]  # fmt: skip
    for place, pallet in enumerate(pallets):
        lines += [
            f"HL*{3 + 2 * place}*2*T", f"MAN*GM*00{pallet}", f"HL*{4 + 2 * place}*{3 + 2 * place}*I",
            f"LIN**EN*9521321000031*LT*LOT{number % 300}", f"SN1**{40 + number % 60}*EA",
        ]  # fmt: skip
    head = f"ST*856*{number}~\n"
    return head + "".join(f"{line}~\n" for line in lines) + f"SE*{len(lines) + 2}*{number}~\n"


def _sscc(number: int) -> str:
    digits = f"09521321{number:09}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.clock import SystemClock
    from chaintwin.errors import InvariantError
    from chaintwin.ingest.connectors.capturing import captured
    from chaintwin.ingest.connectors.edi.edi_file import EdiFile
    from chaintwin.ingest.connectors.edi.syntax.interchanges import messages_of
    from chaintwin.ingest.connectors.interface import Run
    from chaintwin.ingest.connectors.running import Ingest
    from chaintwin.store.opening import open_store

    paths = {syntax: _written(folder, size, syntax) for syntax in ("edifact", "x12")}
    numbers = count()

    def segments() -> float:
        with paths["edifact"].open("rb") as file:
            return float(sum(1 for _ in messages_of(file, name="bench")))

    def events(syntax: str) -> float:
        connector: EdiFile = EdiFile()
        run = Run(SystemClock(), lambda _: None)
        batches = list(connector.read(str(paths[syntax]), since=None, run=run))
        if sum(len(batch.items) for batch in batches) != 3 * size or any(batch.problems for batch in batches):
            raise InvariantError("a message was set aside, so the time of reading it means nothing")
        return float(size)

    def logged() -> float:
        place = folder / f"log{next(numbers)}.db"
        with open_store(place) as store:
            *_, summary = Ingest(EdiFile(), str(paths["edifact"]), store, captured, SystemClock(), lambda _: None).run()
        if summary.accepted != 3 * size:
            raise InvariantError("an event was refused, so the time of logging it means nothing")
        for file in folder.glob(f"{place.name}*"):
            file.unlink()
        return float(size)

    return (
        Phase("segments of EDIFACT only", segments, "message"),
        Phase("EDIFACT to events", lambda: events("edifact"), "message"),
        Phase("X12 to events", lambda: events("x12"), "message"),
        Phase("EDIFACT into the log", logged, "message"),
    )


def _written(folder: Path, size: int, syntax: str) -> Path:
    path = folder / f"{syntax}.edi"
    with path.open("w", encoding="latin-1", newline="") as file:
        if syntax == "edifact":
            file.write("UNA:+.? '\nUNB+UNOC:3+9521321000017:14+9521321000024:14+260106:1045+R'\n")
        else:
            file.write(
                f"ISA*00*{'':10}*00*{'':10}*ZZ*{'PLANT':15}*ZZ*{'STORE':15}*260106*1045*U*00401*000000001*0*P*>~\n"
                "GS*SH*PLANT*STORE*20260106*1045*1*X*004010~\n"
            )
        for number in range(size):
            file.write(despatch_message(number, syntax=syntax))
        file.write(f"UNZ+{size}+R'\n" if syntax == "edifact" else f"GE*{size}*1~\nIEA*1*000000001~\n")
    return path
