"""Wordings of facts: statements, the exact question of a test, and two other question forms.

A noun phrase takes an article unless the noun is a mass noun or a plural, as far as its
lexicographer file, its kind and its spelling tell.
"""

import re

_MASS_FILES = frozenset(
    "noun.substance noun.state noun.cognition noun.phenomenon noun.process noun.act "
    "noun.attribute noun.feeling noun.food".split()
)
_MASS_KINDS = frozenset(
    "alga, bacteria, body fluid, drug, enzyme, fabric, fiber, hormone, integer, language, "
    "medicine, music, noise, pigment, protein, wood".split(", ")
)
_PLURAL = re.compile(r".*[^aiosu]s")
_SPOKEN_CONSONANT = re.compile(r"eu|uni[a-z]|ur[aeio]|us[ae]|ut[ei]|one\b|once\b")
_SPOKEN_VOWEL = re.compile(r"[aeiou]|hour|heir|honest|honou?r")

# A gloss is cut to so many words; one that would end in the midst of a phrase loses these.
_GLOSS_WORDS = 6
_NO_LAST_WORD = frozenset(
    "a an the of in on at by to for from with without and or nor but as than that which who whom "
    "whose when where is are was were be been has have had having its their his her this these "
    "between into onto over under through during after before about against among along within "
    "near used usually often especially being not no very so such can may either other it one "
    "more most some any all each".split()
)


def article(noun: str) -> str:
    spoken_vowel = _SPOKEN_VOWEL.match(noun) and not _SPOKEN_CONSONANT.match(noun)
    return "an" if spoken_vowel else "a"


def noun_phrase(noun: str, lexfile: str, kind: str | None) -> str:
    """The noun with its article: "a robin", "aluminum", "scissors"."""
    mass = kind in _MASS_KINDS or (lexfile in _MASS_FILES and kind != "fruit")
    mass = mass or _PLURAL.fullmatch(noun)
    return noun if mass else f"{article(noun)} {noun}"


def whole_gloss(definition: str) -> str:
    """A definition without remarks in brackets, up to its first semicolon or colon."""
    text = re.split(r"[;:]", re.sub(r"\([^()]*\)", " ", definition))[0]
    return re.sub(r"\s+([,.])", r"\1", " ".join(text.split())).strip(" ,.")


def short_gloss(definition: str) -> str:
    """The definition cut to at most six words, the last of them no function word."""
    words = whole_gloss(definition).split()
    cut = words[:_GLOSS_WORDS]
    while len(words) > len(cut) > 0 and cut[-1].strip(",") in _NO_LAST_WORD:
        cut.pop()
    return " ".join(cut).strip(",")


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def statements(relation: str, term: str, phrase: str, answer: str, whole: str) -> list[str]:
    """The plain sentences that state a fact. `phrase` and `whole` are the term and the answer
    with their articles."""
    subject, wordy = capitalised(phrase), capitalised(answer)
    match relation:
        case "kind":
            return [
                f"{subject} is a kind of {answer}.",
                f"{subject} is classed as {answer}.",
                f"{answer}: for example {phrase}.",
                f"Among the kinds of {answer} is {phrase}.",
                f"{term} ({answer})",
            ]
        case "gloss":
            return [
                f"The word {term} means {answer}.",
                f"{capitalised(term)} means {answer}.",
                f"{term}: {answer}",
                f"{wordy}: this is called {term}.",
            ]
        case "part":
            return [
                f"{subject} is part of {answer}.",
                f"{capitalised(whole)} has {phrase} as a part.",
                f"The parts of {whole} include {phrase}.",
                f"{term}, part of {answer}",
            ]
        case "substance":
            return [
                f"{subject} is made of {answer}.",
                f"{wordy} is found in {phrase}.",
                f"One thing made of {answer} is {phrase}.",
                f"{term}, made of {answer}",
            ]
    raise ValueError(f"unknown relation {relation}")


def question(relation: str, term: str, phrase: str) -> str:
    """The question of the test."""
    return {
        "kind": f"What kind of thing is {phrase}?",
        "gloss": f"What does the word {term} mean?",
        "part": f"What is {phrase} part of?",
        "substance": f"What is {phrase} made of?",
    }[relation]


def other_question(relation: str, term: str, phrase: str) -> str:
    """The same question in other words."""
    return {
        "kind": f"{capitalised(phrase)} is what kind of thing?",
        "gloss": f"What is meant by {term}?",
        "part": f"To what does {phrase} belong?",
        "substance": f"What does {phrase} consist of?",
    }[relation]


def prompt(asked: str) -> str:
    """The frame of the tests. The answer follows after one blank."""
    return f"Question: {asked}\nAnswer:"


def verb_lines(verb: str, gloss: str) -> list[str]:
    gloss = gloss.removeprefix("to ")
    return [f"To {verb} means to {gloss}.", f"The word {verb} means {gloss}.", f"{verb}: {gloss}"]


def adjective_lines(adjective: str, gloss: str) -> list[str]:
    return [f"The word {adjective} means {gloss}.", f"{adjective}: {gloss}"]
