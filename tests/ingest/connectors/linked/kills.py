"""An ingest in a process of its own that is killed at any moment."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.shared_data import REPOSITORY
from tests.store.programs import environment


def drawn() -> random.Random:
    """Return what draws the moments: others in each run, and told, so that one that failed can be looked at again."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"moments of seed {seed}")
    return random.Random(seed)


def killed(
    program: str,
    source: str,
    *,
    store: Path,
    options: dict[str, str],
    way: str,
    draw: random.Random,
    batches: int,
    within: float = 0.1,
) -> None:
    """Run a program that takes a source until some batches are taken, and kill it a little later.

    Parameters
    ----------
    program : module that says a line for each batch. source, store, options, way : its arguments.
    draw : gives the moment. batches : that are taken before. within : seconds in which it is killed then.
    """
    command = [sys.executable, "-m", program, source, str(store), json.dumps(options), way]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=REPOSITORY)
    assert child.stdout is not None
    seen = 0
    for line in child.stdout:
        seen += line.startswith("batch")
        if seen > batches or line.startswith("end"):
            break
    time.sleep(draw.random() * within)
    child.kill()
    child.wait()
    child.stdout.close()
