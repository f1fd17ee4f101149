"""tools/gpu_check.sh with made programs: whatever one of them does, the table comes, and in time."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

if not shutil.which("xz"):
    print("skipped: xz is not installed, so no archive of programs is unpacked")
    sys.exit(77)

TOOL = os.path.join(os.path.dirname(__file__), "../../tools/gpu_check.sh")
PASSED = "echo '[  PASSED  ] 3 tests.'"
TARGETS = "echo '| 0.5b: at least 35 % of the rate | 41 % | PASS |'"
NO_LM_EVAL = "echo 'No module named lm_eval' >&2; exit 1"


class GpuCheck(unittest.TestCase):
    def check(self, seconds=60, **programs):
        """The script's output and exit code, with shell commands in the place of programs."""
        made = {
            "engine_tests": PASSED,
            "cuda_bench": TARGETS,
            "e2lm": "exit 1",
            "compute_sanitizer": PASSED,
            "nvidia_smi": "echo 'Made Card, 580.00, 81559 MiB'",
            "python3": NO_LM_EVAL,
        } | programs
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for name, commands in made.items():
            path = os.path.join(folder, name.replace("_s", "-s"))
            with open(path, "w", encoding="utf-8") as script:
                script.write(f"#!/bin/bash\n{commands}\n")
            os.chmod(path, 0o755)
        with tarfile.open(os.path.join(folder, "gpu_check.tar.xz"), "w:xz") as archive:
            for name in ("engine_tests", "cuda_bench", "e2lm"):
                archive.add(os.path.join(folder, name), name)
        environment = os.environ | {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "E2LM_LOGS": os.path.join(folder, "logs"),
            "E2LM_TIME_LIMIT": str(seconds),
        }
        command = ["bash", TOOL, "--packed", folder]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=40, check=False
        )
        return done.stdout.partition("| checked | | |")[2], done

    def test_all_is_well(self):
        table, done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Made Card", done.stdout)
        self.assertIn("| tests on the card | PASS | [  PASSED  ] 3 tests. |", table)
        self.assertIn("| racecheck | PASS |", table)
        self.assertIn("| 0.5b: at least 35 % of the rate | PASS | 41 % |", table)
        self.assertIn(
            "| lm-evaluation-harness beside it | not run | No module named lm_eval", table
        )

    def test_what_fails_stops_nothing_else(self):
        table, done = self.check(
            engine_tests="echo '[ RUN      ] Card.Breaks'; echo said; kill -SEGV $$",
            compute_sanitizer="echo '========= Error: Device not supported'; exit 1",
            cuda_bench=TARGETS.replace("PASS", "MISS"),
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("said", done.stdout)
        self.assertIn("| tests on the card | MISS | exit code 139, first Card.Breaks |", table)
        self.assertIn("| the first that failed, alone | MISS |", table)
        self.assertIn("| memcheck | not run | Error: Device not supported |", table)
        self.assertIn("| 0.5b: at least 35 % of the rate | MISS | 41 % |", table)

    # What is loaded for the comparison once had no limit, and the table came after it.
    def test_what_takes_long_ends_in_time(self):
        table, done = self.check(
            seconds=4, cuda_bench="sleep 2", python3='[[ "$*" == *torch* ]] && sleep 100'
        )
        self.assertIn("| lm-evaluation-harness beside it | not run |", table, done.stdout)
        self.assertIn("no time left of 4 s", table)

    def test_each_verdict_is_said_at_once(self):
        _, done = self.check()
        before, _, _ = done.stdout.partition("== memcheck")
        self.assertIn("| tests on the card | PASS |", before)


if __name__ == "__main__":
    unittest.main()
