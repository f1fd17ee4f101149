#!/usr/bin/env python3
"""Writes tasks of lm-evaluation-harness out as data that e2lm runs without any Python.

Builds each task with the installed lm_eval, Python functions included, and writes two files into
the folder: NAME.yaml, a task file, and NAME.jsonl.gz with every document and request. A task is
refused if it is no log-likelihood task, or if one of its metrics or aggregations is a Python
function. Its process_results may be one if it gives what lm_eval itself computes for the metrics
listed, which is tried out on every document.

Exit codes: 0 all written, 1 some refused, 2 wrong use or a library is missing.
"""

import argparse
import gzip
import hashlib
import json
import random
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

_EPILOG = """\
examples:
  freeze_task.py hellaswag arc_challenge -o tasks
  freeze_task.py winogrande -o tasks --num_fewshot 5
  e2lm prompts winogrande --include_path tasks

needs: lm_eval from PyPI and what the data sets need. TASK is a name, group or tag of lm_eval,
or a task file. With data that are already on this machine nothing is loaded from elsewhere.
"""

FEWSHOT_SEED = 1234
_TYPES = ("multiple_choice", "loglikelihood", "loglikelihood_rolling")
_NO_CHOICE = -100
_PROBES = 3  # made-up answers a document's process_results is tried on


class RefusedError(Exception):
    """Why a task cannot be frozen."""


def parse_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("tasks", nargs="+", metavar="TASK", help="name, group, tag or task file")
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write into")
    add("--num_fewshot", type=int, metavar="N", help="examples, instead of the task's own number")
    add("--limit", type=int, metavar="N", help="only the first N documents")
    add("--include_path", metavar="DIR", help="look for task files here too")
    add("--plain", action="store_true", help="write NAME.jsonl, not packed")
    return parser.parse_args(words)


def function_name(function: Callable) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"


def name_of_aggregation(metric: str, function: Callable) -> str:
    from lm_eval.api.registry import AGGREGATION_REGISTRY

    for name, known in AGGREGATION_REGISTRY.items():
        if known is function:
            return name
    raise RefusedError(f"the aggregation of {metric} is a function, {function_name(function)}")


def metrics_of(task: Any) -> list[dict]:
    rows = []
    for listed in task.config.metric_list or []:
        if callable(listed["metric"]):
            raise RefusedError(f"a metric is a function, {function_name(listed['metric'])}")
        if listed.get("hf_evaluate"):
            raise RefusedError(f"the metric {listed['metric']} is one of the evaluate library")
    for name, aggregation in task.aggregation().items():
        row = {"metric": name, "aggregation": name_of_aggregation(name, aggregation)}
        rows.append(row | {"higher_is_better": task.higher_is_better()[name]})
    return rows


def gold_of(task: Any, doc: dict, choices: list[str]) -> int | list[int]:
    """As ConfigurableTask.process_results takes it; -100 stands for none of the choices."""
    gold = task.doc_to_text(doc) if task.multiple_input else task.doc_to_target(doc)

    def number(value: Any) -> int:
        if isinstance(value, str) and not isinstance(gold, list):
            return choices.index(value) if value in choices else _NO_CHOICE
        if not hasattr(value, "__index__"):  # numpy's integers have it too
            raise RefusedError(f"a gold answer is {value!r}, which is neither number nor choice")
        return int(value) if -len(choices) <= value < len(choices) else _NO_CHOICE

    return [number(value) for value in gold] if isinstance(gold, list) else number(gold)


def standard_results(task: Any, doc: dict, answers: list) -> dict:
    """What lm_eval computes where a task has no process_results of its own."""
    from lm_eval.api.task import ConfigurableTask

    own = task.config.process_results
    task.config.process_results = None
    try:
        return ConfigurableTask.process_results(task, doc, answers)
    finally:
        task.config.process_results = own


def check_results(task: Any, doc: dict, requests: int, metrics: list[str]) -> None:
    from lm_eval.api.task import ConfigurableTask

    own = task.config.process_results
    if own is None and type(task).process_results is ConfigurableTask.process_results:
        return
    name = function_name(own or type(task).process_results)
    draw = random.Random(FEWSHOT_SEED)
    for _ in range(_PROBES):
        answers = [(-50 * draw.random(), draw.random() < 0.5) for _ in range(requests)]
        expected = standard_results(task, doc, list(answers))
        found = task.process_results(doc, list(answers))
        for metric in metrics:
            if metric not in expected or metric not in found:
                raise RefusedError(f"the metric {metric} is a function's, {name}")
            if not same(expected[metric], found[metric]):
                raise RefusedError(f"{name} computes another {metric} than lm_eval's own")


def same(first: Any, second: Any) -> bool:
    if isinstance(first, tuple | list):
        return len(first) == len(second) and all(map(same, first, second))
    try:
        return bool(abs(first - second) <= 1e-12 * abs(first))
    except (TypeError, ValueError):
        return str(first) == str(second)


def rolling_sizes(task: Any, doc: dict, text: str) -> dict:
    """Words and bytes that perplexities divide by: a function may count those of another text."""
    sizes = {"words": task.count_words(text), "bytes": task.count_bytes(text)}
    if task.config.process_results is None:
        return sizes
    name = function_name(task.config.process_results)
    found = task.process_results(doc, [-1.5])
    if any(len(pair) != 2 or pair[0] != -1.5 for pair in found.values()):
        raise RefusedError(f"{name} changes log-likelihoods")
    for metric in task.aggregation():
        if metric not in found:
            raise RefusedError(f"{name} gives no {metric}")
        sizes["words" if metric == "word_perplexity" else "bytes"] = found[metric][1]
    return sizes


def document_line(task: Any, doc_id: int, doc: dict, requests: list[tuple]) -> dict:
    line = {"doc_id": doc_id, "doc": doc, "target": task.doc_to_target(doc)}
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        text = requests[0][0]
        return line | {"text": text} | rolling_sizes(task, doc, text)
    if any(len(pair) != 2 for pair in requests):
        raise RefusedError("a request has more than context and continuation")
    if task.OUTPUT_TYPE == "multiple_choice":
        choices = list(task.doc_to_choice(doc))
        line |= {"gold": gold_of(task, doc, choices), "choices": choices}
    check_results(task, doc, len(requests), list(task.aggregation()))
    return line | {"requests": requests}


def requests_by_document(task: Any) -> dict[int, tuple[dict, list[tuple]]]:
    documents: dict[int, tuple[dict, list[tuple]]] = {}
    for instance in task.instances:
        documents.setdefault(instance.doc_id, (instance.doc, []))[1].append(instance.args)
    return documents


def tags_of(manager: Any, word: str, name: str) -> list[str]:
    """lm_eval takes the tags off a task that it builds: they are in its index, or in the file."""
    if word.endswith(".yaml"):
        from lm_eval.tasks._yaml_loader import load_yaml

        tags = load_yaml(word, resolve_func=False).get("tag") or []
        return [tags] if isinstance(tags, str) else tags
    index = manager.task_index.items()
    return sorted(tag for tag, entry in index if entry.kind.name == "TAG" and name in entry.tags)


def freeze(
    task: Any, num_fewshot: int | None, limit: int | None, tags: list[str]
) -> tuple[dict, list[dict]]:
    """The head of a task file, less its data file, and the lines of that."""
    from lm_eval.api.task import ConfigurableTask

    if not isinstance(task, ConfigurableTask) or task.OUTPUT_TYPE not in _TYPES:
        raise RefusedError(f"output_type {task.OUTPUT_TYPE} is not about log-likelihoods")
    if num_fewshot is not None and task.config.num_fewshot != 0:  # a 0 there cannot be raised
        task.set_config("num_fewshot", num_fewshot)
    metrics = metrics_of(task)
    task.set_fewshot_seed(FEWSHOT_SEED)
    task.build_all_requests(limit=limit)
    documents = requests_by_document(task)
    head = {
        "frozen": 1,
        "task": task.config.task,
        "output_type": task.OUTPUT_TYPE,
        "num_fewshot": task.config.num_fewshot or 0,
        "fewshot_seed": FEWSHOT_SEED,
        "documents": len(documents),
        "all_documents": len(task.eval_docs),
    }
    lines = [document_line(task, i, doc, asked) for i, (doc, asked) in documents.items()]
    keys = {"task": head["task"], "output_type": head["output_type"], "metric_list": metrics}
    config = task.config
    keys |= {"tag": tags} if tags else {}
    keys |= {"task_alias": config.task_alias} if config.task_alias else {}
    keys |= {"repeats": config.repeats} if config.repeats != 1 else {}
    keys |= {"filter_list": config.filter_list} if config.filter_list else {}
    made_by = {name: version(name) for name in ("lm_eval", "datasets")}
    # lm_eval notes there where on this machine the task file lies.
    metadata = {k: v for k, v in (config.metadata or {}).items() if k != "config_source"}
    keys["metadata"] = metadata | {"frozen_by": made_by}
    return keys, [head, *lines]


def plain_value(value: Any) -> Any:
    """Of numpy's numbers the number, of dates and the like their text."""
    return value.item() if hasattr(value, "item") else str(value)


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=plain_value)


def write(folder: Path, keys: dict, lines: list[dict], plain: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    content = "".join(dump(line) + "\n" for line in lines).encode()
    name = keys["task"].replace("/", "_")
    data = folder / (name + (".jsonl" if plain else ".jsonl.gz"))
    # Without a time stamp the same task gives the same file.
    data.write_bytes(content if plain else gzip.compress(content, mtime=0))
    keys = keys | {"frozen": data.name, "sha256": hashlib.sha256(content).hexdigest()}
    path = folder / (name + ".yaml")
    path.write_text("".join(f"{key}: {dump(value)}\n" for key, value in keys.items()), "utf-8")
    return path


def main(words: list[str]) -> int:
    arguments = parse_arguments(words)
    try:
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        print(f"freeze_task.py: {error}; pip install lm_eval", file=sys.stderr)
        return 2
    manager = TaskManager(include_path=arguments.include_path)
    refused = False
    for word in arguments.tasks:
        # Whatever a task's own Python raises is a reason to leave that task out, and no other.
        try:
            tasks = manager.load([word])["tasks"]
        except Exception as error:  # noqa: BLE001
            print(f"freeze_task.py: {word}: {type(error).__name__}: {error}", file=sys.stderr)
            refused = True
            continue
        for name, task in tasks.items():
            try:
                tags = tags_of(manager, word, name)
                keys, lines = freeze(task, arguments.num_fewshot, arguments.limit, tags)
                path = write(arguments.output, keys, lines, arguments.plain)
                print(f"{path}: {len(lines) - 1} documents")
            except Exception as error:  # noqa: BLE001
                kind = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
                print(f"freeze_task.py: {name}: refused: {kind}{error}", file=sys.stderr)
                refused = True
    return int(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
