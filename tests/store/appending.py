"""Appends records without end and prints the number of each that was acknowledged: ``python -m tests.store.appending``.

Arguments: path of the store, first number, ``late`` (acknowledges after the commit) or ``early`` (before it: the control).
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from chaintwin.store.opening import open_store
from tests.store.making import record_of


def main() -> None:
    """Append until killed."""
    path, first, mode = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open_store(path) as store:
        os.write(1, b"open\n")
        number = first
        for step in count():
            records = [record_of(number + i) for i in range(1 + step % 7)]
            number += len(records)
            line = f"{number - 1}\n".encode()
            if mode == "early":
                os.write(1, line)
            store.append(records, received_at=number)
            if mode == "late":
                os.write(1, line)


if __name__ == "__main__":
    main()
