"""The report's page in a real browser: what readers see, and that the console stays quiet."""

import re
import time

from page_case import PageCase, run_tests

PAGES = ("large", "tiny", "nulls", "zero", "steps", "many", "hostile", "unfinished", "empty")
# What a number or text that is not there turns into when nobody looks.
LEAKS = re.compile(r"\b(NaN|null|undefined|Infinity)\b|\[object ")


class PageTest(PageCase):
    # What is shown

    def test_no_page_shows_what_is_not_there(self):
        for page in PAGES:
            with self.subTest(page):
                self.open(page)
                self.js("printMode(true)")  # everything is drawn and open
                self.browser.settle()
                self.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
                self.browser.settle()
                text = self.js("document.body.innerText")
                self.assertIsNone(LEAKS.search(text), LEAKS.search(text))
                self.assertIn("Which tasks give a signal early?", text)
                self.assertNotIn("could not be drawn", text)
                self.assertEqual(self.browser.complaints(), [])

    def test_the_reader_is_told_what_is_missing(self):
        self.open("unfinished")
        self.assertIn("0/20", self.js("document.querySelector('.tiles').innerText"))
        self.assertIn("20 checkpoints", self.js("document.getElementById('missing').innerText"))
        self.assertIn("No results yet", self.js("document.getElementById('shown').innerText"))
        self.open("large")
        self.assertIn("9 deviations", self.js("document.getElementById('sanity').innerText"))

    def test_a_page_of_a_sweep_that_goes_on_reloads_itself_and_keeps_what_was_chosen(self):
        self.open("live")
        self.assertIn(
            "Made 2026-11-22 01:42:07 UTC", self.js("document.getElementById('live').innerText")
        )
        self.choose("axis", "steps")
        self.choose("filter", "task")
        self.click("#legend button")
        self.js("choose({ theme: 'dark' }); window.first = true")
        end = time.monotonic() + 30
        while self.js("typeof window.first") == "boolean" and time.monotonic() < end:
            time.sleep(0.2)
        self.browser.settle()
        self.assertEqual(self.js("typeof window.first"), "undefined", "it was reloaded")
        kept = self.js(
            "[chosen.axis, chosen.filter, chosen.theme, chosen.hidden.size,"
            " document.getElementById('filter').value,"
            " document.querySelector('#legend button').getAttribute('aria-pressed')]"
        )
        self.assertEqual(kept, ["steps", "task", "dark", 1, "task", "false"])
        self.open("tiny")
        self.assertEqual(self.js("[chosen.theme, document.getElementById('live')]"), ["auto", None])

    def test_a_page_that_may_keep_nothing_works_all_the_same(self):
        denied = (  # as in a sandboxed frame
            "Object.defineProperty(window, 'sessionStorage', { get() {"
            " throw new DOMException('denied', 'SecurityError'); } })"
        )
        made = self.browser.call("Page.addScriptToEvaluateOnNewDocument", source=denied)
        self.addCleanup(self.browser.call, "Page.removeScriptToEvaluateOnNewDocument", **made)
        self.open("large")
        self.assertTrue(self.js("document.documentElement.classList.contains('scripted')"))
        self.see_first_chart()
        self.open("live")
        self.js("window.first = true")
        figure = "document.querySelector('#charts figure')"
        self.browser.wait_until(f"typeof window.first === 'undefined' && {figure}", 30)

    def test_text_of_files_is_text(self):
        self.open("hostile")
        self.assertEqual(self.js("typeof window.broken"), "undefined")
        self.assertEqual(self.js("document.querySelectorAll('img, main svg:not(.bar)').length"), 0)
        name = self.js("document.querySelector('#leaderboard td a').textContent")
        self.assertIn("</script><script>window.broken = 1</script>", name)
        self.assertIn("&amp; {{data}}", name)
        self.click("#leaderboard td a")
        self.assertIn("</script>", self.js("document.getElementById('task-title').textContent"))
        wide = self.js(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        self.assertEqual(wide, 0, "long names do not widen the page")

    def test_nothing_foreign_runs(self):
        self.open("tiny")
        self.js(
            "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            "document.body.append(s); })()"
        )
        self.assertEqual(self.js("typeof window.ran"), "undefined")
        asked = self.js("fetch('http://localhost:9/').then(() => 'sent', () => 'refused')")
        self.assertEqual(asked, "refused")
        refusals = self.browser.complaints()
        self.assertTrue(refusals)
        self.assertTrue(all("Content Security Policy" in text for text in refusals), refusals)
        self.browser.events.clear()

    # Tables

    def test_columns_sort_by_number(self):
        self.open("large")
        self.click("#leaderboard thead th:nth-child(3) button")
        down = [float(value) for value in self.column(2)]
        self.assertEqual(len(down), 24)
        self.assertEqual(down, sorted(down, reverse=True))
        sorts = "document.querySelector('#leaderboard th:nth-child(3)').getAttribute('aria-sort')"
        self.assertEqual(self.js(sorts), "descending")
        self.press("Enter")  # the button has the focus
        self.assertEqual([float(value) for value in self.column(2)], down[::-1])
        self.assertEqual(self.js(sorts), "ascending")
        self.click("#leaderboard thead th:nth-child(1) button")
        names = self.column(0)
        self.assertEqual(names, sorted(names))
        self.assertIsNone(self.js(sorts), "one column is sorted at a time")

    def test_what_has_no_value_is_last_either_way(self):
        self.open("large")
        self.js("delete document.querySelector('#leaderboard td.score').dataset.sort")
        for _ in range(2):
            self.click("#leaderboard thead th:nth-child(3) button")
            values = self.column(2)
            self.assertNotRegex(values[-1], r"^\d+\.\d{6}")
            self.assertEqual(len([v for v in values[:-1] if v[0].isdigit()]), 23)

    def test_a_filter_narrows_table_and_charts(self):
        self.open("large")
        self.choose("filter", "MMLU")
        self.assertEqual(sorted(self.column(0)), ["mmlu", "mmlu_2"])
        self.assertEqual(self.js("document.querySelectorAll('#charts figure').length"), 2)
        self.assertIn("2 of 24", self.js("document.getElementById('shown').textContent"))
        self.choose("filter", "no such task")
        self.assertEqual(self.column(0), [])
        self.assertIn("No task", self.js("document.getElementById('charts').innerText"))

    def test_a_task_leads_to_its_detail(self):
        self.open("large")
        self.js("document.querySelector('#leaderboard a[href*=\"task=boolq&\"]').focus()")
        self.press("Enter")
        detail = "document.getElementById('task').innerText"
        self.browser.wait_until(f"{detail}.startsWith('Task boolq')")
        text = self.js(detail)
        for part in (
            "Signal quality",
            "noise alone",
            "random walk",
            "ties stable",
            "Ranking of pairs",
        ):
            self.assertIn(part.lower(), text.lower())
        self.assertIn("9 deviations", text, "its findings are there")
        self.assertIn("Suspected key errors: 1", text)
        self.assertEqual(self.js("document.activeElement.id"), "task-title")
        self.js("history.back()")
        self.browser.wait_until("!location.hash.includes('boolq')")
        self.click("#task-after")
        self.assertNotIn("Task boolq\n", self.js(detail))

    def test_a_link_leads_to_its_task_however_often(self):
        self.open("large")
        title = "document.getElementById('task-title').textContent"
        link = "#leaderboard a[href*='task=boolq&']"
        self.click(link)
        self.browser.wait_until(f"{title} === 'Task boolq'")
        self.click("#task-after")
        self.assertNotEqual(self.js(title), "Task boolq")
        self.click(link)
        self.browser.wait_until(f"{title} === 'Task boolq'")
        self.assertEqual(self.js("document.activeElement.id"), "task-title")
        self.click("#task-after")
        self.js("openTask('boolq', chosen.metric)")  # as a point of the scatter does
        self.assertEqual(self.js(title), "Task boolq")

    # Looks

    def test_headings_stay_clear_of_a_tall_toolbar(self):
        self.open("large")
        for name in ("noise", "task", "ranks"):
            for more in (0, 40):
                # As many series have it: the legend takes several lines.
                self.js(
                    f"document.querySelector('#legend').append(...Array.from({{length: {more}}},"
                    " (_, i) => element('button', {}, `another-series-${i}`)))"
                )
                self.browser.settle()
                self.js(f"document.getElementById('{name}').scrollIntoView()")
                heading, toolbar = self.js(
                    f"[document.querySelector('#{name} h2').getBoundingClientRect().top,"
                    " document.getElementById('toolbar').getBoundingClientRect().bottom]"
                )
                self.assertGreater(heading, toolbar, name)

    def test_dark_and_light(self):
        ground = "getComputedStyle(document.body).backgroundColor"
        self.open("tiny", scheme="dark")
        self.assertEqual(self.js(ground), "rgb(13, 17, 23)")
        self.click("#theme button[value=light]")
        self.assertEqual(self.js(ground), "rgb(244, 246, 249)")
        self.click("#theme button[value=auto]")
        self.assertEqual(self.js(ground), "rgb(13, 17, 23)")
        self.browser.media("light")
        self.browser.settle()
        self.assertEqual(self.js(ground), "rgb(244, 246, 249)")
        self.assertEqual(self.js("localStorage.length + document.cookie.length"), 0)

    def test_a_phone_scrolls_only_downwards(self):
        for page in ("large", "hostile", "tiny"):
            self.open(page, width=360, height=740)
            self.js("printMode(true); printMode(false)")
            self.browser.settle()
            wide = self.js("document.documentElement.scrollWidth")
            self.assertLessEqual(wide, 360, page)

    def test_paper_shows_everything(self):
        self.open("large", scheme="dark")
        self.js(
            "addEventListener('beforeprint', () => { window.drawn ="
            "[...allFigures].filter((f) => f.chart).length; window.theme = themeName(); })"
        )
        paper = self.browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]
        self.assertGreater(len(paper), 100_000)
        self.assertEqual(
            self.js("[window.drawn === allFigures.size, window.theme]"), [True, "light"]
        )
        self.assertEqual(self.js("themeName()"), "dark", "and afterwards all is as before")
        self.browser.media(media="print")
        self.browser.settle()
        seen = "getComputedStyle(document.querySelector(%r)).display"
        for hidden in ("nav", ".controls", "#theme", "figure .values", "figcaption button"):
            self.assertEqual(self.js(seen % hidden), "none", hidden)
        self.assertNotEqual(self.js(seen % "#legend"), "none")
        self.assertTrue(self.js("document.getElementById('cells').checkVisibility()"))

    def test_tables_of_many_series_fit_on_paper(self):
        self.open("many", width=800)
        self.browser.media(media="print")
        self.browser.settle()
        detail = "#task-detail > div > .scroll table"
        tables = self.js(
            f"[...document.querySelectorAll({detail!r})].map((t) => [t.scrollWidth,"
            " t.tHead.rows[0].cells.length, t.tBodies[0].rows[4].cells[0].offsetWidth,"
            " t.tBodies[0].rows[4].cells[0].innerText])"
        )
        self.assertEqual([columns for _, columns, _, _ in tables], [9, 9, 5])
        for width, _, first, title in tables:
            self.assertLessEqual(width, 800)
            self.assertGreater(first, 50, "its words are not a column of letters")
            self.assertEqual(title, "autocorrelation")

    def test_every_control_has_a_name_and_a_place_in_the_tab_order(self):
        self.open("large")
        controls = "button, select, input, a[href], summary, canvas[tabindex]"
        nameless = self.js(
            f"[...document.querySelectorAll({controls!r})].filter((e) => !(e.textContent.trim() ||"
            "e.getAttribute('aria-label') || e.labels?.length)).map((e) => e.outerHTML)"
        )
        self.assertEqual(nameless, [])
        seen = []
        for _ in range(25):
            self.press("Tab")
            seen.append(
                self.js("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
            )
        self.assertEqual(len(set(seen)), 25, "the focus goes on and on")
        outline = self.js("getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid", "and is seen")


if __name__ == "__main__":
    run_tests()
