"""Messages as trading partners send them, written from the public structure of each; GLNs and GTINs are those for examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PLANT, STORE, CARRIER = "9521321000017", "9521321000024", "9521321000048"
MILK, BREAD = "9521321000031", "9521321000055"
PALLET, CASE = "095213210000000013", "095213210000000020"

ORDER = """UNH+1+ORDERS:D:96A:UN:EAN008'
BGM+220+PO-4711+9'
DTM+137:202601050830:203'
DTM+2:20260109:102'
NAD+BY+9521321000024::9'
NAD+SU+9521321000017::9'
NAD+DP+9521321000024::9'
CUX+2:EUR:9'
LIN+1++9521321000031:EN'
PIA+1+M-1:SA'
IMD+F++:::Milk?, 1 l ?+ more'
QTY+21:240:PCE'
PRI+AAA:0.79'
LIN+2++9521321000055:EN'
QTY+21:5:CT'
UNS+S'
CNT+2:2'
UNT+18+1'
"""

DESPATCH = """UNH+ME0001+DESADV:D:01B:UN:EAN007'
BGM+351+DES-1+9'
DTM+137:20260106100000:204'
DTM+11:202601061030:203'
DTM+17:202601081200:203'
RFF+ON:PO-4711'
RFF+BM:BOL-9'
NAD+BY+9521321000024::9'
NAD+SU+9521321000017::9'
NAD+DP+9521321000024::9'
CPS+1'
PAC+1++201::9'
CPS+2+1'
PAC+1++201::9'
PCI+33E'
GIN+BJ+095213210000000013'
LIN+1++9521321000031:SRV'
QTY+12:200:PCE'
PCI+36E'
GIN+BX+LOT1'
CPS+3+1'
PAC+1++CT'
PCI+33E'
GIN+BJ+095213210000000020'
LIN+2++9521321000031:SRV'
QTY+12:40:PCE'
CNT+2:2'
UNT+28+ME0001'
"""

STATUS = """UNH+1+IFTSTA:D:07A:UN:EAN003'
BGM+23+STA-1+9'
DTM+137:202601070700UTC:303'
NAD+CA+9521321000048::9'
NAD+CN+9521321000024::9'
CNI+1+CON-77'
STS+1+31'
RFF+AAK:DES-1'
DTM+334:202601070600?+0100:205'
DTM+132:202601091500:203'
LOC+5+DEHAM:139:6'
UNT+12+1'
"""

X12_ORDER = """ST*850*0001~
BEG*00*SA*PO-4711**20260105~
DTM*002*20260109~
N1*BY*Store*UL*9521321000024~
N1*ST*Store*UL*9521321000024~
N1*SE*Plant*UL*9521321000017~
PO1*1*240*EA*.79*PE*EN*9521321000031*VN*M-1~
PID*F****Milk~
PO1*2*5*CT***EN*9521321000055~
CTT*2~
SE*11*0001~
"""

X12_NOTICE = """ST*856*0002~
BSN*00*DES-1*20260106*1000*0001~
HL*1**S~
TD5*B*2*ABCD*M~
REF*BM*BOL-9~
DTM*011*20260106*1030~
DTM*017*20260108*1200~
N1*ST**UL*9521321000024~
N1*SF**UL*9521321000017~
HL*2*1*O~
PRF*PO-4711~
HL*3*2*T~
MAN*GM*00095213210000000013~
HL*4*3*I~
LIN**EN*9521321000031*LT*LOT1~
SN1**200*EA~
HL*5*2*P~
MAN*GM*095213210000000020~
HL*6*5*I~
LIN**EN*9521321000031~
SN1**40*EA~
CTT*6~
SE*23*0002~
"""

X12_STATUS = """ST*214*0003~
B10*PRO-5*DES-1*ABCD~
L11*BOL-9*BM~
N1*CN*Store*UL*9521321000024~
LX*1~
AT7*SD*AO***20260107*0600*CS~
MS1*Chicago*IL*US~
G62*17*20260109*8*1500*UT~
SE*9*0003~
"""

UNB = "UNB+UNOC:3+9521321000017:14+9521321000024:14+260106:1045+{reference}{more}'\n"
ISA = "ISA*00*          *00*          *ZZ*PLANT          *ZZ*STORE          *260106*1045*{eleventh}*{version}*000000001*0*P*:~\n"


def edifact(*messages: str, una: bool = True, reference: str = "REF1", ends: str = "\n", more: str = "") -> bytes:
    """Return an interchange with messages."""
    text = "UNA:+.? '\n" * una + UNB.format(reference=reference, more=more) + "".join(messages)
    return (text + f"UNZ+{len(messages)}+{reference}'\n").replace("\n", ends).encode("latin-1")


def x12(*sets: str, group: str = "PO", version: str = "004010", ends: str = "\n", signs: str = "*:~^") -> bytes:
    """Return an interchange with one functional group; ``signs`` are element, component, terminator and repetition."""
    eleventh = "^" if version >= "00402" else "U"
    head = ISA.format(eleventh=eleventh, version=version[:5])
    text = (
        head + f"GS*{group}*PLANT*STORE*20260106*1045*1*X*{version}~\n" + "".join(sets) + f"GE*{len(sets)}*1~\nIEA*1*000000001~\n"
    )
    text = text.replace("\n", ends)
    return text.translate(dict(zip(map(ord, "*:~^"), signs, strict=True))).encode("latin-1")


def counted(message: str, *, tail: str = "UNT", element: str = "+") -> str:
    """Return a message whose count of segments is right, whatever was done to it."""
    lines = message.splitlines(keepends=True)
    parts = lines[-1].split(element)
    assert parts[0] == tail
    return "".join(lines[:-1]) + element.join([tail, str(len(lines)), *parts[2:]])


def without(message: str, tag: str) -> str:
    """Return a message without the first segment that begins so, and with the right count."""
    lines = message.splitlines(keepends=True)
    place = next(place for place, line in enumerate(lines) if line.startswith(tag))
    is_x12 = message.startswith("ST*")
    return counted("".join(lines[:place] + lines[place + 1 :]), tail="SE" if is_x12 else "UNT", element="*" if is_x12 else "+")


def sample(name: str) -> bytes:
    """Return a whole file of one style."""
    return SAMPLES[name]


SAMPLES = {
    "D96A with advice": edifact(ORDER),
    "D01B without advice, CRLF": edifact(DESPATCH, una=False, ends="\r\n"),
    "D07A without ends of lines": edifact(STATUS, ends=""),
    "three messages": edifact(
        ORDER, DESPATCH.replace("ME0001", "2"), STATUS.replace("UNH+1", "UNH+3").replace("+12+1'", "+12+3'")
    ),
    "4010": x12(X12_ORDER),
    "5010 of other signs": x12(X12_NOTICE, group="SH", version="005010", signs="|>\n^", ends=""),
    "214 of one line": x12(X12_STATUS, group="QM", ends=""),
    "both": edifact(ORDER) + x12(X12_NOTICE, group="SH"),
}
"""Files by what is particular about them."""


def interchange_of(folder: Path, count: int) -> str:
    """Write one interchange of about so many events in orders, despatches and statuses."""
    path = folder / "messages.edi"
    with path.open("wb") as file:
        file.write(b"UNA:+.? '\n" + UNB.format(reference="R", more="").encode())
        places = list(range(max(count // 5, 1)))
        for number in places:
            for message in numbered(number):
                file.write(message.encode())
        file.write(f"UNZ+{3 * len(places)}+R'\n".encode())
    return str(path)


def folder_of_both(folder: Path, count: int) -> str:
    """Write X12 and EDIFACT files, and others between them that are none of ours."""
    (folder / "notes.txt").write_text("nothing")
    for name, first in (("a.x12", 200_000), ("b.x12", 100_000)):
        sets = [
            one.replace("PO-4711", f"PO-{number}").replace("DES-1", f"DES-{number}").replace(CASE, _sscc(number))
            for number in range(first, first + count // 10)
            for one in (X12_ORDER, without(X12_NOTICE, "MAN*GM*00"))
        ]  # fmt: skip
        (folder / name).write_bytes(x12(*sets, signs="*:~^"))
    interchange_of(folder, count // 3)
    return str(folder)


def numbered(number: int) -> Sequence[str]:
    """Return an order, its despatch and a status, others for every number."""
    day = f"2026{1 + number // 28 % 12:02}{1 + number % 28:02}"
    order = ORDER.replace("PO-4711", f"PO-{number}").replace("20260105", day)
    despatch = DESPATCH.replace("PO-4711", f"PO-{number}").replace("DES-1", f"DES-{number}").replace("BOL-9", f"B-{number}")
    despatch = despatch.replace(PALLET, _sscc(2 * number)).replace(CASE, _sscc(2 * number + 1))
    status = STATUS.replace("DES-1", f"DES-{number}").replace("CON-77", f"CON-{number}").replace("STA-1", f"STA-{number}")
    return order, despatch, status


def _sscc(number: int) -> str:
    digits = f"09521321{number:09}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"
