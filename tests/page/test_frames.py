"""The benchmark of the map runs at its smallest size; `make frames` measures it at its own."""

from __future__ import annotations

import pytest

from tests.page.frames import measured
from tests.sizes import scaled


@pytest.mark.slow
def test_frames__are_drawn() -> None:
    found = measured(sites=scaled(ci=200, full=2000), lanes=scaled(ci=400, full=5000), seconds=scaled(ci=1, full=5))
    print(found)
    # A busy machine draws slowly; what is held is that every frame is drawn at all, and the rate is told.
    assert found["still"] > 2
    assert found["moving"] > 2
