"""tools/freeze_task.py and tools/count_tasks.py on tasks of the test's own. Needs lm_eval."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

import count_tasks
import freeze_task

try:
    import yaml
    from lm_eval.tasks import TaskManager
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

_FUNCTIONS = """\
import numpy as np

def shout(dataset):
    return dataset.map(lambda doc: {"q": doc["q"].upper()})

def first(items):
    return items[0]

def like_lm_eval(doc, results):
    return {"acc": float(int(np.argmax([nats for nats, _ in results])) == doc["gold"])}

def always_right(doc, results):
    return {"acc": 1.0}
"""

_ROWS = [{"q": "is it?", "gold": 1}, {"q": "é?", "gold": 0}, {"q": "so?", "gold": 7}]


class FreezeTaskTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "utils.py").write_text(_FUNCTIONS)
        rows = "".join(json.dumps(row) + "\n" for row in _ROWS)
        (self.folder / "rows.jsonl").write_text(rows)

    def write(self, name: str, more: str) -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(
            f"task: {name}\ntag: small\noutput_type: multiple_choice\ndataset_path: json\n"
            f"dataset_kwargs: {{data_files: {{test: {self.folder}/rows.jsonl}}}}\n"
            f"test_split: test\ndoc_to_text: q\ndoc_to_target: gold\ndoc_to_choice: ['no', 'yes']\n"
            f"process_docs: !function utils.shout\n{more}"
        )
        return path

    def freeze(self, name: str, more: str, shots: int | None = None, limit: int | None = None):
        path = str(self.write(name, more))
        manager = TaskManager(include_defaults=False)
        task = manager.load([path])["tasks"][name]
        tags = freeze_task.tags_of(manager, path, name)
        with contextlib.redirect_stderr(io.StringIO()):
            return freeze_task.freeze(task, shots, limit, tags)

    def refused(self, name: str, more: str) -> str:
        with self.assertRaises(freeze_task.RefusedError) as caught:
            self.freeze(name, more)
        return str(caught.exception)

    def test_documents_are_prepared_and_asked(self):
        keys, lines = self.freeze("plain", "")
        self.assertEqual(keys["tag"], ["small"])
        self.assertEqual([row["metric"] for row in keys["metric_list"]], ["acc", "acc_norm"])
        self.assertEqual(lines[0]["documents"], 3)
        self.assertEqual([line["gold"] for line in lines[1:]], [1, 0, -100])
        self.assertEqual(lines[2]["requests"], [("É?", " no"), ("É?", " yes")])

    def test_limit_and_examples_are_noted(self):
        _, lines = self.freeze("some", "", shots=1, limit=2)
        self.assertEqual(lines[0]["num_fewshot"], 1)
        self.assertEqual((lines[0]["documents"], lines[0]["all_documents"]), (2, 3))
        self.assertIn("\n\n", lines[1]["requests"][0][0])

    def test_functions_of_metrics_are_refused_by_name(self):
        metric = "metric_list: [{metric: acc, higher_is_better: true, aggregation: %s}]\n"
        self.assertIn("utils.first", self.refused("odd", metric % "!function utils.first"))
        results = "process_results: !function utils.always_right\n" + metric % "mean"
        self.assertIn("utils.always_right computes another acc", self.refused("liar", results))
        honest = "process_results: !function utils.like_lm_eval\n" + metric % "mean"
        self.assertEqual(len(self.freeze("honest", honest)[1]), 4)

    def test_other_output_types_are_refused(self):
        self.assertIn("generate_until", self.refused("words", "output_type: generate_until\n"))

    def test_files_are_the_same_every_time(self):
        keys, lines = self.freeze("twice", "")
        first = freeze_task.write(self.folder / "a", dict(keys), lines, plain=False)
        second = freeze_task.write(self.folder / "b", dict(keys), lines, plain=False)
        packed = (self.folder / "a" / "twice.jsonl.gz").read_bytes()
        self.assertEqual(packed, (self.folder / "b" / "twice.jsonl.gz").read_bytes())
        self.assertEqual(first.read_bytes(), second.read_bytes())
        head = yaml.safe_load(first.read_text("utf-8"))
        self.assertEqual(head["sha256"], hashlib.sha256(gzip.decompress(packed)).hexdigest())
        self.assertEqual(head["frozen"], "twice.jsonl.gz")


class CountTasksTest(unittest.TestCase):
    def test_functions_count_wherever_they_stand(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            base = "output_type: multiple_choice\nprocess_docs: !function utils.f\n"
            (folder / "base").write_text(base)
            (folder / "a.yaml").write_text("task: a\ninclude: base\n")
            (folder / "b.yaml").write_text("task: b\ninclude: base\nprocess_docs: null\n")
            (folder / "c.yaml").write_text("task: c\noutput_type: generate_until\n")
            (folder / "d.yaml").write_text("task: b\noutput_type: loglikelihood\n")  # again
            tasks, count = count_tasks.find_tasks(folder)
        self.assertEqual(tasks, {folder / "b.yaml": "b"})
        self.assertEqual(count, 2)

    def test_like_reasons_are_one(self):
        self.assertEqual(count_tasks.reason_of("a/b.yaml:3: no key; c.yaml:4: x"), "no key")


if __name__ == "__main__":
    unittest.main()
