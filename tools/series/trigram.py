"""A term-free trigram model of the corpora: how probable an answer is before one knows the term.

    p(c | a b) = (w3 n(abc)/n(ab) + w2 n(bc)/n(b) + w1 n(c)/n + w0 / V) / (sum of the w used)

over token ids; a history that was never seen is left out, with its weight. Every term of a document
is replaced by one placeholder before it is counted, so nothing of what the corpus says of a term
enters.
"""

import math
import re
from collections import Counter

from tokenizers import Tokenizer

from series.corpus import Document
from series.tokenizer import EOS_ID, encode_documents

PLACEHOLDER = "~"
_WEIGHTS = (0.05, 0.15, 0.3, 0.5)  # uniform, unigram, bigram, trigram


def without_terms(text: str, terms: tuple[str, ...]) -> str:
    """The text with the placeholder for each term, with or without a capital."""
    for term in sorted(terms, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(term)}\b", PLACEHOLDER, text, flags=re.IGNORECASE)
    return text


class Trigram:
    """Counts of the documents, taken once; a history's own count stands under the token -1."""

    def __init__(self, tokenizer: Tokenizer, documents: list[Document]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = tokenizer.get_vocab_size()
        self._counts: Counter[tuple[int, ...]] = Counter()
        masked = [Document(d.section, (), without_terms(d.text, d.terms)) for d in documents]
        for ids in encode_documents(tokenizer, masked):
            self._count([EOS_ID, *ids])

    def _count(self, ids: list[int]) -> None:
        for position in range(1, len(ids)):
            for length in (1, 2, 3):
                history = ids[max(0, position - length + 1) : position]
                if len(history) == length - 1:
                    self._counts[(*history, ids[position])] += 1
                    self._counts[(*history, -1)] += 1

    def logprob_nats(self, prompt: str, answer: str) -> float:
        """Log-probability of " answer" after the prompt, which names no term."""
        start = len(self._tokenizer.encode(prompt).ids)
        ids = self._tokenizer.encode(f"{prompt} {answer}").ids
        return sum(self._token_nats(ids, position) for position in range(start, len(ids)))

    def _token_nats(self, ids: list[int], position: int) -> float:
        weighted, weights = _WEIGHTS[0] / self._vocabulary, _WEIGHTS[0]
        for length in (1, 2, 3):
            history = tuple(ids[position - length + 1 : position])
            seen = self._counts[(*history, -1)]
            if seen:
                count = self._counts[(*history, ids[position])]
                weighted += _WEIGHTS[length] * count / seen
                weights += _WEIGHTS[length]
        return math.log(weighted / weights)
