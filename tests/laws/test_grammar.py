"""Laws read from what people write, and what they are told when they wrote something else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.laws import Law, LawError, LawKind, parse, parse_many
from tests.laws.examples import ALL, LAWS


@given(law=LAWS)
def test_parse__canonical_text_gives_the_same_law(law: Law) -> None:
    assert parse(str(law)) == law


@pytest.mark.parametrize("text", ALL)
def test_parse__canonical_text_is_stable(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 7.50 ", "7.5"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("constant(4)", "4"),
        ("Normal( mean=100 ; sd=20 )", "normal(100, 20)"),
        ("normal(100, cv=0.2)", "normal(100, 20)"),
        ("normal(mean=100, std=20)", "normal(100, 20)"),
        ("normal(mean=100, var=400)", "normal(100, 20)"),
        ("exponential(rate=0.25)", "exponential(4)"),
        ("poisson(lambda=3)", "poisson(3)"),
        ("gamma(mean=10, sd=5)", "gamma(4, 2.5)"),
        ("negbin(mean=6, var=24)", "negbin(2, 0.25)"),
        ("geometric(mean=4)", "geometric(0.25)"),
        ("triangular(min=1, mode=2, max=4)", "triangular(1, 2, 4)"),
        ("pmf(6:0.3; 1:0.2; 3:0.5; 9:0)", "pmf(1:0.2, 3:0.5, 6:0.3)"),
        ("empirical(8, 5, 3, 5)", "empirical(3, 5, 5, 8)"),
        ("truncated(normal(5, 2), 0, 10)", "truncated(normal(5, 2), low=0, high=10)"),
        ("shift(shift(poisson(2), 1), x=2)", "shift(shift(poisson(2), 1), 2)"),
    ],
)
def test_parse__reads_what_people_write(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 1, "allowed: a number, or a law"),
        ("posson(8)", 1, "did you mean poisson?"),
        ("gaussian(1, 2)", 1, "did you mean normal?"),
        ("normal(100", 11, "found the end"),
        ("normal 100", 8, "write normal(...)"),
        ("normal(100 20)", 12, "found '20'"),
        ("normal(100, 20) x", 17, "nothing more"),
        ("normal(100, 20, 3)", 1, "found 3 numbers"),
        ("normal(100, -20)", 1, "normal sd: found -20"),
        ("normal(mean=1, mean=2)", 16, "two numbers"),
        ("normal(1, mean=2)", 1, "two numbers"),
        ("normal(mean=1, 2)", 16, "after the first named one"),
        ("lognormal(12, cv=0.4)", 1, "lognormal(mean=, cv=)"),
        ("lognormal(mean=-1, cv=0.4)", 1, "lognormal mean: found -1"),
        ("negbin(mean=5, var=5)", 1, "poisson(5)"),
        ("pmf(1:0.2, 3:0.5, 6:0.4)", 1, "weights that sum to 1.1"),
        ("pmf(1:0.5, 1:0.5)", 12, "1 twice"),
        ("pmf(1, 2)", 6, "allowed: :"),
        ("pmf()", 5, "value:probability pairs"),
        ("1,000", 2, "write 1000"),
        ("1,5", 2, "write 1.5"),
        ("20%", 3, "such as 0.2"),
        ("bernoulli(20%)", 13, "write 0.2"),
        ("1e400", 1, "up to 1e+15"),
        ("nan", 1, "up to 1e+15"),
        ("shift(5)", 1, "shift(law, x)"),
        ("truncated(normal(1, 2))", 1, "low=, high= or both"),
        ("empirical(file.csv)", 11, "no project folder"),
        ("shift(" * 40 + "1", 97, "laws in one another"),
    ],
)
def test_parse__says_where_what_and_how_to_mend(text: str, position: int, part: str) -> None:
    with pytest.raises(LawError) as caught:
        parse(text)
    assert caught.value.position == position
    assert part in str(caught.value)


@given(st.text(alphabet="normalpf(),;:=0123456789.eE+-% \"'é\x00", max_size=30))
def test_parse__gives_a_law_or_an_error_for_any_text(text: str) -> None:
    try:
        law = parse(text)
    except LawError:
        return
    assert parse(str(law)) == law


def test_parse__long_texts_take_no_long_time() -> None:
    start = time.perf_counter()
    for text in ("1" * 200_000, "normal(" + "1" * 200_000, "(" * 200_000, "normal(" + "1," * 100_000):
        with pytest.raises(LawError) as caught:
            parse(text)
        assert len(str(caught.value)) < 1000
    # A scan that backtracks would take minutes; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 20.0


def test_parse_many__keeps_order_shares_laws_and_returns_faults() -> None:
    results = parse_many(["poisson(8)", "posson(8)", "5", "poisson(8)"])
    assert [type(result) for result in results] == [Law, LawError, Law, Law]
    assert results[0] is results[3]
    assert results[2] == Law(LawKind.CONSTANT, (5.0,))
    error = results[1]
    assert isinstance(error, LawError)
    finding = error.as_finding(file="demand.csv", row=3, column="law")
    assert str(finding).startswith("demand.csv:3 law: found law unknown name posson at position 1 of 'posson(8)'; allowed:")
    assert finding.fix == "did you mean poisson?"


def test_parse_many__repeats_cost_next_to_nothing() -> None:
    texts = [f"normal({i % 500}, cv=0.2)" for i in range(100_000)]
    start = time.perf_counter()
    results = parse_many(texts)
    assert time.perf_counter() - start < 3.0
    assert len(results) == 100_000


def test_parse__reads_observations_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "lead times.csv").write_text("lane,days\na,3\nb,5\nb,5\n", encoding="utf-8")
    (tmp_path / "plain.csv").write_text("\ufeff4\n\n2\n4\n", encoding="utf-8")
    (tmp_path / "german.csv").write_text("weg;tage\na;3\n", encoding="utf-8")
    law = parse("empirical(lead times.csv, column=days)", folder=tmp_path)
    assert (law.values, law.weights) == ((3.0, 5.0), (1.0, 2.0))
    assert str(law) == "empirical(lead times.csv, column=days)"
    assert parse(str(law), folder=tmp_path) == law
    assert parse('empirical("plain.csv")', folder=tmp_path).mean == pytest.approx(10 / 3)
    assert parse("empirical(german.csv, column=tage)", folder=tmp_path).mean == 3


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("empirical(../secret.csv)", "outside the project folder"),
        ("empirical(/etc/hostname)", "outside the project folder"),
        ("empirical(.)", "outside the project folder"),
        ("empirical(link.csv)", "outside the project folder"),
        ("empirical(absent.csv)", "no readable file"),
        ("empirical(two.csv)", "column=a"),
        ("empirical(two.csv, column=c)", "one of a, b"),
        ("empirical(two.csv, row=c)", "column=NAME"),
        ("empirical(words.csv)", "'many' in row 3"),
        ("empirical(nan.csv)", "'nan' in row 1"),
        ("empirical(empty.csv)", "no values"),
        ("empirical(latin.csv)", "not UTF-8"),
        ("empirical(two.csv", "allowed: , or )"),
        ('empirical("two.csv)', 'no closing "'),
    ],
)
def test_parse__refuses_files_that_are_no_observations(text: str, part: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.csv").write_text("1\n", encoding="utf-8")
    (project / "link.csv").symlink_to(tmp_path / "secret.csv")
    (project / "two.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (project / "words.csv").write_text("n\n1\nmany\n", encoding="utf-8")
    (project / "nan.csv").write_text("nan\n", encoding="utf-8")
    (project / "empty.csv").write_text("\n", encoding="utf-8")
    (project / "latin.csv").write_bytes(b"\xe9\n")
    with pytest.raises(LawError) as caught:
        parse(text, folder=project)
    assert part in str(caught.value)
