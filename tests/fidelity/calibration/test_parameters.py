"""Versions of parameters: ids by content, round trips, faults all at once, and what a simulator draws."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import InputError, UsageError
from chaintwin.fidelity.calibration import Parameter, ParameterKind, ParameterSet, read_parameters, write_parameters
from chaintwin.fidelity.calibration.parameters import parameter_of
from chaintwin.laws import LawKind, parse
from chaintwin.laws.fits import YieldBelief
from chaintwin.laws.posteriors import Drawing, LawPosterior, curve_posterior, lead_time_posterior, yield_posterior


def version(**changes: object) -> ParameterSet:
    curve = curve_posterior([3, 4, 4, 6, 6], [1, 1, 1, 1, 0], drawing=Drawing(7, "a", count=6))
    law = lead_time_posterior([3.0, 4, 4, 6, 6], [1, 1, 1, 1, 1], drawing=Drawing(7, "b", count=6))
    assert law is not None
    share = yield_posterior(YieldBelief(9.5, 1.5), drawing=Drawing(7, "c", count=6))
    window = {"since": 0, "until": 10**15}
    found = ParameterSet(
        (
            parameter_of(curve, kind=ParameterKind.LEAD_TIME, subject="a>b/milk", mode="crossing", **window),
            parameter_of(law, kind=ParameterKind.LEAD_TIME, subject="b>c/milk", **window),
            parameter_of(share, kind=ParameterKind.YIELD, subject="a>b/milk", **window),
        ),
        made_at=10**15,
        seed=7,
    )
    return msgspec.structs.replace(found, **changes)


def test_write_parameters__round_trip_and_same_bytes() -> None:
    one = version()
    content = write_parameters(one)
    assert read_parameters(content) == one
    assert write_parameters(read_parameters(content)) == content
    assert write_parameters(version()) == content
    # Written by another hand, with blanks and whole numbers where ours have a point, it is the same version.
    other = msgspec.json.format(content, indent=3).replace(b"4.0", b"4")
    assert read_parameters(other).id == one.id


@pytest.mark.parametrize("changes", [{"seed": 8}, {"parent": "x"}, {"note": "alarm"}, {"made_at": 1}, {"parameters": ()}])
def test_id__any_change_makes_another_version(changes: dict[str, object]) -> None:
    assert version(**changes).id != version().id
    assert len(version().id) == 64


def test_draw__laws_of_a_replication_and_of_past_versions() -> None:
    one = version()
    drawn = one.laws(ParameterKind.LEAD_TIME, replication=2)
    assert set(drawn) == {"a>b/milk", "b>c/milk"}
    found = one.find(ParameterKind.LEAD_TIME, "a>b/milk")
    assert found is not None
    assert [found.draw(replication) for replication in range(6)] == [found.draw(replication + 6) for replication in range(6)]
    assert len({str(found.draw(replication)) for replication in range(6)}) > 1
    again = read_parameters(write_parameters(one)).laws(ParameterKind.LEAD_TIME, replication=2)
    assert again == drawn
    assert one.find(ParameterKind.DEMAND, "a>b/milk") is None
    with pytest.raises(UsageError, match="replication"):
        found.draw(-1)


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40), seed=st.integers(0, 2**64 - 1))
def test_parameter_of__draws_are_those_of_the_posterior(rows: list[tuple[int, bool]], seed: int) -> None:
    posterior = lead_time_posterior([row[0] for row in rows], [row[1] for row in rows], drawing=Drawing(seed, "lane", count=4))
    if posterior is None:
        return
    found = parameter_of(posterior, kind=ParameterKind.LEAD_TIME, subject="lane", since=0, until=1)
    whole = read_parameters(write_parameters(ParameterSet((found,), made_at=1, seed=seed)))
    assert [whole.parameters[0].draw(replication) for replication in range(4)] == list(posterior.draws)
    assert parse(whole.parameters[0].best) == posterior.best


def test_parameter_of__laws_that_no_table_holds_together_are_refused() -> None:
    mixed = LawPosterior(parse("2"), (parse("normal(1, 2)"), parse("2")), "by hand", 1, 0)
    with pytest.raises(UsageError, match="constant, normal"):
        parameter_of(mixed, kind=ParameterKind.DEMAND, subject="a", since=0, until=1)


def damaged(**changes: object) -> bytes:
    """Return a document whose first parameter was changed, with the id of what it was."""
    one = version()
    first = msgspec.structs.replace(one.parameters[0], **changes)
    content = msgspec.json.decode(write_parameters(one))
    content["parameters"]["parameters"][0] = msgspec.to_builtins(first)
    return msgspec.json.encode(content)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"no json", ["parameters.form"]),
        (b"{}", ["parameters.form"]),
        (b"[" * 100_000, ["parameters.form"]),
        (b"\xff\xfe", ["parameters.form"]),
        (write_parameters(version()).replace(b'"seed":7', b'"seed":8'), ["parameters.id"]),
        (write_parameters(version()).replace(b'"seed":7', b'"seed":7,"more":1'), ["parameters.form"]),
        (write_parameters(version()).replace(b"parameters 1", b"parameters 9"), ["parameters.form"]),
        (damaged(best="nonsense("), ["parameters.id", "parameters.law"]),
        (damaged(draws=()), ["parameters.id", "parameters.law"]),
        (damaged(draws=((0.5, 0.5),)), ["parameters.id", "parameters.law"]),
        (damaged(draws=((0.5, 0.6, 0.0),)), ["parameters.id", "parameters.law"]),
        (damaged(draws=((1.5, -0.5, 0.0),)), ["parameters.id", "parameters.law"]),
        (damaged(law=LawKind.NORMAL, draws=((1.0, -2.0),)), ["parameters.id", "parameters.law"]),
        (damaged(values=(), draws=((),)), ["parameters.id", "parameters.law"]),
    ],
)
def test_read_parameters__faults(content: bytes, codes: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_parameters(content, name="old.json")
    assert [finding.code for finding in caught.value.findings] == codes
    assert all(finding.file == "old.json" for finding in caught.value.findings)


def test_read_parameters__a_subject_twice() -> None:
    one: Parameter = version().parameters[0]
    twice = version(parameters=(one, one))
    with pytest.raises(InputError, match="lead_time a>b/milk") as caught:
        read_parameters(write_parameters(twice))
    assert [finding.code for finding in caught.value.findings] == ["parameters.twice"]
