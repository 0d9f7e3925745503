"""Appends records and prints the memory of the process after a third and at the end: ``python -m ... NUMBER``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from chaintwin.store.opening import open_store
from tests.store.making import record_of


def resident() -> int:
    """Return the resident memory, bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def main() -> None:
    """Append and measure."""
    count, found = int(sys.argv[1]), {}
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "log.db") as store:
        for start in range(0, count, 500):
            store.append([record_of(start + i, size=600) for i in range(500)], received_at=start)
            if start == count // 3 // 500 * 500:
                found["third"] = resident()
        found["end"] = resident()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
