"""Training of one series, in steps that can be interrupted and resumed.

Folder series/<name>:

    iter_0000040/{config.json,model.safetensors}   a checkpoint; all tensors bf16
    series.json                                    the run, and a record of every checkpoint
    training_state.pt                              what a resumed run needs; gone when complete

Every file is written beside and renamed: first the checkpoint, then series.json, then the state. A
run that was killed goes on from the last state and ends with the weights that it would have had.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from series.errors import SeriesError
from series.files import replace_folder, write_json
from series.model import SeriesSpec, build_model, config_fields, parameter_count
from series.recipe import ROWS_PER_STEP, TOKENS_PER_ROW, TOKENS_PER_STEP, Schedule
from series.rows import Batches

BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0.05
CLIP = 1.0
LOSS_MEMORY = 0.95  # a step; the recorded loss is an exponential mean, so of the last 20 or so

_PLAIN_STATE = ("step", "seconds", "loss", "records")

Report = Callable[[str], None]
Record = dict[str, Any]


@dataclass
class Run:
    """A model in training: after `step` steps, `records` being its checkpoints so far.

    `loss` is the exponential mean of the steps' losses, in nats a token; None before the first.
    """

    spec: SeriesSpec
    schedule: Schedule
    seed: int
    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    step: int
    seconds: float
    loss: float | None
    records: list[Record]


def train_series(
    folder: Path, spec: SeriesSpec, schedule: Schedule, seed: int, batches: Batches, report: Report
) -> None:
    """Trains the series to its end, from the last saved state if there is one.

    `batches` must be at its beginning. `report` gets a line for every checkpoint.
    """
    run = _open_run(folder, spec, schedule, seed)
    if run.step:
        report(f"{spec.name}: goes on after step {run.step}")
    batches.skip(run.step)
    for checkpoint in schedule.checkpoints():
        if checkpoint > run.step:
            _train_to(run, checkpoint, batches)
            run.records.append(_record(run, batches))
            _save(folder, run)
            report(_progress(run))
    (folder / "training_state.pt").unlink(missing_ok=True)


def _open_run(folder: Path, spec: SeriesSpec, schedule: Schedule, seed: int) -> Run:
    model = build_model(spec, seed)
    model.train()
    run = Run(spec, schedule, seed, model, _optimizer(model, spec.peak_lr), 0, 0.0, None, [])
    state_path = folder / "training_state.pt"
    if state_path.exists():
        try:
            _restore(run, torch.load(state_path, weights_only=True))
        except Exception as error:  # a damaged pickle may raise anything
            raise SeriesError(
                f"{state_path}: not a state that this program can go on from ({error}); remove "
                "the file, and the series starts anew"
            ) from error
    return run


def _restore(run: Run, state: dict[str, Any]) -> None:
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    for name in _PLAIN_STATE:
        setattr(run, name, state[name])


def _optimizer(model: torch.nn.Module, lr: float) -> torch.optim.Optimizer:
    """AdamW that decays matrices only; norms, biases, convolutions and scan parameters do not."""
    matrices = [weight for weight in model.parameters() if weight.ndim == 2]
    others = [weight for weight in model.parameters() if weight.ndim != 2]
    groups = [
        {"params": matrices, "weight_decay": WEIGHT_DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=BETAS)


def _train_to(run: Run, step: int, batches: Batches) -> None:
    """Trains until `step` steps are done."""
    begun = time.monotonic()
    while run.step < step:
        for group in run.optimizer.param_groups:
            group["lr"] = run.schedule.lr_at(run.step, run.spec.peak_lr)
        ids = torch.tensor(batches.next_batch())
        logits = run.model(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), CLIP)
        run.optimizer.step()
        run.step += 1
        nats = loss.item()
        run.loss = nats if run.loss is None else nats + LOSS_MEMORY * (run.loss - nats)
    run.seconds += time.monotonic() - begun


def _record(run: Run, batches: Batches) -> Record:
    return {
        "iter": run.step,
        "folder": f"iter_{run.step:07}",
        "tokens": run.step * TOKENS_PER_STEP,
        "phase": "early" if run.step <= run.schedule.early_steps else "late",
        "train_loss": round(run.loss, 4),
        "lr": round(run.schedule.lr_at(run.step - 1, run.spec.peak_lr), 5),
        "seconds": round(run.seconds, 1),
        "science_epochs": round(batches.science.epochs, 3),
        "general_epochs": round(batches.general.epochs, 3),
    }


def _progress(run: Run) -> str:
    record = run.records[-1]
    speed = record["tokens"] / max(run.seconds, 1e-9)
    return (
        f"{run.spec.name}: step {run.step} of {run.schedule.steps}, loss {record['train_loss']}, "
        f"{run.seconds:.0f} s, {speed:.0f} tokens/s"
    )


def _save(folder: Path, run: Run) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _save_checkpoint(folder / run.records[-1]["folder"], run)
    write_json(folder / "series.json", _series_fields(run))
    state = {
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
    }
    state |= {name: getattr(run, name) for name in _PLAIN_STATE}
    beside = folder / ".training_state.pt.partial"
    torch.save(state, beside)
    os.replace(beside, folder / "training_state.pt")


def _save_checkpoint(folder: Path, run: Run) -> None:
    beside = folder.with_name(f".{folder.name}.partial")
    beside.mkdir(exist_ok=True)
    # A tied head is no tensor of its own; named_parameters names each shared tensor once.
    tensors = {
        name: weight.detach().to(torch.bfloat16).contiguous()
        for name, weight in run.model.named_parameters()
    }
    save_file(tensors, beside / "model.safetensors", metadata={"format": "pt"})
    write_json(beside / "config.json", config_fields(run.spec))
    replace_folder(beside, folder)


def _series_fields(run: Run) -> dict[str, Any]:
    return {
        "series": run.spec.name,
        "parameters": parameter_count(run.model),
        "seed": run.seed,
        "batch_rows": ROWS_PER_STEP,
        "sequence_length": TOKENS_PER_ROW,
        "optimizer": {
            "name": "AdamW",
            "peak_lr": run.spec.peak_lr,
            "betas": list(BETAS),
            "weight_decay": WEIGHT_DECAY,
            "warmup_steps": run.schedule.warmup_steps,
            "decay_steps": run.schedule.decay_steps,
            "schedule": "warm-up, stable, linear decay",
            "clip": CLIP,
        },
        "mix": run.spec.mix,
        "tokenizer": "../../tokenizer",
        "checkpoints": run.records,
    }
