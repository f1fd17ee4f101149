"""Training rows in their order: 64 tokens that begin at the beginning of a document.

Each pass over a corpus shuffles its documents anew. A row takes documents until it is full; what
is left of the last one is dropped, and the next row begins with the next document. The order
depends on the corpus, the seed and nothing else, so that series of equal mix see equal batches.
"""

import random

from series.recipe import ROWS_PER_STEP, TOKENS_PER_ROW


class RowSource:
    """Rows of one corpus, without end. `documents` are token ids, closed by end-of-text."""

    def __init__(self, name: str, documents: list[list[int]], seed: int) -> None:
        self._name = name
        self._documents = documents
        self._seed = seed
        self._passes_begun = 0
        self._order: list[int] = []

    def next_row(self) -> list[int]:
        row: list[int] = []
        while len(row) < TOKENS_PER_ROW:
            row += self._documents[self._next_document()]
        return row[:TOKENS_PER_ROW]

    @property
    def epochs(self) -> float:
        """Passes over the corpus so far."""
        return self._passes_begun - len(self._order) / max(1, len(self._documents))

    def _next_document(self) -> int:
        if not self._order:
            self._order = list(range(len(self._documents)))
            random.Random(f"{self._seed} {self._name} {self._passes_begun}").shuffle(self._order)
            self._passes_begun += 1
        return self._order.pop()


class Batches:
    """Batches of rows, the share `science` of them from the science corpus, evenly spread."""

    def __init__(self, science: RowSource, general: RowSource, share: float) -> None:
        self.science = science
        self.general = general
        self._share = share
        self._rows = 0

    def next_batch(self) -> list[list[int]]:
        return [self._next_row() for _ in range(ROWS_PER_STEP)]

    def skip(self, steps: int) -> None:
        """Goes on to where `steps` batches have been taken, for a run that is resumed."""
        for _ in range(steps):
            self.next_batch()

    def _next_row(self) -> list[int]:
        # 1e-9 keeps 0.7 * 10 from falling below 7.
        before, after = (int((self._rows + i) * self._share + 1e-9) for i in (0, 1))
        self._rows += 1
        return (self.science if after > before else self.general).next_row()
