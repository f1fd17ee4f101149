"""The tokenizer of all series: byte-level BPE with 1024 entries, trained on both corpora.

Files tokenizer/{tokenizer.json,tokenizer_config.json,special_tokens_map.json}, in the layout that
transformers' AutoTokenizer reads.
"""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from series.corpus import CORPORA, Document, repeated
from series.files import write_json, write_text

VOCABULARY = 1024
PAD, BOS, EOS = "<|pad|>", "<|begin_of_text|>", "<|end_of_text|>"
SPECIALS = [PAD, BOS, EOS, "<|unused_0|>"]
PAD_ID, BOS_ID, EOS_ID = 0, 1, 2

_NAMES = {"bos_token": BOS, "eos_token": EOS, "pad_token": PAD}
_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "model_max_length": 512,
    "eos_token": EOS,
    "pad_token": PAD,
    "bos_token": BOS,
    "add_bos_token": False,
    "add_eos_token": False,
    "clean_up_tokenization_spaces": False,
}


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learns the merges. Every byte has an entry of its own, so any text can be encoded."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def write_tokenizer(folder: Path, tokenizer: Tokenizer) -> None:
    """Writes the three files, tokenizer.json last: it is what says that they are complete."""
    write_json(folder / "special_tokens_map.json", _NAMES)
    write_json(folder / "tokenizer_config.json", _CONFIG)
    write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True))


def read_tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def encode_documents(tokenizer: Tokenizer, documents: list[Document]) -> list[list[int]]:
    """The ids of each document, closed by the end-of-text token."""
    encoded = tokenizer.encode_batch_fast([d.text for d in documents], add_special_tokens=False)
    return [[*entry.ids, EOS_ID] for entry in encoded]


def count_tokens(tokenizer: Tokenizer, corpora: dict[str, list[Document]]) -> dict[str, object]:
    """Tokens of one pass over each corpus, repetition and end-of-text tokens included."""
    counts: dict[str, object] = {}
    for name in CORPORA:
        documents = repeated(name, corpora[name])
        sections = dict.fromkeys((d.section for d in documents), 0)
        ids = encode_documents(tokenizer, documents)
        for document, tokens in zip(documents, ids, strict=True):
            sections[document.section] += len(tokens)
        counts[f"{name}_tokens"] = sections
        counts[f"{name}_tokens_total"] = sum(sections.values())
    return counts | {"vocab": tokenizer.get_vocab_size()}
