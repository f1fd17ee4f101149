#!/usr/bin/env python3
"""Times the Hugging Face tokenizers library against e2lm: same tokenizer.json, same texts, one thread.

Checks that the ids agree, then prints megabytes of text per second of both. The peer's clock covers
its encode_batch() call. e2lm's covers a whole process that reads the texts and writes the ids as
JSON, less one that is given no text.

Exit codes: 0 done, 1 the ids disagree, 2 wrong use or a library is missing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_EPILOG = """\
example:
  bench_tokenizer.py --tokenizer tokenizer.json --input texts.jsonl

needs: tokenizers from PyPI; ./e2lm built.
"""


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tokenizer", type=Path, required=True, help="tokenizer.json or its folder")
    add("--input", type=Path, required=True, help='texts, {"text": ..} a line')
    add("--megabytes", type=float, default=20, help="the texts are repeated up to so many")
    add("--repeats", type=int, default=5, help="runs of both, in turn; the best counts")
    return parser.parse_args(arguments)


def run_e2lm(tokenizer: Path, texts: Path) -> tuple[float, bytes]:
    command = [ROOT / "e2lm", "tokenize", "--tokenizer", tokenizer, "--input", texts]
    started = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return time.perf_counter() - started, output


def read_texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    if not rows or not all(isinstance(row, dict) and row.get("text") for row in rows):
        raise ValueError(f'{path}: every line must be {{"text": ..}}, of at least one')
    return [row["text"] for row in rows]


def main(words: list[str]) -> int:
    arguments = parse_arguments(words)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        import tokenizers
    except ImportError as error:
        print(f"bench_tokenizer.py: {error}; pip install tokenizers", file=sys.stderr)
        return 2
    file = arguments.tokenizer
    file = file / "tokenizer.json" if file.is_dir() else file
    try:
        file.read_bytes()
        texts = read_texts(arguments.input)
    except (OSError, ValueError) as error:
        print(f"bench_tokenizer.py: {error}", file=sys.stderr)
        return 2
    peer = tokenizers.Tokenizer.from_file(str(file))
    size = sum(len(text.encode()) for text in texts)
    texts *= max(1, round(arguments.megabytes * 1e6 / size))
    size = sum(len(text.encode()) for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder, "empty.jsonl"), Path(folder, "full.jsonl")
        empty.write_text("")
        full.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        theirs, loading, ours = [], [], []
        for _ in range(arguments.repeats):
            started = time.perf_counter()
            encodings = peer.encode_batch(texts, add_special_tokens=False)
            theirs.append(time.perf_counter() - started)
            loading.append(run_e2lm(file, empty)[0])
            seconds, output = run_e2lm(file, full)
            ours.append(seconds)
    for number, (line, encoding) in enumerate(zip(output.splitlines(), encodings), 1):
        if json.loads(line)["ids"] != encoding.ids:
            print(f"text {number}: the ids disagree", file=sys.stderr)
            return 1
    # The best of each: one slow loading (./e2lm that builds first) would else be the best rate.
    rate = size / 1e6 / (min(ours) - min(loading))
    peer_rate = size / 1e6 / min(theirs)
    print(f"| tokenizer | texts | tokenizers {tokenizers.__version__}, MB/s | e2lm, MB/s | ratio |")
    print("|---|---|---|---|---|")
    print(f"| {file.name} | {size / 1e6:.1f} MB | {peer_rate:.2f} | {rate:.2f} | {rate / peer_rate:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
