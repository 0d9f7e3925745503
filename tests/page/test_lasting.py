"""A page beside a thousand events a second and twenty subscribers: it keeps up, and neither it nor the server grows.

Half an hour in full size, on a machine that does nothing else: ``CHAINTWIN_TEST_SIZE=full pytest tests/page/test_lasting.py -s``.
The size of ci is a minute beside other tests, which bounds memory and shows that the page follows.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from chaintwin.bench.live.happenings import happenings_network
from tests.page.browsing import opened
from tests.serve.commanded import serving
from tests.serve.soaking.streaming import ALIKE, Soaked, soak
from tests.sizes import scaled

pytestmark = pytest.mark.slow

SUBSCRIBERS = 20
"""Of them one is the page, and one checks what it reads."""

BEHIND_SECONDS = 0.25
"""So much later than the first of the other subscribers the page hears of a change, at most, in 99 of 100 cases."""

GROWTH = 1.05
"""So many times the memory of the second fifth there may be in the last."""

PAGE_BYTES_MOST = 150e6

NOTED = """
(() => {
  window.heard = [];
  const fetched = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    const url = typeof asked[0] === "string" ? asked[0] : asked[0].url ?? String(asked[0]);
    if (!url.includes("/api/v1/changes") || !answer.body) return answer;
    const [first, second] = answer.body.tee();
    (async () => {
      const reader = second.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        // The page gives a stream up when it is loaded anew.
        const { done, value } = await reader.read().catch(() => ({ done: true }));
        if (done) return;
        const text = rest + value;
        const found = [...text.matchAll(/^id: (\\d+)$/gm)].at(-1);
        if (found) window.heard.push([Date.now() / 1000, Number(found[1])]);
        rest = text.slice(-40);
      }
    })();
    return new Response(first, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  };
})();
"""


def test_page__keeps_up_with_a_thousand_events_a_second_and_does_not_grow(chromium: Browser, tmp_path: Path) -> None:
    seconds, is_alone = scaled(ci=60, full=1_800), scaled(ci=0, full=1)
    with serving(tmp_path / "server", happenings_network(), workers=2, more=("--ahead", "0")) as served:
        with opened(chromium, served.url) as (page, noted), ThreadPoolExecutor(1) as beside:
            page.add_init_script(NOTED)
            page.reload()
            expect(page.locator(".contact")).to_contain_text("Live")
            session = page.context.new_cdp_session(page)
            apart = time.time() - time.monotonic()
            running = beside.submit(
                soak, served.url, process=served.process.pid, log=served.log, seconds=seconds, beside=SUBSCRIBERS - 2
            )
            sizes: list[float] = []
            while not running.done():
                page.wait_for_timeout(1_000)
                sizes.append(used_by(session))
            found = running.result()
            # Beside other tests the page may need a while for what is left.
            page.wait_for_function("(last) => (window.heard.at(-1)?.[1] ?? 0) >= last", arg=found.applied[-1][1], timeout=60_000)
            heard: list[list[float]] = page.evaluate("() => window.heard")
        assert noted.errors == []
    late = sorted(behind(found, heard, apart=apart))
    fifths = [median(sizes[part * len(sizes) // 5 : (part + 1) * len(sizes) // 5]) for part in range(5)]
    usual, most = late[len(late) // 2], late[int(0.99 * (len(late) - 1))]
    told = f"""
page behind the first to hear, {len(late)} documents: median {usual:.3f}, p99 {most:.3f} s
memory of the page by fifths, MB: {", ".join(f"{size / 1e6:.1f}" for size in fifths)}
memory of the server by fifths, MB: {", ".join(f"{found.memory(part) / 1e6:.1f}" for part in range(5))}"""
    print(told)
    assert not found.refused, found.refused[:5]
    assert not found.holes
    assert late[-1] < float("inf"), told
    assert fifths[-1] < PAGE_BYTES_MOST, told
    if is_alone:
        assert most <= BEHIND_SECONDS, told
        assert fifths[4] <= GROWTH * fifths[1], told
        assert found.memory(4) <= GROWTH * found.memory(1), told


def behind(found: Soaked, heard: list[list[float]], *, apart: float) -> list[float]:
    """Return of each document how many seconds after another subscriber the page heard of it; 0 where it heard before."""
    told, sequences = [sequence for _, sequence in found.applied], [int(sequence) for _, sequence in heard]
    late = []
    for _, count, _ in found.acknowledged:
        place, ours = bisect_left(told, count - ALIKE), bisect_left(sequences, count - ALIKE)
        if place == len(told):
            continue
        at = heard[ours][0] if ours < len(heard) else float("inf")
        late.append(max(0.0, at - (found.applied[place][0] + apart)))
    return late


def used_by(session: CDPSession) -> float:
    """Return the bytes that a page uses once what it let go is gone."""
    session.send("HeapProfiler.collectGarbage")
    found: dict[str, Any] = session.send("Runtime.getHeapUsage")
    return float(found["usedSize"])
