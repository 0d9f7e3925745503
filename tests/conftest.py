"""What holds for every test: how hypothesis searches, and that CI skips nothing it is meant to run."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import HealthCheck, settings

from tests.shared_data import shared_root

# Under CHAINTWIN_CI=1 only these reasons may skip a test, and only while the thing is truly absent.
SHARED_DATA_REASON = re.compile(r"^(Skipped: )?needs shared data: ")

# A busy machine is no fault of a property, hence no deadline; the ci size repeats the same examples on every run, so that a
# change is judged by what it changed, and the full size searches on.
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("full", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("CHAINTWIN_TEST_SIZE", "ci"))


def forbidden_skips(reasons: list[str]) -> list[str]:
    """Return the reasons for which CI may not skip: all but data that lies outside the project and is absent."""
    if shared_root().is_dir():
        return reasons
    return [reason for reason in reasons if not SHARED_DATA_REASON.match(reason)]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session if CI skipped a test it is meant to run."""
    if _is_ci(session.config) and forbidden_skips(_skip_reasons(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why the session failed, or that it ran without the data outside the project."""
    if not _is_ci(config):
        return
    if not shared_root().is_dir():
        terminalreporter.write_line(f"CI: no shared data at {shared_root()}; the tests that need it are skipped.", yellow=True)
    reasons = forbidden_skips(_skip_reasons(config))
    if reasons:
        terminalreporter.write_line(f"CI: {len(reasons)} tests are skipped that CI is meant to run:", red=True)
        for reason in sorted(set(reasons)):
            terminalreporter.write_line(f"  {reasons.count(reason)} x {reason}", red=True)


def _is_ci(config: pytest.Config) -> bool:
    # With xdist only the controller, which has no worker input, sees every report.
    return os.environ.get("CHAINTWIN_CI") == "1" and not hasattr(config, "workerinput")


def _skip_reasons(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr) for report in reports]
