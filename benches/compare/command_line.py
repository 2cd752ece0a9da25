"""The command line that the programs share, and the line that they print."""

import argparse
import json
import time
from pathlib import Path


def read(description: str, *, writes_rows: bool = True) -> argparse.Namespace:
    """The file to check, and where faults and valid rows are written, when they are."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--faults", type=Path, help="where the faults are written, as CSV")
    if writes_rows:
        parser.add_argument("--chunks", type=Path, help="where the valid rows are written, as JSON lines")
    return parser.parse_args()


def tell(rows: int, rejected: int, started: float) -> None:
    """Prints what came out, and how long it took since `started`, a moment of `time.perf_counter`."""
    seconds = round(time.perf_counter() - started, 3)
    print(json.dumps({"rows": rows, "accepted": rows - rejected, "rejected": rejected, "seconds": seconds}))
