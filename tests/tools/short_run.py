"""One short run of tools/train_series.py that the tests look at, and what they need to read it."""

import atexit
import functools
import importlib
import json
import sys
import tempfile
import unittest
from pathlib import Path

WORDNET = Path("/usr/share/wordnet")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import train_series
from series.corpus import Document
from series.facts import Fact

SERIES = ("small-wide", "small-deep-web")
CHECKPOINTS = ("iter_0000006", "iter_0000010")
TASKS = ("wordnet_kinds", "wordnet_glosses", "wordnet_parts", "wordnet_everyday")
DATA_FILES = (
    "corpus/science.jsonl corpus/general.jsonl corpus/facts.jsonl tokenizer/tokenizer.json "
    "tokenizer/tokenizer_config.json tokenizer/special_tokens_map.json corpus_stats.json "
    "LICENSE.wordnet"
).split() + [f"tasks/{task}{end}.jsonl" for task in TASKS for end in ("", ".dev")]

_SHORT = (
    "--scale 0.05 --early-steps 6 --late-steps 4 --checkpoint-every 6 --late-checkpoints 1"
).split()


def skip_without_requirements() -> None:
    """Ends the program with 77, after a sentence that says why, if the tool cannot run here."""
    if not (WORDNET / "data.noun").is_file():
        _skip(f"{WORDNET} has no data.noun (Debian package wordnet-base)")
    for library in ("torch", "transformers", "tokenizers", "safetensors"):
        try:
            importlib.import_module(library)
        except ImportError as error:
            _skip(f"the Python library {library} does not load ({error})")


def _skip(reason: str) -> None:
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def run_tool(output: Path, *arguments: str) -> int:
    """The exit code of a short run; a later argument overrides an earlier one."""
    return train_series.main(["--output", str(output), *_SHORT, "--series", *SERIES, *arguments])


def read_jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@functools.cache
def scratch_folder() -> Path:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


@functools.cache
def finished_run() -> Path:
    """The folder of a run of all stages, made once."""
    output = scratch_folder() / "run"
    if run_tool(output) != 0:
        raise RuntimeError("the short run failed; see above")
    return output


class ShortRun(unittest.TestCase):
    """Tests that look at the finished run."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = scratch_folder()
        cls.output = finished_run()
        cls.facts = read_jsonl(cls.output / "corpus" / "facts.jsonl")
        cls.documents = [
            document
            for name in ("science", "general")
            for document in read_jsonl(cls.output / "corpus" / f"{name}.jsonl")
        ]
        cls.rows = {task: read_jsonl(cls.output / "tasks" / f"{task}.jsonl") for task in TASKS}

    def json(self, *parts: str):
        return json.loads(self.output.joinpath(*parts).read_text(encoding="utf-8"))

    def all_rows(self):
        return [row for rows in self.rows.values() for row in rows]

    def fact_of(self, row: dict) -> dict:
        """The fact that a row asks for. Terms of the two corpora differ."""
        asked = (row["relation"], row["term"])
        return next(fact for fact in self.facts if (fact["relation"], fact["term"]) == asked)

    def rows_of_many_seeds(self):
        """Rows drawn anew from the run's facts: its own few might keep a rule by chance."""
        from series.tasks import build_tasks
        from series.tokenizer import read_tokenizer
        from series.trigram import Trigram

        documents = [Document(d["section"], tuple(d["terms"]), d["text"]) for d in self.documents]
        trigram = Trigram(read_tokenizer(self.output / "tokenizer"), documents)
        facts = [Fact.from_json(fact) for fact in self.facts]
        for seed in range(30):
            files = build_tasks(facts, trigram, seed)
            yield from (row for task in TASKS for row in files[task])
