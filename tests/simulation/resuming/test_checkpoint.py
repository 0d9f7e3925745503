"""Runs that are stopped and go on: the same bytes, and every wrong checkpoint is refused in words."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from chaintwin.errors import CancelledError, UsageError
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation.counting.precision import parse_precision
from chaintwin.simulation.ensemble import Until, run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.resuming import Checkpoint, run_from_checkpoint, saved_replications
from chaintwin.simulation.resuming.checkpoint import alone, identity_of
from tests.simulation.test_ensemble import random_program, same

SPAN = Span(first=0, periods=20, warm_up=5, replications=650, seed=7)


def stopped(program: Program, file: Path, *, share: float, span: Span = SPAN, threads: int = 1, width: int = 16) -> None:
    """Run until a share is done, and cancel."""
    stop = threading.Event()

    def watch(done: float) -> None:
        if done >= share:
            stop.set()

    with pytest.raises(CancelledError):
        resumed(program, file, span=span, threads=threads, width=width, cancel=stop, progress=watch)


def resumed(
    program: Program, file: Path, *, span: Span = SPAN, anew: bool = False, keep: bool = False, **options: object
) -> Reduced:
    checkpoint = Checkpoint(file, anew=anew, keep=keep)
    return run_from_checkpoint(program, initial_state(program), span=span, checkpoint=checkpoint, **options)  # type: ignore[arg-type]


def refusal(program: Program, file: Path, *, span: Span = SPAN, until: Until | None = None) -> str:
    before = file.read_bytes()
    with pytest.raises(UsageError) as caught:
        resumed(program, file, span=span, until=until)
    assert file.read_bytes() == before
    return str(caught.value)


@pytest.mark.parametrize(("threads", "width"), [(1, 64), (2, 16), (2, 64), (1, 8)])
def test_run_from_checkpoint__goes_on_to_the_same_bytes(tmp_path: Path, threads: int, width: int) -> None:
    for integer in (True, False):
        program, file = random_program(3, integer=integer), tmp_path / "run"
        whole = run_ensemble(program, initial_state(program), span=SPAN)
        for share in (0.2, 0.5, 0.9):
            stopped(program, file, share=share)
        saved = saved_replications(file)
        assert 64 <= saved < 650
        assert saved % 64 == 0
        assert same(resumed(program, file, threads=threads, width=width), whole)
        assert not list(tmp_path.iterdir())


def test_run_from_checkpoint__does_not_play_again_what_is_saved(tmp_path: Path) -> None:
    program, file, seen = random_program(3), tmp_path / "run", []
    stopped(program, file, share=0.8)
    resumed(program, file, threads=1, progress=seen.append)
    assert seen[0] == pytest.approx(saved := seen[0])
    assert saved >= 0.6
    assert seen[-1] == pytest.approx(1.0)


def test_run_from_checkpoint__tells_what_it_goes_on_from_unless_it_is_refused(tmp_path: Path) -> None:
    program, file, told = random_program(3), tmp_path / "run", []
    checkpoint = Checkpoint(file, keep=True, resumed=told.append)
    for replications in (128, 192):
        run_from_checkpoint(program, initial_state(program), span=replace(SPAN, replications=replications), checkpoint=checkpoint)
    for span in (replace(SPAN, seed=8), replace(SPAN, replications=64)):
        with pytest.raises(UsageError):
            run_from_checkpoint(program, initial_state(program), span=span, checkpoint=checkpoint)
    anew = replace(checkpoint, anew=True)
    run_from_checkpoint(program, initial_state(program), span=replace(SPAN, replications=64), checkpoint=anew)
    assert told == [128]


def test_run_from_checkpoint__stops_at_the_same_precision(tmp_path: Path) -> None:
    program, file = random_program(15), tmp_path / "run"
    span = replace(SPAN, replications=6400)
    until = Until(parse_precision("total_cost +/- 1.5 %"), 0.95)
    whole = run_ensemble(program, initial_state(program), span=span, until=until)
    count = whole.figures.shape[0]
    assert 192 <= count < 6400
    stopped(program, file, share=(count - 64) / 6400, span=span)
    assert same(resumed(program, file, span=span, until=until), whole)


def test_run_from_checkpoint__a_precision_that_is_reached_plays_no_more(tmp_path: Path) -> None:
    program, file = random_program(15), tmp_path / "run"
    span = replace(SPAN, replications=6400)
    until = Until(parse_precision("total_cost +/- 1.5 %"), 0.95)
    first = resumed(program, file, span=span, until=until, keep=True)
    assert saved_replications(file) == first.figures.shape[0]
    assert same(resumed(program, file, span=span, until=until), first)


def test_run_from_checkpoint__kept_for_more_replications(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    few, many = replace(SPAN, replications=200), replace(SPAN, replications=500)
    resumed(program, file, span=few, keep=True)
    assert saved_replications(file) == 192
    assert same(resumed(program, file, span=many), run_ensemble(program, initial_state(program), span=many))
    assert not file.exists()


def test_run_from_checkpoint__refuses_fewer_than_are_saved(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    resumed(program, file, keep=True)
    text = refusal(program, file, span=replace(SPAN, replications=100))
    assert "found 640 saved replications; allowed: a run of at least as many, not 100; fix: ask for 640 or more" in text


def test_run_from_checkpoint__refuses_a_precision_that_fewer_reach(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    resumed(program, file, keep=True)
    text = refusal(program, file, until=Until(parse_precision("total_cost +/- 90 %"), 0.95))
    assert "of which 64 reach total_cost +/- 90 %" in text


@pytest.mark.parametrize(
    ("span", "word"),
    [
        (replace(SPAN, seed=8), "seed (7, now 8)"),
        (replace(SPAN, periods=21), "periods (20, now 21)"),
        (replace(SPAN, warm_up=6), "warm-up (5, now 6)"),
    ],
)
def test_run_from_checkpoint__refuses_another_span(tmp_path: Path, span: Span, word: str) -> None:
    program, file = random_program(3), tmp_path / "run"
    stopped(program, file, share=0.5)
    text = refusal(program, file, span=span)
    assert f"which differs in {word}; allowed: one of the same run; fix:" in text


def test_run_from_checkpoint__refuses_another_network_and_state(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    stopped(program, file, share=0.5)
    assert "differs in network (" in refusal(random_program(5), file)
    start = initial_state(program)
    for state in (replace(start, cash=1.0), replace(start, forecast=program.buffers.forecast + 1.0)):
        with pytest.raises(UsageError, match="differs in state it starts from"):
            run_from_checkpoint(program, state, span=SPAN, checkpoint=Checkpoint(file))
    same_state = replace(start, forecast=program.buffers.forecast.copy())
    assert identity_of(program, same_state, span=SPAN) == identity_of(program, start, span=SPAN)


def test_run_from_checkpoint__refuses_any_damage_and_starts_anew_if_asked(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    stopped(program, file, share=0.5)
    whole = file.read_bytes()
    places = (0, 3, len(whole) // 500, len(whole) // 2, len(whole) - 1)
    damaged = [whole[:place] for place in places] + [whole + b"x"]
    for place in (30, 80, len(whole) // 2, len(whole) - 1):
        damaged.append(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    for content in damaged:
        file.write_bytes(content)
        assert "found a damaged checkpoint" in refusal(program, file)
    done = resumed(program, file, anew=True)
    assert same(done, run_ensemble(program, initial_state(program), span=SPAN))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("anew", [False, True])
def test_run_from_checkpoint__never_replaces_another_file(tmp_path: Path, anew: bool) -> None:
    program, file = random_program(3), tmp_path / "results.csv"
    file.write_text("figure,mean\n")
    with pytest.raises(UsageError, match="found a file that is no checkpoint"):
        resumed(program, file, anew=anew)
    assert file.read_text() == "figure,mean\n"
    with pytest.raises(UsageError, match="found a folder"):
        resumed(program, tmp_path, anew=anew)


def test_run_from_checkpoint__one_run_at_a_time(tmp_path: Path) -> None:
    program, file = random_program(3), tmp_path / "run"
    with alone(file), pytest.raises(UsageError, match="found another run that uses this checkpoint"):
        resumed(program, file)
    with pytest.raises(UsageError, match="nothing can be written beside it"):
        resumed(program, tmp_path / "none" / "run")


def test_run_from_checkpoint__cancelled_before_anything_is_finished(tmp_path: Path) -> None:
    program, file, stop = random_program(3), tmp_path / "run", threading.Event()
    stop.set()
    with pytest.raises(CancelledError, match="nothing is saved yet"):
        resumed(program, file, cancel=stop)
    assert not list(tmp_path.iterdir())


def test_run_from_checkpoint__its_first_group_is_saved_at_once(tmp_path: Path) -> None:
    program, file, saved = random_program(3, integer=True), tmp_path / "run", list[int]()
    run_from_checkpoint(
        program,
        initial_state(program),
        span=SPAN,
        checkpoint=Checkpoint(file),
        threads=1,
        keep=lambda _: saved.append(saved_replications(file)),
    )
    # All of it takes much less than the time between two savings.
    assert saved[0] == 64


def test_run_from_checkpoint__what_was_saved_is_told_first(tmp_path: Path) -> None:
    program, file, told = random_program(3, integer=True), tmp_path / "run", list[int]()
    stopped(program, file, share=0.5)
    saved = saved_replications(file)
    run_from_checkpoint(
        program,
        initial_state(program),
        span=SPAN,
        checkpoint=Checkpoint(file),
        keep=lambda kept: told.append(64 * kept.groups),
    )
    assert saved > 0
    assert told[0] == saved
    assert told == sorted(set(told))
