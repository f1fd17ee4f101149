"""tools/parquet_to_jsonl.py writes the rows that Parquet files hold."""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    print("skipped: pyarrow is not installed, so Parquet files are not turned into JSON lines")
    sys.exit(77)

TOOL = os.path.join(os.path.dirname(__file__), "../../tools/parquet_to_jsonl.py")


class ParquetToJsonl(unittest.TestCase):
    def convert(self, columns):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "test-00000-of-00001.parquet")
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
        done = subprocess.run([sys.executable, TOOL, path], capture_output=True, text=True)
        target = path.replace(".parquet", ".jsonl")
        if not os.path.exists(target):
            return done, None
        with open(target, encoding="utf-8") as lines:
            return done, [json.loads(line) for line in lines]

    def test_rows_keep_their_values(self):
        rows = [
            {"question": "é\n?", "choices": {"text": ["a", "b"], "label": [0, 1]}, "x": 0.1},
            {"question": None, "choices": {"text": [], "label": []}, "x": -2.5e300},
        ]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        done, written = self.convert(columns)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 rows", done.stdout)
        self.assertEqual(written, rows)
        self.assertEqual(list(written[0]), ["question", "choices", "x"])

    def test_times_are_texts(self):
        _, written = self.convert({"at": [datetime.datetime(2024, 11, 21, 5, 44)]})
        self.assertEqual(written, [{"at": "2024-11-21 05:44:00"}])

    def test_what_json_lacks_is_refused(self):
        values = {"bytes": b"\x89PNG", "Decimal": Decimal("1.10"), "time": datetime.time(5, 44)}
        for kind, value in values.items():
            done, written = self.convert({"it": [value]})
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"parquet: the column 'it' holds {kind}, which", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertIsNone(written)

    def test_files_that_are_no_parquet_are_a_sentence_and_leave_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.parquet")
            for _ in ("none", "damaged"):
                done = subprocess.run([sys.executable, TOOL, path], capture_output=True, text=True)
                self.assertEqual(done.returncode, 1)
                self.assertTrue(done.stderr.startswith(f"{path}: "), done.stderr)
                with open(path, "w") as file:
                    file.write("no parquet")
            self.assertEqual(os.listdir(folder), ["rows.parquet"])


if __name__ == "__main__":
    unittest.main()
