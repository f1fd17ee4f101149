"""Reference log-probabilities for a few checkpoints: golden_logprobs.json.

{"task", "rule", "precision", "items": [row ids], "tokenisation_samples": [{"id", "prompt",
"prompt_ids", "ids": [ids of each choice]}], "checkpoints": {"<series>/<folder>": {"accuracy",
"batched_max_abs_diff", "fp64_max_abs_diff_160", "smallest_top2_gap", "logprobs": [[4 a row]]}}}

The differences say how far the reference itself can be trusted: to the same forward in batches, and
to a forward in float64 (save the scan, which transformers always does in float32).
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from series.files import read_json
from series.score import Request, load_checkpoint, logprobs_nats, row_requests

TASK = "wordnet_kinds"
_SAMPLES = 8
_FLOAT64_SEQUENCES = 160
_RULE = (
    "continuation = ' ' + choice; ids = encode(prompt + continuation) without special tokens; the "
    "continuation tokens are ids[len(encode(prompt)):]; logprob = sum over the continuation tokens "
    "of log_softmax(logits at the previous position); no BOS, no padding, one full forward per "
    "sequence"
)
_PRECISION = (
    "bf16 weights up-cast to float32, float32 forward (transformers, eager attention, torch path), "
    "log-softmax and sum in float64; 7 significant digits"
)


def golden_checkpoints(series_folder: Path, names: list[str]) -> list[str]:
    """Which checkpoints get reference values: the last early one of small-deep, one in the late
    phase of small-wide, the last of base-wide; of other choices of series, the last of each."""
    chosen = []
    for name, place in {"small-deep": "early", "small-wide": "late", "base-wide": "last"}.items():
        if name in names:
            records = read_json(series_folder / name / "series.json")["checkpoints"]
            of_phase = [r for r in records if r["phase"] == place] or records
            pick = {"early": -1, "late": min(1, len(of_phase) - 1), "last": -1}[place]
            chosen.append(f"{name}/{of_phase[pick]['folder']}")
    if not chosen:
        for name in names:
            records = read_json(series_folder / name / "series.json")["checkpoints"]
            chosen.append(f"{name}/{records[-1]['folder']}")
    return chosen


def golden_logprobs(
    series_folder: Path, chosen: list[str], rows: list[dict[str, Any]], tokenizer: Tokenizer
) -> dict[str, Any]:
    """The content of golden_logprobs.json for the rows of one task."""
    requests = [row_requests(tokenizer, row) for row in rows]
    return {
        "task": TASK,
        "rule": _RULE,
        "precision": _PRECISION,
        "items": [row["id"] for row in rows],
        "tokenisation_samples": [
            {
                "id": row["id"],
                "prompt": row["prompt"],
                "prompt_ids": list(of_row[0].ids[: of_row[0].start]),
                "ids": [list(request.ids) for request in of_row],
            }
            for row, of_row in zip(rows[:_SAMPLES], requests, strict=False)
        ],
        "checkpoints": {name: _reference(series_folder / name, rows, requests) for name in chosen},
    }


def _reference(
    folder: Path, rows: list[dict[str, Any]], requests: list[list[Request]]
) -> dict[str, Any]:
    flat = [request for of_row in requests for request in of_row]
    model = load_checkpoint(folder)
    single = logprobs_nats(model, flat, most_rows=1)
    batched = logprobs_nats(model, flat)
    precise = logprobs_nats(load_checkpoint(folder, torch.float64), flat[:_FLOAT64_SEQUENCES])
    values = iter(single)
    nats = [[next(values) for _ in of_row] for of_row in requests]
    hits = [v.index(max(v)) == row["answer"] for v, row in zip(nats, rows, strict=True)]
    gaps = [max(v) - sorted(v)[-2] for v in nats]
    return {
        "accuracy": round(sum(hits) / len(hits), 5),
        "batched_max_abs_diff": _rounded(_largest_difference(single, batched), 3),
        "fp64_max_abs_diff_160": _rounded(_largest_difference(single, precise), 3),
        "smallest_top2_gap": _rounded(min(gaps), 3),
        "logprobs": [[_rounded(value, 7) for value in of_row] for of_row in nats],
    }


def _largest_difference(values: list[float], others: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(values, others, strict=False))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
