"""Facts of the corpora and their roles: tested, tested in a held-out wording, dev, or plain.

File corpus/facts.jsonl, one fact a line, its fields those of `Fact`; the later stages take the facts
from there and need no WordNet.
"""

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from series.recipe import Sizes
from series.terms import Lexicon, Term
from series.wording import noun_phrase, prompt, question, short_gloss
from series.wordnet import Synset

HELDOUT_SHARE = 0.2
TASKS = {
    ("science", "kinds"): "wordnet_kinds",
    ("science", "glosses"): "wordnet_glosses",
    ("science", "parts"): "wordnet_parts",
    ("general", "kinds"): "wordnet_everyday",
}
_FEWEST_GLOSS_WORDS = 3

# Pointers that lead from a thing to what it is part of, and to what it is made of. What lies
# behind several of them, kinds in between included, is a true answer too.
_POINTERS = {"part": ("#p",), "substance": ("%s",)}
_TRUE_ANSWERS = {"part": ("#p", "#s", "#m", "@", "@i"), "substance": ("%s", "@", "@i")}


@dataclass(frozen=True)
class Fact:
    """One fact. `barred` are answers that are true as well or nearly so, and no distractors;
    `phrase` and `whole` are the term and the answer with their articles."""

    corpus: str
    section: str
    relation: str
    term: str
    phrase: str
    answer: str
    whole: str
    kind: str | None
    barred: tuple[str, ...]
    lexfile: str
    topic: str | None
    role: str = "plain"

    @property
    def task(self) -> str | None:
        return TASKS.get((self.corpus, self.section))

    @property
    def tested(self) -> bool:
        return self.role in ("test", "heldout")

    @property
    def question(self) -> str:
        return question(self.relation, self.term, self.phrase)

    @property
    def prompt(self) -> str:
        return prompt(self.question)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(row: dict[str, Any]) -> "Fact":
        return Fact(**(row | {"barred": tuple(row["barred"])}))


def choose_facts(
    lexicon: Lexicon, terms: dict[str, list[Term]], sizes: Sizes, seed: int
) -> list[Fact]:
    """All facts of both corpora, with their roles; the same for the same seed."""
    parts = [
        (part_facts(lexicon, "part", sizes.part_facts), sizes.part_rows),
        (part_facts(lexicon, "substance", sizes.substance_facts), sizes.substance_rows),
    ]
    groups = [
        ([kind_fact(term) for term in terms["science"]], sizes.kinds_rows),
        (gloss_facts(terms["science"], sizes.science_glosses), sizes.glosses_rows),
        *parts,
        ([kind_fact(term) for term in terms["general"]], sizes.everyday_rows),
        (gloss_facts(terms["general"], sizes.general_glosses), 0),
    ]
    facts = []
    for facts_of_group, rows in groups:
        rng = random.Random(f"{seed} roles {len(facts)}")
        facts += _with_roles(facts_of_group, rows, rng)
    return _with_dev_rows(facts, sizes.dev_rows, random.Random(f"{seed} dev"))


def kind_fact(term: Term) -> Fact:
    return Fact(
        corpus=term.corpus,
        section="kinds",
        relation="kind",
        term=term.lemma,
        phrase=noun_phrase(term.lemma, term.synset.lexfile, term.kind),
        answer=term.kind,
        whole=term.kind,
        kind=term.kind,
        barred=tuple(sorted(term.kinds)),
        lexfile=term.synset.lexfile,
        topic=term.topic,
    )


def gloss_facts(terms: list[Term], count: int) -> list[Fact]:
    """Short glosses of the best ranked terms, all different and none naming its term."""
    found: dict[str, Fact] = {}
    for term in terms:
        gloss = short_gloss(term.synset.definition)
        clear = len(gloss.split()) >= _FEWEST_GLOSS_WORDS and '"' not in gloss
        if not clear or gloss in found or term.lemma in gloss or len(found) == count:
            continue
        found[gloss] = replace(
            kind_fact(term), section="glosses", relation="gloss", answer=gloss, whole=gloss,
            barred=(),
        )  # fmt: skip
    return list(found.values())


def part_facts(lexicon: Lexicon, relation: str, count: int) -> list[Fact]:
    """The facts "term is part of answer" or "term is made of answer" with the best known words.

    Term or answer must be scientific. Of several answers the one most mentioned is taken, of
    several words for one thing the best ranked; a fact ranks as its less known word does.
    """
    ranked = []
    for lemma in lexicon.nouns.senses:
        synset = lexicon.usable(lemma)
        if synset and synset.targets(*_POINTERS[relation]):
            answer = _best_answer(lexicon, relation, lemma, synset)
            if answer:
                known = min(lexicon.score(lemma, synset), lexicon.score(*answer))
                ranked.append((-known, lemma, synset, *answer))
    facts: dict[int, Fact] = {}
    answers = {entry[3] for entry in ranked}
    for _, lemma, synset, answer, target in sorted(ranked, key=lambda entry: entry[:2]):
        if len(facts) < count and synset.offset not in facts:
            barred = answers & _true_answers(lexicon, relation, synset)
            fact = _part_fact(lexicon, relation, lemma, synset, answer, target)
            facts[synset.offset] = replace(fact, barred=tuple(sorted(barred)))
    return list(facts.values())


def _best_answer(
    lexicon: Lexicon, relation: str, lemma: str, synset: Synset
) -> tuple[str, Synset] | None:
    """The most mentioned word for what the term is part of, or made of, if a usable one is."""
    answers = []
    for offset in synset.targets(*_POINTERS[relation]):
        target = lexicon.nouns.synsets[offset]
        if lexicon.is_science(target) or lexicon.is_science(synset):
            answers += [
                (-lexicon.mentions[word], word, target)
                for word in target.words
                if lexicon.usable(word) is target and lemma not in word and word not in lemma
            ]
    return min(answers, key=lambda entry: entry[:2])[1:] if answers else None


def _part_fact(
    lexicon: Lexicon, relation: str, lemma: str, synset: Synset, answer: str, target: Synset
) -> Fact:
    kind, kind_of_answer = (
        next(iter(lexicon.kinds_above(node, "science")), None) for node in (synset, target)
    )
    topic = lexicon.topic(synset)
    return Fact(
        corpus="science",
        section="parts",
        relation=relation,
        term=lemma,
        phrase=noun_phrase(lemma, synset.lexfile, kind),
        answer=answer,
        whole=noun_phrase(answer, target.lexfile, kind_of_answer),
        kind=kind,
        barred=(),
        lexfile=synset.lexfile,
        topic=topic.words[0] if topic else None,
    )


def _true_answers(lexicon: Lexicon, relation: str, synset: Synset) -> set[str]:
    """The words of every synset that the relation leads to, directly or on a way."""
    reached: dict[int, Synset] = {}
    edge = [synset]
    while edge:
        offsets = {o for node in edge for o in node.targets(*_TRUE_ANSWERS[relation])}
        edge = [lexicon.nouns.synsets[offset] for offset in offsets - reached.keys()]
        reached |= {node.offset: node for node in edge}
    return {word for node in reached.values() for word in node.words}


def _with_roles(facts: list[Fact], rows: int, rng: random.Random) -> list[Fact]:
    """Draws the tested facts, a fifth of them with a held-out wording.

    A fact whose term names its answer (bean plant: plant) is never tested.
    """
    open_ended = [
        i
        for i, fact in enumerate(facts)
        if not set(fact.answer.split()) & set(fact.term.split()) or fact.relation == "gloss"
    ]
    tested = rng.sample(open_ended, min(rows, len(open_ended)))
    heldout = set(tested[: round(len(tested) * HELDOUT_SHARE)])
    roles = {i: "heldout" if i in heldout else "test" for i in tested}
    return [replace(fact, role=roles.get(i, "plain")) for i, fact in enumerate(facts)]


def _with_dev_rows(facts: list[Fact], count: int, rng: random.Random) -> list[Fact]:
    """Makes some plain facts of every task its dev rows."""
    facts = list(facts)
    for task in TASKS.values():
        plain = [i for i, fact in enumerate(facts) if fact.task == task and fact.role == "plain"]
        for i in rng.sample(plain, min(count, len(plain))):
            facts[i] = replace(facts[i], role="dev")
    return facts
