"""The stages of a run. Each writes files that the next one reads, and knows whether it is done.

    corpus      corpus/{science,general}.jsonl, corpus/facts.jsonl, LICENSE.wordnet
    tokenizer   tokenizer/, corpus_stats.json
    tasks       tasks/<task>.jsonl, tasks/<task>.dev.jsonl
    train       series/<name>/
    measure     curves.json, golden_logprobs.json

Libraries are imported in the stage that needs them: the corpus needs none.
"""

import importlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from series.corpus import CORPORA, build_corpora, count_lines, read_corpora, repeated, write_corpora
from series.errors import SeriesError
from series.facts import TASKS, Fact, choose_facts
from series.files import read_json, read_jsonl, write_json, write_jsonl, write_text
from series.recipe import Recipe
from series.terms import Lexicon, choose_terms
from series.wordnet import WordNet

STAGES = ("corpus", "tokenizer", "tasks", "train", "measure")
SERIES_NAMES = ("small-deep", "small-wide", "base-deep", "base-wide", "small-deep-web")

_LIBRARIES = {
    "tokenizer": ("tokenizers",),
    "tasks": ("tokenizers",),
    "train": ("torch", "transformers", "tokenizers", "safetensors"),
    "measure": ("torch", "transformers", "tokenizers", "safetensors"),
}
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@dataclass(frozen=True)
class Job:
    """What the command line asks for."""

    output: Path
    wordnet: Path
    series: tuple[str, ...]
    recipe: Recipe
    threads: int
    report: Callable[[str], None]

    @property
    def facts_path(self) -> Path:
        return self.output / "corpus" / "facts.jsonl"

    def series_folder(self, name: str) -> Path:
        return self.output / "series" / name


def run_stage(stage: str, job: Job) -> None:
    """Does a stage, or says that it is done already. Throws if an earlier one is missing."""
    if _is_done(stage, job):
        job.report(f"{stage}: done already")
        return
    for earlier in STAGES[: STAGES.index(stage)]:
        if not _is_done(earlier, job):
            raise SeriesError(
                f"stage {stage} needs the files of stage {earlier}, which {job.output} lacks; "
                f"run --stage {earlier} or --stage all first"
            )
    _require_libraries(stage)
    job.report(f"{stage}: begins")
    _WORK[stage](job)


def forget(stage: str, job: Job) -> None:
    """Removes what a stage and all later ones made, of the job's series only if that suffices."""
    place = STAGES.index(stage)
    (job.output / "golden_logprobs.json").unlink(missing_ok=True)
    _forget_curves(job, all_series=place < STAGES.index("train"))
    if place <= STAGES.index("train"):
        every = place < STAGES.index("train")
        for name in SERIES_NAMES if every else job.series:
            shutil.rmtree(job.series_folder(name), ignore_errors=True)
    for folder in ("corpus", "tokenizer", "tasks")[place:]:
        shutil.rmtree(job.output / folder, ignore_errors=True)


def _forget_curves(job: Job, all_series: bool) -> None:
    path = job.output / "curves.json"
    if all_series:
        path.unlink(missing_ok=True)
    elif path.exists():
        curves = read_json(path)
        kept = {name: c for name, c in curves["series"].items() if name not in job.series}
        write_json(path, curves | {"series": kept}, indent=None)


def _require_libraries(stage: str) -> None:
    for name in _LIBRARIES.get(stage, ()):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise SeriesError(
                f"stage {stage} needs the Python library {name} ({error}); install the "
                f"libraries with: pip install -r {_REQUIREMENTS}"
            ) from error


def _is_done(stage: str, job: Job) -> bool:
    output = job.output
    match stage:
        case "corpus":
            return job.facts_path.exists()
        case "tokenizer":
            return (output / "tokenizer" / "tokenizer.json").exists()
        case "tasks":
            names = [f"{task}{end}.jsonl" for task in TASKS.values() for end in ("", ".dev")]
            return all((output / "tasks" / name).exists() for name in names)
        case "train":
            return all(_is_trained(name, job) for name in job.series)
    measured = read_json(output / "curves.json")["series"] if _has(output, "curves.json") else {}
    golden = _has(output, "golden_logprobs.json")
    return golden and all(_is_measured(name, measured, job) for name in job.series)


def _has(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _is_trained(name: str, job: Job) -> bool:
    """Whether all checkpoints are there and the training has closed its state."""
    folder = job.series_folder(name)
    if not _has(folder, "series.json") or _has(folder, "training_state.pt"):
        return False
    steps = [record["iter"] for record in read_json(folder / "series.json")["checkpoints"]]
    return steps == job.recipe.schedule.checkpoints()


def _is_measured(name: str, measured: dict, job: Job) -> bool:
    count = len(job.recipe.schedule.checkpoints())
    return name in measured and len(measured[name]["checkpoints"]) == count


def _corpus(job: Job) -> None:
    wordnet = WordNet(job.wordnet)
    recipe, sizes = job.recipe, job.recipe.sizes
    lexicon = Lexicon(wordnet)
    facts = choose_facts(lexicon, choose_terms(lexicon, sizes), sizes, recipe.seed)
    corpora = build_corpora(wordnet, facts, sizes, recipe.seed)
    write_text(job.output / "LICENSE.wordnet", wordnet.licence())
    write_corpora(job.output, corpora)
    write_jsonl(job.facts_path, (fact.as_json() for fact in facts))
    lines = {name: len(corpora[name]) for name in CORPORA}
    job.report(f"corpus: {len(facts)} facts, lines {lines}")


def _read_facts(job: Job) -> list[Fact]:
    return [Fact.from_json(row) for row in read_jsonl(job.facts_path)]


def _tokenizer(job: Job) -> None:
    from series.tokenizer import count_tokens, train_tokenizer, write_tokenizer

    corpora = read_corpora(job.output)
    tokenizer = train_tokenizer(d.text for name in CORPORA for d in corpora[name])
    stats = count_lines(corpora, _read_facts(job)) | count_tokens(tokenizer, corpora)
    write_json(job.output / "corpus_stats.json", stats | {"seed": job.recipe.seed})
    write_tokenizer(job.output / "tokenizer", tokenizer)
    totals = {name: stats[f"{name}_tokens_total"] for name in CORPORA}
    job.report(f"tokenizer: {stats['vocab']} entries, tokens of a pass {totals}")


def _tasks(job: Job) -> None:
    from series.tasks import build_tasks, check_corpora, write_tasks
    from series.tokenizer import read_tokenizer
    from series.trigram import Trigram

    facts, corpora = _read_facts(job), read_corpora(job.output)
    documents = [document for name in CORPORA for document in corpora[name]]
    check_corpora(facts, documents)
    trigram = Trigram(read_tokenizer(job.output / "tokenizer"), documents)
    files = build_tasks(facts, trigram, job.recipe.seed)
    write_tasks(job.output / "tasks", files)
    job.report(f"tasks: rows { {name: len(rows) for name, rows in files.items()} }")


def _train(job: Job) -> None:
    from series.model import SERIES
    from series.rows import Batches, RowSource
    from series.tokenizer import encode_documents, read_tokenizer
    from series.train import train_series

    tokenizer = read_tokenizer(job.output / "tokenizer")
    ids = {
        name: encode_documents(tokenizer, repeated(name, documents))
        for name, documents in read_corpora(job.output).items()
    }
    _set_up_torch(job.threads)
    seed = job.recipe.train_seed
    for name in job.series:
        if _is_trained(name, job):
            job.report(f"{name}: trained already")
            continue
        sources = [RowSource(corpus, ids[corpus], seed) for corpus in CORPORA]
        spec = SERIES[name]
        batches = Batches(*sources, spec.science)
        folder = job.series_folder(name)
        train_series(folder, spec, job.recipe.schedule, seed, batches, job.report)


def _measure(job: Job) -> None:
    from series.golden import TASK, golden_checkpoints, golden_logprobs
    from series.measure import empty_curves, measure_series, read_tasks
    from series.tokenizer import read_tokenizer

    _set_up_torch(job.threads)
    # Reference values are of the series that there are: they come last, or not at all.
    (job.output / "golden_logprobs.json").unlink(missing_ok=True)
    tokenizer, tasks = read_tokenizer(job.output / "tokenizer"), read_tasks(job.output)
    path = job.output / "curves.json"
    curves = read_json(path) if path.exists() else empty_curves(tasks)
    for name in job.series:
        if not _is_measured(name, curves["series"], job):
            folder = job.series_folder(name)
            measured = curves["series"]
            measured[name] = measure_series(folder, tasks, tokenizer, job.report)
            curves["series"] = {n: measured[n] for n in SERIES_NAMES if n in measured}
            write_json(path, curves, indent=None)
    chosen = golden_checkpoints(job.output / "series", list(curves["series"]))
    job.report(f"measure: reference values of {', '.join(chosen)}")
    golden = golden_logprobs(job.output / "series", chosen, tasks[TASK], tokenizer)
    write_json(job.output / "golden_logprobs.json", golden, indent=None)


_WORK = {
    "corpus": _corpus,
    "tokenizer": _tokenizer,
    "tasks": _tasks,
    "train": _train,
    "measure": _measure,
}


def _set_up_torch(threads: int) -> None:
    """Sets torch's threads, and keeps transformers from reporting its missing GPU kernels."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
