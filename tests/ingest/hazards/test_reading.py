"""Feeds of hazard events: real earthquakes, GeoJSON, repeats, and every fault named."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import InputError
from chaintwin.ingest.hazards.reading import hazards_of, read_hazards
from tests.shared_data import shared_path

QUAKE: dict[str, Any] = {
    "type": "Feature",
    "id": "us1",
    "properties": {"mag": 6.1, "place": "35km S of Jarm", "time": 1517382420230, "updated": 1517400000000, "type": "earthquake"},
    "geometry": {"type": "Point", "coordinates": [70.8155, 36.5432, 191.19]},
}
FLOOD: dict[str, Any] = {
    "type": "Feature",
    "id": "f1",
    "properties": {"kind": "flood", "severity": 0.5, "name": "delta"},
    "geometry": {"type": "Polygon", "coordinates": [[[4, 51], [5, 51], [5, 52], [4, 52], [4, 51]]]},
}


def changed(item: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a feature with properties changed, or ``coordinates`` of its geometry."""
    found = copy.deepcopy(item)
    if "coordinates" in changes:
        found["geometry"]["coordinates"] = changes.pop("coordinates")
    found["properties"] |= changes
    return found


def test_read_hazards__a_real_feed_and_its_repeats() -> None:
    path = shared_path("hazards/usgs_quakes_2018-01-31_to_02-04_m25.json")
    once = read_hazards(path)
    assert (len(once.records), once.repeated, once.superseded, once.unmeasured) == (204, 0, 0, 0)
    strongest = max(once.records, key=lambda record: record.magnitude or 0)
    assert (strongest.id, strongest.magnitude, strongest.depth_km) == ("us2000crmu", 6.1, 191.19)
    assert strongest.time == datetime(2018, 1, 31, 7, 7, 0, 230000, tzinfo=UTC)
    twice = json.loads(path.read_text(encoding="utf-8")) * 2
    random.Random(1).shuffle(twice)
    again = hazards_of(twice, file="twice")
    assert again.records == once.records
    assert again.repeated == 204


def test_read_hazards__geojson_of_points_and_areas(tmp_path: Path) -> None:
    strike = changed(QUAKE, kind="strike", radius_km=60)
    strike["id"] = 7
    del strike["properties"]["mag"]
    file = tmp_path / "feed.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [QUAKE, FLOOD, strike]}), encoding="utf-8")
    flood, *others = read_hazards(file).records
    assert (flood.kind, flood.severity, flood.place, flood.time) == ("flood", 0.5, "delta", None)
    assert (flood.longitude, flood.latitude) == (4.4, 51.4)
    assert {(record.id, record.kind, record.radius_km, record.magnitude) for record in others} == {
        ("us1", "earthquake", None, 6.1),
        ("7", "strike", 60.0, None),
    }


def test_hazards_of__the_latest_of_an_event_is_kept_in_any_order() -> None:
    later = changed(QUAKE, mag=6.4, updated=1517500000000)
    for items in ([QUAKE, later], [later, QUAKE], [later, QUAKE, QUAKE]):
        found = hazards_of(items, file="feed")
        assert [record.magnitude for record in found.records] == [6.4]
        assert found.superseded >= 1


def test_hazards_of__an_earthquake_without_a_magnitude_is_left_out_and_counted() -> None:
    found = hazards_of([QUAKE, changed(QUAKE, mag=None)], file="feed")
    assert (len(found.records), found.unmeasured) == (1, 1)


@pytest.mark.parametrize(
    ("item", "column"),
    [
        (3, "record"),
        (changed(QUAKE, mag="strong"), "mag"),
        (changed(QUAKE, mag=11), "mag"),
        (changed(QUAKE, coordinates=[70.8]), "coordinates"),
        (changed(QUAKE, coordinates=[36.5, 470.8]), "coordinates"),
        (changed(QUAKE, coordinates=None), "coordinates"),
        (changed(QUAKE, time="yesterday"), "time"),
        (changed(QUAKE, updated=1e300), "updated"),
        ({key: value for key, value in QUAKE.items() if key != "id"}, "id"),
        (changed(FLOOD, severity=2), "severity"),
        (changed(FLOOD, coordinates=[[[4, 51], [5, 51], [4, 51]]]), "geometry"),
        (changed(FLOOD, coordinates=[[[4, 51], [5, 51], [5, 52], [4, 52]]]), "geometry"),
        (changed(FLOOD, coordinates=[]), "geometry"),
        (changed(QUAKE, mag=10**400), "mag"),
        (FLOOD | {"geometry": {"type": "LineString", "coordinates": []}}, "geometry"),
        (FLOOD | {"geometry": {"type": "Point", "coordinates": [4, 51]}}, "radius_km"),
    ],
)
def test_hazards_of__names_what_is_wrong(item: Any, column: str) -> None:
    with pytest.raises(InputError) as caught:
        hazards_of([QUAKE, item], file="feed.json")
    assert [(finding.file, finding.column) for finding in caught.value.findings] == [("feed.json, record 2", column)]


def test_hazards_of__names_every_fault_at_once() -> None:
    with pytest.raises(InputError) as caught:
        hazards_of([changed(QUAKE, mag=11), changed(FLOOD, severity=-1)], file="feed")
    assert len(caught.value.findings) == 2


@pytest.mark.parametrize("text", ["", "{", "3", '{"features": 3}', "[" * 100_000])
def test_read_hazards__refuses_what_is_no_feed(tmp_path: Path, text: str) -> None:
    file = tmp_path / "feed.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"feed\.json"):
        read_hazards(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found an empty file"),
        (b"\xef\xbb\xbf \n", "found an empty file"),
        (b"no quakes today", "found text that is no JSON, from line 1, column 1 on"),
        (b'[{"id": 1},\n', "found text that is no JSON, from line 2, column 1 on"),
        (b"[\xff]", "found a file that is no text in UTF-8, from byte 1 on"),
        (b"[" * 100_000, "found lists within lists"),
        (b"[" + b"1" * 5_000 + b"]", "found a number with too many digits"),
    ],
)
def test_read_hazards__says_in_words_what_is_no_json(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "feed.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_hazards(file)
    (finding,) = caught.value.findings
    text = str(finding)
    assert said in text and "JSON in UTF-8" in text and "name a file of GeoJSON" in text
    assert "Expecting" not in text


def test_read_hazards__refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json"):
        read_hazards(tmp_path / "none.json")
