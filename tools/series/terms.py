"""Choice of the terms: which lemmas the two corpora teach, and the kind of each.

A candidate is a lemma of one or two plain words whose first noun sense is a class with a listed
kind above it. Each synset gives its best lemma only. Candidates are ranked by how often the sense
was tagged and how often definitions mention the lemma; a lemma with neither is no candidate. No
kind gives more than `MOST_PER_KIND` terms, so that trees and diseases do not crowd out the rest.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from series.kinds import (
    KINDS,
    LABELS,
    NEVER_SCIENCE_FILES,
    SCIENCE_ANCESTORS,
    SCIENCE_FILES,
    is_unwanted,
)
from series.recipe import Sizes
from series.wordnet import Synset, WordNet

MOST_PER_KIND = {"science": 50, "general": 34}
WEIGHT_OF_TAG = 5  # one tagged use says as much as five mentions in definitions

PLAIN = re.compile(r"[a-z]{3,15}|[a-z]{3,10} [a-z]{3,10}")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True)
class Term:
    """A lemma in its first noun sense. `kinds` are all listed kinds above any of its senses."""

    lemma: str
    synset: Synset
    corpus: str
    kind: str
    kinds: frozenset[str]
    topic: str | None
    score: int


class Lexicon:
    """Questions about WordNet's nouns that the choice of terms and of facts asks."""

    def __init__(self, wordnet: WordNet) -> None:
        self.nouns = wordnet.nouns
        self._wordnet = wordnet
        self._usable: dict[str, Synset | None] = {}

    @cached_property
    def mentions(self) -> Counter[str]:
        """How often each word, and each pair of words, occurs in all definitions."""
        counts: Counter[str] = Counter()
        wordnet = self._wordnet
        for part in (wordnet.nouns, wordnet.verbs, wordnet.adjectives):
            for synset in part.synsets.values():
                words = _WORD.findall(synset.definition.lower())
                counts.update(words)
                counts.update(f"{a} {b}" for a, b in pairwise(words))
        return counts

    def score(self, lemma: str, synset: Synset) -> int:
        return WEIGHT_OF_TAG * self.nouns.tag_count(synset, lemma) + self.mentions[lemma]

    def usable(self, lemma: str) -> Synset | None:
        """The first sense of a lemma that may stand in the corpora, or None."""
        if lemma not in self._usable:
            synset = self.nouns.first_sense(lemma)
            fits = synset is not None and PLAIN.fullmatch(lemma) and lemma in synset.words
            fits = fits and not synset.is_instance
            fits = fits and not is_unwanted(f"{synset.definition} {lemma}")
            self._usable[lemma] = synset if fits else None
        return self._usable[lemma]

    def topic(self, synset: Synset) -> Synset | None:
        topics = synset.targets(";c")
        return self.nouns.synsets[topics[0]] if topics else None

    def is_science(self, synset: Synset) -> bool:
        """Whether the lexicographer file, the topic or an ancestor is scientific."""
        if synset.lexfile in SCIENCE_FILES:
            return True
        topic = self.topic(synset)
        if topic and any(above.words[0] == "science" for above in self.nouns.ancestors(topic)):
            return True
        if synset.lexfile in NEVER_SCIENCE_FILES:
            return False
        return any(above.words[0] in SCIENCE_ANCESTORS for above in self.nouns.ancestors(synset))

    def kinds_above(self, synset: Synset, corpus: str) -> list[str]:
        """Labels of the listed kinds above a synset, the nearest first."""
        names = (above.words[0] for above in self.nouns.ancestors(synset))
        return [label for name in names if (label := LABELS.get(name, name)) in KINDS[corpus]]

    def kinds_of_all_senses(self, lemma: str, corpus: str) -> frozenset[str]:
        senses = (self.nouns.synsets[offset] for offset in self.nouns.senses[lemma])
        return frozenset(kind for sense in senses for kind in self.kinds_above(sense, corpus))


def choose_terms(lexicon: Lexicon, sizes: Sizes) -> dict[str, list[Term]]:
    """The terms of each corpus, the best ranked first."""
    best: dict[int, Term] = {}
    for lemma in lexicon.nouns.senses:
        term = _candidate(lexicon, lemma)
        if term is None:
            continue
        rival = best.get(term.synset.offset)
        if rival is None or _rank(term) < _rank(rival):
            best[term.synset.offset] = term
    counts = {"science": sizes.science_terms, "general": sizes.general_terms}
    return {
        corpus: _capped([t for t in best.values() if t.corpus == corpus], corpus)[:count]
        for corpus, count in counts.items()
    }


def _candidate(lexicon: Lexicon, lemma: str) -> Term | None:
    synset = lexicon.usable(lemma)
    if synset is None or lexicon.score(lemma, synset) == 0:
        return None
    corpus = "science" if lexicon.is_science(synset) else "general"
    kinds = lexicon.kinds_above(synset, corpus)
    if not kinds or lemma == kinds[0]:
        return None
    topic = lexicon.topic(synset)
    return Term(
        lemma=lemma,
        synset=synset,
        corpus=corpus,
        kind=kinds[0],
        kinds=lexicon.kinds_of_all_senses(lemma, corpus),
        topic=topic.words[0] if topic else None,
        score=lexicon.score(lemma, synset),
    )


def _rank(term: Term) -> tuple[int, str]:
    return -term.score, term.lemma


def _capped(terms: list[Term], corpus: str) -> list[Term]:
    """Terms in order of rank, without those that their kind has no room for."""
    taken: dict[str, int] = defaultdict(int)
    kept = []
    for term in sorted(terms, key=_rank):
        if taken[term.kind] < MOST_PER_KIND[corpus]:
            taken[term.kind] += 1
            kept.append(term)
    return kept
