#!/usr/bin/env python3
"""Counts how many of the installed lm_eval's declarative log-likelihood tasks e2lm can load.

Those are the task files of lm_eval whose merged YAML has an output_type of log-likelihoods and no
!function anywhere. Each is given to `e2lm validate`, which reads no data that are not here, so the
count needs no data sets. Prints the numbers and, by reason, the tasks that do not load.

Exit codes: 0 at least --goal of them load, 1 fewer do, 2 wrong use or a library is missing.
"""

import argparse
import collections
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_TYPES = ("multiple_choice", "loglikelihood", "loglikelihood_rolling")
_FILES_A_CALL = 500
_NOWHERE = "/nonexistent"  # for E2LM_DATA: a data folder that is here by chance changes nothing


def parse_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="needs: lm_eval from PyPI; ./e2lm built.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tasks", type=Path, metavar="DIR", help="lm_eval/tasks; default: the installed one")
    add("--e2lm", type=Path, default=ROOT / "e2lm", metavar="PROGRAM", help="default: ./e2lm")
    add("--goal", type=float, default=0.99, metavar="SHARE", help="default: 0.99")
    return parser.parse_args(words)


class _Function(str):
    """What a !function tag names."""


class TaskFiles:
    """Task files with what they include; each file is parsed once."""

    def __init__(self, yaml: Any):
        self._yaml = yaml
        self._parsed: dict[Path, dict] = {}

        class Loader(yaml.CSafeLoader):
            pass

        Loader.add_constructor("!function", lambda _, node: _Function(node.value))
        self._loader = Loader

    def read(self, path: Path, seen: tuple[Path, ...] = ()) -> dict:
        path = path.resolve()
        if path in seen:
            raise ValueError(f"{path} includes itself")
        if path not in self._parsed:
            with path.open("rb") as file:
                self._parsed[path] = self._yaml.load(file, Loader=self._loader)
        own = self._parsed[path]
        if not isinstance(own, dict):
            raise TypeError(f"{path} is no mapping")
        names = own.get("include", [])
        merged: dict = {}
        for name in names if isinstance(names, list) else [names]:
            base = self.read(path.parent / name, (*seen, path))
            merged |= {key: value for key, value in base.items() if key != "task_list"}
        return merged | {key: value for key, value in own.items() if key != "include"}


def has_function(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_function, value.values()))
    if isinstance(value, list):
        return any(map(has_function, value))
    return isinstance(value, _Function)


def find_tasks(folder: Path) -> tuple[dict[Path, str], int]:
    """Files and names of the declarative tasks, and how many log-likelihood tasks there are."""
    import yaml

    files = TaskFiles(yaml)
    found: dict[Path, str] = {}
    names: set[str] = set()
    for path in sorted(folder.glob("**/*.yaml"), key=lambda path: path.as_posix()):
        try:
            keys = files.read(path)
        except (OSError, TypeError, ValueError, yaml.YAMLError):
            continue  # lm_eval passes over such a file too
        name = keys.get("task")
        if "class" in keys or "group" in keys or not isinstance(name, str) or name in names:
            continue
        if keys.get("output_type") not in _TYPES:
            continue
        names.add(name)
        if not has_function(keys):
            found[path] = name
    return found, len(names)


def validate(program: Path, paths: list[Path]) -> dict[Path, str]:
    """What is wrong, by file; nothing for those that load."""
    wrong = {}
    environment = os.environ | {"E2LM_DATA": _NOWHERE}
    for begin in range(0, len(paths), _FILES_A_CALL):
        batch = [str(path) for path in paths[begin : begin + _FILES_A_CALL]]
        command = [str(program), "validate", *batch, str(ROOT / "checkpoints.yaml")]
        result = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        lines = result.stdout.splitlines()
        if len(lines) != len(batch) + 1:
            raise RuntimeError(f"{program} gave {len(lines)} lines for {len(batch) + 1} files")
        for path, line in zip(batch, lines, strict=False):
            said = line.removeprefix(path + ": ")
            if not said.startswith("right"):
                wrong[Path(path)] = said.removeprefix("wrong (").removesuffix(")")
    return wrong


def reason_of(message: str) -> str:
    """The first thing that is wrong, without the place: like reasons are counted together."""
    first = message.split("; ")[0]
    return re.sub(r"^\S+\.yaml(:\d+)?: ", "", first)


def main(words: list[str]) -> int:
    arguments = parse_arguments(words)
    if importlib.util.find_spec("yaml") is None:
        print("count_tasks.py: no module yaml; pip install lm_eval", file=sys.stderr)
        return 2
    folder = arguments.tasks
    if folder is None:
        spec = importlib.util.find_spec("lm_eval")
        if spec is None or spec.origin is None:
            print("count_tasks.py: no module lm_eval; pip install lm_eval", file=sys.stderr)
            return 2
        folder = Path(spec.origin).parent / "tasks"
    tasks, all_tasks = find_tasks(folder)
    if not tasks:
        print(f"count_tasks.py: {folder} has no declarative task", file=sys.stderr)
        return 2
    wrong = validate(arguments.e2lm, list(tasks))
    loaded = len(tasks) - len(wrong)
    print(f"{all_tasks} log-likelihood tasks, {len(tasks)} of them declarative")
    print(f"{loaded} of {len(tasks)} load here ({loaded / len(tasks):.2%})")
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for path, message in wrong.items():
        reasons[reason_of(message)].append(tasks[path])
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"  {len(names)}: {reason}")
        print(f"      {' '.join(names[:5])}{' ..' if len(names) > 5 else ''}")
    return int(loaded / len(tasks) < arguments.goal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
