#!/usr/bin/env python3
"""How far bfloat16 lies from float32, in e2lm and in transformers.

Scores the same tokens three times: transformers in float32 (the answer), transformers in bfloat16
(log-softmax taken in float32, the kindest way) and e2lm in bfloat16. Prints, per model, the mean and
the largest distance of a token's log-probability from the answer. e2lm keeps the residual stream,
the norms and the scan in float32, so it should be the nearer one.

Exit codes: 0 e2lm is at least as near everywhere, 1 it is not, 2 wrong use or a library is missing.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_peers import ROOT
from random_models import GEOMETRIES, make_model

_EPILOG = """\
examples:
  compare_precision.py tests/golden/models/*/
  compare_precision.py --geometry falcon-h1-0.5b
  compare_precision.py --write tests/golden/models/bfloat16.json tests/golden/models/*/

needs: torch and transformers from PyPI; ./e2lm built.
"""


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("models", nargs="*", type=Path, help="checkpoint folders; an expected.json in one gives the tokens")
    add("--geometry", action="append", default=[], choices=sorted(GEOMETRIES), help="random weights of this shape")
    add("--write", type=Path, help="keep transformers' distances in this JSON file")
    options = parser.parse_args(arguments)
    for folder in options.models:
        if not (folder / "config.json").exists():
            parser.error(f"{folder} holds no config.json; checkpoint folders are compared")
    if not options.models and not options.geometry:
        parser.error("nothing to compare: name checkpoint folders or a --geometry")
    return options


def requests_of(folder: Path) -> list[tuple[list[int], int]]:
    """Token sequences and the index of their first scored token."""
    expected = folder / "expected.json"
    if expected.exists():
        cases = json.loads(expected.read_text())["cases"]
        return [(case["ids"], case["score_from"]) for case in cases]
    vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
    rng = random.Random(1)
    return [([rng.randrange(vocabulary) for _ in range(129)], 1) for _ in range(2)]


def transformers_logprobs(folder: Path, requests: list, dtype: str) -> list[float]:
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))
    model.eval()
    logprobs = []
    with torch.no_grad():
        for ids, first in requests:
            logits = model(torch.tensor([ids])).logits[0].float()
            rows = torch.log_softmax(logits[first - 1 : len(ids) - 1], -1)
            logprobs += rows[torch.arange(len(rows)), torch.tensor(ids[first:])].tolist()
    return logprobs


def e2lm_logprobs(folder: Path, requests: list, dtype: str) -> list[float]:
    lines = [
        json.dumps({"context_ids": ids[:first], "continuation_ids": ids[first:]})
        for ids, first in requests
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        command = [ROOT / "build/release/harness/e2lm", "logprobs", "--model", folder, "--quiet"]
        command += ["--requests", file.name, "--dtype", dtype, "--per-token"]
        done = subprocess.run([str(w) for w in command], stdout=subprocess.PIPE, check=True)
    return [value for line in done.stdout.splitlines() for value in json.loads(line)["token_logprobs"]]


def distance(scores: list[float], answer: list[float]) -> dict[str, float]:
    off = [abs(a - b) for a, b in zip(scores, answer, strict=True)]
    return {"mean": sum(off) / len(off), "max": max(off)}


def compare(folder: Path) -> tuple[dict, dict, dict]:
    """Distances of transformers and e2lm in bfloat16, and of e2lm in float32."""
    requests = requests_of(folder)
    answer = transformers_logprobs(folder, requests, "float32")
    theirs = distance(transformers_logprobs(folder, requests, "bfloat16"), answer)
    ours = distance(e2lm_logprobs(folder, requests, "bfloat16"), answer)
    return theirs, ours, distance(e2lm_logprobs(folder, requests, "float32"), answer)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    kept, near = {}, True
    print(f"{'nats from float32':<34}{'transformers':>22}{'e2lm':>22}{'e2lm float32':>22}")
    print(f"{'':<34}" + f"{'mean':>11}{'max':>11}" * 3)
    with tempfile.TemporaryDirectory() as scratch:
        for geometry in options.geometry:
            make_model(geometry, 32784, Path(scratch) / geometry)
            options.models.append(Path(scratch) / geometry)
        for folder in options.models:
            theirs, ours, exact = compare(folder)
            kept[folder.name] = theirs
            near &= ours["mean"] <= theirs["mean"] and ours["max"] <= theirs["max"]
            figures = "".join(f"{d['mean']:>11.2g}{d['max']:>11.2g}" for d in (theirs, ours, exact))
            print(f"{folder.name:<34}{figures}", flush=True)
    if options.write:
        options.write.write_text(json.dumps(kept, indent=1) + "\n")
    return 0 if near else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ImportError as error:
        print(f"compare_precision: {error}; pip install torch transformers", file=sys.stderr)
        sys.exit(2)
