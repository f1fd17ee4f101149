#!/usr/bin/env python3
"""Turns Parquet files into JSON lines, which tasks read: FILE.parquet becomes FILE.jsonl beside it.

    python3 tools/parquet_to_jsonl.py data/allenai/ai2_arc/ARC-Easy/test-00000-of-00001.parquet

Needs pyarrow (`pip install pyarrow`). Times are written as "2024-11-21 05:44:00"; what has no place
in JSON, as bytes (images, sounds) and decimals, is refused by its column's name.
"""

import argparse
import datetime
import json
import os
import sys


class RefusedError(Exception):
    """Why a file does not become JSON lines."""


def plain(value, column):
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item, column) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, column) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    kind = type(value).__name__
    raise RefusedError(f"the column '{column}' holds {kind}, which JSON lines cannot")


def convert(path):
    import pyarrow.parquet

    target = os.path.splitext(path)[0] + ".jsonl"
    part = target + ".part"
    rows = 0
    try:
        source = pyarrow.parquet.ParquetFile(path)
        with open(part, "w", encoding="utf-8") as out:
            for batch in source.iter_batches():
                for row in batch.to_pylist():
                    row = {column: plain(value, column) for column, value in row.items()}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
                    rows += 1
        os.replace(part, target)
    except (OSError, pyarrow.ArrowException, RefusedError) as error:
        if os.path.exists(part):
            os.remove(part)
        sys.exit(f"{path}: {error}")
    print(f"{target}: {rows} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE.parquet")
    arguments = parser.parse_args()
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        sys.exit("this needs pyarrow: pip install pyarrow")
    for path in arguments.files:
        convert(path)


if __name__ == "__main__":
    main()
