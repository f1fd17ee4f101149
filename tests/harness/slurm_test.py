"""`e2lm sweep --slurm` on a real Slurm cluster of one machine, with jobs that are ended in all ways."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from slurm_cluster import Cluster, why_not

_E2LM = os.environ["E2LM_BINARY"]
_SOURCE = Path(__file__).resolve().parent.parent.parent
_MANIFEST = """
tasks: [wordnet_kinds, wordnet_everyday, wordnet_glosses, wordnet_parts]
tokenizer: {source}/series/tokenizer
series:
  - name: base-deep
    path: '{source}/series/base-deep/iter_{{step:07}}'
    steps: {{from: 40, to: 480, by: 40}}
    tokens: {{per_step: 2048}}
"""
_SHARDS = 3
_CELLS = 12 * 4

if why_not():
    print(f"skipped: {why_not()}")
    sys.exit(77)


def e2lm(*words: object, environment: dict | None = None, expect: int = 0) -> str:
    run = subprocess.run([_E2LM, *map(str, words)], capture_output=True, text=True, env=environment)
    if run.returncode != expect:
        raise AssertionError(f"{words}: exit code {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout + run.stderr


def wait_for(what: str, condition, seconds: float = 30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


class SlurmTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="e2lm-test-")
        self.addCleanup(scratch.cleanup)
        # Names that a shell, sbatch or a pattern of Slurm's would stumble over.
        self.folder = Path(scratch.name) / "it's a \"run\" $HOME %j"
        self.folder.mkdir()
        self.manifest = self.folder / "small series.yaml"
        self.manifest.write_text(_MANIFEST.format(source=_SOURCE))
        self.run_folder = self.folder / "runs"
        self.cluster = Cluster(Path(scratch.name) / "slurm")

    def sweep(self, *words: object, expect: int = 0) -> str:
        return e2lm("sweep", self.manifest, "-o", self.run_folder, "--threads", 1, "--slurm",
                    "--slurm-shards", _SHARDS, *words, environment=self.cluster.environment,
                    expect=expect)

    def jobs(self) -> dict:
        return json.loads((self.run_folder / "slurm/jobs.json").read_text())

    def shard(self, index: int) -> Path:
        return self.run_folder / f"shards/{index}-of-{_SHARDS}"

    def count(self, index: int, query: str) -> int:
        """A number of a shard's store; 0 while there is none."""
        path = self.shard(index) / "store.sqlite"
        if not path.exists():
            return 0
        with sqlite3.connect(path, timeout=10) as database:
            try:
                return database.execute(query).fetchone()[0]
            except sqlite3.OperationalError:  # it is being made
                return 0

    def done(self, index: int) -> int:
        return self.count(index, "SELECT count(*) FROM cell WHERE state = 'done'")

    def wait_for_middle(self, index: int):
        wait_for(f"shard {index} to begin", lambda: self.count(index, "SELECT count(*) FROM block"))
        self.assertLess(self.done(index), _CELLS // _SHARDS, "it must be in the middle")

    def wait_for_end(self):
        ids = self.jobs()
        wait_for("the jobs to end", lambda: not self.cluster.run(
            "squeue", "--noheader", f"--jobs={ids['array']},{ids['merge']}").strip(), 60)

    def show(self, job: str) -> str:
        return self.cluster.run("scontrol", "show", "job", job)

    def processes_of_shard(self, index: int) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            ours = str(self.shard(index)).encode()
            if b"sweep" in words and b"--output=" + ours in words and words[0] == _E2LM.encode():
                found.append(int(folder.name))
        return found

    def verdict(self) -> dict:
        return json.loads((self.run_folder / "slurm/verdict.json").read_text())

    def test_ends_as_one_process_does_whatever_happens_to_its_jobs(self):
        whole = self.folder / "whole"
        e2lm("sweep", self.manifest, "-o", whole, "--quiet")
        with self.cluster:
            self.submit_and_disturb()
            self.wait_for_end()
            self.check_first_end()
            self.submit_the_rest()
        self.assertEqual(e2lm("dump", self.run_folder), e2lm("dump", whole))
        with sqlite3.connect(self.run_folder / "store.sqlite") as database:
            known = database.execute(
                "SELECT count(*) FROM weights_file WHERE path LIKE '/%'"
            ).fetchone()[0]
        self.assertEqual(known, _CELLS // 4, "the merge knows the hashes that the shards found")

    def submit_and_disturb(self):
        said = self.sweep("--slurm-partition", "nowhere", expect=2)
        self.assertIn("sbatch: failed with code 1", said)
        self.assertIn("invalid partition specified", said)
        said = self.sweep()
        array = self.jobs()["array"]
        self.assertIn(f"Job {array}: shards 1, 2, 3 of 3", said)
        self.assertIn(f"scancel {array} ", said)
        self.wait_for_middle(1)
        self.cluster.run("scancel", "--signal=USR1", "--batch", f"{array}_1")  # its time ends
        self.wait_for_middle(2)
        self.cluster.run("scontrol", "requeue", f"{array}_2")  # as after a failed node
        self.wait_for_middle(3)
        for process in self.processes_of_shard(3):  # as for want of memory
            os.kill(process, signal.SIGKILL)
        self.assertIn("still in the queue", self.sweep(expect=2))

    def check_first_end(self):
        ids = self.jobs()
        for index in (1, 2):
            job = self.show(f"{ids['array']}_{index}")
            self.assertIn("Restarts=1", job)
            self.assertIn("ExitCode=0:0", job)
            self.assertEqual(self.done(index), _CELLS // _SHARDS)
        self.assertIn("ExitCode=137:0", self.show(f"{ids['array']}_3"))
        self.assertIn("ExitCode=1:0", self.show(ids["merge"]))
        verdict = self.verdict()
        self.assertEqual(verdict["exit_code"], 1)
        self.assertEqual(verdict["failed"], 0)
        self.assertGreater(verdict["missing"], 0)
        self.assertEqual(verdict["done"] + verdict["missing"], _CELLS)
        self.assertTrue((self.run_folder / "report/index.html").exists())

    def submit_the_rest(self):
        self.assertIn("shards 3 of 3", self.sweep())
        self.wait_for_end()
        self.assertEqual(self.verdict(), {"cells": _CELLS, "done": _CELLS, "failed": 0, "missing": 0,
                                          "exit_code": 0})
        self.assertIn("ExitCode=0:0", self.show(self.jobs()["merge"]))
        self.assertIn("Nothing to compute", self.sweep())

    def test_a_dry_run_needs_no_slurm_and_says_what_would_be_submitted(self):
        said = self.sweep("--slurm-dry-run", "--slurm-partition", "gpu", "--slurm-time", "1:00:00",
                          "--slurm-cpus", 4, "--slurm-gpus", 1, "--slurm-memory", "8G",
                          "--slurm-account", "me", "--slurm-option=--qos=high",
                          "--slurm-option=--comment=two words")
        array, merge = (shlex.split(line) for line in said.splitlines())
        for word in ("--array=1,2,3", "--partition=gpu", "--time=1:00:00", "--cpus-per-task=4",
                     "--gpus=1", "--mem=8G", "--account=me", "--qos=high", "--comment=two words",
                     "--requeue", "--signal=B:USR1@60", str(self.run_folder / "slurm/sweep.sh")):
            self.assertIn(word, array)
        self.assertIn("--dependency=afterany:ARRAY_JOB", merge)
        self.assertNotIn("--gpus=1", merge)
        for name in ("sweep.sh", "merge.sh"):
            subprocess.run(["bash", "-n", self.run_folder / "slurm" / name], check=True)
        self.assertFalse((self.run_folder / "slurm/jobs.json").exists())

    def test_what_other_numbers_of_shards_computed_is_kept(self):
        e2lm("sweep", self.manifest, "-o", self.run_folder / "shards/1-of-2", "--shard", "1/2",
             "--no-report", "--quiet")
        begun = self.run_folder / "shards/2-of-2/store.sqlite"  # killed at its start
        begun.parent.mkdir()
        begun.touch()
        self.sweep("--slurm-dry-run")
        with sqlite3.connect(self.run_folder / "store.sqlite") as database:
            done = database.execute("SELECT count(*) FROM cell WHERE state = 'done'").fetchone()[0]
        self.assertEqual(done, _CELLS // 2)

    def test_without_slurm_it_says_so(self):
        nowhere = {**os.environ, "PATH": "/nonexistent"}
        said = e2lm("sweep", self.manifest, "-o", self.run_folder, "--slurm", environment=nowhere,
                    expect=2)
        self.assertIn("sbatch: cannot be run", said)


if __name__ == "__main__":
    unittest.main()
