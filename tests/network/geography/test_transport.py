"""Default figures of the modes of transport."""

import pytest

from chaintwin.network.geography import Mode, find_mode, mode_defaults
from chaintwin.network.tables.catalog import MODES
from tests.shared_data import REPOSITORY


def test_mode__names_are_those_of_the_table_of_lanes():
    assert {mode.value for mode in Mode} == set(MODES)


def test_mode_defaults__every_mode_has_figures_marked_as_unverified():
    defaults = mode_defaults()
    assert set(defaults) == set(Mode)
    for figures in defaults.values():
        assert (figures.source_kind, figures.status) == ("default", "unverified")
        assert figures.circuity >= 1
        assert figures.km_per_day > 0
        assert min(figures.handling_days, figures.extra_km, figures.handling_cost_per_tonne) >= 0
        assert min(figures.cost_per_tonne_km, figures.carbon_g_per_tonne_km) > 0
        assert figures.basis


def test_mode_defaults__order_of_the_modes_is_the_usual_one():
    defaults = mode_defaults()
    order = [defaults[mode] for mode in (Mode.SEA, Mode.RAIL, Mode.ROAD, Mode.AIR)]
    assert [one.cost_per_tonne_km for one in order] == sorted(one.cost_per_tonne_km for one in order)
    assert [one.carbon_g_per_tonne_km for one in order] == sorted(one.carbon_g_per_tonne_km for one in order)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Ocean", Mode.SEA),
        ("Air Charter", Mode.AIR),
        ("TRUCK", Mode.ROAD),
        ("inland_water", Mode.INLAND_WATER),
        ("train", Mode.RAIL),
    ],
)
def test_find_mode__words_of_shipment_logs(text, mode):
    assert find_mode(text) is mode
    assert all(find_mode(one.value) is one for one in Mode)


@pytest.mark.parametrize("text", ["", "N/A", "camel"])
def test_find_mode__unknown_is_none(text):
    assert find_mode(text) is None


def test_mode_defaults__page_shows_the_same_figures():
    page = (REPOSITORY / "docs" / "reference" / "geography.md").read_text(encoding="utf-8")
    for mode, one in mode_defaults().items():
        numbers = (one.circuity, one.extra_km, one.km_per_day, one.handling_days, one.cost_per_tonne_km)
        numbers += (one.handling_cost_per_tonne, one.carbon_g_per_tonne_km)
        assert f"| {mode} | " + " | ".join(f"{number:g}" for number in numbers) + " |" in page
