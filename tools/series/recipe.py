"""What a run makes: how many facts and rows, which seeds, how many steps and checkpoints."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from series.errors import SeriesError
from series.files import read_json, write_json

ROWS_PER_STEP = 32
TOKENS_PER_ROW = 64
TOKENS_PER_STEP = ROWS_PER_STEP * TOKENS_PER_ROW

_LAST_LR_SHARE = 0.02  # where the linear decay of the learning rate ends
_FEWEST = 10  # of every count in a scaled-down run: a row needs three other tested facts


@dataclass(frozen=True)
class Sizes:
    """Counts of facts and of test rows. Held-out rows are a fifth of the test rows."""

    science_terms: int = 2375
    general_terms: int = 1261
    science_glosses: int = 290
    general_glosses: int = 200
    part_facts: int = 157
    substance_facts: int = 53
    verbs: int = 300
    adjectives: int = 200
    kinds_rows: int = 500
    glosses_rows: int = 240
    part_rows: int = 103
    substance_rows: int = 37
    everyday_rows: int = 300
    dev_rows: int = 5

    def scaled(self, share: float) -> "Sizes":
        """The same corpora made smaller; the dev rows stay."""
        if share == 1:
            return self
        small = {f.name: max(_FEWEST, round(getattr(self, f.name) * share)) for f in fields(self)}
        # Every relation needs facts that are not tested, for the dev rows and the chains.
        spare = {
            "science_glosses": "glosses_rows",
            "part_facts": "part_rows",
            "substance_facts": "substance_rows",
        }
        for facts, rows in spare.items():
            small[facts] = max(small[facts], small[rows] + _FEWEST)
        return Sizes(**(small | {"dev_rows": self.dev_rows}))


@dataclass(frozen=True)
class Schedule:
    """Optimiser steps. Early checkpoints come every `checkpoint_every` steps; then `late_steps`
    steps follow with `late_checkpoints` checkpoints at equal distances, the last at the end."""

    early_steps: int = 640
    late_steps: int = 2560
    checkpoint_every: int = 40
    late_checkpoints: int = 5

    @property
    def steps(self) -> int:
        return self.early_steps + self.late_steps

    @property
    def warmup_steps(self) -> int:
        return min(40, max(1, self.early_steps // 2))

    @property
    def decay_steps(self) -> int:
        """Length of the linear decay; it lies wholly in the late phase."""
        return min(800, self.late_steps)

    def checkpoints(self) -> list[int]:
        """The steps after which a checkpoint is written."""
        early = range(self.checkpoint_every, self.early_steps + 1, self.checkpoint_every)
        count = min(self.late_checkpoints, self.late_steps)
        late = [self.early_steps + self.late_steps * (i + 1) // count for i in range(count)]
        return [*early, *late]

    def lr_at(self, step: int, peak: float) -> float:
        """The learning rate of a step, counted from 0: linear warm-up, constant, linear decay."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        into_decay = max(0, step - (self.steps - self.decay_steps))
        decay = 1.0 - into_decay / max(1, self.decay_steps)
        return peak * min(warm, max(_LAST_LR_SHARE, decay))

    def check(self) -> None:
        """Throws when the numbers describe no run."""
        if self.checkpoint_every < 1 or self.early_steps < self.checkpoint_every:
            raise SeriesError(
                f"--early-steps {self.early_steps} must be at least --checkpoint-every "
                f"{self.checkpoint_every}, and both positive"
            )
        if self.late_steps < 0 or self.late_checkpoints < 1:
            raise SeriesError("--late-steps must not be negative, --late-checkpoints positive")


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the files of a run, save the versions of the libraries."""

    seed: int = 20251
    train_seed: int = 7
    scale: float = 1.0
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def sizes(self) -> Sizes:
        return Sizes().scaled(self.scale)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self) -> None:
        if not 0.02 <= self.scale <= 1:
            raise SeriesError(f"--scale {self.scale:g} must lie between 0.02 and 1")
        self.schedule.check()


def claim_folder(output: Path, recipe: Recipe, may_replace: bool) -> None:
    """Writes the recipe into the folder.

    Throws when the folder holds something else than a run of this tool (nothing of which may be
    removed), or a run with other settings that is not to be replaced.
    """
    path = output / "recipe.json"
    empty = not output.exists() or all(entry == path for entry in output.iterdir())
    if not empty and not path.exists():
        raise SeriesError(
            f"{output} is not empty and no earlier run of this tool; name another --output"
        )
    if not empty and not may_replace:
        found, wanted = read_json(path), recipe.as_json()
        for key, value in wanted.items():
            if found.get(key) != value:
                raise SeriesError(
                    f"{path}: this folder was made with {key} = {found.get(key)}; now {key} = "
                    f"{value} is asked for. Name another --output, or make all again with --force"
                )
        return
    write_json(path, recipe.as_json())
