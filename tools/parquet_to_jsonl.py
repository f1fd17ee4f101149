#!/usr/bin/env python3
"""Turns Parquet files into JSON lines, which tasks read: FILE.parquet becomes FILE.jsonl beside it.

    python3 tools/parquet_to_jsonl.py data/allenai/ai2_arc/ARC-Easy/test-00000-of-00001.parquet

Needs pyarrow (`pip install pyarrow`). Times are written as "2024-11-21 05:44:00"; columns of bytes
(images, sounds) have no place in JSON and are refused by name.
"""

import argparse
import datetime
import json
import os
import sys


def plain(value, column):
    if isinstance(value, bytes):
        sys.exit(f"the column '{column}' holds bytes, which JSON lines cannot")
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item, column) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, column) for item in value]
    return value


def convert(path):
    import pyarrow.parquet

    target = os.path.splitext(path)[0] + ".jsonl"
    rows = 0
    with open(target + ".part", "w", encoding="utf-8") as out:
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                row = {column: plain(value, column) for column, value in row.items()}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                rows += 1
    os.replace(target + ".part", target)
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
