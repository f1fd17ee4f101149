"""Reader of WordNet 3.0's database files (man 5 wndb): data.*, index.* and cntlist.rev.

A line of data.noun, all fields separated by one space, numbers decimal unless said otherwise:

    offset lexfile type words(hex) word lex_id(hex) ... pointers symbol offset pos src/tgt ... | gloss

A line of index.noun: lemma pos synsets pointers symbol... senses tagged offset... , the offsets in
order of sense. A line of cntlist.rev: sense_key sense_number tag_count. Lines that begin with a
space are the licence. A line that does not parse ends the reading with an error naming the file and
the line.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from series.errors import SeriesError

LEXICOGRAPHER_FILES = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute "
    "noun.body noun.cognition noun.communication noun.event noun.feeling noun.food noun.group "
    "noun.location noun.motive noun.object noun.person noun.phenomenon noun.plant "
    "noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time verb.body verb.change verb.cognition verb.communication "
    "verb.competition verb.consumption verb.contact verb.creation verb.emotion verb.motion "
    "verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl"
).split()

_TYPE_NUMBER = {"n": 1, "v": 2, "a": 3, "r": 4, "s": 5}
_HYPERNYMS = ("@", "@i")
_NEEDED = [f"{kind}.{pos}" for pos in ("noun", "verb", "adj") for kind in ("data", "index")]


@dataclass(frozen=True)
class Synset:
    """One synset. `words` keep their case, with blanks for underscores; the first one names it."""

    offset: int
    lexfile: str
    words: tuple[str, ...]
    lex_ids: tuple[int, ...]
    pointers: tuple[tuple[str, int], ...]
    definition: str

    def targets(self, *symbols: str) -> list[int]:
        """Offsets of the synsets that the pointers of these symbols lead to, in file order."""
        return [offset for symbol, offset in self.pointers if symbol in symbols]

    @property
    def is_instance(self) -> bool:
        """Whether the synset names one individual (Aristotle) and not a class."""
        return any(symbol == "@i" for symbol, _ in self.pointers)


class PartOfSpeech:
    """The synsets of one part of speech and the senses of each lemma."""

    def __init__(self, folder: Path, name: str, tag_counts: dict[str, int]) -> None:
        self.synsets = _read_data(folder / f"data.{name}")
        self.senses = _read_index(folder / f"index.{name}")
        self._tag_counts = tag_counts
        self._type_number = _TYPE_NUMBER[name[0]]
        self._ancestors: dict[int, list[Synset]] = {}

    def first_sense(self, lemma: str) -> Synset | None:
        """The most usual sense of a lemma (lower case, blanks allowed), or None."""
        offsets = self.senses.get(lemma.lower())
        return self.synsets[offsets[0]] if offsets else None

    def tag_count(self, synset: Synset, word: str) -> int:
        """How often the word was tagged with this sense in WordNet's own corpora."""
        lex_id = synset.lex_ids[synset.words.index(word)]
        number = LEXICOGRAPHER_FILES.index(synset.lexfile)
        lemma = word.lower().replace(" ", "_")
        key = f"{lemma}%{self._type_number}:{number:02}:{lex_id:02}::"
        return self._tag_counts.get(key, 0)

    def ancestors(self, synset: Synset) -> list[Synset]:
        """All hypernyms of a synset, nearest first; equally near ones in pointer order."""
        if synset.offset not in self._ancestors:
            self._ancestors[synset.offset] = self._climb(synset)
        return self._ancestors[synset.offset]

    def _climb(self, synset: Synset) -> list[Synset]:
        found: dict[int, None] = {}
        level = synset.targets(*_HYPERNYMS)
        while level:
            fresh = [offset for offset in dict.fromkeys(level) if offset not in found]
            found.update(dict.fromkeys(fresh))
            level = [t for offset in fresh for t in self.synsets[offset].targets(*_HYPERNYMS)]
        return [self.synsets[offset] for offset in found]


class WordNet:
    """WordNet's nouns, verbs and adjectives, and the licence that heads each of its files."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in _NEEDED + ["cntlist.rev"] if not (folder / name).is_file()]
        if missing:
            raise SeriesError(
                f"WordNet's files were not found: {folder} lacks {', '.join(missing)}. "
                "Install the Debian package wordnet-base, or name the folder with --wordnet"
            )
        self.folder = folder
        self._tag_counts = _read_counts(folder / "cntlist.rev")

    @cached_property
    def nouns(self) -> PartOfSpeech:
        return PartOfSpeech(self.folder, "noun", self._tag_counts)

    @cached_property
    def verbs(self) -> PartOfSpeech:
        return PartOfSpeech(self.folder, "verb", self._tag_counts)

    @cached_property
    def adjectives(self) -> PartOfSpeech:
        return PartOfSpeech(self.folder, "adj", self._tag_counts)

    def licence(self) -> str:
        """The licence text, without the line numbers that precede it in the file."""
        with open(self.folder / "data.noun", encoding="utf-8") as file:
            head = [line for _, line in zip(range(60), file, strict=False) if line[0] == " "]
        return "".join(
            line.split(maxsplit=1)[1].rstrip() + "\n" if len(line.split()) > 1 else "\n"
            for line in head
        )


def _lines(path: Path):
    """Numbered lines of a database file, without the licence."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                raise SeriesError(f"{path}:{number}: the file ends in the midst of a line")
            if not line.startswith(" "):
                yield number, line


def _read_data(path: Path) -> dict[int, Synset]:
    synsets = {}
    for number, line in _lines(path):
        try:
            synset = _parse_synset(line)
        except (ValueError, IndexError) as error:
            raise SeriesError(f"{path}:{number}: not a synset of WordNet 3.0: {error}") from error
        synsets[synset.offset] = synset
    return synsets


def _parse_synset(line: str) -> Synset:
    fields, gloss = line.split(" | ", 1)
    field = fields.split()
    count = int(field[3], 16)
    words = field[4 : 4 + 2 * count]
    start = 4 + 2 * count
    rows = range(start + 1, start + 1 + 4 * int(field[start]), 4)
    return Synset(
        offset=int(field[0]),
        lexfile=LEXICOGRAPHER_FILES[int(field[1])],
        words=tuple(word.split("(")[0].replace("_", " ") for word in words[::2]),
        lex_ids=tuple(int(digit, 16) for digit in words[1::2]),
        pointers=tuple((field[row], int(field[row + 1])) for row in rows),
        definition=gloss.split('; "')[0].strip(),
    )


def _read_index(path: Path) -> dict[str, list[int]]:
    senses = {}
    for number, line in _lines(path):
        field = line.split()
        try:
            offsets = [int(offset) for offset in field[len(field) - int(field[2]) :]]
        except (ValueError, IndexError) as error:
            raise SeriesError(f"{path}:{number}: not an index line: {error}") from error
        senses[field[0].replace("_", " ")] = offsets
    return senses


def _read_counts(path: Path) -> dict[str, int]:
    counts = {}
    for number, line in _lines(path):
        field = line.split()
        if len(field) != 3 or not field[2].isdigit():
            raise SeriesError(f"{path}:{number}: expected sense_key, sense_number and tag_count")
        counts[field[0]] = int(field[2])
    return counts
