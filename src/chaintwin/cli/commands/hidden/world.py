"""``chaintwin world``: a hidden world that tells a twin its events, and keeps the truth to itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from chaintwin.cli.commands.feeding.connecting import given_options
from chaintwin.cli.commands.hidden import asked
from chaintwin.cli.commands.options import Json, Project, Seed
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import INTERRUPTED, SMALLER_RUN, fail, session

if TYPE_CHECKING:
    from chaintwin.ingest.history.playing import Sent, Target
    from chaintwin.network.network import Network
    from chaintwin.world import Instruments, Spreads, Story, Wire, World

SAID = {"events": "sent", "overtaken": "overtaken", "repeated": "repeats", "doubles": "doubles"}
"""What the live line says of the wire."""


def world(
    project: Project,
    *,
    to: asked.To = None,
    days: asked.Days = 30.0,
    speed: asked.Speed = "max",
    seed: Seed = 0,
    resume: asked.Resume = False,
    token_file: asked.Token = None,
    option: asked.Options = None,
    print_mapping: asked.PrintMapping = False,
    truth: asked.TruthFile = None,
    spread: asked.Spread = 1.0,
    shift: asked.Shift = None,
    keep_truth: asked.KeepTruth = None,
    count_share: asked.CountShare = 0.0,
    count_every: asked.CountEvery = 7.0,
    count_error: asked.CountError = 0.0,
    misread: asked.Misread = 0.0,
    gauge_share: asked.GaugeShare = 0.0,
    gauge_noise: asked.GaugeNoise = 0.01,
    wire: asked.Graded = "perfect",
    delay: asked.Delay = None,
    disorder: asked.Disorder = None,
    disorder_by: asked.DisorderBy = None,
    duplicates: asked.Duplicates = None,
    loss: asked.Loss = None,
    retry: asked.Retry = None,
    no_retry: asked.NoRetry = False,
    lose: asked.Lose = 0.0,
    json: Json = False,
) -> None:
    """Play a world with a secret truth and tell its events."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.feeding.replay import rate_of
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.world import Grade, Instruments, Spreads, Wire

        if print_mapping:
            _print_mapping(terminal, to)
            return
        where, rate = _where(to, is_json=json), rate_of(speed)
        changed: dict[str, object] = {
            "delay": delay,
            "disorder": disorder,
            "disorder_by": disorder_by,
            "duplicates": duplicates,
            "loss": loss,
            "retry": retry,
            "is_retried": not no_retry,
            "lose": lose,
        }
        told_by = Wire.of(Grade(wire), changed=changed)
        network = usable_network(terminal, project)
        hours = network.settings.period.hours
        every = max(round(count_every * 24 / hours), 1)
        measured = Instruments(count_share, every, count_error, misread, gauge_share=gauge_share, gauge_noise=gauge_noise)
        played = _played(
            terminal,
            network,
            truth=truth,
            spreads=Spreads().scaled(spread),
            shifts=shift or [],
            periods=max(round(days * 24 / hours), 1),
            seed=seed,
        )
        _keep(terminal, played, keep_truth)
        story = _story(terminal, played, measured, told_by, seed=seed)
        kept = _kept(project, where, played, story)
        options = given_options(option, None)
        _tell(terminal, story, where, kept=kept, rate=rate, resume=resume, options=options, token_file=token_file)


def _where(to: str | None, *, is_json: bool) -> str:
    from chaintwin.errors import UsageError
    from chaintwin.world.targets.choosing import ALLOWED, STANDARD_OUTPUT

    if to is None:
        raise UsageError(f"--to: found nothing; allowed: {ALLOWED}")
    if to == STANDARD_OUTPUT and is_json:
        raise UsageError("--to -: found --json beside it; allowed: one of the two, standard output has room for one")
    return to


def _print_mapping(terminal: Terminal, to: str | None) -> None:
    from chaintwin.ingest.connectors.mqtt.addresses import is_mqtt
    from chaintwin.world.targets.broker import world_address
    from chaintwin.world.targets.naming import mapping_of

    text = mapping_of(world_address(to).filter) if to and is_mqtt(to) else mapping_of()
    terminal.document({"mapping": text})
    if not terminal.is_json:
        typer.echo(text, nl=False)


def _played(
    terminal: Terminal,
    network: Network,
    *,
    truth: Path | None,
    spreads: Spreads,
    shifts: list[str],
    periods: int,
    seed: int,
) -> World:
    from chaintwin.cli.terminal.progress import compile_shown, waiting
    from chaintwin.world import draw_truth, play_world, read_truth, shift_of

    dated = [shift_of(text, network, number=number) for number, text in enumerate(shifts, 1)]
    if truth is None:
        found = draw_truth(network, spreads, seed=seed, shifts=dated)
    else:
        found = read_truth(truth, shifts=dated)
    compile_shown(terminal)
    with waiting(terminal, "Playing the world"):
        return play_world(network, found, periods=periods, seed=seed)


def _keep(terminal: Terminal, played: World, folder: Path | None) -> None:
    if folder is None:
        return
    from chaintwin.world import keep_truth

    keep_truth(played, folder)
    terminal.note(f"Wrote the truth to {folder}; keep it from the twin.")


def _story(terminal: Terminal, played: World, measured: Instruments, told_by: Wire, *, seed: int) -> Story:
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.world import Story, deliver, readings_of

    with waiting(terminal, "Measuring the world"):
        readings = readings_of(played, measured, seed=seed)
        return Story(readings, deliver(readings, told_by, seed=seed))


def _kept(project: Path, where: str, played: World, story: Story) -> Path:
    """Return the file that keeps how far this story came: another one for other settings."""
    from chaintwin.world import story_name

    folder = (project if project.is_dir() else project.parent) / ".world"
    goal = where if "://" in where or where == "-" else str(Path(where).resolve())
    last = story.readings[-1].content if story.readings else b""
    name = story_name(goal, played.truth, played.periods, played.log.head, story.deliveries.told(), last)
    return folder / f"{name}.txt"


def _tell(
    terminal: Terminal,
    story: Story,
    where: str,
    *,
    kept: Path,
    rate: float,
    resume: bool,
    options: Mapping[str, str],
    token_file: Path | None,
) -> None:
    """Tell the story, show how it goes, and what was done to it in the end."""
    from time import monotonic, sleep

    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.errors import UsageError
    from chaintwin.ingest.history.playing import Sent
    from chaintwin.ingest.history.targets import TargetFailedError
    from chaintwin.world import Serving, tell
    from chaintwin.world.targets.choosing import opened_target
    from chaintwin.world.targets.kept import KeptMark

    if resume and not kept.is_file():
        raise UsageError("--resume: found no world that was stopped with these settings; allowed: the same command again")
    mark = KeptMark(kept)
    if not resume and 0 < mark.played().count < len(story):
        terminal.note(f"A run that was stopped had told {mark.played().count:,} of it; --resume goes on from there.")
    if not resume:
        kept.unlink(missing_ok=True)
        mark = KeptMark(kept)
    sent, is_stopped = Sent(), False
    sites = {reading.site for reading in story.readings}
    with opened_target(
        where, mark, options=options, token_file=token_file, sites=sites, sleep=sleep, note=terminal.note
    ) as target:
        try:
            with waiting(terminal, "Telling") as status:
                for last in tell(story, target, speed=rate, is_resumed=resume, tick=monotonic, sleep=sleep):
                    sent = last.sent
                    _say(status, story, count=last.count, at=last.at)
        except KeyboardInterrupt:
            is_stopped = True
        except TargetFailedError:
            terminal.note("What was told is noted; the same command with --resume goes on from here.")
            raise
        count = _count(target)
        if isinstance(target, Serving) and not is_stopped:
            target.serve_on()
    _show(terminal, story, where, count=count, sent=sent, is_stopped=is_stopped)
    if is_stopped:
        terminal.note("Stopped; the same command with --resume goes on from here.")
        raise typer.Exit(INTERRUPTED)
    if sent.rejected or sent.conflict:
        fail()


def _count(target: Target) -> int:
    # A stop may come between noting a group and counting it, so what was noted says how far it is.
    return target.played().count


def _say(status: object, story: Story, *, count: int, at: int) -> None:
    """Show how far it is; nothing where nobody watches."""
    from rich.status import Status

    from chaintwin.clock import text_of

    if not isinstance(status, Status):
        return
    told = story.deliveries.told(count)
    share = count / max(len(story), 1)
    bar, day = "=" * round(20 * share), text_of(at)[:16].replace("T", " ")
    said = ", ".join(f"{told[name]:,} {word}" for name, word in SAID.items())
    status.update(f"{day} [{bar:<20}] {share:.0%}: {said}")


def _show(terminal: Terminal, story: Story, where: str, *, count: int, sent: Sent, is_stopped: bool) -> None:
    from rich.table import Table

    done = story.deliveries.told(count)
    # Which events never arrive says how far the twin is from the truth, so only the number is told.
    terminal.document(
        {"to": where, "events": len(story.readings), "all": len(story), "stopped": is_stopped, "wire": done, "sent": sent}
    )
    if where == "-":
        return
    terminal.title(f"Told {count:,} of {len(story):,} deliveries of {len(story.readings):,} events")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    row = {
        "events": done["events"],
        "overtaken": done["overtaken"],
        "repeats": done["repeated"],
        "doubles": done["doubles"],
        "lost": done["lost_for_good"],
        "taken": sent.accepted,
        "known": sent.duplicate,
        "refused": sent.rejected + sent.conflict,
    }
    for name in row:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(f"{value:,}" for value in row.values()))
    terminal.show(table)
