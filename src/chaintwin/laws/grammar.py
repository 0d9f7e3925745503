"""What people write in a cell, read as a law: ``normal(100, 20)``, ``pmf(1:0.2, 3:0.5, 6:0.3)``, ``empirical(file.csv)``.

A law is a number, or a name with arguments in parentheses; commas or semicolons between arguments; case and blanks do not
matter. docs/reference/laws.md lists every law. A fault is reported with its position, what was found, what is allowed and
a suggestion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from chaintwin.laws.forms import FORMS, nearest_law, parameters_of
from chaintwin.laws.law import Law, format_number
from chaintwin.laws.parameters import LARGEST, RULES, LawError, LawKind
from chaintwin.laws.samples import read_samples

DEEPEST = 16
"""How many laws may be wrapped in one another."""

_DIGITS = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(_DIGITS, re.ASCII)
_PLAIN = re.compile(rf"([A-Za-z_]+)\(\s*({_DIGITS}(?:\s*,\s*{_DIGITS})*)\s*\)", re.ASCII)
_KINDS: Mapping[str, LawKind] = MappingProxyType({kind.value: kind for kind in LawKind})
_NAME = re.compile(r"[^\W\d]\w*")
_BLANK = re.compile(r"\s*")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_WITHOUT_MARKS = str.maketrans("", "", ",' ")
_SEPARATORS = ",;"


def parse(text: str, *, folder: Path | None = None) -> Law:
    """Return the law that a text means.

    Parameters
    ----------
    text : the cell.
    folder : the project folder, where ``empirical(file.csv)`` looks for its file; None refuses files.

    Returns
    -------
    The law; ``str(law)`` gives its canonical text, which parses to the same law.

    Raises
    ------
    LawError : the text is no law; says where, what was found, what is allowed and what was probably meant.

    Example
    -------
    >>> law = parse("lognormal(mean=12, cv=0.4)")
    >>> round(law.mean, 9), round(law.sd / law.mean, 9)
    (12.0, 0.4)
    >>> str(parse("Normal( mean=100 ; sd=20 )"))
    'normal(100, 20)'
    """
    plain = _plain_law(text)
    if plain is not None:
        return plain
    parser = _Parser(text, folder)
    law = parser.law(depth=0)
    parser.end()
    return law


def parse_many(texts: Iterable[str], *, folder: Path | None = None) -> list[Law | LawError]:
    """Return the law, or the fault, of each text; equal texts are parsed once and share one law.

    Parameters
    ----------
    texts : the cells of a column.
    folder : as in `parse`.

    Returns
    -------
    One entry per text, in order. Faults are values here, because all faults of a table are reported together.

    Example
    -------
    >>> [str(one) for one in parse_many(["5", "poisson(8)", "5"])]
    ['5', 'poisson(8)', '5']
    """
    known: dict[str, Law | LawError] = {}
    results: list[Law | LawError] = []
    for text in texts:
        result = known.get(text)
        if result is None:
            try:
                result = parse(text, folder=folder)
            except LawError as error:
                result = error
            known[text] = result
        results.append(result)
    return results


def _plain_law(text: str) -> Law | None:
    """Return the law of a text of the most usual shape, name(number, number), or None for all others and for faults.

    Four times as quick as the parser, which tables with a hundred thousand different laws need; the parser reads the same
    texts to the same laws, and says what is wrong where something is.
    """
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    kind = _KINDS.get(match.group(1).lower())
    numbers = tuple(float(number) + 0.0 for number in match.group(2).split(","))
    if kind is None or kind not in FORMS or len(numbers) != len(RULES[kind]):
        return None
    try:
        return Law(kind, numbers)
    except LawError:
        return None


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, folder: Path | None) -> None:
        self.text = text
        self.folder = folder
        self.at = 0
        self._skip_blanks()

    def law(self, *, depth: int) -> Law:
        """Read one law."""
        start = self.at
        number = self._try_number()
        if number is not None:
            return Law(LawKind.CONSTANT, (number,))
        name = self._try_name()
        if name is None:
            raise self._error("law", self._next(), allowed="a number, or a law such as normal(100, 20)", at=start)
        kind = self._kind(name, start)
        if depth >= DEEPEST:
            raise self._error(kind, f"{depth} laws in one another", allowed=f"at most {DEEPEST}", at=start)
        if not self._take("("):
            raise self._error(kind, self._next(), allowed="(", fix=f"write {kind}(...)")
        try:
            law = self._arguments(kind, depth)
        except LawError as error:
            if error.position:
                raise
            raise self._error(error.what, error.found, allowed=error.allowed, fix=error.fix, at=start) from None
        self._expect(")", kind)
        return law

    def end(self) -> None:
        """Refuse anything after the law."""
        if self.at >= len(self.text):
            return
        whole = self.text.strip()
        fix = ""
        if _THOUSANDS.fullmatch(whole):
            fix = f"write {whole.translate(_WITHOUT_MARKS)}"
        elif _DECIMAL_COMMA.fullmatch(whole):
            fix = f"write {whole.replace(',', '.')}"
        elif self._peek() == "%":
            fix = "write a share of 1, such as 0.2 for 20 %"
        raise self._error("law", self._next(), allowed="nothing more", fix=fix)

    def _kind(self, name: str, start: int) -> LawKind:
        try:
            return LawKind(name.lower())
        except ValueError:
            pass
        if name.lower() in ("nan", "inf", "infinity", "none", "null"):
            raise self._error("law", name, allowed=f"a number up to {LARGEST:g} in size", at=start)
        near = nearest_law(name)
        fix = f"did you mean {near}?" if near else ""
        raise self._error("law", f"unknown name {name}", allowed=", ".join(LawKind), fix=fix, at=start)

    def _arguments(self, kind: LawKind, depth: int) -> Law:
        if kind is LawKind.PMF:
            return self._pmf()
        if kind is LawKind.EMPIRICAL:
            return self._empirical()
        if kind in FORMS:
            unnamed, named = self._numbers(kind)
            return Law(kind, parameters_of(kind, unnamed, named=named))
        inner = self.law(depth=depth + 1)
        unnamed, named = self._numbers(kind) if self._take_separator() else ((), {})
        return _wrapped(kind, inner, unnamed=unnamed, named=named)

    def _numbers(self, kind: LawKind) -> tuple[tuple[float, ...], dict[str, float]]:
        """Read numbers, then ``name=number`` pairs, up to the closing parenthesis."""
        unnamed: list[float] = []
        named: dict[str, float] = {}
        while self._peek() != ")":
            start = self.at
            name = self._try_name()
            if name is not None:
                if not self._take("="):
                    raise self._error(kind, name, allowed="a number, or name=number", at=start)
                if name.lower() in named:
                    raise self._error(f"{kind} {name}", "two numbers", allowed="one", at=start)
                named[name.lower()] = self._number(f"{kind} {name}")
            elif named:
                raise self._error(kind, self._next(), allowed="name=number after the first named one")
            else:
                unnamed.append(self._number(kind))
            if not self._take_separator():
                self._require(")", kind)
                break
        return tuple(unnamed), named

    def _pmf(self) -> Law:
        weights: dict[float, float] = {}
        while self._peek() != ")":
            start = self.at
            value = self._number("pmf value")
            self._expect(":", LawKind.PMF)
            weight = self._number(f"pmf weight of {format_number(value)}")
            if value in weights:
                raise self._error("pmf", f"{format_number(value)} twice", allowed="each value once", at=start)
            weights[value] = weight
            if not self._take_separator():
                self._require(")", LawKind.PMF)
                break
        if not weights:
            raise self._error("pmf", self._next(), allowed="value:probability pairs", fix="write pmf(1:0.2, 3:0.8)")
        values = tuple(sorted(value for value, weight in weights.items() if weight != 0))
        return Law(LawKind.PMF, values=values, weights=tuple(weights[value] for value in values))

    def _empirical(self) -> Law:
        start = self.at
        numbers = self._try_number_list()
        if numbers is not None:
            counts = Counter(numbers)
            values = tuple(sorted(counts))
            return Law(LawKind.EMPIRICAL, values=values, weights=tuple(float(counts[value]) for value in values))
        self.at = start
        name = self._words()
        column = ""
        if self._take_separator():
            at = self.at
            if self._try_name() != "column" or not self._take("="):
                raise self._error("empirical", self._next(at), allowed="column=NAME", at=at)
            column = self._words()
        if not name:
            raise self._error("empirical", self._next(), allowed="a file name or numbers", fix="write empirical(3, 5, 8)")
        self._require(")", LawKind.EMPIRICAL)
        if self.folder is None:
            raise self._error(f"empirical {name}", "no project folder", allowed="numbers", at=start)
        return read_samples(self.folder, name, column=column)

    def _try_number_list(self) -> list[float] | None:
        numbers = []
        while True:
            number = self._try_number()
            if number is None or self._peek() not in (")", *_SEPARATORS):
                return None
            numbers.append(number)
            if not self._take_separator():
                return numbers

    def _words(self) -> str:
        """Read text up to the next comma or closing parenthesis, or between double quotes."""
        if self._take('"'):
            end = self.text.find('"', self.at)
            if end < 0:
                raise self._error("empirical", 'no closing "', allowed='"')
            words, self.at = self.text[self.at : end], end + 1
            self._skip_blanks()
            return words
        end = self.at
        while end < len(self.text) and self.text[end] not in "),;":
            end += 1
        words, self.at = self.text[self.at : end].strip(), end
        return words

    def _number(self, what: str) -> float:
        start = self.at
        number = self._try_number()
        if number is None:
            raise self._error(what, self._next(), allowed="a number", at=start)
        if self._peek() == "%":
            raise self._error(what, "%", allowed="a share of 1", fix=f"write {format_number(round(number / 100, 12))}")
        return number

    def _try_number(self) -> float | None:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            return None
        # Zero is added so that "-0" reads as 0 and not as a different law with the same numbers.
        number = float(match.group()) + 0.0
        if not abs(number) <= LARGEST:
            raise self._error("number", match.group()[:40], allowed=f"a number up to {LARGEST:g} in size")
        self.at = match.end()
        self._skip_blanks()
        return number

    def _try_name(self) -> str | None:
        match = _NAME.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        self._skip_blanks()
        return match.group()

    def _take(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self.at += 1
        self._skip_blanks()
        return True

    def _take_separator(self) -> bool:
        return self._take(",") or self._take(";")

    def _expect(self, mark: str, kind: LawKind) -> None:
        self._require(mark, kind)
        self._take(mark)

    def _require(self, mark: str, kind: LawKind) -> None:
        if self._peek() != mark:
            raise self._error(kind, self._next(), allowed=", or )" if mark == ")" else mark)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self, at: int | None = None) -> str:
        """Return what comes next, for a message."""
        rest = self.text[self.at if at is None else at :]
        if not rest:
            return "the end"
        match = _NUMBER.match(rest) or _NAME.match(rest)
        return repr(match.group()[:40] if match else rest[0])

    def _skip_blanks(self) -> None:
        match = _BLANK.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def _error(self, what: str, found: str, *, allowed: str, fix: str = "", at: int | None = None) -> LawError:
        position = (self.at if at is None else at) + 1
        return LawError(what, found, allowed=allowed, fix=fix, text=self.text, position=position)


def _wrapped(kind: LawKind, inner: Law, *, unnamed: tuple[float, ...], named: dict[str, float]) -> Law:
    """Return the law that a wrapper makes of the one inside it."""
    names = {LawKind.TRUNCATED: ("low", "high"), LawKind.SHIFT: ("x",), LawKind.ZERO_INFLATED: ("p",)}[kind]
    allowed = f"{kind}(law, {', '.join(names)})"
    numbers = dict(zip(names, unnamed, strict=False))
    if len(unnamed) > len(names) or not named.keys().isdisjoint(numbers) or not named.keys() <= set(names):
        raise LawError(kind, ", ".join([*map(format_number, unnamed), *named]), allowed=allowed)
    numbers.update(named)
    if kind is LawKind.TRUNCATED:
        if not numbers:
            raise LawError(kind, "no bounds", allowed=allowed, fix="give low=, high= or both")
        return Law(kind, (numbers.get("low", float("-inf")), numbers.get("high", float("inf"))), inner=inner)
    if not numbers:
        raise LawError(kind, "no number after the law", allowed=allowed)
    return Law(kind, (numbers[names[0]],), inner=inner)
