"""Every benchmark case, listed by hand so that reading this page is enough to know them."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.bench.case import Case
from chaintwin.bench.connectors.edi_cases import edi_read
from chaintwin.bench.connectors.messages import ingest_mqtt
from chaintwin.bench.connectors.streams import ingest_nats
from chaintwin.bench.connectors.values import ingest_opcua
from chaintwin.bench.fidelity.forking import fork_drawn_medicines, fork_medicines
from chaintwin.bench.live.capturing import events_capture
from chaintwin.bench.live.jobs import serve_jobs
from chaintwin.bench.live.serving import serve_capture
from chaintwin.bench.live.store_cases import store_append, store_replay
from chaintwin.bench.live.twin_cases import twin_as_of, twin_replay
from chaintwin.bench.risk.annual import annual_medicines, annual_simulated
from chaintwin.bench.risk.bullwhip import bullwhip_project
from chaintwin.bench.risk.service import project_service
from chaintwin.bench.risk.stress import stress_sites, stress_tiers
from chaintwin.bench.scaling.growth import simulate_growth
from chaintwin.bench.scaling.memory import simulate_memory
from chaintwin.bench.simulation_cases import (
    compile_100k,
    simulate_8_buffers,
    simulate_1000,
    simulate_demo,
    simulate_features,
    simulate_line,
    simulate_short_line,
    simulate_trees,
)
from chaintwin.bench.small_cases import help_start, import_scms, rng_uniforms, simulate_start
from chaintwin.bench.table_cases import check_100k, read_csv_100k, read_parquet_100k, read_xlsx_100k
from chaintwin.errors import UsageError


def cases(names: Sequence[str] = ()) -> tuple[Case, ...]:
    """Return the cases of these names in the order of the registry; all cases by default.

    Parameters
    ----------
    names : names of cases.

    Raises
    ------
    UsageError
        A name is not that of a case.

    Example
    -------
    >>> [case.name for case in cases(["rng_uniforms"])]
    ['rng_uniforms']
    """
    registered = (
        read_csv_100k(),
        read_parquet_100k(),
        read_xlsx_100k(),
        check_100k(),
        compile_100k(),
        simulate_demo(),
        simulate_8_buffers(),
        simulate_1000(),
        simulate_trees(),
        simulate_features(),
        simulate_line(),
        simulate_short_line(),
        simulate_growth(),
        simulate_memory(),
        store_append(),
        store_replay(),
        import_scms(),
        rng_uniforms(),
        help_start(),
        simulate_start(),
        stress_sites(),
        stress_tiers(),
        project_service(),
        annual_medicines(),
        annual_simulated(),
        bullwhip_project(),
        events_capture(),
        edi_read(),
        serve_capture(),
        serve_jobs(),
        twin_replay(),
        twin_as_of(),
        fork_medicines(),
        fork_drawn_medicines(),
        ingest_mqtt(),
        ingest_nats(),
        ingest_opcua(),
    )
    known = {case.name for case in registered}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"case: found {', '.join(unknown)}; allowed: {', '.join(case.name for case in registered)}")
    return tuple(case for case in registered if not names or case.name in names)


def case_names() -> tuple[str, ...]:
    """Return the names of all cases."""
    return tuple(case.name for case in cases())
