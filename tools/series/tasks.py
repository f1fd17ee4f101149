"""The multiple-choice tasks: rows from tested and dev facts, with their distractors.

Kinds and everyday: three other kinds, drawn in proportion to how many terms have them; never an
ancestor of the term in any of its senses.

Glosses and parts: answers of other tested rows of the same relation; for glosses of terms of
another kind, for parts never a true whole or substance. They are those nearest to the answer in
probability under the term-free trigram model: some below, some above, so that the rank of the
answer among its choices is drawn at random. This keeps the prior probability of a choice, which
dominates a long gloss, from deciding the row.

Files tasks/<task>.jsonl and tasks/<task>.dev.jsonl, one row a line, fields as in `_row`.
"""

import random
from bisect import bisect
from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any

from series.corpus import Document
from series.errors import SeriesError
from series.facts import TASKS, Fact
from series.files import write_jsonl
from series.trigram import PLACEHOLDER, Trigram
from series.wording import other_question, prompt, question

DISTRACTORS = 3
_KIND_TASKS = ("wordnet_kinds", "wordnet_everyday")

Row = dict[str, Any]


def build_tasks(facts: list[Fact], trigram: Trigram, seed: int) -> dict[str, list[Row]]:
    """Rows of each task, and of "<task>.dev"."""
    files: dict[str, list[Row]] = {}
    for task in TASKS.values():
        of_task = [fact for fact in facts if fact.task == task]
        tested = [fact for fact in of_task if fact.tested]
        dev = [fact for fact in of_task if fact.role == "dev"]
        rng = random.Random(f"{seed} rows {task}")
        rng.shuffle(tested)
        choose = _kind_chooser(of_task) if task in _KIND_TASKS else _near_chooser(tested, trigram)
        files[task] = [
            _row(f"{task}-{number:04}", fact, choose(fact, rng), rng)
            for number, fact in enumerate(tested, 1)
        ]
        files[f"{task}.dev"] = [
            _row(f"{task}-dev-{number}", fact, choose(fact, rng), rng)
            for number, fact in enumerate(dev)
        ]
    return files


def _kind_chooser(facts: list[Fact]):
    frequency = Counter(fact.answer for fact in facts)
    kinds = sorted(frequency)

    def choose(fact: Fact, rng: random.Random) -> list[str]:
        barred = {fact.answer, *fact.barred}
        allowed = [kind for kind in kinds if kind not in barred]
        drawn: list[str] = []
        while len(drawn) < DISTRACTORS:
            weights = list(accumulate(frequency[kind] for kind in allowed))
            place = bisect(weights, rng.randrange(weights[-1]))
            drawn.append(allowed.pop(place))
        return drawn

    return choose


def _near_chooser(tested: list[Fact], trigram: Trigram):
    prior: dict[tuple[str, str], float] = {}

    def prior_nats(relation: str, answer: str) -> float:
        if (relation, answer) not in prior:
            asked = prompt(question(relation, PLACEHOLDER, PLACEHOLDER))
            prior[relation, answer] = trigram.logprob_nats(asked, answer)
        return prior[relation, answer]

    def choose(fact: Fact, rng: random.Random) -> list[str]:
        barred = {fact.answer, *fact.barred}
        others = {
            other.answer
            for other in tested
            if other.relation == fact.relation and other.answer not in barred
            and other.term != fact.term
            and (fact.relation != "gloss" or other.kind != fact.kind)
        }  # fmt: skip
        if len(others) < DISTRACTORS:
            raise SeriesError(f"too few tested {fact.relation} facts beside {fact.term}")
        own = (prior_nats(fact.relation, fact.answer), fact.answer)
        ranked = sorted((prior_nats(fact.relation, answer), answer) for answer in others)
        # The window of three that leaves a random number of them below the answer.
        start = bisect(ranked, own) - rng.randrange(DISTRACTORS + 1)
        start = min(max(start, 0), len(ranked) - DISTRACTORS)
        return [answer for _, answer in ranked[start : start + DISTRACTORS]]

    return choose


def _row(name: str, fact: Fact, distractors: list[str], rng: random.Random) -> Row:
    choices = [fact.answer, *distractors]
    rng.shuffle(choices)
    return {
        "id": name,
        "task": fact.task,
        "subject": fact.lexfile,
        "topic": fact.topic,
        "term": fact.term,
        "relation": fact.relation,
        "question": fact.question,
        "choices": choices,
        "answer": choices.index(fact.answer),
        "prompt": fact.prompt,
        "heldout_template": fact.role == "heldout",
    }


def check_corpora(facts: list[Fact], documents: list[Document]) -> None:
    """Throws when the exact prompt and answer of a tested fact, or a question form of one with a
    held-out wording, is in the text. Both would be faults of this program."""
    text = "\n\n\n".join(document.text for document in documents)
    for fact in facts:
        forbidden = [f"{fact.prompt} {fact.answer}"] if fact.tested else []
        if fact.role == "heldout":
            other = other_question(fact.relation, fact.term, fact.phrase)
            forbidden += [fact.question, prompt(other)]
        for wording in forbidden:
            if wording in text:
                raise SeriesError(f"{fact.task}: the corpus contains {wording!r}")


def write_tasks(folder: Path, files: dict[str, list[Row]]) -> None:
    for name, rows in files.items():
        write_jsonl(folder / f"{name}.jsonl", rows)
