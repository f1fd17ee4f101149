"""Log-probabilities of continuations under a checkpoint.

Rule: continuation = " " + choice; ids = encode(prompt + continuation) without special tokens; the
continuation's tokens are ids[len(encode(prompt)):]. No token stands before the prompt.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import FalconH1ForCausalLM

_MOST_ROWS = 128


@dataclass(frozen=True)
class Request:
    """Token ids, of which those from `start` on are scored."""

    ids: tuple[int, ...]
    start: int


def load_checkpoint(folder: Path, dtype: torch.dtype = torch.float32) -> FalconH1ForCausalLM:
    """The model in a checkpoint folder; its bf16 weights are exact in float32 and float64."""
    model = FalconH1ForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")
    return model.eval()


def row_requests(tokenizer: Tokenizer, row: dict[str, Any]) -> list[Request]:
    """One request for each choice of a task's row."""
    start = len(tokenizer.encode(row["prompt"], add_special_tokens=False).ids)
    texts = [f"{row['prompt']} {choice}" for choice in row["choices"]]
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    return [Request(tuple(entry.ids), start) for entry in encoded]


@torch.inference_mode()
def logprobs_nats(
    model: FalconH1ForCausalLM, requests: list[Request], most_rows: int = _MOST_ROWS
) -> list[float]:
    """The summed log-probability of each request's scored tokens, in order.

    Requests of equal length share a batch, so nothing is padded. Softmax and sum in float64.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, request in enumerate(requests):
        by_length[len(request.ids)].append(index)
    sums = [0.0] * len(requests)
    for indices in by_length.values():
        for first in range(0, len(indices), most_rows):
            batch = indices[first : first + most_rows]
            for index, total in zip(batch, _score(model, requests, batch), strict=True):
                sums[index] = total
    return sums


def _score(model: FalconH1ForCausalLM, requests: list[Request], batch: list[int]) -> list[float]:
    ids = torch.tensor([requests[index].ids for index in batch])  # [B, T]
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]  # [B, T - 1, V]
    log_softmax = logits.double().log_softmax(-1)
    of_targets = log_softmax.gather(-1, ids[:, 1:, None])[..., 0]  # [B, T - 1]
    starts = [requests[index].start for index in batch]
    return [of_targets[i, start - 1 :].sum().item() for i, start in enumerate(starts)]
