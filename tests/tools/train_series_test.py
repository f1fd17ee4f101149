"""Test of tools/train_series.py: a short run into a scratch folder, then its files and their laws.

Exits with 77 after a sentence "SKIPPED: ..." where WordNet's files or a library is missing. If the
environment variable E2LM_BINARY names the e2lm program, its log-probabilities of a fresh checkpoint
are compared with transformers' too.
"""

import io
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import ClassVar
from unittest import mock

import short_run
from series.kinds import KINDS, LABELS
from series.wording import other_question
from series.wordnet import WordNet
from short_run import CHECKPOINTS, DATA_FILES, SERIES, TASKS, ShortRun, read_jsonl, run_tool

ROW_FIELDS = (
    "id task subject topic term relation question choices answer prompt heldout_template"
).split()
SERIES_FIELDS = (
    "series parameters seed batch_rows sequence_length optimizer mix tokenizer checkpoints"
).split()
RECORD_FIELDS = (
    "iter folder tokens phase train_loss lr seconds science_epochs general_epochs"
).split()
MEASURES = "acc acc_norm acc_heldout acc_seen margin margin_mean ll_true n".split()


class DataTest(ShortRun):
    def test_layout_and_fields(self):
        for name in DATA_FILES:
            self.assertTrue((self.output / name).is_file(), name)
        self.assertIn("Princeton", (self.output / "LICENSE.wordnet").read_text())
        for task in TASKS:
            self.assertEqual(len(read_jsonl(self.output / "tasks" / f"{task}.dev.jsonl")), 5)
            for number, row in enumerate(self.rows[task], 1):
                self.assertEqual(list(row), ROW_FIELDS)
                self.assertEqual(row["id"], f"{task}-{number:04}")
                self.assertEqual(row["prompt"], f"Question: {row['question']}\nAnswer:")
            heldout = sum(row["heldout_template"] for row in self.rows[task])
            self.assertAlmostEqual(heldout / len(self.rows[task]), 0.2, delta=0.05)
        stats = self.json("corpus_stats.json")
        self.assertEqual(stats["vocab"], 1024)
        lines = sum(stats["science"].values()) + sum(stats["general"].values())
        self.assertEqual(lines, len(self.documents))

    def test_no_tested_answer_stands_behind_its_prompt_in_the_corpus(self):
        text = "\n\n\n".join(document["text"] for document in self.documents)
        for row in self.all_rows():
            self.assertNotIn(f"{row['prompt']} {row['choices'][row['answer']]}", text)
            self.assertNotIn(row["prompt"], text)

    def test_dev_prompts_are_in_the_corpus(self):
        texts = {document["text"] for document in self.documents}
        for task in TASKS:
            for row in read_jsonl(self.output / "tasks" / f"{task}.dev.jsonl"):
                self.assertIn(f"{row['prompt']} {row['choices'][row['answer']]}", texts)

    def test_heldout_facts_are_stated_but_never_asked(self):
        for row in self.all_rows():
            fact = self.fact_of(row)
            about = [
                document["text"]
                for document in self.documents
                if row["term"] in document["terms"] and document["section"] == fact["section"]
            ]
            asked = [
                text for text in about if "?" in text and row["choices"][row["answer"]] in text
            ]
            stated = [text for text in about if "?" not in text]
            self.assertGreaterEqual(len(stated), 4)
            if row["heldout_template"]:
                other = other_question(row["relation"], row["term"], fact["phrase"])
                forms = [row["question"], other]
                self.assertFalse([t for t in about if any(form in t for form in forms)], row["id"])
            if not row["heldout_template"]:
                self.assertEqual(len(asked), 2, row["id"])

    def test_choices_are_distinct_and_the_answer_is_the_fact(self):
        for row in self.all_rows():
            self.assertEqual(len(set(row["choices"])), 4)
            self.assertEqual(row["choices"][row["answer"]], self.fact_of(row)["answer"])

    def test_distractors_follow_the_rules(self):
        nouns = WordNet(short_run.WORDNET).nouns
        answers = {(row["relation"], row["choices"][row["answer"]]) for row in self.all_rows()}
        for row in [*self.all_rows(), *self.rows_of_many_seeds()]:
            wrong = {c for i, c in enumerate(row["choices"]) if i != row["answer"]}
            term = nouns.first_sense(row["term"])
            if row["relation"] == "kind":
                above = {LABELS.get(node.words[0], node.words[0]) for node in nouns.ancestors(term)}
                corpus = "general" if row["task"] == "wordnet_everyday" else "science"
                self.assertLessEqual(wrong, KINDS[corpus])
                self.assertIn(row["choices"][row["answer"]], above)
                self.assertFalse(wrong & above)
                continue
            self.assertLessEqual({(row["relation"], choice) for choice in wrong}, answers)
            self.assertFalse(wrong & set(self.fact_of(row)["barred"]))
            if row["relation"] == "gloss":
                self.check_other_kinds(row, wrong)
            else:
                direct = {"part": "#p", "substance": "%s"}[row["relation"]]
                true = [nouns.synsets[offset].words for offset in term.targets(direct)]
                self.assertFalse(wrong & {word for words in true for word in words})

    def check_other_kinds(self, row: dict, wrong: set[str]) -> None:
        kind = self.fact_of(row)["kind"]
        glosses = {f["answer"]: f["kind"] for f in self.facts if f["relation"] == "gloss"}
        self.assertNotIn(kind, {glosses[gloss] for gloss in wrong})

    def test_tokenizer_round_trips_and_agrees_with_transformers(self):
        from transformers import AutoTokenizer

        from series.tokenizer import read_tokenizer

        tokenizer = read_tokenizer(self.output / "tokenizer")
        reference = AutoTokenizer.from_pretrained(self.output / "tokenizer")
        texts = [d["text"] for d in self.documents[::7]] + ["Ünïcode 漢字 123!\n\n  x", ""]
        for text in texts:
            ids = tokenizer.encode(text).ids
            self.assertEqual(tokenizer.decode(ids), text)
            self.assertEqual(reference(text)["input_ids"], ids)
        specials = ["<|pad|>", "<|begin_of_text|>", "<|end_of_text|>", "<|unused_0|>"]
        self.assertEqual([tokenizer.token_to_id(name) for name in specials], [0, 1, 2, 3])
        self.assertEqual(tokenizer.get_vocab_size(), 1024)


class SeriesTest(ShortRun):
    models: ClassVar[dict] = {}

    def test_layout_and_fields(self):
        for name in SERIES:
            fields = self.json("series", name, "series.json")
            self.assertEqual(list(fields), SERIES_FIELDS)
            self.assertEqual([r["folder"] for r in fields["checkpoints"]], list(CHECKPOINTS))
            self.assertEqual([r["phase"] for r in fields["checkpoints"]], ["early", "late"])
            for record in fields["checkpoints"]:
                self.assertEqual(list(record), RECORD_FIELDS)
                self.assertEqual(record["tokens"], record["iter"] * 2048)
            names = {path.name for path in (self.output / "series" / name).iterdir()}
            self.assertEqual(names, {"series.json", *CHECKPOINTS})
        curves = self.json("curves.json")
        self.assertEqual(list(curves["series"]), list(SERIES))
        measured = curves["series"][SERIES[0]]["checkpoints"][-1]["tasks"]
        self.assertEqual(list(measured), list(TASKS))
        self.assertTrue(all(list(values) == MEASURES for values in measured.values()))
        golden = "task rule precision items tokenisation_samples checkpoints".split()
        self.assertEqual(list(self.json("golden_logprobs.json")), golden)

    def test_checkpoints_are_bf16_and_of_the_stated_size(self):
        from safetensors.torch import load_file

        for name, parameters in {"small-wide": 95138, "small-deep-web": 94008}.items():
            tensors = load_file(
                self.output / "series" / name / CHECKPOINTS[-1] / "model.safetensors"
            )
            self.assertEqual({str(t.dtype) for t in tensors.values()}, {"torch.bfloat16"})
            self.assertEqual(sum(t.numel() for t in tensors.values()), parameters)
            self.assertNotIn("lm_head.weight", tensors)

    def test_transformers_gives_the_recorded_logprobs(self):
        golden = self.json("golden_logprobs.json")
        for name, entry in golden["checkpoints"].items():
            for row, recorded in list(
                zip(self.rows[golden["task"]], entry["logprobs"], strict=True)
            )[:10]:
                for choice, value in zip(row["choices"], recorded, strict=True):
                    expected = self.reference_nats(name, row["prompt"], choice)[0]
                    # float32 rounding of logits of order 10, over a few tokens
                    self.assertAlmostEqual(value, expected, delta=2e-5)

    def reference_nats(self, checkpoint: str, prompt: str, choice: str):
        """The log-probability by the shortest way, the request's ids, and where it begins."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder = self.output / "series" / checkpoint
        model = self.models.setdefault(
            checkpoint, AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        )
        tokenizer = AutoTokenizer.from_pretrained(self.output / "tokenizer")
        ids = tokenizer(f"{prompt} {choice}")["input_ids"]
        start = len(tokenizer(prompt)["input_ids"])
        with torch.no_grad():
            nats = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        return sum(nats[i - 1, ids[i]].item() for i in range(start, len(ids))), ids, start

    def test_program_agrees_with_transformers(self):
        program = os.environ.get("E2LM_BINARY")
        if not program:
            print("E2LM_BINARY is not set: the program is not compared")
            return
        checkpoint = f"{SERIES[0]}/{CHECKPOINTS[-1]}"
        expected, lines = [], []
        for row in self.rows["wordnet_kinds"][:8] + self.rows["wordnet_glosses"][:4]:
            for choice in row["choices"]:
                nats, ids, start = self.reference_nats(checkpoint, row["prompt"], choice)
                expected.append((nats, len(ids) - start))
                request = {"context_ids": ids[:start], "continuation_ids": ids[start:]}
                lines.append(json.dumps(request) + "\n")
        requests = self.scratch / "requests.jsonl"
        requests.write_text("".join(lines))
        command = [program, "logprobs", "--model", self.output / "series" / checkpoint]
        command += ["--tokenizer", self.output / "tokenizer", "--requests", requests]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(expected))
        for answer, (nats, tokens) in zip(answers, expected, strict=True):
            self.assertEqual(answer["tokens"], tokens)
            self.assertIn(answer["greedy"], (True, False))
            self.assertAlmostEqual(answer["logprob"], nats, delta=1e-3)


class RestartTest(ShortRun):
    def test_second_run_is_equal_even_when_interrupted(self):
        again = self.scratch / "again"
        for stage in ("corpus", "tokenizer", "tasks"):
            self.assertEqual(run_tool(again, "--stage", stage), 0)
        for name in DATA_FILES:
            self.assertEqual((again / name).read_bytes(), (self.output / name).read_bytes(), name)

        def interrupt(line: str) -> None:
            if "step 6 of" in line:
                raise KeyboardInterrupt

        with mock.patch("train_series._report", interrupt):
            self.assertEqual(run_tool(again, "--stage", "train"), 130)
        first = again / "series" / SERIES[0]
        self.assertIn("run --stage train", self.failing(again, "--stage", "measure"))
        self.check_damaged_state(again, first / "training_state.pt")
        # What a kill in the midst of the next checkpoint leaves behind.
        shutil.copytree(first / CHECKPOINTS[0], first / f".{CHECKPOINTS[1]}.partial")
        self.assertEqual(run_tool(again, "--stage", "train"), 0)
        for name in SERIES:
            for folder in CHECKPOINTS:
                for file in ("config.json", "model.safetensors"):
                    path = Path("series", name, folder, file)
                    same = (again / path).read_bytes() == (self.output / path).read_bytes()
                    self.assertTrue(same, path)
            self.assertFalse((again / "series" / name / "training_state.pt").exists())

    def check_damaged_state(self, output: Path, state: Path) -> None:
        whole = state.read_bytes()
        for damaged in (whole[: len(whole) // 2], b"", b"rubbish"):
            state.write_bytes(damaged)
            self.assertIn("remove the file", self.failing(output, "--stage", "train"))
        state.write_bytes(whole)

    def test_what_is_done_is_skipped(self):
        lines = []
        with mock.patch("train_series._report", lines.append):
            self.assertEqual(run_tool(self.output), 0)
        stages = ("corpus", "tokenizer", "tasks", "train", "measure")
        self.assertEqual(lines, [f"{stage}: done already" for stage in stages])

    def test_force_makes_again_and_removes_what_came_of_it(self):
        copy = self.scratch / "copy"
        shutil.copytree(self.output, copy)
        self.assertEqual(run_tool(copy, "--stage", "tasks", "--force"), 0)
        for task in TASKS:
            path = Path("tasks", f"{task}.jsonl")
            self.assertEqual((copy / path).read_bytes(), (self.output / path).read_bytes())
        for name in ("series/small-wide", "curves.json", "golden_logprobs.json"):
            self.assertFalse((copy / name).exists(), name)
        with mock.patch.dict("sys.modules", {"safetensors": None}):
            said = self.failing(copy, "--stage", "train")
        self.assertRegex(said, "needs the Python library safetensors.*pip install -r")

    def failing(self, output: Path, *arguments: str) -> str:
        """What a run that must exit with 2 says on standard error."""
        with mock.patch("sys.stderr", io.StringIO()) as stderr:
            self.assertEqual(run_tool(output, *arguments), 2)
        return stderr.getvalue()

    def test_errors_say_what_to_do(self):
        empty, foreign = self.scratch / "empty", self.scratch / "foreign"
        (foreign / "tasks").mkdir(parents=True)
        cases = [
            (self.output, ["--seed", "1"], "made with seed = 20251"),
            (empty, ["--wordnet", "/nowhere"], "Debian package wordnet-base"),
            (empty, ["--stage", "train"], "run --stage corpus"),
            (empty, ["--early-steps", "0"], "--early-steps 0"),
            (foreign, ["--force"], "no earlier run of this tool"),
        ]
        for output, arguments, message in cases:
            self.assertIn(message, self.failing(output, *arguments))
        self.assertTrue((foreign / "tasks").is_dir())


if __name__ == "__main__":
    short_run.skip_without_requirements()
    unittest.main()
