#!/usr/bin/env python3
"""Makes the files of this folder: tasks of lm_eval that need Python, frozen on made-up rows.

Every task of rows.json is pointed at its rows, which here take the place of its data set, and
frozen by tools/freeze_task.py. Then lm_eval itself evaluates it with the fake model of
tests/support/fake_model.h, which notes every request: expected/RUN.requests.jsonl and
expected/RUN.results.json have the layout of those in ../prompts. A run is named TASK.SHOTS.

  make.py --sources DIR [-o DIR] [--all | TASK..]

Makes those in "kept" of rows.json unless told otherwise, with 0 and 1 examples each. The folder of
--sources gets the task files that were frozen.

needs: lm_eval from PyPI, as tools/freeze_task.py does.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "tools"))

import freeze_task


def fake_log_likelihood(context: str, continuation: str, rolling: bool) -> float:
    x, c = context.encode(), continuation.encode()
    s = sum((byte * 31 + i * 7) % 97 for i, byte in enumerate(c))
    if rolling:
        return -s / 100.0
    sum_x = sum(byte * (j % 7 + 1) for j, byte in enumerate(x))
    sum_c = sum(byte * (i % 5 + 1) for i, byte in enumerate(c))
    t = (31 * sum_x + 17 * sum_c + (sum_x % 101) * (sum_c % 103)) % 997
    return -(s + t) / 100.0


def fake_model(lines: list[dict]) -> Any:
    from lm_eval.api.model import LM

    class Fake(LM):
        def loglikelihood(self, requests: list) -> list[tuple[float, bool]]:
            answers = []
            for request in requests:
                context, continuation = request.args
                nats = fake_log_likelihood(context, continuation, rolling=False)
                greedy = (len(context.encode()) + len(continuation.encode())) % 3 == 0
                note(lines, request, {"context": context, "continuation": continuation})
                answers.append((nats, greedy))
            return answers

        def loglikelihood_rolling(self, requests: list) -> list[float]:
            for request in requests:
                note(lines, request, {"text": request.args[0]})
            return [fake_log_likelihood("", request.args[0], rolling=True) for request in requests]

        def generate_until(self, requests: list) -> list[str]:
            raise NotImplementedError("these tasks ask for log-likelihoods only")

    return Fake()


def note(lines: list[dict], request: Any, texts: dict) -> None:
    place = {"task": request.task_name, "doc_id": request.doc_id, "idx": request.idx}
    lines.append(place | {"type": request.request_type} | texts)


def write_source(folder: Path, task: str, family: dict, manager: Any) -> None:
    """A task file that includes lm_eval's own, with the rows as its data."""
    entry = manager.task_index[task]
    splits = {"training_split": "train", "validation_split": "validation", "test_split": "test"}
    used = {entry.cfg.get(key) for key in (*splits, "fewshot_split")} - {None}
    (folder / "rows").mkdir(parents=True, exist_ok=True)
    rows = folder / "rows" / f"{task}.jsonl"
    rows.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in family["rows"]), "utf-8"
    )
    keys = {
        "include": str(entry.yaml_path),
        "task": task,
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {split: str(rows) for split in sorted(used)}},
        "tag": "frozen_golden",
    }
    (folder / f"{task}.yaml").write_text(json.dumps(keys), "utf-8")


def make_run(task: str, shots: int, sources: Path, output: Path) -> None:
    import lm_eval
    from lm_eval.tasks import TaskManager

    source, run = str(sources / f"{task}.yaml"), f"{task}.{shots}"
    manager = TaskManager(include_defaults=False)
    built = manager.load([source])["tasks"][task]
    tags = freeze_task.tags_of(manager, source, task)
    freeze_task.write(output / run, *freeze_task.freeze(built, shots, None, tags), plain=True)
    lines: list[dict] = []
    found = lm_eval.simple_evaluate(
        fake_model(lines),
        tasks=[source],
        num_fewshot=shots,
        bootstrap_iters=0,
        task_manager=manager,
    )
    kept = {"args": {"tasks": [task], "num_fewshot": shots}}
    for key in ("results", "n-shot", "n-samples", "versions", "higher_is_better"):
        kept[key] = found[key]
    expected = output / "expected"
    expected.mkdir(parents=True, exist_ok=True)
    (expected / f"{run}.requests.jsonl").write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8"
    )
    (expected / f"{run}.results.json").write_text(json.dumps(kept, indent=1, default=str), "utf-8")


def same_prompts(program: Path, task: str, run: str, output: Path) -> bool:
    """Whether the program gives the requests that lm_eval's model got, to the byte."""
    command = [str(program), "prompts", str(output / run / f"{task}.yaml")]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    expected = (output / "expected" / f"{run}.requests.jsonl").read_bytes()
    return [json.loads(line) for line in found.splitlines()] == [
        json.loads(line) for line in expected.splitlines()
    ]


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    parser.add_argument("-o", "--output", type=Path, default=HERE, metavar="DIR")
    parser.add_argument("--all", action="store_true", help="every task of rows.json")
    parser.add_argument("--e2lm", type=Path, metavar="PROGRAM", help="compare its prompts as well")
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR", help="scratch folder")
    arguments = parser.parse_args(words)
    content = json.loads((HERE / "rows.json").read_text("utf-8"))
    families = {task: family for family in content["families"] for task in family["tasks"]}
    from lm_eval.tasks import TaskManager

    manager = TaskManager()
    failed = []
    for task in arguments.tasks or (families if arguments.all else content["kept"]):
        write_source(arguments.sources, task, families[task], manager)
        for shots in (0, 1):
            try:
                make_run(task, shots, arguments.sources, arguments.output)
                run = f"{task}.{shots}"
                program = arguments.e2lm
                if program and not same_prompts(program, task, run, arguments.output):
                    raise RuntimeError("the program gives other requests")
            except Exception as error:  # noqa: BLE001
                print(f"make.py: {task}, {shots} shots: {error}", file=sys.stderr)
                failed.append(task)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
