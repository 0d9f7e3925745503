"""``chaintwin ingest``, ``replay`` and ``refused``: events into the log of a project at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chaintwin.cli.application import app
from chaintwin.cli.commands.feeding.unknown import cure_of
from chaintwin.examples import Example, load
from chaintwin.network import write

FAULTY = '{"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-03-01T08:00:00Z", "epcList": []}\n'


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the beer game beside a run of it as events."""
    folder = tmp_path / "beer"
    write(load(Example.BEER_GAME), folder)
    assert command("trace", folder, "--periods", 4, "--events", tmp_path / "run.jsonl").exit_code == 0
    return folder


def told(*words: object) -> dict[str, int]:
    """Run a command with --json and return what became of the first source."""
    document = json.loads(command(*words, "--json").stdout)
    first: dict[str, int] = document["sources"][0]
    return first


def test_ingest__each_event_once(project: Path) -> None:
    feed = project.parent / "run.jsonl"
    count = len(feed.read_bytes().splitlines())
    assert told("ingest", project, feed, "--dry-run")["accepted"] == count
    assert not (project / ".twin").exists()
    assert told("ingest", project, feed)["accepted"] == count
    assert (project / ".twin" / "log.db").is_file()
    again = told("ingest", project, feed, "--anew", "--dry-run")
    assert (again["accepted"], again["duplicate"]) == (0, count)
    assert told("ingest", project, feed, "--anew")["duplicate"] == count
    later = json.loads(command("state", project, "--json").stdout)
    assert later["summary"]["discrepancies"] == 0


def test_refused__tells_what_was_set_aside(project: Path) -> None:
    feed = project.parent / "faulty.jsonl"
    feed.write_text(FAULTY)
    ran = command("ingest", project, feed)
    assert ran.exit_code == 1
    shown = command("refused", project, "--json")
    assert "eventTimeZoneOffset" in shown.stdout
    out = project.parent / "refused.jsonl"
    assert command("refused", project, "--out", out).exit_code == 0
    assert "2026-03-01T08:00:00Z" in out.read_text()


def test_ingest__says_in_words_why_and_what_was_read_before(project: Path) -> None:
    feed = project.parent / "faulty.jsonl"
    feed.write_text(FAULTY)
    ran = command("ingest", project, feed)
    said = " ".join(ran.stdout.split())
    assert "1 x event.missing, such as faulty.jsonl:1 $.eventTimeZoneOffset: found nothing" in said
    again = command("ingest", project, feed)
    assert again.exit_code == 0
    assert "faulty.jsonl: already read at 2" in " ".join(again.stdout.split())
    assert "already read" not in command("ingest", project, feed, "--anew").stdout


def test_ingest__all_faults_of_a_line_at_once(project: Path) -> None:
    drop, made = project.parent / "drop.csv", project.parent / "made.csv"
    drop.write_text(
        "Shipment ID,Product,From,To,Order Date,Ship Date,Delivery Date,Quantity\n"
        "S1,beer,brewery,distributor,2026-01-05,2026-01-07,2026-01-19,8\n"
        "S2,,brewery,,2026-01-12,soon,,\n"
    )
    made.write_text("Day,Item,Pieces\n2026-01-01,beer,12\nsometime,,many\n")
    mapping = project.parent / "making.toml"
    mapping.write_text(
        'name = "making"\n[[events]]\nwhen = "Day"\ntype = "ObjectEvent"\naction = "ADD"\nstep = "commissioning"\n'
        'location = "brewery"\nproduct = "{Item}"\nquantity = "{Pieces}"\n'
    )
    for words in (("ingest", project, drop), ("ingest", project, made, "--connector", "event-table", "--mapping", mapping)):
        ran = command(*words)
        assert ran.exit_code == 1
        assert "%" not in ran.stderr
        assert "found None" not in ran.stdout
    told = json.loads(command("refused", project, "--json").stdout)
    assert told["by"] == {"ingest": 2, "capture": 0}
    assert [sorted(reason["text"].split(" ")[1] for reason in entry["reasons"]) for entry in told["set_aside"]] == [
        ["Day:", "Pieces:", "product:"],
        ["destination:", "product:", "quantity:", "shipped:"],
    ]
    shown = " ".join(command("refused", project).stdout.split())
    assert "drop.csv:3 product: found no product" in shown
    assert "drop.csv:3 drop.csv:3" not in shown


def test_ingest__tells_names_that_the_project_does_not_know(project: Path) -> None:
    feed = project.parent / "foreign.jsonl"
    feed.write_text(
        json.dumps(
            {
                "type": "ObjectEvent",
                "action": "OBSERVE",
                "bizStep": "stocking",
                "eventTime": "2026-02-25T00:00:00Z",
                "eventTimeZoneOffset": "+00:00",
                "bizLocation": {"id": "urn:epc:id:sgln:0614141.12345.0"},
                "quantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 4}],
            }
        )
        + "\n"
    )
    ran = command("ingest", project, feed)
    assert ran.exit_code == 0
    said = " ".join(ran.stdout.split())
    assert "does not know 1 site, 1 product" in said
    assert "identifiers: site, ITS-ID, GLN, 0614141123452" in said
    assert "identifiers: product, ITS-ID, GTIN, 04012345123456" in said
    (project / "identifiers.csv").write_text(
        "object_kind,object_id,scheme,value\nsite,brewery,GLN,0614141123452\nproduct,beer,GTIN,04012345123456\n"
    )
    document = json.loads(command("ingest", project, feed, "--anew", "--json").stdout)
    assert document["unknown"] == []


@pytest.mark.parametrize(
    ("what", "name", "cure"),
    [
        ("site", "urn:chaintwin:v1:site:shop", "sites: a row with the id shop"),
        ("product", "wine", "products: a row with the id wine"),
        ("product", "https://id.gs1.org/01/04012345123456", "identifiers: product, ITS-ID, GTIN, 04012345123456"),
        ("site", "geo:47.5,11.1", "identifiers: site, ITS-ID, ANY-WORD, geo:47.5,11.1"),
        ("unit", "CS of beer", "units: a row that says how many base units of beer one CS holds"),
    ],
)
def test_cure_of__each_kind_of_name(what: str, name: str, cure: str) -> None:
    assert cure_of(what, name) == cure


def test_replay__a_part_by_time_and_then_the_rest(project: Path) -> None:
    feed = project.parent / "run.jsonl"
    count = len(feed.read_bytes().splitlines())
    assert command("replay", feed, "--project", project, "--until", "2026-01-10").exit_code == 0
    some = len(json.loads(command("state", project, "--json").stdout)["tables"])
    assert some
    assert command("replay", feed, "--project", project).exit_code == 0
    assert told("ingest", project, feed)["duplicate"] == count


def test_replay__names_that_the_project_does_not_know(project: Path) -> None:
    feed = project.parent / "other.jsonl"
    event = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "eventTime": "2026-03-01T08:00:00Z"}
    event |= {"eventTimeZoneOffset": "+00:00", "readPoint": {"id": "https://id.gs1.org/414/0614141123452"}}
    event |= {"epcList": ["https://id.gs1.org/01/70614141123451/21/2018"]}
    feed.write_text(json.dumps(event) + "\n", encoding="utf-8")
    document = json.loads(command("replay", feed, "--project", project, "--json").stdout)
    assert document["accepted"] == 1
    assert {row["what"] for row in document["unknown"]} == {"site", "product"}
    ran = command("replay", feed, "--project", project, "--anew")
    assert "does not know" not in ran.stdout, "nothing new, so nothing is looked up"


def test_ingest__what_cannot_be_read(project: Path) -> None:
    ran = command("refused", project)
    assert ran.exit_code == 2
    assert "found no log" in " ".join(ran.stderr.split())
    ran = command("ingest", project, project.parent / "nothing.jsonl")
    assert ran.exit_code == 2
    assert "nothing.jsonl" in "".join(ran.stderr.split())
    run = project.parent / "run.jsonl"
    for words in (
        ["ingest", project, "https://me:pass-word@host/v2"],
        ["replay", "x://pass-word@host", "--project", project],
        ["replay", run, "--project", project, "--to", "http://me:pass-word@host/epcis"],
    ):
        ran = command(*words)
        assert ran.exit_code == 2
        assert "token-file" in ran.stderr
        assert "pass-word" not in ran.output
