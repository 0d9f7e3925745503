"""What is measured: nothing that nobody can see, counts of the truth by turns, errors of the size that was asked for."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np

from chaintwin.events.vocabulary import Name, Thing, own_uri
from chaintwin.examples import Example
from chaintwin.world import Instruments, Spreads, draw_truth, play_world, readings_of, shift_of
from tests.world.stories import project, world_of

PERIODS = 40


def events(instruments: Instruments, *, seed: int = 1) -> list[dict[str, object]]:
    return [json.loads(one.content) for one in readings_of(world_of(Example.BEER_GAME, PERIODS), instruments, seed=seed)]


def test_readings_of__tell_no_arrival_and_no_disruption_ahead() -> None:
    network = project(Example.BEER_GAME)
    shift = shift_of("*: lead_time*3 from day 21", network, number=1)
    world = play_world(network, draw_truth(network, Spreads(), seed=1, shifts=[shift]), periods=20, seed=1)
    assert "disruption_began" in set(world.log.events["event"].to_list())
    for one in readings_of(world, Instruments(), seed=1):
        event = json.loads(one.content)
        text = one.content.decode()
        assert "isruption" not in text
        if "ct:started" in event:
            assert "ct:due" not in event
        for shipment in event.get("ct:state", {}).get("shipments", []):
            assert "due" not in shipment


def test_readings_of__are_numbered_by_site_without_gaps() -> None:
    numbers: dict[object, list[object]] = {}
    for event in events(Instruments()):
        numbers.setdefault(event["ct:device"], []).append(event["ct:sequence"])
    assert set(numbers) == {"world", *project(Example.BEER_GAME)["sites"]["site_id"].to_list()}
    for found in numbers.values():
        assert found == list(range(len(found)))


def test_readings_of__counts_are_the_truth_and_take_turns() -> None:
    world = world_of(Example.BEER_GAME, PERIODS)
    names = {
        (own_uri(Name(Thing.SITE, site)), own_uri(Name(Thing.PRODUCT, product))): place
        for place, (_, site, product) in enumerate(world.points.iter_rows())
    }
    for error in (0.0, 0.05):
        found = [
            one
            for one in events(Instruments(count_share=0.25, count_every=2, count_error=error))
            if one.get("bizStep") == "cycle_counting"
        ]
        assert len(found) == PERIODS // 2
        counted: Counter[int] = Counter()
        off = []
        for number, event in enumerate(found):
            item = event["quantityList"][0]  # type: ignore[index]
            place = names[event["bizLocation"]["id"], item["epcClass"]]  # type: ignore[index]
            counted[place] += 1
            off.append(item["quantity"] - world.stock[2 * number + 1, place])
        assert set(counted.values()) == {len(found) // 4}
        assert (max(map(abs, off)) == 0) == (error == 0.0)


def test_readings_of__misread_quantities_are_the_share_that_was_asked_for() -> None:
    right, wrong = events(Instruments()), events(Instruments(misread=0.2, misread_by=0.5))
    pairs = [(one, other) for one, other in zip(right, wrong, strict=True) if "quantityList" in one]
    off = [one["quantityList"] != other["quantityList"] for one, other in pairs]
    assert abs(np.mean(off) - 0.2) < 0.08
    assert [one["eventTime"] for one in right] == [one["eventTime"] for one in wrong]


def test_readings_of__gauges_show_what_is_there_with_noise() -> None:
    found = [one for one in events(Instruments(gauge_share=0.5)) if one.get("bizStep") == "sensor_reporting"]
    assert len(found) == 2 * PERIODS
    world = world_of(Example.BEER_GAME, PERIODS)
    shown = np.array([one["sensorElementList"][0]["sensorReport"][0]["value"] for one in found])  # type: ignore[index]
    close = np.isclose(shown.reshape(PERIODS, 2)[:, :, None], world.stock[:, None, :], rtol=0.06, atol=1e-9).any(axis=2)
    assert close.all()
