"""The description of the routes, tried by a tool that makes requests from it."""

from __future__ import annotations

import pytest
import schemathesis
import schemathesis.openapi
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.serve.running import TOKEN, Running
from tests.sizes import scaled

STREAMED = {"/api/v1/changes", "/api/v1/jobs/{jobID}/events"}
NOT_TOLD = [positive_data_acceptance, negative_data_rejection]
"""What a schema cannot say: which names and tokens there are, and that a parameter nobody knows is refused."""


@pytest.mark.slow
def test_description__is_what_the_server_does(running: Running) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    schema = schemathesis.openapi.from_url(f"{running.url}/openapi.json", headers=headers)
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in STREAMED:
            continue
        tried += 1

        @settings(
            max_examples=scaled(ci=2, full=100),
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, timeout=30, excluded_checks=NOT_TOLD)

        holds()
    assert tried > 60
