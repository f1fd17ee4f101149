"""Tests of the parts of tools/series that need neither WordNet nor any library."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from series.errors import SeriesError
from series.kinds import KINDS, is_unwanted
from series.recipe import Schedule, Sizes
from series.rows import Batches, RowSource
from series.wording import article, noun_phrase, short_gloss, statements, whole_gloss
from series.wordnet import WordNet

LICENCE = "  1 This software is being provided to you.  \n  2   \n  3 Goodbye.  \n"
DATA = (
    "00000100 05 n 01 animal 0 001 ~ 00000200 n 0000 | a living thing  \n"
    '00000200 05 n 02 bird 0 feathered_friend a 001 @ 00000100 n 0000 | one with wings; "look"  \n'
    "00000300 05 n 01 Robin 0 001 @i 00000200 n 0000 | one red bird  \n"
)
INDEX = (
    "animal n 1 1 ~ 1 0 00000100  \n"
    "bird n 1 1 @ 1 1 00000200  \n"
    "feathered_friend n 1 1 @ 1 0 00000200  \n"
    "robin n 2 1 @ 2 0 00000300 00000200  \n"
)


class WordNetTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        for pos in ("noun", "verb", "adj"):
            self.write(f"data.{pos}", LICENCE + (DATA if pos == "noun" else ""))
            self.write(f"index.{pos}", LICENCE + (INDEX if pos == "noun" else ""))
        self.write("cntlist.rev", "bird%1:05:00:: 1 7\n")

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def test_reads_words_senses_counts_and_ancestors(self):
        nouns = WordNet(self.folder).nouns
        bird = nouns.first_sense("Feathered Friend")
        self.assertEqual(bird.words, ("bird", "feathered friend"))
        self.assertEqual(bird.lex_ids, (0, 10))
        self.assertEqual(bird.definition, "one with wings")
        self.assertEqual(bird.lexfile, "noun.animal")
        self.assertEqual(nouns.tag_count(bird, "bird"), 7)
        self.assertEqual(nouns.tag_count(bird, "feathered friend"), 0)
        robin = nouns.first_sense("robin")
        self.assertTrue(robin.is_instance)
        self.assertEqual([s.words[0] for s in nouns.ancestors(robin)], ["bird", "animal"])
        self.assertIsNone(nouns.first_sense("unicorn"))

    def test_licence_is_without_line_numbers(self):
        expected = "This software is being provided to you.\n\nGoodbye.\n"
        self.assertEqual(WordNet(self.folder).licence(), expected)

    def test_missing_file_names_the_package(self):
        (self.folder / "index.verb").unlink()
        with self.assertRaisesRegex(SeriesError, r"lacks index\.verb.*wordnet-base"):
            WordNet(self.folder)

    def test_damaged_lines_are_named(self):
        damages = {
            "data.noun": [
                DATA[:60],
                DATA[:30] + "\n",
                "00000100 99 n 01 animal 0 000 | far lexfile\n",
                "rubbish\n",
            ],
            "index.noun": ["bird n x\n", "bird n\n"],
            "cntlist.rev": ["bird%1:05:00:: 1\n", "bird%1:05:00:: 1 often\n"],
        }
        for name, texts in damages.items():
            whole = (self.folder / name).read_text()
            for text in texts:
                self.write(name, LICENCE + text)
                with self.assertRaisesRegex(SeriesError, rf"{name}:4: ", msg=text):
                    _ = WordNet(self.folder).nouns
            self.write(name, whole)


class WordingTest(unittest.TestCase):
    def test_glosses_lose_remarks_and_trailing_function_words(self):
        for definition, gloss in {
            "a body of (usually fresh) water surrounded by land": "a body of water surrounded",
            "(astronomy) a celestial body of hot gases": "a celestial body of hot gases",
            "a clear liquid secreted into the mouth by glands": "a clear liquid secreted",
            "an amber, watery fluid, rich in proteins": "an amber, watery fluid, rich",
            "the light of the Moon": "the light of the Moon",
            "a coniferous tree": "a coniferous tree",
        }.items():  # fmt: skip
            self.assertEqual(short_gloss(definition), gloss)
        self.assertEqual(whole_gloss("keep (one) , as is; or not"), "keep, as is")

    def test_articles(self):
        for noun, expected in {"robin": "a", "ulna": "an", "unit": "a", "hour": "an"}.items():
            self.assertEqual(article(noun), expected)
        self.assertEqual(noun_phrase("robin", "noun.animal", "bird"), "a robin")
        self.assertEqual(noun_phrase("aluminum", "noun.substance", "metal"), "aluminum")
        self.assertEqual(noun_phrase("scissors", "noun.artifact", None), "scissors")
        self.assertEqual(noun_phrase("walrus", "noun.animal", None), "a walrus")
        self.assertEqual(noun_phrase("melon", "noun.food", "fruit"), "a melon")

    def test_statements_begin_with_capitals(self):
        lines = statements("part", "wrist", "a wrist", "arm", "an arm")
        self.assertEqual(lines[0], "A wrist is part of arm.")
        self.assertEqual(lines[1], "An arm has a wrist as a part.")
        self.assertEqual(lines[3], "wrist, part of arm")
        with self.assertRaises(ValueError):
            statements("colour", "sky", "a sky", "blue", "blue")

    def test_kinds_and_filter(self):
        self.assertEqual({name: len(kinds) for name, kinds in KINDS.items()},
                         {"science": 93, "general": 63})  # fmt: skip
        self.assertIn("unit of length", KINDS["science"])
        self.assertTrue(is_unwanted("a Christian prayer"))
        self.assertFalse(is_unwanted("the skill of a peace-loving grape grower"))


class RecipeTest(unittest.TestCase):
    def test_checkpoints_and_learning_rates_of_the_bundled_series(self):
        schedule = Schedule()
        early = list(range(40, 641, 40))
        self.assertEqual(schedule.checkpoints(), [*early, 1152, 1664, 2176, 2688, 3200])
        for step, lr in {1: 0.0002, 40: 0.008, 2400: 0.008, 2688: 0.00513, 3200: 0.00016}.items():
            self.assertAlmostEqual(schedule.lr_at(step - 1, 0.008), lr, places=5)

    def test_scaled_sizes_leave_facts_that_are_not_tested(self):
        small = Sizes().scaled(0.02)
        self.assertEqual(small.dev_rows, 5)
        self.assertGreater(small.substance_facts, small.substance_rows)
        self.assertEqual(Sizes().scaled(1), Sizes())

    def test_impossible_schedules_are_refused(self):
        for schedule in (Schedule(early_steps=3), Schedule(late_steps=-1),
                         Schedule(checkpoint_every=0)):  # fmt: skip
            with self.assertRaises(SeriesError):
                schedule.check()


class RowsTest(unittest.TestCase):
    def sources(self):
        science = [[i] * 30 + [2] for i in range(10, 20)]
        general = [[i] * 100 + [2] for i in range(30, 35)]
        return RowSource("science", science, 7), RowSource("general", general, 7)

    def test_rows_begin_with_a_document_and_passes_visit_all(self):
        source = RowSource("x", [[i] * 40 + [2] for i in range(10, 20)], 7)
        rows = [source.next_row() for _ in range(5)]
        self.assertEqual({len(row) for row in rows}, {64})
        self.assertEqual({row[0] for row in rows} | {row[-1] for row in rows}, set(range(10, 20)))
        self.assertTrue(all(row[40] == 2 for row in rows))
        self.assertEqual(source.epochs, 1.0)

    def test_share_of_science_is_exact_and_resuming_goes_on(self):
        batches = Batches(*self.sources(), 0.7)
        taken = [batches.next_batch() for _ in range(10)]
        of_science = sum(row[0] < 20 for batch in taken for row in batch)
        self.assertEqual(of_science, 224)
        resumed = Batches(*self.sources(), 0.7)
        resumed.skip(8)
        self.assertEqual(resumed.next_batch(), taken[8])

    def test_no_science_at_all(self):
        batches = Batches(*self.sources(), 0.0)
        self.assertTrue(all(row[0] >= 30 for row in batches.next_batch()))


if __name__ == "__main__":
    unittest.main()
