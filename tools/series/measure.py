"""Accuracies of every checkpoint: curves.json.

{"tasks": {task: rows}, "chance": 0.25, "series": {name: {"parameters", "checkpoints": [{"iter",
"folder", "tokens", "phase", "train_loss", "tasks": {task: measures}}]}}}; measures as in `_measures`.
"""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from series.facts import TASKS
from series.files import read_json, read_jsonl
from series.score import Request, load_checkpoint, logprobs_nats, row_requests

CHANCE = 0.25
Row = dict[str, Any]


def read_tasks(output: Path) -> dict[str, list[Row]]:
    return {task: read_jsonl(output / "tasks" / f"{task}.jsonl") for task in TASKS.values()}


def empty_curves(tasks: dict[str, list[Row]]) -> dict[str, Any]:
    sizes = {task: len(rows) for task, rows in tasks.items()}
    return {"tasks": sizes, "chance": CHANCE, "series": {}}


def measure_series(
    folder: Path, tasks: dict[str, list[Row]], tokenizer: Tokenizer, report=lambda line: None
) -> dict[str, Any]:
    """The entry of one series: all its checkpoints on all tasks."""
    series = read_json(folder / "series.json")
    requests = {
        task: [row_requests(tokenizer, row) for row in rows] for task, rows in tasks.items()
    }
    checkpoints = []
    for record in series["checkpoints"]:
        measured = _measure_checkpoint(folder / record["folder"], tasks, requests)
        kept = {key: record[key] for key in ("iter", "folder", "tokens", "phase", "train_loss")}
        checkpoints.append(kept | {"tasks": measured})
        accuracies = " ".join(f"{task} {values['acc']:.3f}" for task, values in measured.items())
        report(f"{series['series']} {record['folder']}: {accuracies}")
    return {"parameters": series["parameters"], "checkpoints": checkpoints}


def _measure_checkpoint(
    folder: Path, tasks: dict[str, list[Row]], requests: dict[str, list[list[Request]]]
) -> dict[str, Any]:
    model = load_checkpoint(folder)
    flat = [request for task in tasks for row in requests[task] for request in row]
    sums = iter(logprobs_nats(model, flat))
    measured = {}
    for task, rows in tasks.items():
        nats = [[next(sums) for _ in row["choices"]] for row in rows]
        measured[task] = _measures(rows, nats)
    return measured


def _measures(rows: list[Row], nats: list[list[float]]) -> dict[str, Any]:
    """Accuracy raw, normalised by characters, of held-out and of other rows; the margin of the true
    choice to the best other and to the mean of the others; its log-probability."""
    hits, hits_norm, heldout, seen, margins, margins_mean, true = [], [], [], [], [], [], []
    for row, values in zip(rows, nats, strict=True):
        answer = row["answer"]
        others = [value for i, value in enumerate(values) if i != answer]
        lengths = [len(choice) for choice in row["choices"]]
        hit = _argmax(values) == answer
        hits.append(hit)
        hits_norm.append(_argmax([v / n for v, n in zip(values, lengths, strict=True)]) == answer)
        (heldout if row["heldout_template"] else seen).append(hit)
        margins.append(values[answer] - max(others))
        margins_mean.append(values[answer] - sum(others) / len(others))
        true.append(values[answer])
    return {
        "acc": _mean(hits),
        "acc_norm": _mean(hits_norm),
        "acc_heldout": _mean(heldout),
        "acc_seen": _mean(seen),
        "margin": _mean(margins),
        "margin_mean": _mean(margins_mean),
        "ll_true": _mean(true),
        "n": len(rows),
    }


def _argmax(values: list[float]) -> int:
    """The first of the largest."""
    return max(range(len(values)), key=lambda i: values[i])


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 5) if values else None
