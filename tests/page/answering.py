"""Measures how long the scenario lab takes from letting go of a slider to the first answer on the screen: ``make answers``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from chaintwin.examples import Example, load
from tests.page.browsing import browser, opened
from tests.serve.commanded import serving
from tests.serve.running import eventually

BROKEN = '/lab?lab={"f":"model","d":120,"a":0,"s":[{"b":[["country","IN"]],"t":[1,7,30,14,1]}]}'

LET_GO = """async (severity) => {
    const region = document.querySelector("[data-job]");
    const slider = [...document.querySelectorAll("input[type=range]")].find((one) => one.max === "1" && one.min === "0.05");
    const before = region.dataset.job;
    slider.value = String(severity);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const begun = performance.now();
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    while (performance.now() - begun < 60000) {
        await frame();
        const { job, replications } = region.dataset;
        if (job && job !== before && Number(replications) > 0) {
            // What was put into the page is on the screen with the frame that follows.
            await frame();
            return { milliseconds: performance.now() - begun, replications: Number(replications) };
        }
    }
    return null;
}"""


def first_answer(page: Page, severity: float) -> tuple[float, int]:
    """Let go of the slider of severity and return when the first answer was seen, milliseconds, and on how many runs it rests."""
    found = page.evaluate(LET_GO, severity)
    assert found is not None, "no answer came"
    return float(found["milliseconds"]), int(found["replications"])


def sharpened(page: Page) -> None:
    """Wait until all runs of what is looked at are done."""
    page.wait_for_function("() => Number(document.querySelector('[data-job]')?.dataset.replications) === 256", timeout=180_000)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, browser() as found:
        with serving(Path(folder) / "served", load(Example.MEDICINES), workers=0, jobs=1) as served:
            with served.client() as client:
                eventually(lambda: client.get("/health/ready").json()["jobs"], within=240)
            with opened(found, served.url, address=BROKEN, size=(1440, 1000)) as (page, _):
                sharpened(page)
                times = []
                for number in range(given.times):
                    # In the midst of the work that the one before left to be done, as a person does it.
                    page.wait_for_timeout(1500)
                    times.append(first_answer(page, round(0.9 - 0.05 * number, 2)))
    load_now = os.getloadavg()[0]
    told = ", ".join(f"{time:.0f}" for time, _ in times)
    runs = sorted({runs for _, runs in times})
    sys.stdout.write(
        f"first answers after {told} ms, median {median(time for time, _ in times):.0f}; runs {runs}; load {load_now:.1f}\n"
    )


if __name__ == "__main__":
    main()
