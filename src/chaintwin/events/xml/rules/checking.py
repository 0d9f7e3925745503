"""Whether a document has the structure of EPCIS XML; every fault with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaintwin.errors import Finding
from chaintwin.events.xml.parsing import line_of
from chaintwin.events.xml.rules.editions import Edition
from chaintwin.events.xml.rules.forms import forms
from chaintwin.events.xml.rules.grammar import FOREIGN, LOCAL, OTHER, Kind, Part

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

FAULTS_MAX: Final = 1_000
"""More are counted, not told one by one."""

XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
"""Namespace of attributes that speak of the schema."""


def faults_of(root: Element, kind: str, *, edition: Edition) -> tuple[Finding, ...]:
    """Return every fault of an element and what is in it.

    Parameters
    ----------
    root : the element. kind : its kind in the edition, such as ``EPCISDocument``. edition : whose rules hold.

    Returns
    -------
    tuple of Finding
        ``row`` is the line, ``column`` the path of the element. Codes: ``xml.element``, ``xml.repeated``, ``xml.missing``,
        ``xml.order``, ``xml.text``, ``xml.attribute``, ``xml.value``.
    """
    checker = _Checker(edition)
    checker.element(root, edition.kinds[kind])
    if checker.more:
        return (*checker.faults, Finding("xml.more", f"{checker.more:,} more faults", "none", "correct these first"))
    return tuple(checker.faults)


def local_name(tag: str) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition("}")[2]


class _Checker:
    """Walks through a document and collects faults."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.kinds = edition.kinds
        self.forms = forms()
        self.globals = edition.globals
        self.faults: list[Finding] = []
        self.more = 0
        self.numbers: dict[Element, dict[Element, int]] = {}

    def element(self, element: Element, kind: Kind) -> None:
        """Check one element of a known kind, and all in it."""
        if kind.mixed:
            self.attributes(element, kind)
            self.free(element, root=True)
            return
        if element.attrib or kind.attributes:
            self.attributes(element, kind)
        if kind.form:
            self.plain(element, kind.form)
            return
        text = element.text
        if text is not None and not text.isspace():
            self.fault(element, "xml.text", text.strip()[:60], "elements only", "remove the text, or put it into an element")
        parts = kind.parts
        codes = []
        for child in element:
            tag = str(child.tag)
            tail = child.tail
            if tail is not None and not tail.isspace():
                self.fault(child, "xml.text", tail.strip()[:60], "elements only", "remove the text behind the element")
            part = parts.get(tag)
            if part is not None:
                codes.append(part.code)
                self.part(child, part)
            elif tag[0] == "{":
                codes.append(FOREIGN if tag[1:].partition("}")[0] == kind.target else OTHER)
                self.free(child)
            else:
                codes.append(LOCAL)
                if LOCAL in kind.notation:
                    self.free(child)
        if not kind.pattern.match("".join(codes)):
            self.misplaced(element, kind)

    def part(self, element: Element, part: Part) -> None:
        """Check an element that its parent knows."""
        form = self.forms.get(part.kind)
        if form is None:
            self.element(element, self.kinds[part.kind])
            return
        if element.attrib and self.nil_or_attributes(element, part):
            return
        if len(element):
            self.plain(element, part.kind)
            return
        text = element.text or ""
        if not form.accepts(text):
            self.fault(element, "xml.value", text.strip()[:80] or "nothing", form.allowed, form.fix)

    def plain(self, element: Element, form_name: str) -> None:
        """Check the text of an element without children."""
        form = self.forms[form_name]
        if len(element):
            self.fault(
                element, "xml.element", local_name(str(element[0].tag)), f"{form.allowed} without elements", "write text only"
            )
        elif not form.accepts(element.text or ""):
            self.fault(element, "xml.value", (element.text or "").strip()[:80] or "nothing", form.allowed, form.fix)

    def nil_or_attributes(self, element: Element, part: Part) -> bool:
        """Check the attributes of an element with a plain value; tell whether it is nil and has no value to check."""
        is_nil = False
        for name, value in element.attrib.items():
            if name == XSI + "nil" and part.nillable:
                is_nil = value.strip() in ("true", "1")
                if is_nil and (len(element) or element.text):
                    self.fault(
                        element,
                        "xml.value",
                        (element.text or "").strip()[:60] or "something",
                        "nothing where xsi:nil is true",
                        "remove one of them",
                    )
            elif name == XSI + "type" and local_name(str(value).replace(":", "}")) == part.kind:
                continue
            elif name not in _HINTS:
                self.fault(element, "xml.attribute", local_name(str(name)), "no attributes here", "remove it")
        return is_nil

    def attributes(self, element: Element, kind: Kind) -> None:
        """Check the attributes of an element of a known kind."""
        for name, value in element.attrib.items():
            known = kind.attributes.get(str(name))
            if known is not None:
                form = self.forms[known[0]]
                if not form.accepts(str(value)):
                    self.fault(element, "xml.value", str(value)[:80] or "nothing", form.allowed, form.fix, name=str(name))
            elif name in _HINTS or (name in (XSI + "type", XSI + "nil") and kind.mixed):
                continue
            elif not kind.open_attributes or name in (XSI + "type", XSI + "nil"):
                allowed = ", ".join(kind.attributes) or "no attributes here"
                self.fault(
                    element, "xml.attribute", local_name(str(name)), allowed, "remove it, or put it into an element of yours"
                )
        for name, (form_name, needed) in kind.attributes.items():
            if needed and name not in element.attrib:
                self.fault(element, "xml.missing", f"no {name}", self.forms[form_name].allowed, f'write {name}="..."')

    def free(self, element: Element, *, root: bool = False) -> None:
        """Check an element of a foreign namespace: only what in it is known by its own name or type."""
        if not root:
            known = self.globals.get(str(element.tag))
            if known is not None:
                self.element(element, self.kinds[known])
                return
        kind = element.get(XSI + "type")
        if kind is not None and self.typed(element, kind):
            return
        for child in element:
            self.free(child)

    def typed(self, element: Element, kind: str) -> bool:
        """Check an element that says its own type; tell whether nothing in it is left to check."""
        prefix, colon, local = kind.strip().rpartition(":")
        namespace = element.nsmap.get(prefix if colon else None)
        if namespace == _XSD and local in _XSD_FORMS:
            if local != "string" or len(element):
                self.plain(element, _XSD_FORMS[local])
            return True
        if namespace == _XSD and local in _XSD_OTHERS:
            return local != "anyType"
        if local in ("ArrayOfString", "VoidHolder") and namespace is not None and namespace.startswith(_QUERY):
            for child in element:
                if child.tag != "string" or local == "VoidHolder" or len(child):
                    self.fault(child, "xml.element", local_name(str(child.tag)), "string", "write <string>...</string>")
            return True
        fix = "remove xsi:type, or name a type of XML Schema"
        self.fault(element, "xml.value", kind, "a type of XML Schema", fix, name="xsi:type")
        return True

    def misplaced(self, element: Element, kind: Kind) -> None:
        """Say what of the children of an element is unknown, too many, missing or in another order."""
        allowed = kind.notation or "no elements here"
        count = len(self.faults) + self.more
        order = list(kind.parts)
        seen: set[str] = set()
        last = ""
        for child in element:
            tag = str(child.tag)
            part = kind.parts.get(tag)
            name = local_name(tag)
            if part is None:
                if not _is_open(tag, kind):
                    self.fault(child, "xml.element", name, allowed, _fix_unknown(tag, kind))
                last = last or tag
            elif tag in seen and not part.repeats:
                self.fault(child, "xml.repeated", f"{name} again", f"{name} once", "keep one of them")
            elif last and (last not in order or order.index(tag) < order.index(last)) and tag not in seen:
                before = local_name(last)
                self.fault(child, "xml.order", f"{name} behind {before}", allowed, f"move <{name}> before <{before}>")
            else:
                last = tag
            seen.add(tag)
        for part in kind.parts.values():
            if part.needed and part.tag not in seen:
                name = local_name(part.tag)
                self.fault(element, "xml.missing", f"no {name}", allowed, f"write <{name}>, in this order")
        if len(self.faults) + self.more == count:
            found = " ".join(local_name(str(child.tag)) for child in element)
            self.fault(element, "xml.order", found[:200] or "nothing", f"in this order: {allowed}", "reorder the elements")

    def fault(self, element: Element, code: str, found: str, allowed: str, fix: str, *, name: str = "") -> None:
        """Note one fault; of those beyond the limit only the number."""
        if len(self.faults) >= FAULTS_MAX:
            self.more += 1
            return
        path = self.path(element) + (f"/@{name}" if name else "")
        self.faults.append(Finding(code, found, allowed, fix, row=line_of(element), column=path))

    def path(self, element: Element) -> str:
        """Return the names that lead to an element, with a number where several have one name."""
        steps = []
        step: Element | None = element
        while step is not None:
            name = local_name(str(step.tag))
            parent = step.getparent()
            if parent is not None:
                if parent not in self.numbers:
                    self.numbers[parent] = _numbers(parent)
                number = self.numbers[parent].get(step, 0)
                name += f"[{number}]" if number else ""
            steps.append(name)
            step = parent
        return "/".join(reversed(steps))


def _numbers(parent: Element) -> dict[Element, int]:
    """Return the place of each child among those of its name, 0 for one alone."""
    counts: dict[str, int] = {}
    numbers = {}
    for child in parent:
        numbers[child] = counts[str(child.tag)] = counts.get(str(child.tag), 0) + 1
    return {child: number for child, number in numbers.items() if counts[str(child.tag)] > 1}


def _is_open(tag: str, kind: Kind) -> bool:
    """Tell whether an element that its parent does not know may stand there anywhere."""
    words = kind.notation.replace("(", " ").replace(")", " ").replace("|", " ").split()
    plain = {word.rstrip("?*+") for word in words}
    if tag.startswith("{"):
        return "other" in plain and not tag.startswith(f"{{{kind.target}}}")
    return "local" in plain


def _fix_unknown(tag: str, kind: Kind) -> str:
    name = local_name(tag)
    same = [part for part in kind.parts if local_name(part).lower() == name.lower()]
    if same and tag.startswith("{") != same[0].startswith("{"):
        return f"write <{name}> {'with' if same[0].startswith('{') else 'without'} the prefix of its namespace"
    if same:
        return f"write {local_name(same[0])}"
    return "remove it, correct its spelling, or give it a namespace of your own and put it last"


_HINTS: Final = frozenset({XSI + "schemaLocation", XSI + "noNamespaceSchemaLocation"})
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_QUERY: Final = "urn:epcglobal:epcis-query:xsd:"
_XSD_FORMS: Final = {
    "string": "string",
    "integer": "integer",
    "int": "int",
    "decimal": "decimal",
    "double": "double",
    "float": "double",
    "boolean": "boolean",
    "dateTime": "dateTime",
    "anyURI": "uri",
    "hexBinary": "hexBinary",
}
_XSD_OTHERS: Final = frozenset(
    {
        "anyType",
        "anySimpleType",
        "base64Binary",
        "byte",
        "date",
        "duration",
        "gDay",
        "gMonth",
        "gMonthDay",
        "gYear",
        "gYearMonth",
        "language",
        "long",
        "negativeInteger",
        "nonNegativeInteger",
        "nonPositiveInteger",
        "normalizedString",
        "positiveInteger",
        "QName",
        "short",
        "time",
        "token",
        "unsignedByte",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
    }
)
