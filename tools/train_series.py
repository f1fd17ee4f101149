#!/usr/bin/env python3
"""Makes the bundled demonstration series again: corpora, tokenizer, tasks, five series, curves.

The texts are sentences about WordNet's nouns, the models Falcon-H1-style hybrids of 94 to 199
thousand parameters. All of it takes about half an hour on one core. Stages that are done are
skipped, and an interrupted series goes on from its last checkpoint; so after an interruption just
run the same command again.

Exit codes: 0 done, 2 wrong use or bad input, 130 interrupted.
"""

import argparse
import os
import sys
from pathlib import Path

from series.errors import SeriesError
from series.recipe import Recipe, Schedule, claim_folder
from series.stages import SERIES_NAMES, STAGES, Job, forget, run_stage

_EPILOG = """\
examples:
  train_series.py --output /tmp/series
      everything, as bundled
  train_series.py --output /tmp/series --series base-wide
      one series only; a later call may add others
  train_series.py --output /tmp/try --scale 0.1 --early-steps 80 --late-steps 40 --series small-wide
      a quick trial

needs: WordNet 3.0's database files (Debian package wordnet-base) and, but for stage corpus, the
Python libraries in tools/series/requirements.txt. No network is used.
"""


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    plain, schedule = Recipe(), Schedule()
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder to make the files in")
    add("--wordnet", type=Path, default=Path("/usr/share/wordnet"), metavar="DIR",
        help="folder of WordNet's data.* and index.* files (default: %(default)s)")  # fmt: skip
    add("--stage", choices=(*STAGES, "all"), default="all", help="do this stage only")
    add("--series", nargs="+", choices=SERIES_NAMES, default=SERIES_NAMES, metavar="NAME",
        help=f"series to train and measure (default: all of {', '.join(SERIES_NAMES)})")  # fmt: skip
    add("--force", action="store_true",
        help="make again what is there; removes what --stage and the stages after it have made, "
        "of the named series only if the stage is train or measure")  # fmt: skip
    add("--threads", type=int, default=1, metavar="N",
        help="threads; more than one changes the last digits (default: %(default)s)")  # fmt: skip
    group = parser.add_argument_group("what is made (a folder holds one choice of these)")
    add = group.add_argument
    add("--seed", type=int, default=plain.seed, metavar="N",
        help="seed of the facts tested and of the tasks (default: %(default)s)")  # fmt: skip
    add("--train-seed", type=int, default=plain.train_seed, metavar="N",
        help="seed of the first weights and of the data order (default: %(default)s)")  # fmt: skip
    add("--scale", type=float, default=plain.scale, metavar="SHARE",
        help="share of the facts and rows, for a trial (default: %(default)g)")  # fmt: skip
    add("--early-steps", type=int, default=schedule.early_steps, metavar="N",
        help="steps of the early phase (default: %(default)s)")  # fmt: skip
    add("--late-steps", type=int, default=schedule.late_steps, metavar="N",
        help="steps of the late phase (default: %(default)s)")  # fmt: skip
    add("--checkpoint-every", type=int, default=schedule.checkpoint_every, metavar="N",
        help="steps from one early checkpoint to the next (default: %(default)s)")  # fmt: skip
    add("--late-checkpoints", type=int, default=schedule.late_checkpoints, metavar="N",
        help="checkpoints of the late phase (default: %(default)s)")  # fmt: skip
    return parser.parse_args(arguments)


def job_of(options: argparse.Namespace) -> Job:
    schedule = Schedule(
        options.early_steps, options.late_steps, options.checkpoint_every, options.late_checkpoints
    )
    recipe = Recipe(options.seed, options.train_seed, options.scale, schedule)
    recipe.check()
    if options.threads < 1:
        raise SeriesError(f"--threads {options.threads} must be positive")
    series = tuple(name for name in SERIES_NAMES if name in options.series)
    return Job(options.output, options.wordnet, series, recipe, options.threads, _report)


def run(options: argparse.Namespace) -> None:
    job = job_of(options)
    stages = STAGES if options.stage == "all" else (options.stage,)
    claim_folder(job.output, job.recipe, may_replace=options.force and options.stage == "all")
    if options.force:
        forget(stages[0], job)
    for stage in stages:
        run_stage(stage, job)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    # Before any library starts its threads or looks for the network.
    os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        run(options)
    except (SeriesError, OSError) as error:
        print(f"train_series: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train_series: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
