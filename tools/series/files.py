"""Files written beside and renamed, so that a reader or a restart never meets half of one."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from series.errors import SeriesError


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)


def write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False))


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """The value in a JSON file. A damaged file is an error that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SeriesError(f"{path}: not JSON: {error}") from error


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects in a file of one JSON object a line. A damaged line is an error naming it."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise SeriesError(f"{path}:{number}: not JSON: {error}") from error
    return rows


def replace_folder(beside: Path, folder: Path) -> None:
    """Puts the finished folder `beside` in the place of `folder`."""
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(beside, folder)
