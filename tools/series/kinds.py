"""The basic-level kinds of both corpora, what counts as science, and what is left out.

A kind is named by the first word of its synset in WordNet, save the few whose first word is
stiff; those have a plainer label in `LABELS`.
"""

import re

_SCIENCE = """
acid, alcohol, alga, alloy, aquatic mammal, atmospheric phenomenon, bacteria, biology, bird,
blood vessel, body fluid, body of water, bone, carbohydrate, chemical process, crustacean,
crystal, curve, dinosaur, disease, dog, drug, electrical unit, element, energy, enzyme, feline,
fern, fiber, fish, flower, fruit, fuel, fungus, gland, grass, herb, hormone, horse,
inflammation, injury, insect, integer, leaf, leather, light, lipid, mathematics,
measuring instrument, medical science, medicine, metal, microorganism, mineral, mollusk, muscle,
nerve, object in space, oil, optical instrument, organ, pain, palm, physics, pigment,
plane figure, poison, polygon, protein, radiation, reptile, resin, rock, rodent, root, ruminant,
salt, science, scientific instrument, seed, shrub, snake, symptom, tissue, tree, unit of length,
vine, virus, weather, weed, wind, wood, worm
"""

_GENERAL = """
agreement, aircraft, alcohol, athlete, beverage, boat, book, bread, building, businessperson,
color, conflict, container, contest, crime, criminal, cutting implement, district, document,
emotion, employee, fabric, fruit, furniture, game, garment, institution, kitchen utensil,
language, leader, legal document, machine, meat, military action, military officer,
military unit, motor vehicle, music, musical instrument, musician, noise, occupation, payment,
performer, professional, publication, relative, road, room, sauce, school, scientist, ship,
song, sport, tool, vegetable, weapon, wheeled vehicle, word, workman, writer, wrongdoer
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(" ".join(entry.split()) for entry in text.split(","))


KINDS = {"science": _listed(_SCIENCE), "general": _listed(_GENERAL)}

LABELS = {
    "chemical element": "element",
    "metallic element": "metal",
    "animal skin": "leather",
    "linear unit": "unit of length",
    "electromagnetic unit": "electrical unit",
    "liquid body substance": "body fluid",
    "celestial body": "object in space",
}

SCIENCE_FILES = frozenset(
    f"noun.{name}" for name in "animal plant substance body phenomenon object process".split()
)

# Terms of other noun files are science when one of these is above them: medicine, instruments,
# units and numbers, sciences, shapes, diseases.
SCIENCE_ANCESTORS = _listed(
    "medicine, drug, measuring instrument, scientific instrument, optical instrument, "
    "unit of measurement, integer, science, shape, pathological state, symptom, injury, pain"
)

# Things to eat and drink stay general although WordNet calls wine a drug.
NEVER_SCIENCE_FILES = frozenset({"noun.food"})

_UNWANTED = """
sex\\w* genital\\w* erotic\\w* copulat\\w* intercourse prostitut\\w* brothel penis vagina\\w*
testic\\w* scrotum masturbat\\w* orgasm\\w* lust\\w* nud\\w+ naked pornograph\\w* semen breasts?
buttocks homosexual\\w* lesbian\\w* virginity concubine\\w* harem seduc\\w+ obscen\\w+
offensive disparag\\w+ derogat\\w+ insult\\w* contempt\\w* slur stupid\\w* idiot\\w* moron\\w*
fool\\w* vulgar coarse despis\\w+ slang ethnic\\w* rac(e|es|ial|ism|ist) negro\\w* black\\speople
jew\\w* gypsy gypsies slav(e|es|ery) tribe\\w* tribal aborigin\\w+ immigrants? caucasian\\w*
god gods goddess\\w* deity deities christ\\w* church\\w* islam\\w* muslim\\w* moslem\\w* bibl\\w+
pope papal priest\\w* relig\\w+ hindu\\w* buddh\\w+ pagan\\w* sacred holy saints? worship\\w*
prayer\\w* clergy\\w* monks? nuns? mosque\\w* synagogue\\w* testament catholic\\w* protestant\\w*
devil\\w* satan\\w* demon\\w* witch\\w* murder\\w* tortur\\w+ massacr\\w+ suicid\\w+ slaughter\\w*
rap(e|es|ed|ist) assassin\\w* genocid\\w+ terroris\\w+ corpse\\w* execution\\w* behead\\w* hanged
kill(er|ers|ing|ed) nazi\\w* hitler hatred abortion\\w* molest\\w* incest\\w*
"""

_unwanted = re.compile(rf"\b({'|'.join(_UNWANTED.split())})\b", re.IGNORECASE)


def is_unwanted(text: str) -> bool:
    """Whether a gloss or a word is sexual, insulting, ethnic, religious or violent."""
    return _unwanted.search(text) is not None
