"""tools/parquet_to_jsonl.py writes the rows that Parquet files hold."""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest

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

    def test_bytes_are_refused(self):
        done, written = self.convert({"image": [b"\x89PNG"]})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("'image' holds bytes", done.stderr)
        self.assertIsNone(written)


if __name__ == "__main__":
    unittest.main()
