"""What a project file says of its sources: all that is wrong with it at once, and what an ingest gets of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import InputError, UsageError
from chaintwin.ingest.connectors.registry import connector_named
from chaintwin.ingest.shipment_log.mapping.mapping import shipped_names
from chaintwin.ingest.sources.configured import chosen_sources, configured_sources
from tests.ingest.sources.projects import drop, project

GOOD = """
[[sources]]
name = "dock"
connector = "epcis-file"
source = "drops"
every = 2
options = { settle = 0.5, after = "move" }

[[sources]]
name = "partner"
source = "https://epcis.example.org/v2"
enabled = false
options.token-file = "secret/token"
"""


def test_configured_sources__paths_are_relative_to_the_project(tmp_path: Path) -> None:
    place = project(tmp_path / "mine", GOOD)
    (place / "secret").mkdir()
    (place / "secret" / "token").write_text("ct_something")
    dock, partner = configured_sources(place)
    assert (dock.name, dock.connector.name, dock.source, dock.every) == ("dock", "epcis-file", str(place / "drops"), 2.0)
    assert dock.options == {"settle": "0.5", "after": "move"}
    assert (dock.is_enabled, partner.is_enabled) == (True, False)
    assert (partner.connector.name, partner.source) == ("epcis-http", "https://epcis.example.org/v2")
    assert partner.options == {"token-file": str(place / "secret" / "token")}
    assert chosen_sources((dock, partner), ()) == (dock,)
    assert chosen_sources((dock, partner), ["partner"]) == (partner,)
    with pytest.raises(UsageError, match=r"dock.*did you mean partner"):
        chosen_sources((dock, partner), ["partnr"])


def test_configured_sources__all_faults_at_once(tmp_path: Path) -> None:
    place = project(
        tmp_path,
        """
[[sources]]
name = "dock"
connector = "epcis-flie"
sorce = "drops"
every = "soon"
enabled = "perhaps"

[[sources]]
name = "dock"
source = "https://user:geheim@epcis.example.org"
connector = "epcis-http"
options = { token-file = "nothing.txt", per-pages = 3, query = ["a"] }
horizon = 10

[[sources]]
name = "two words"
source = "nowhere"
""",
    )
    with pytest.raises(InputError) as caught:
        configured_sources(place)
    found = {(finding.code, finding.column): finding for finding in caught.value.findings}
    assert sorted(found) == [
        ("source.connector", "sources[1].connector"),
        ("source.connector", "sources[3].connector"),
        ("source.file", "sources[2].options.token-file"),
        ("source.key", "sources[1].sorce"),
        ("source.key", "sources[2].horizon"),
        ("source.name", "sources[2].name"),
        ("source.name", "sources[3].name"),
        ("source.option", "sources[2].options.per-pages"),
        ("source.secret", "sources[2].source"),
        ("source.value", "sources[1].enabled"),
        ("source.value", "sources[1].every"),
        ("source.value", "sources[1].source"),
        ("source.value", "sources[2].options.query"),
    ]
    for finding in found.values():
        assert finding.file == "chaintwin.toml"
        assert finding.row
        assert finding.allowed
        assert finding.fix
    assert found["source.connector", "sources[1].connector"].fix == "did you mean epcis-file?"
    assert found["source.key", "sources[1].sorce"].fix == "did you mean source?"
    assert found["source.option", "sources[2].options.per-pages"].fix == "did you mean per-page?"
    assert "above the first [[sources]]" in found["source.key", "sources[2].horizon"].fix
    assert found["source.value", "sources[1].every"].row == 7
    # Neither user nor password is told to anybody.
    assert "geheim" not in str(caught.value)


def test_configured_sources__a_file_that_cannot_be_read(tmp_path: Path) -> None:
    place = project(tmp_path, '[[sources]]\nname = "dock\n')
    with pytest.raises(InputError) as caught:
        configured_sources(place)
    assert [finding.code for finding in caught.value.findings] == ["settings.toml"]
    with pytest.raises(InputError) as caught:
        configured_sources(project(tmp_path, "sources = 3\n"))
    assert caught.value.findings[0].column == "sources"
    assert configured_sources(project(tmp_path, "")) == ()


def test_configured_sources__a_connector_by_the_look_of_the_source(tmp_path: Path) -> None:
    place = project(tmp_path, '[[sources]]\nname = "dock"\nsource = "drops"\n')
    drop(tmp_path / "drops", [1])
    assert configured_sources(place)[0].connector.name == "epcis-file"


def test_configured_sources__a_mapping_that_comes_along(tmp_path: Path) -> None:
    text = '[[sources]]\nname = "log"\nsource = "log"\nconnector = "table-drop"\noptions.mapping = "{}"\n'
    (option,) = [option for option in connector_named("table-drop").options if option.name == "mapping"]
    assert option.words == shipped_names()
    assert configured_sources(project(tmp_path, text.format("scms")))[0].options == {"mapping": "scms"}
    with pytest.raises(InputError, match=r"options\.mapping: found no file scm; allowed: .*, or scms"):
        configured_sources(project(tmp_path, text.format("scm")))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TABLES = st.lists(
    st.dictionaries(
        st.sampled_from(["name", "connector", "source", "options", "every", "enabled"]) | st.text(max_size=8), VALUES
    ),
    max_size=3,
)


@given(tables=TABLES)
def test_checked_sources__anything_gives_sources_or_findings(tables: list[dict[str, object]]) -> None:
    from chaintwin.ingest.sources.configured import checked_sources
    from chaintwin.network.tables.feeds.feeds import Feed
    from chaintwin.network.tables.feeds.reading import Feeds

    sources, findings = checked_sources(Feeds("chaintwin.toml", Path("/nowhere"), tuple(map(Feed, tables))))
    assert len(sources) + len({finding.column.partition(".")[0] for finding in findings}) == len(tables)
