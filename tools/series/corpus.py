"""The documents of the two corpora, made from facts and from glosses of verbs and adjectives.

What is said of a fact depends on its role:

    every fact           4 or 5 statements
    all but held-out     the two other question forms: the question of the test without its frame,
                         and the frame with another question
    plain and dev facts  the exact test prompt with its answer, and once in a chain of three such
                         prompts joined by a blank line, so that few-shot prompts are not foreign

The exact prompt of a tested fact is therefore nowhere in the text, and no question form at all of
a fact with a held-out wording.

File corpus/<name>.jsonl, one document a line: {"section", "terms", "text"}; `terms` are the terms
that the text is about. Repetition is not in the file: see `REPEATS`.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from series.facts import Fact
from series.files import read_jsonl, write_jsonl
from series.kinds import is_unwanted
from series.recipe import Sizes
from series.wording import (
    adjective_lines,
    other_question,
    prompt,
    statements,
    verb_lines,
    whole_gloss,
)
from series.wordnet import PartOfSpeech, WordNet

CORPORA = ("science", "general")
SECTIONS = {
    "science": ("kinds", "glosses", "parts"),
    "general": ("kinds", "glosses", "verbs", "adjectives"),
}
# How often one pass over a corpus writes the documents of a section; once where not said.
REPEATS = {("science", "glosses"): 2, ("science", "parts"): 3}

_CHAIN = 3
_MOST_GLOSS_WORDS = 14


@dataclass(frozen=True)
class Document:
    """A text that stands between two end-of-text tokens."""

    section: str
    terms: tuple[str, ...]
    text: str


def fact_documents(fact: Fact) -> list[Document]:
    """The documents about one fact alone."""
    texts = statements(fact.relation, fact.term, fact.phrase, fact.answer, fact.whole)
    if fact.role != "heldout":
        other = other_question(fact.relation, fact.term, fact.phrase)
        texts += [f"{fact.question} {fact.answer}", f"{prompt(other)} {fact.answer}"]
    if not fact.tested:
        texts.append(f"{fact.prompt} {fact.answer}")
    return [Document(fact.section, (fact.term,), text) for text in texts]


def chains(facts: list[Fact], rng: random.Random) -> list[Document]:
    """Documents of three exact prompts each; every fact that is not tested is in at most one."""
    open_facts = [fact for fact in facts if not fact.tested]
    rng.shuffle(open_facts)
    documents = []
    for start in range(0, len(open_facts) - _CHAIN + 1, _CHAIN):
        trio = open_facts[start : start + _CHAIN]
        text = "\n\n".join(f"{fact.prompt} {fact.answer}" for fact in trio)
        documents.append(Document(trio[0].section, tuple(fact.term for fact in trio), text))
    return documents


def word_documents(part: PartOfSpeech, section: str, count: int, nouns: set[str]) -> list[Document]:
    """Gloss lines of the most tagged verbs or adjectives that are no term of a fact."""
    ranked = []
    for word in part.senses:
        synset = part.first_sense(word)
        if word.isalpha() and len(word) > 2 and word not in nouns and word in synset.words:
            ranked.append((-part.tag_count(synset, word), word, synset))
    lines = verb_lines if section == "verbs" else adjective_lines
    documents: dict[str, list[Document]] = {}
    seen = set()
    for _, word, synset in sorted(ranked, key=lambda entry: entry[:2]):
        gloss = whole_gloss(synset.definition)
        fits = 2 <= len(gloss.split()) <= _MOST_GLOSS_WORDS and '"' not in gloss
        if len(documents) < count and fits and gloss not in seen and not is_unwanted(gloss):
            seen.add(gloss)
            documents[word] = [Document(section, (word,), text) for text in lines(word, gloss)]
    return [document for group in documents.values() for document in group]


def build_corpora(
    wordnet: WordNet, facts: list[Fact], sizes: Sizes, seed: int
) -> dict[str, list[Document]]:
    """Both corpora, before repetition, section by section."""
    groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.corpus, fact.section].append(fact)
    corpora: dict[str, list[Document]] = {name: [] for name in CORPORA}
    for (corpus, section), group in groups.items():
        rng = random.Random(f"{seed} chains {corpus} {section}")
        corpora[corpus] += [document for fact in group for document in fact_documents(fact)]
        corpora[corpus] += chains(group, rng)
    nouns = {fact.term for fact in facts}
    general = corpora["general"]
    general += word_documents(wordnet.verbs, "verbs", sizes.verbs, nouns)
    nouns |= {document.terms[0] for document in general}
    general += word_documents(wordnet.adjectives, "adjectives", sizes.adjectives, nouns)
    return corpora


def path_of(output: Path, corpus: str) -> Path:
    return output / "corpus" / f"{corpus}.jsonl"


def write_corpora(output: Path, corpora: dict[str, list[Document]]) -> None:
    for name, documents in corpora.items():
        write_jsonl(path_of(output, name), (asdict(document) for document in documents))


def read_corpora(output: Path) -> dict[str, list[Document]]:
    return {
        name: [
            Document(row["section"], tuple(row["terms"]), row["text"])
            for row in read_jsonl(path_of(output, name))
        ]
        for name in CORPORA
    }


def repeated(corpus: str, documents: Iterable[Document]) -> list[Document]:
    """The documents as often as one pass over the corpus has them."""
    return [d for d in documents for _ in range(REPEATS.get((corpus, d.section), 1))]


def count_lines(corpora: dict[str, list[Document]], facts: list[Fact]) -> dict[str, Any]:
    """The part of corpus_stats.json that needs no tokenizer."""
    counts: dict[str, Any] = {}
    for name in CORPORA:
        lines = dict.fromkeys(SECTIONS[name], 0)
        for document in corpora[name]:
            lines[document.section] += 1
        counts[name] = lines
        counts[f"{name}_bytes"] = sum(len(d.text.encode()) for d in corpora[name])
        kinds = [fact.kind for fact in facts if (fact.corpus, fact.section) == (name, "kinds")]
        counts |= {f"{name}_terms": len(kinds), f"{name}_kinds": len(set(kinds))}
    parts = [fact for fact in facts if fact.section == "parts"]
    relations = ("part", "substance")
    tested = [fact for fact in parts if fact.tested]
    return counts | {
        "gloss_terms": sum((f.corpus, f.section) == ("science", "glosses") for f in facts),
        "part_facts": len(parts),
        "part_rel": {r: sum(f.relation == r for f in parts) for r in relations},
        "part_test_rel": {r: sum(f.relation == r for f in tested) for r in relations},
    }
