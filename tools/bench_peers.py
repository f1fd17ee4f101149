#!/usr/bin/env python3
"""Times lm-evaluation-harness with transformers against e2lm: same task, same items, same machine.

Takes the log-likelihood requests that lm-evaluation-harness makes of a task, lets both score them
in turn, checks that the scores agree, and prints requests per second of both. On the same cores
in float32; with --device cuda on the same card in bfloat16, the peer with the batch size that it
finds for itself, and with scores compared in float32, because transformers' bfloat16 is farther
from it than anything that would be worth finding. The peer's clock covers its loglikelihood() call
with model and tokenizer loaded and the batch size found before. e2lm's is what the program says of
itself: reading the requests, which makes them tokens, and scoring them, with a card's kernels
loaded meanwhile. So neither counts the loading, which is printed beside it, with the ratio to
e2lm's whole process as a lower bound.

Exit codes: 0 done, 1 the scores disagree, 2 wrong use or a library is missing.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing
from pathlib import Path

from random_models import GEOMETRIES, make_model

ROOT = Path(__file__).resolve().parent.parent

_EPILOG = """\
examples:
  bench_peers.py --model MODEL --task tasks/library/wordnet/wordnet_kinds.yaml --limit 100
      a checkpoint of yours
  bench_peers.py --geometry falcon-h1-0.5b --tokenizer DIR --task arc_easy.yaml --limit 20
      random weights of a real geometry, made by transformers
  bench_peers.py --device cuda --geometry falcon-h1-0.5b --tokenizer DIR --task arc_easy.yaml
      both on the card

needs: lm_eval, torch and transformers from PyPI; ./e2lm built.
"""


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--model", type=Path, help="checkpoint folder")
    model.add_argument(
        "--geometry", choices=sorted(GEOMETRIES), help="random weights of this shape"
    )
    add("--tokenizer", type=Path, help="folder of tokenizer.json; default: the model's")
    add("--task", type=Path, required=True, help="task file that both can read")
    add("--limit", type=int, help="only the first N documents")
    seconds = "only as many requests as the peer scores in this time, or as many as it batches"
    add("--seconds", type=float, help=seconds)
    add("--num_fewshot", type=int, help="few-shot examples, instead of the task's own number")
    add("--device", default="cpu", choices=["cpu", "cuda"], help="of both")
    dtypes = ["float32", "bfloat16"]
    add("--dtype", choices=dtypes, help="of both; default: float32, on a card bfloat16")
    add("--peer-dtype", choices=dtypes, help="of the peer alone")
    add("--batch-size", help="of the peer; default: 8, on a card auto")
    add("--threads", type=int, help="of both; default: 1, with a card all")
    add("--repeats", type=int, default=3, help="runs of both, in turn; the best counts")
    tolerance = "nats a request may differ, both in float32; default: 5e-3, on a card 1e-2"
    add("--tolerance", type=float, help=tolerance)
    add("--program", type=Path, default=ROOT / "build/release/harness/e2lm", help="e2lm")
    options = parser.parse_args(arguments)
    card = options.device == "cuda"
    options.dtype = options.dtype or ("bfloat16" if card else "float32")
    options.peer_dtype = options.peer_dtype or options.dtype
    options.batch_size = options.batch_size or ("auto" if card else "8")
    options.threads = options.threads or (len(os.sched_getaffinity(0)) if card else 1)
    options.tolerance = options.tolerance or (1e-2 if card else 5e-3)
    return options


def prepare_model(options: argparse.Namespace, scratch: Path) -> Path:
    """The model's folder, made first if a geometry was asked for."""
    if options.model:
        return options.model
    if not options.tokenizer:
        raise SystemExit("bench_peers: --geometry needs --tokenizer")
    tokenizer = json.loads((options.tokenizer / "tokenizer.json").read_text())
    ids = list(tokenizer["model"]["vocab"].values())
    ids += [token["id"] for token in tokenizer.get("added_tokens", [])]
    folder = scratch / "model"
    make_model(options.geometry, (max(ids) + 8) // 8 * 8, folder)
    return folder


class Peer:
    """lm-evaluation-harness with a transformers model."""

    def __init__(self, options: argparse.Namespace, model: Path, tokenizer: Path) -> None:
        import torch
        import transformers
        from lm_eval.models.huggingface import HFLM

        if options.device == "cuda" and not torch.cuda.is_available():
            raise SystemExit("bench_peers: --device cuda: torch finds no card")
        torch.set_num_threads(options.threads)
        file = tokenizer / "tokenizer.json"
        reader = transformers.PreTrainedTokenizerFast(tokenizer_file=str(file), pad_token_id=0)
        reader.pad_token = reader.convert_ids_to_tokens(0)
        reader.eos_token = reader.pad_token

        def load(dtype: str) -> HFLM:
            weights = transformers.AutoModelForCausalLM.from_pretrained(
                model, dtype=getattr(torch, dtype)
            )
            return HFLM(
                pretrained=weights.to(options.device).eval(),
                tokenizer=reader,
                batch_size=options.batch_size,
                device=options.device,
            )

        self._load = load
        self._lm = load(options.peer_dtype)
        self._options = options
        self.batch_size = options.batch_size

    def requests(self) -> list:
        """The task's log-likelihood requests, as lm-evaluation-harness builds them."""
        import yaml
        from lm_eval.tasks import TaskManager, get_task_dict

        config = yaml.safe_load(self._options.task.read_text())
        config["dataset_kwargs"]["data_files"] = {
            split: str((self._options.task.parent / file).resolve())
            for split, file in config["dataset_kwargs"]["data_files"].items()
        }
        config["metric_list"] = [{"metric": "acc"}]  # e2lm's own metrics are unknown there
        task = get_task_dict([config], TaskManager())[config["task"]]
        if self._options.num_fewshot is not None:
            task.set_config(key="num_fewshot", value=self._options.num_fewshot)
        task.build_all_requests(limit=self._options.limit, rank=0, world_size=1)
        return task.instances

    def settle(self, requests: list) -> list:
        """Finds the batch size, for good, and as many of the requests as take --seconds.

        loglikelihood() would find it anew, by five batches of the longest: much beside the few
        hundred requests that are timed.
        """
        seconds, auto = self._options.seconds, not self.batch_size.isdigit()
        if not seconds and not auto:
            return requests
        count = self._lm.max_batch_size if auto else int(self.batch_size)
        longest = sorted(requests, key=lambda request: sum(map(len, request.args)))[-count:]
        self.score(longest)  # with what the first call loads
        if auto:
            self._lm.batch_size_per_gpu = min(self._lm.batch_sizes.values())
            self.batch_size = str(self._lm.batch_size_per_gpu)
        if not seconds:
            return requests
        rate = len(longest) / self.score(longest)[1]
        return requests[: max(count, int(rate * seconds))]

    def widen(self) -> None:
        """Goes on in float32, from the same files."""
        self._lm = None  # its memory first
        self._lm = self._load("float32")

    def score(self, requests: list) -> tuple[list[float], float]:
        started = time.perf_counter()
        answers = self._lm.loglikelihood(requests, disable_tqdm=True)
        return [logprob for logprob, _ in answers], time.perf_counter() - started


class Seconds(typing.NamedTuple):
    """Of one run of e2lm."""

    whole: float  # the process
    loading: float  # model and tokenizer
    scoring: float  # reading requests included


_TIMES = re.compile(r"Time: ([\d.]+) s loading, ([\d.]+) s reading requests, ([\d.]+) s scoring")


def run_e2lm(
    options: argparse.Namespace, model: Path, tokenizer: Path, file: Path
) -> tuple[list[float], Seconds]:
    command = [options.program, "logprobs", "--model", model, "--tokenizer", tokenizer]
    command += ["--requests", file, "--threads", options.threads]
    command += ["--dtype", options.dtype, "--device", options.device]
    started = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command], check=False, capture_output=True, text=True
    )
    whole = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"bench_peers: e2lm failed:\n{done.stderr}")
    loading, reading, scoring = map(float, _TIMES.search(done.stderr).groups())
    scores = [json.loads(line)["logprob"] for line in done.stdout.splitlines()]
    return scores, Seconds(whole, loading, reading + scoring)


_RUNS = 3  # of e2lm to one of the peer: what is short is disturbed more


class Times:
    """Seconds of several runs, the best of each kind."""

    def __init__(
        self, options: argparse.Namespace, model: Path, tokenizer: Path, file: Path
    ) -> None:
        self._run = lambda: run_e2lm(options, model, tokenizer, file)
        self.ours = Seconds(*[float("inf")] * 3)
        self.peer = float("inf")

    def add_ours(self) -> list[float]:
        for _ in range(_RUNS):
            scores, seconds = self._run()
            self.ours = Seconds(*map(min, self.ours, seconds))
        return scores

    def add_peer(self, seconds: float) -> None:
        self.peer = min(self.peer, seconds)


def compare(ours: list[float], theirs: list[float]) -> tuple[float, float]:
    """Mean and largest difference, in nats a request."""
    off = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    return statistics.mean(off), max(off)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ["HF_DATASETS_CACHE"] = str(scratch / "datasets")
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
        model = prepare_model(options, scratch)
        tokenizer = options.tokenizer or model
        peer = Peer(options, model, tokenizer)
        requests = peer.settle(peer.requests())
        file = scratch / "requests.jsonl"
        with file.open("w") as out:
            for request in requests:
                context, continuation = request.args
                out.write(json.dumps({"context": context, "continuation": continuation}) + "\n")
        times = Times(options, model, tokenizer, file)
        for _ in range(options.repeats):
            ours = times.add_ours()
            theirs, seconds = peer.score(requests)
            times.add_peer(seconds)
        mean, worst = compare(ours, theirs)
        print_times(options, len(requests), peer.batch_size, times)
        print(f"  scores differ by {mean:.2g} nats on average, {worst:.2g} at most")
        if options.device == "cuda" and options.dtype == "bfloat16":
            options.dtype = options.peer_dtype = "float32"
            peer.widen()
            ours, _ = run_e2lm(options, model, tokenizer, file)
            mean, worst = compare(ours, peer.score(requests)[0])
            print(f"  in float32 by {mean:.2g} nats on average, {worst:.2g} at most")
    both_float32 = options.dtype == options.peer_dtype == "float32"
    return 1 if both_float32 and worst > options.tolerance else 0


def print_times(
    options: argparse.Namespace, count: int, batch_size: str, times: Times
) -> None:
    place = "the card" if options.device == "cuda" else f"{options.threads} thread(s)"
    batches = f"the harness in batches of {batch_size}"
    print(f"{count} requests of {options.task.name}, {place}, {options.dtype}; {batches}")
    for label, seconds in (("lm-evaluation-harness", times.peer), ("e2lm", times.ours.scoring)):
        print(f"  {label:<22} {count / seconds:10.2f} requests/s  {seconds:8.2f} s")
    ratio, least = times.peer / times.ours.scoring, times.peer / times.ours.whole
    loading = f"with e2lm's {times.ours.loading:.2f} s of loading {least:.1f}"
    print(f"  ratio {ratio:.1f}, {loading}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ImportError as error:
        print(f"bench_peers: {error}; pip install lm_eval torch transformers", file=sys.stderr)
        sys.exit(2)
