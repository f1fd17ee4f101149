"""Scripts of tools/ that are given what is not there say so, with exit code 2."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = os.path.join(os.path.dirname(__file__), "../../tools")


class WrongUse(unittest.TestCase):
    def refused(self, tool, *words):
        command = [sys.executable, os.path.join(TOOLS, tool), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_precision_of_no_model_is_no_success(self):
        kept = self.folder / "kept.json"
        kept.write_text("as it was")
        said = self.refused("compare_precision.py", self.folder / "none", "--write", kept)
        self.assertIn("holds no config.json", said)
        self.assertEqual(kept.read_text(), "as it was")
        self.assertIn("nothing to compare", self.refused("compare_precision.py"))

    @unittest.skipUnless(importlib.util.find_spec("tokenizers"), "tokenizers is not installed")
    def test_texts_that_are_none(self):
        texts = self.folder / "texts.jsonl"
        texts.write_text('{"document": 1}\n')
        tokenizer = os.path.join(TOOLS, "../series/tokenizer")
        for path, why in ((self.folder / "none", "No such file"), (texts, 'must be {"text": ..}')):
            words = ("--tokenizer", tokenizer, "--input", path)
            self.assertIn(why, self.refused("bench_tokenizer.py", *words))


if __name__ == "__main__":
    unittest.main()
