"""EDI files: every style is read, what is wrong is told with its place, and no damage gives an exception."""

from __future__ import annotations

import io
import json
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SECOND, SetClock
from chaintwin.errors import Finding, UsageError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.conformance import Sample, check_connector
from chaintwin.ingest.connectors.edi.edi_file import EdiFile
from chaintwin.ingest.connectors.edi.syntax.interchanges import MESSAGE_BYTES_MAX, Message, messages_of
from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.registry import connector_for, connector_named
from tests.ingest.connectors.edi.samples import (
    DESPATCH,
    ORDER,
    SAMPLES,
    STATUS,
    X12_NOTICE,
    X12_ORDER,
    X12_STATUS,
    counted,
    edifact,
    folder_of_both,
    interchange_of,
    sample,
    without,
    x12,
)
from tests.sizes import scaled

NOW = 2_000_000_000 * SECOND
EVENTS = {
    "D96A with advice": 1, "D01B without advice, CRLF": 3, "D07A without ends of lines": 1, "three messages": 5,
    "4010": 1, "5010 of other signs": 3, "214 of one line": 1, "both": 4,
}  # fmt: skip


def read(
    source: Path, options: Mapping[str, str] | None = None, *, since: str | None = None, follow: bool = False
) -> list[Batch]:
    named = {name.replace("_", "-"): value for name, value in (options or {}).items()}
    return list(EdiFile().read(str(source), since=since, run=Run(SetClock(now=NOW), lambda _: None, named, follow)))


def taken(folder: Path, content: bytes, **options: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Return the events of a file, all of which the log takes, and the findings about the rest."""
    path = folder / "file.edi"
    path.write_bytes(content)
    batches = read(path, options)
    items = [item for batch in batches for item in batch.items]
    refused = captured(items, "x").problems
    assert not refused, refused
    return [json.loads(item.content) for item in items], [
        finding for batch in batches for problem in batch.problems for finding in problem.findings
    ]


def told(folder: Path, content: bytes, **options: str) -> list[str]:
    """Return the findings about a file that gives no event."""
    events, findings = taken(folder, content, **options)
    assert not events
    return [str(finding) for finding in findings]


@pytest.mark.slow
@pytest.mark.parametrize("make", [interchange_of, folder_of_both])
def test_check_connector__edi_file(make: Any) -> None:
    check_connector(EdiFile, samples=[Sample(make.__name__, make)])


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_read__every_style(tmp_path: Path, name: str) -> None:
    events, findings = taken(tmp_path, sample(name))
    assert (len(events), findings) == (EVENTS[name], [])


def test_read__both_syntaxes_say_the_same(tmp_path: Path) -> None:
    def plain(event: dict[str, Any]) -> dict[str, Any]:
        # X12 has no hour of the order, and the parties of this notice are places only.
        return {
            name: value for name, value in event.items() if name not in ("eventID", "eventTime", "sourceList", "destinationList")
        }

    for one, other in ((edifact(ORDER), x12(X12_ORDER)), (edifact(DESPATCH), x12(X12_NOTICE, group="SH"))):
        assert [plain(event) for event in taken(tmp_path, one)[0]] == [plain(event) for event in taken(tmp_path, other)[0]]


def test_read__the_fields_of_a_despatch(tmp_path: Path) -> None:
    (packed, _, shipped), _ = taken(tmp_path, edifact(DESPATCH), time_zone="Europe/Berlin")
    assert packed["type"] == "AggregationEvent"
    assert packed["parentID"] == "https://id.gs1.org/00/095213210000000013"
    assert packed["childQuantityList"] == [{"epcClass": "https://id.gs1.org/01/09521321000031/10/LOT1", "quantity": 200}]
    assert shipped["eventTime"] == "2026-01-06T09:30:00.000001Z"
    assert shipped["eventTimeZoneOffset"] == "+01:00"
    assert shipped["ct:planned_at"] == "2026-01-08T11:00:00.000Z"
    assert shipped["ct:assumed"] == ["time zone"]
    assert shipped["bizTransactionList"] == [
        {"type": "desadv", "bizTransaction": "urn:chaintwin:v1:shipment:DES-1"},
        {"type": "bol", "bizTransaction": "urn:chaintwin:v1:shipment:BOL-9"},
        {"type": "po", "bizTransaction": "urn:chaintwin:v1:order:PO-4711"},
    ]
    assert "quantityList" not in shipped, "what is packed is counted once"


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_read__every_truncation_gives_events_or_findings(tmp_path: Path, name: str) -> None:
    whole = sample(name)
    complete = len(taken(tmp_path, whole)[0])
    for size in range(0, len(whole), scaled(ci=7, full=1)):
        events, findings = taken(tmp_path, whole[:size])
        assert len(events) <= complete
        # Only what ends with its last segment may lack the rest of it.
        assert findings or not whole[:size].strip() or len(events) == complete, size
        assert all(finding.found and finding.allowed and finding.file == "file.edi" for finding in findings)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_read__flipped_bytes_give_events_or_findings(tmp_path: Path, name: str) -> None:
    whole, dice = sample(name), random.Random(name)
    for _ in range(scaled(ci=60, full=3_000)):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 1, 1, 3, 20))):
            damaged[dice.randrange(len(damaged))] = dice.choice((dice.randrange(256), ord("'"), ord("+"), ord("?"), ord("~"), 0))
        path = tmp_path / "file.edi"
        path.write_bytes(bytes(damaged))
        for batch in read(path):
            captured(batch.items, "x")
            for problem in batch.problems:
                assert problem.findings
                assert all(finding.found.strip() and finding.allowed.strip() for finding in problem.findings)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (edifact(ORDER.replace("UNT+18", "UNT+17")),
         'file.edi:1 segment 18 UNT element 1: found 17 where 18 segments were read; allowed: 18'),
        (edifact(ORDER.replace("UNT+18+1", "UNT+18+2")),
         "file.edi:1 segment 18 UNT element 2: found 2 where UNH has 1; allowed: 1"),
        (edifact(without(ORDER, "BGM")), "file.edi:1: found no segment BGM"),
        (edifact(without(ORDER, "DTM+137")), "file.edi:1: found no date of the order; allowed: DTM with 4 or 137"),
        (edifact(ORDER.replace("9521321000031:EN", "952132100003:EN").replace("952132100003", "95213210000311122")),
         'file.edi:1 segment 9 LIN element 3.1: found "95213210000311122"; allowed: 8, 12, 13 or 14 digits of a GTIN'),
        (edifact(ORDER.replace("QTY+21:240", "QTY+21:many")),
         'file.edi:1 segment 12 QTY element 1.2: found "many"; allowed: a number, 0 or more'),
        (edifact(ORDER.replace("5:CT", "5:CARTON")), 'file.edi:1 segment 15 QTY element 1.3: found the unit "CARTON"'),
        (edifact(ORDER.replace("202601050830:203", "202613050830:203")),
         'segment 3 DTM element 1.2: found "202613050830"; allowed: a time such as CCYYMMDDHHMM'),
        (edifact(ORDER.replace("202601050830:203", "202601050830:999")), "segment 3 DTM element 1.3: found the format 999"),
        (edifact(ORDER.replace("4711+9", "4711+77")), "segment 2 BGM element 3: found the function 77"),
        (edifact(ORDER.replace("4711+9", "4711+1").replace("PO-4711", "")),
         "segment 2 BGM element 2: found no number of the document"),
        (edifact(ORDER.replace("9521321000055:EN", "9521321000031:EN")),
         "found the product 09521321000031 in two units or for two places"),
        (edifact(ORDER.replace("ORDERS:", "INVOIC:")), "file.edi:1: found the message INVOIC; allowed: ORDERS, DESADV"),
        (edifact(ORDER, more="++++++1"), "found a message that is marked as a test"),
        (edifact(without(DESPATCH, "NAD+SU")), "found no place that goods leave; allowed: NAD with SF, CZ, SU or SE"),
        (edifact(DESPATCH.replace("CPS+3+1", "CPS+3+9")), 'segment 21 CPS element 2: found the level "9" around it'),
        (edifact(DESPATCH.replace("CPS+3+1", "CPS+2+1")),
         'segment 21 CPS element 1: found the level "2"; allowed: a number of its own'),
        (edifact(DESPATCH.replace("BJ+095213210000000013", "BJ+0952132100000000")),
         'segment 16 GIN element 2.1: found "0952132100000000"'),
        (edifact(without(STATUS, "RFF").replace("CNI+1+CON-77", "CNI+1")), "segment 7 STS: found no name of the shipment"),
        (edifact(without(STATUS, "STS")), "found no status; allowed: at least one segment STS"),
        (x12(X12_ORDER.replace("SE*11", "SE*12")), "file.edi:1 segment 11 SE element 1: found 12 where 11 segments were read"),
        (x12(X12_ORDER.replace("BEG*00", "BEG*99")), "segment 2 BEG element 1: found the purpose 99"),
        (x12(X12_ORDER.replace("PO1*1*240*EA*.79*PE*EN*9521321000031*VN*M-1", "PO1*1*240*EA")),
         "segment 7 PO1 element 6: found no number of the item"),
        (x12(counted(X12_ORDER.replace("CTT*2~", "SDQ*EA*92*001*10~\nCTT*2~"), tail="SE", element="*")),
         "found a line for several places (SDQ)"),
        (x12(without(X12_NOTICE, "SN1")), "segment 14 HL: found no segment SN1"),
        (x12(X12_STATUS.replace("0600*CS", "0600*XX")), 'segment 6 AT7 element 5: found "20260107 0600 XX"'),
        (x12(X12_STATUS.replace("*20260107*", "*20261307*")), 'segment 6 AT7 element 5: found "20261307 0600 CS"'),
    ],
)  # fmt: skip
def test_read__faults_are_told_with_their_place(tmp_path: Path, content: bytes, says: str) -> None:
    found = told(tmp_path, content)
    assert any(says in text for text in found), found


def test_read__all_faults_of_a_message_at_once(tmp_path: Path) -> None:
    bad = ORDER.replace("QTY+21:240", "QTY+21:x").replace("5:CT", "5:CARTON").replace("20260109:102", "20260199:102")
    path = tmp_path / "a.edi"
    path.write_bytes(edifact(bad))
    (batch,) = read(path)
    (problem,) = batch.problems
    assert [finding.column for finding in problem.findings] == [
        "segment 12 QTY element 1.2", "segment 15 QTY element 1.3", "segment 4 DTM element 1.2",
    ]  # fmt: skip
    assert problem.content.startswith(b"UNH+1+ORDERS")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (edifact(ORDER).replace(b"UNZ+1", b"UNZ+2"), "edi.count"),
        (edifact(ORDER).replace(b"UNZ+1+REF1", b"UNZ+1+REF9"), "edi.reference"),
        (edifact(ORDER).replace(b"UNZ+1+REF1'\n", b""), "edi.end"),
        (x12(X12_ORDER).replace(b"GE*1*1", b"GE*7*1"), "edi.count"),
        (x12(X12_ORDER).replace(b"GE*1*1~\n", b""), "edi.end"),
        (x12(X12_ORDER).replace(b"IEA*1*000000001", b"IEA*1*000000002"), "edi.reference"),
        (edifact(ORDER) + b"what is this", "edi.none"),
        (b"RFF+AAA:1'" + edifact(ORDER), "edi.none"),
        (edifact(ORDER).replace(b"UNZ+", b"RFF+ON:1'UNZ+"), "edi.stray"),
    ],
)
def test_read__faults_around_messages_leave_the_messages(tmp_path: Path, content: bytes, code: str) -> None:
    events, findings = taken(tmp_path, content)
    assert len(events) == 1
    assert code in {finding.code for finding in findings}


def test_read__a_broken_message_leaves_the_others(tmp_path: Path) -> None:
    cut = "".join(ORDER.splitlines(keepends=True)[:6]).replace("PO-4711", "PO-1")
    for broken in (cut, ORDER.replace("UNT+18", "UNT+1").replace("PO-4711", "PO-1"), ORDER.replace("LIN+1", "LIN+1?")):
        events, findings = taken(tmp_path, edifact(broken, ORDER, STATUS))
        assert [event["type"] for event in events[-2:]] == ["ct:OrderPlaced", "ObjectEvent"]
        assert findings or broken.startswith("UNH")
    # Where an interchange breaks off, the next one is read.
    events, findings = taken(tmp_path, edifact(cut).split(b"UNZ")[0] + x12(X12_ORDER))
    assert len(events) == 1
    assert {finding.code for finding in findings} == {"edi.end"}


def test_read__a_test_counts_where_a_person_says_so(tmp_path: Path) -> None:
    assert len(taken(tmp_path, edifact(ORDER, more="++++++1"), tests="take")[0]) == 1
    is_test = x12(X12_ORDER).replace(b"*0*P*", b"*0*T*")
    assert "edi.test" in {finding.code for finding in taken(tmp_path, is_test)[1]}
    assert len(taken(tmp_path, is_test, tests="take")[0]) == 1


def test_read__character_sets(tmp_path: Path) -> None:
    named = ORDER.replace("9521321000024::9", "++Müller")
    for charset, syntax in (("latin-1", b"UNOC"), ("utf-8", b"UNOW")):
        content = edifact(named).decode("latin-1").encode(charset).replace(b"UNOC", syntax)
        (event,), findings = taken(tmp_path, content)
        assert not findings
        assert event["destinationList"][0]["destination"] == "urn:chaintwin:v1:site:name%3AM%C3%BCller"
    assert any("bytes that are no text" in text for text in told(tmp_path, edifact(named).replace(b"UNOC", b"UNOW")))


def test_read__lines_broken_in_the_middle_of_segments(tmp_path: Path) -> None:
    flat = edifact(DESPATCH, ends="")
    wrapped = b"\r\n".join(flat[start : start + 80] for start in range(0, len(flat), 80))
    assert taken(tmp_path, wrapped)[0] == taken(tmp_path, flat)[0]


def test_read__a_file_that_is_still_written_is_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.edi"
    whole = edifact(ORDER, STATUS.replace("UNH+1", "UNH+2").replace("UNT+12+1", "UNT+12+2"))
    path.write_bytes(whole[:-100])
    first = read(path, follow=True)
    assert [len(batch.items) for batch in first] == [1]
    assert not any(batch.problems for batch in first)
    path.write_bytes(whole)
    os.utime(path, (NOW // SECOND, NOW // SECOND))
    later = read(path, since=first[-1].cursor, follow=True)
    assert sum(len(batch.items) for batch in later) == 2
    assert not any(batch.problems for batch in later)


def test_read__a_message_or_segment_that_is_too_large(tmp_path: Path) -> None:
    many = ORDER.replace("UNS+S'\n", "FTX+AAI+++x'\n" * (MESSAGE_BYTES_MAX // 12) + "UNS+S'\n")
    assert any("a message of more than that" in text for text in told(tmp_path, edifact(counted(many))))
    long = ORDER.replace("IMD+F", "IMD+" + "x" * 50_000)
    assert any("segment 11 IMD: found more than 32,768 bytes" in text for text in told(tmp_path, edifact(long)))


def test_read__hostile_messages_give_few_findings(tmp_path: Path) -> None:
    head = b"UNB+UNOW:3+A+B+260101:0000+1'UNH+1+ORDERS:D:96A:UN'"
    (message, *_) = messages_of(io.BytesIO(head + b"\xff'" * 5_000), name="a")
    assert len(message.findings) == 102
    assert "4,900 more faults than the 100 that are told" in {finding.found for finding in message.findings}
    lines = "".join(f"LIN+{number}++9521321000031:EN'\nQTY+21:x:PCE'\n" for number in range(300))
    findings = told(tmp_path, edifact(counted(ORDER.replace("UNS+S'\n", lines + "UNS+S'\n"))))
    assert len(findings) == 101
    assert "200 more faults" in findings[-1]


@pytest.mark.parametrize(("ranges", "is_read"), [(10, True), (11, False)])
def test_read__the_units_of_a_message_are_bounded(tmp_path: Path, ranges: int, *, is_read: bool) -> None:
    units = "".join(f"GIN+BJ+0952132{number:03}0000000+0952132{number:03}0009990'\n" for number in range(ranges))
    units = units.replace("0000000+", "00000000:").replace("0009990'", "00009990'")
    many = DESPATCH.replace("GIN+BJ+095213210000000013'\n", units).replace("GIN+BJ+095213210000000020'\n", "")
    events, findings = taken(tmp_path, edifact(counted(many)))
    assert [len(event["epcList"]) for event in events[-1:]] == [10_000] * is_read
    assert [finding.found for finding in findings] == ["more than 10,000 SSCCs"] * (not is_read)


def test_messages_of__a_run_of_begins_is_one_problem_and_cheap() -> None:
    order = edifact(ORDER)

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(size)
            self.taken += len(content)
            return content

    for garbage in (b"UNA", b"ISA", b"UNA, ISA*", b"UNA:+.? '"):
        file = Counting(garbage * 20_000 + order + b"x" + garbage * 1_000)
        found = list(messages_of(file, name="a"))
        assert [type(one).__name__ for one in found if isinstance(one, Message)] == ["Message"]
        assert len(found) <= 3
        assert file.taken <= 3 * len(file.getvalue())


def test_messages_of__positions_lead_back(tmp_path: Path) -> None:
    content = edifact(ORDER, DESPATCH) + x12(X12_NOTICE)
    found = list(messages_of(io.BytesIO(content), name="a"))
    assert all(isinstance(one, Message) for one in found)
    for one in found:
        assert isinstance(one, Message)
        assert content[one.at :].startswith((b"UNH", b"ST*"))
        assert one.content[:3] == content[one.at : one.at + 3]


def test_read__goods_in_several_units_of_one_level_are_loose(tmp_path: Path) -> None:
    both = DESPATCH.replace("GIN+BJ+095213210000000013", "GIN+BJ+095213210000000013+095213210000000037")
    events, _ = taken(tmp_path, edifact(both))
    assert len(events) == 2
    assert len(events[-1]["epcList"]) == 3
    assert events[-1]["quantityList"] == [{"epcClass": "https://id.gs1.org/01/09521321000031/10/LOT1", "quantity": 200}]


def test_read__several_items_of_one_level(tmp_path: Path) -> None:
    more = "LIN**EN*9521321000055*LT*B7~\nSN1**7*EA~\nLIN**EN*9521321000055~\nSN1**2*EA~\nREF*LT*B8~\n"
    two = counted(X12_NOTICE.replace("SN1**40*EA~\n", "SN1**40*EA~\n" + more), tail="SE", element="*")
    events, findings = taken(tmp_path, x12(two, group="SH"))
    assert not findings
    case = next(event for event in events if event.get("parentID", "").endswith("095213210000000020"))
    assert [(one["epcClass"].rpartition("/01/")[2], one["quantity"]) for one in case["childQuantityList"]] == [
        ("09521321000031", 40), ("09521321000055/10/B7", 7), ("09521321000055/10/B8", 2),
    ]  # fmt: skip
    # Each of them needs its quantity, and a quantity its item.
    assert any("found no segment SN1" in text for text in told(tmp_path, x12(without(two, "SN1**40"), group="SH")))
    assert any("SN1: found no segment LIN" in text for text in told(tmp_path, x12(without(two, "LIN**EN*9521321000055~"))))
    # Packs below several items are beside them: nobody says which of them holds what.
    under = "HL*4*2*I~\nLIN**EN*9521321000031~\nSN1**7*EA~\n" + more + "HL*5*4*P~\nMAN*GM*095213210000000020~\n"
    below = X12_NOTICE[: X12_NOTICE.index("HL*3*2*T")] + under + "CTT*2~\nSE*23*0002~\n"
    (event,), _ = taken(tmp_path, x12(counted(below, tail="SE", element="*"), group="SH"))
    assert event["epcList"] == ["https://id.gs1.org/00/095213210000000020"]
    assert [one["quantity"] for one in event["quantityList"]] == [7, 7, 2]


@pytest.mark.parametrize(
    ("una", "version", "text", "quantity"),
    [
        (b"UNA:+.? '", b":3", "1.5", 1.5), (b"UNA:+.? '", b":3", "1,5", None), (b"UNA:+.? '", b":3", "1,234", None),
        (b"UNA:+,? '", b":3", "1,5", 1.5), (b"UNA:+,? '", b":3", "1.234", None), (b"UNA:+,? '", b":4", "1.5", 1.5),
        (b"UNA:+ ? '", b":3", "1,5", 1.5), (b"", b":3", "1,5", 1.5), (b"", b":3", "1.5", 1.5), (b"", b":3", "1,234.5", None),
        (b"", b":3", ",5", 0.5), (b"", b":3", "5,", 5.0), (b"", b":3", ",", None),
        (b"", b":3", "1.2.3", None), (b"", b":3", "-1", None),
    ],
)  # fmt: skip
def test_read__decimal_marks_of_edifact(tmp_path: Path, una: bytes, version: bytes, text: str, quantity: float | None) -> None:
    content = una + edifact(ORDER.replace("QTY+21:240:PCE", f"QTY+21:{text}:KGM"), una=False).replace(
        b"UNOC:3", b"UNOC" + version
    )
    if quantity is None:
        assert any(f'segment 12 QTY element 1.2: found "{text}"; allowed: a number' in one for one in told(tmp_path, content))
    else:
        (event,), _ = taken(tmp_path, content)
        assert event["quantityList"][0]["quantity"] == quantity


@pytest.mark.parametrize(("text", "quantity"), [("1,234", None), ("1.5", 1.5), (".5", 0.5), ("12", 12), ("1,5", None)])
def test_read__x12_has_no_decimal_comma(tmp_path: Path, text: str, quantity: float | None) -> None:
    content = x12(X12_ORDER.replace("*240*EA*", f"*{text}*LB*"))
    if quantity is None:
        assert any(f'PO1 element 2: found "{text}"' in one for one in told(tmp_path, content))
    else:
        assert taken(tmp_path, content)[0][0]["quantityList"][0]["quantity"] == quantity


def test_read__packs_under_their_item_and_serial_numbers(tmp_path: Path) -> None:
    lines = "HL*4*2*I~\nLIN**EN*9521321000031~\nSN1**7*EA~\nHL*5*4*P~\nMAN*GM*095213210000000020~\n"
    under = X12_NOTICE[: X12_NOTICE.index("HL*3*2*T")] + lines + "CTT*2~\nSE*23*0002~\n"
    events, findings = taken(tmp_path, x12(counted(under, tail="SE", element="*"), group="SH"))
    assert not findings
    assert events[0]["childQuantityList"] == [{"epcClass": "https://id.gs1.org/01/09521321000031", "quantity": 7}]
    numbered = DESPATCH.replace("QTY+12:40:PCE'", "QTY+12:2:PCE'\nGIN+BN+A1+A2'")
    events, _ = taken(tmp_path, edifact(counted(numbered)))
    assert events[1]["childEPCs"] == [f"https://id.gs1.org/01/09521321000031/21/{serial}" for serial in ("A1", "A2")]


def test_read__estimates_of_x12_are_said_when_the_group_was_made(tmp_path: Path) -> None:
    guess = X12_STATUS.replace("AT7*SD*AO***20260107*0600*CS", "AT7*AG****20260109*1800*UT")
    (event,), _ = taken(tmp_path, x12(without(guess, "G62"), group="QM"))
    assert event["eventTime"] == "2026-01-06T10:45:00.000Z"
    assert event["ct:predicted_at"] == "2026-01-09T18:00:00.000Z"
    assert event["bizStep"] == "transporting"


# Offsets in winter, then in summer, as the dictionary names the codes of element 623.
ZONES = {
    "UT": ("+00:00", "+00:00"), "GM": ("+00:00", "+00:00"), "LT": ("+01:00", "+02:00"),
    "NS": ("-03:30", "-03:30"), "ND": ("-02:30", "-02:30"), "NT": ("-03:30", "-02:30"),
    "TS": ("-04:00", "-04:00"), "TD": ("-03:00", "-03:00"), "TT": ("-04:00", "-03:00"),
    "ES": ("-05:00", "-05:00"), "ED": ("-04:00", "-04:00"), "ET": ("-05:00", "-04:00"),
    "CS": ("-06:00", "-06:00"), "CD": ("-05:00", "-05:00"), "CT": ("-06:00", "-05:00"),
    "MS": ("-07:00", "-07:00"), "MD": ("-06:00", "-06:00"), "MT": ("-07:00", "-06:00"),
    "PS": ("-08:00", "-08:00"), "PD": ("-07:00", "-07:00"), "PT": ("-08:00", "-07:00"),
    "AS": ("-09:00", "-09:00"), "AD": ("-08:00", "-08:00"), "AT": ("-09:00", "-08:00"),
    "HS": ("-10:00", "-10:00"), "HD": ("-09:00", "-09:00"), "HT": ("-10:00", "-10:00"),
    "01": ("+01:00", "+01:00"), "12": ("+12:00", "+12:00"), "13": ("-12:00", "-12:00"), "20": ("-05:00", "-05:00"),
    "24": ("-01:00", "-01:00"), "25": ("-02:30", "-02:30"), "26": ("-03:30", "-03:30"), "27": ("+05:30", "+05:30"),
    "28": ("+09:30", "+09:30"), "29": ("+10:30", "+10:30"),
}  # fmt: skip


@pytest.mark.parametrize("zone", sorted(ZONES))
def test_read__zones_of_x12(tmp_path: Path, zone: str) -> None:
    for day, offset in zip(("20260107", "20260707"), ZONES[zone], strict=True):
        told_then = without(X12_STATUS.replace("20260107*0600*CS", f"{day}*0600*{zone}"), "G62")
        (event,), findings = taken(tmp_path, x12(told_then, group="QM"), time_zone="Europe/Berlin")
        assert not findings
        assert event["eventTimeZoneOffset"] == offset
        assert ("ct:assumed" in event) == (zone == "LT")


def test_read__zones_of_one_syntax_are_none_of_the_other(tmp_path: Path) -> None:
    for zone, offset in (("AST", "-04:00"), ("ADT", "-03:00"), ("CET", "+01:00"), ("UTC", "+00:00")):
        (event,), _ = taken(tmp_path, edifact(STATUS.replace("202601070600?+0100:205", f"202601070600{zone}:303")))
        assert event["eventTimeZoneOffset"] == offset
    assert told(tmp_path, edifact(STATUS.replace("202601070600?+0100:205", "202601070600AS:303")))
    assert told(tmp_path, x12(without(X12_STATUS.replace("0600*CS", "0600*EST"), "G62"), group="QM"))


@pytest.mark.parametrize(("place", "step"), [("5", "departing"), ("9", "departing"), ("13", "transporting"), ("", "departing")])
def test_read__who_leaves_a_terminal_is_under_way(tmp_path: Path, place: str, step: str) -> None:
    left = STATUS.replace("STS+1+31", "STS+1+24").replace("LOC+5", f"LOC+{place}")
    (event,), findings = taken(tmp_path, edifact(left))
    assert findings == []
    assert event["bizStep"] == step


def test_read__releases_of_a_blanket_order_are_orders_of_their_own(tmp_path: Path) -> None:
    (order,), _ = taken(tmp_path, x12(X12_ORDER.replace("PO-4711**", "PO-4711*R5*")))
    assert order["ct:order"] == "PO-4711/R5"
    *_, shipped = taken(tmp_path, x12(X12_NOTICE.replace("PRF*PO-4711", "PRF*PO-4711*R5"), group="SH"))[0]
    assert {"type": "po", "bizTransaction": "urn:chaintwin:v1:order:PO-4711%2FR5"} in shipped["bizTransactionList"]


def test_accepts__by_ending_and_by_begin(tmp_path: Path) -> None:
    path = tmp_path / "message.txt"
    path.write_bytes(b"\r\n" + edifact(ORDER))
    assert EdiFile().accepts(str(path))
    assert connector_for(str(path)).name == "edi-file"
    assert len(read(path)[0].items) == 1, "a file that somebody names is read whatever its ending is"
    path.write_text("nothing")
    assert not EdiFile().accepts(str(path))
    (tmp_path / "a.x12").write_bytes(x12(X12_ORDER))
    assert EdiFile().accepts(str(tmp_path))
    assert len(read(tmp_path, {"endings": ".txt,.x12"})[-1].problems) == 1
    assert connector_named("edi-file").description


@pytest.mark.parametrize(
    ("option", "value"),
    [("time_zone", "Mars/Base"), ("own_codes", "ours"), ("tests", "maybe"), ("endings", "edi"), ("time_zone", "")],
)
def test_read__options_that_mean_nothing(tmp_path: Path, option: str, value: str) -> None:
    (tmp_path / "a.edi").write_bytes(edifact(ORDER))
    with pytest.raises(UsageError, match="allowed"):
        read(tmp_path / "a.edi", {option: value})
