"""Whether an event meets a query: the plain meaning of every parameter, without any index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaintwin.events.queries.extension import extension_values
from chaintwin.events.queries.patterns import matcher
from chaintwin.events.queries.query import Condition, EventQuery, Field, Operator, Value
from chaintwin.events.queries.seen import Seen, standard_values
from chaintwin.events.queries.spelling import moment_of_text, number_of

Predicate = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class MasterData:
    """What is known of things beside events.

    Parameters
    ----------
    attributes : by canonical name, values by full name of the attribute. children : names of what lies directly below.
    """

    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def within(self, names: tuple[str, ...]) -> frozenset[str]:
        """Return names and all that lies below them."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.children.get(name, ()))
        return frozenset(found)


def predicate_of(query: EventQuery, *, master: MasterData | None = None) -> Predicate:
    """Return what tells whether an event meets all conditions of a query.

    Example
    -------
    >>> from chaintwin.events.queries.spelling import Spelling
    >>> holds = predicate_of(EventQuery((Condition("EQ_action", Field("action"), Operator.EQUAL, ("ADD",)),)))
    >>> holds(Seen({"action": "ADD"}, Spelling(), frozenset(), 0, 0))
    True
    """
    predicates = [condition_predicate(condition, master=master or MasterData()) for condition in query.conditions]

    def holds(seen: Seen) -> bool:
        return all(predicate(seen) for predicate in predicates)

    return holds


def condition_predicate(condition: Condition, *, master: MasterData) -> Predicate:
    """Return what tells whether an event meets one condition."""
    if condition.operator in (Operator.HAS_ATTRIBUTE, Operator.ATTRIBUTE):
        return _by_attribute(condition, master=master)
    if condition.field.extension:
        return _by_extension(condition)
    values = standard_values(condition.field.name, qualifier=condition.field.qualifier)
    test = _test(condition, master=master)
    return lambda seen: any(test(value) for value in values(seen))


def order_value(seen: Seen, order: Field) -> tuple[int, float, str] | None:
    """Return what an event is ordered by: numbers and times before texts; None where it lacks the field."""
    if not order.extension:
        return (0, float(next(standard_values(order.name)(seen))), "")
    for value in extension_values(seen, order):
        number = number_of(value)
        if number is not None:
            return (0, number, "")
        moment = moment_of_text(value) if isinstance(value, str) else None
        if moment is not None:
            return (0, float(moment), "")
        if isinstance(value, str):
            return (1, 0.0, value)
    return None


def _test(condition: Condition, *, master: MasterData) -> Callable[[Any], bool]:
    operator, wanted = condition.operator, condition.values
    if operator is Operator.EXISTS:
        return lambda value: True
    if operator is Operator.MATCH:
        return matcher([str(value) for value in wanted])
    if operator is Operator.WITHIN:
        return master.within(tuple(str(value) for value in wanted)).__contains__
    if operator is Operator.EQUAL:
        return frozenset(wanted).__contains__
    compare, limit = _COMPARE[operator], wanted[0]
    return lambda value: compare(value, limit)


def _by_extension(condition: Condition) -> Predicate:
    where, operator = condition.field, condition.operator
    if operator is Operator.EXISTS:
        return lambda seen: next(extension_values(seen, where), _NOTHING) is not _NOTHING
    if operator is Operator.EQUAL:
        texts = {value for value in condition.values if isinstance(value, str)}
        numbers = {number for number in map(number_of, condition.values) if number is not None}
        moments = {moment for moment in (moment_of_text(text) for text in texts) if moment is not None}

        def equal(value: Any) -> bool:
            if isinstance(value, dict):
                value = value.get("@value", value.get("#text"))
            if isinstance(value, bool):
                return str(value).lower() in texts
            if value in texts if isinstance(value, str) else False:
                return True
            number = number_of(value)
            if number is not None:
                return number in numbers
            return bool(moments) and isinstance(value, str) and moment_of_text(value) in moments

        return lambda seen: any(equal(value) for value in extension_values(seen, where))
    limit, compare = condition.values[0], _COMPARE[operator]
    if isinstance(limit, str):
        moment = moment_of_text(limit)
        return lambda seen: any(_holds(compare, value, limit=moment) for value in _moments(extension_values(seen, where)))
    return lambda seen: any(_holds(compare, number_of(value), limit=limit) for value in extension_values(seen, where))


def _by_attribute(condition: Condition, *, master: MasterData) -> Predicate:
    where = condition.field
    values = None if where.extension else standard_values(where.name, qualifier="")
    wanted = frozenset(str(value) for value in condition.values)

    def names(seen: Seen) -> Iterator[Value]:
        if values is not None:
            return values(seen)
        return (seen.spelling.name(value) or value for value in extension_values(seen, where) if isinstance(value, str))

    def holds(seen: Seen) -> bool:
        for name in names(seen):
            known = master.attributes.get(str(name), {})
            if condition.operator is Operator.HAS_ATTRIBUTE:
                if any(_is_called(attribute, one) for attribute in known for one in wanted):
                    return True
            elif any(value in wanted for attribute, value in known.items() if _is_called(attribute, where.qualifier)):
                return True
        return False

    return holds


def _is_called(attribute: str, name: str) -> bool:
    """Tell whether a full attribute name is meant by a name that may be its last part only."""
    return attribute == name or attribute.endswith((f"#{name}", f"/{name}", f":{name}"))


def _moments(values: Iterator[Any]) -> Iterator[int | None]:
    return (moment_of_text(value) for value in values if isinstance(value, str))


def _holds(compare: Callable[[Any, Any], bool], value: Any, *, limit: Any) -> bool:
    return value is not None and limit is not None and compare(value, limit)


_NOTHING = object()

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.GREATER: lambda value, limit: value > limit,
    Operator.AT_LEAST: lambda value, limit: value >= limit,
    Operator.LESS: lambda value, limit: value < limit,
    Operator.AT_MOST: lambda value, limit: value <= limit,
}
