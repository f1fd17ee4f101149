"""The charts of the report's page in a real browser: hovering, keys, axes, pictures."""

import re
import subprocess
import sys
import time

from page_case import TOOLS, PageCase, png_size, run_tests


class ChartsTest(PageCase):
    def test_charts_wait_until_they_are_seen(self):
        self.open("large")
        drawn = self.js("[...allFigures].filter((f) => f.chart).length")
        self.assertLess(drawn, 6)
        self.see_first_chart()
        self.assertGreater(self.js("[...allFigures].filter((f) => f.chart).length"), 0)
        self.js("printMode(true)")
        self.assertTrue(self.js("[...allFigures].every((f) => f.chart)"), "paper has them all")

    def test_a_chart_that_fails_leaves_the_others_alone(self):
        self.open("large")
        first = "[...allFigures][0]"
        self.js(f"{first}.what.config = () => {{ throw Error('made to fail'); }}, 0")
        self.see_chart_after_the_first()
        self.js("document.querySelector('#charts figure').scrollIntoView({block: 'center'})")
        self.browser.wait_until(f"{first}.box.innerText.includes('could not be drawn')")
        complaints = self.browser.complaints()
        self.assertTrue(complaints and all("made to fail" in text for text in complaints))
        self.browser.events.clear()

    def test_values_on_an_edge_are_in_the_bin_above(self):
        self.open("large")
        edges = "bins({difficulty: [...Array(20)].map((_, i) => i / 20)})"
        self.assertEqual(self.js(f"{edges}.map((bin) => bin.number)"), [1] * 20)

    def test_hovering_reads_all_series_at_a_checkpoint(self):
        self.open("large")
        figure = self.see_first_chart()
        x, y = self.js(
            f"(() => {{ const c = {figure}.chart, p = c.getDatasetMeta(2).data[9];"
            "const b = c.canvas.getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; })()"
        )
        self.move_to(x, y)
        self.browser.wait_until("!document.getElementById('hover').hidden")
        lines = self.js("document.getElementById('hover').innerText").split("\n")
        self.assertEqual(lines[0], "step 20,000, 103 B tokens")
        text = " ".join(lines)
        for series in self.js("seriesNames"):
            self.assertIn(series, text)
        self.assertEqual(len(re.findall(r"0\.\d{4} ± 0\.0235", text)), 6, "1.96 standard errors")
        self.move_to(5, 5)
        self.browser.wait_until("document.getElementById('hover').hidden")

    def test_keys_read_a_chart(self):
        self.open("large")
        figure = self.see_first_chart()
        self.js(f"{figure}.chart.canvas.focus()")
        self.press("ArrowRight")
        self.press("ArrowRight")
        title = "document.querySelector('#hover b').textContent"
        self.assertEqual(self.js(title), "step 4,000, 20.6 B tokens")
        self.press("ArrowLeft")
        self.assertEqual(self.js(title), "step 2,000, 10.3 B tokens")
        self.press("Escape")
        self.assertTrue(self.js("document.getElementById('hover').hidden"))
        self.press("Tab")
        self.assertEqual(self.js("document.activeElement.tagName"), "SUMMARY", "no trap")
        self.press("Enter")
        values = "document.querySelector('#charts figure details table')"
        self.browser.wait_until(values)
        self.assertEqual(self.js(f"{values}.tBodies[0].rows.length"), 32)

    def test_a_series_is_hidden_everywhere(self):
        self.open("large")
        figure = self.see_first_chart()
        shown = (
            f"{figure}.chart.data.datasets.filter((d) => d.label === 'dense-1b-arch1' && !d.hidden)"
        )
        self.assertEqual(self.js(f"{shown}.length"), 3)
        self.click("#legend button:nth-child(3)")
        self.assertEqual(self.js(f"{shown}.length"), 0)
        pressed = (
            "document.querySelector('#legend button:nth-child(3)').getAttribute('aria-pressed')"
        )
        self.assertEqual(self.js(pressed), "false")
        self.press(" ")
        self.assertEqual(self.js(f"{shown}.length"), 3)

    def test_the_axis_is_tokens_their_logarithm_or_steps(self):
        self.open("zero")
        scale = self.see_first_chart() + ".chart.scales.x"
        first = self.see_first_chart() + ".chart.getDatasetMeta(2).data[0].x"
        self.assertEqual(self.js(f"[{scale}.type, {scale}.max]"), ["linear", 2000])
        self.choose("axis", "log")
        self.assertEqual(self.js(f"[{scale}.type, {scale}.min]"), ["logarithmic", 50])
        self.assertEqual(self.js(first), self.js(f"{scale}.left"), "0 tokens stand at the edge")
        self.assertIn("0 tokens", self.js("document.getElementById('curves').innerText"))
        self.choose("axis", "steps")
        self.assertEqual(self.js(f"[{scale}.type, {scale}.max]"), ["linear", 20])

    def test_scores_of_every_size_are_read_out(self):
        self.open("large")
        scores = (
            "[0.25, 0.0004, 3e-9, 0, -5.5, 31.4159, 3333330, 103.25, null].map((v) => scoreText(v))"
        )
        self.assertEqual(
            self.js(scores),
            ["0.2500", "0.0004", "3e-9", "0.0000", "-5.5000", "31.4159", "3333330", "103.25", "–"],
        )
        self.js(
            "curves[0].series.forEach((s) => s.points.forEach((p) => { p.value *= 5e-9; p.standard_error = null; }));"
            "curves[0].chance = null; curves[0].series[0].points[0].value = 1.25e-9"
        )
        figure = self.see_first_chart()
        self.js("redrawFigures()")
        labels = self.js(f"{figure}.chart.scales.y.ticks.map((t) => t.label)")
        self.assertTrue(all(re.fullmatch(r"0|[\d.]{1,4}e-\d+", label) for label in labels), labels)
        self.assertIn("1.25e-9", self.js("curveValues(curves[0])[1][0][2]"))

    def test_names_of_many_series_do_not_overlap(self):
        self.open("many")
        figure = "[...allFigures].find((f) => f.what.title === 'Signal quality by series')"
        self.js(f"{figure}.root.scrollIntoView({{block: 'center'}})")
        self.browser.wait_until(f"{figure}.chart")
        scale = f"{figure}.chart.scales.y"
        self.assertEqual(self.js(f"{scale}.ticks.length"), 20)
        self.assertGreater(
            self.js(f"{scale}.getPixelForValue(1) - {scale}.getPixelForValue(0)"), 14
        )

    def test_long_names_keep_both_ends(self):
        self.open("large")
        self.assertEqual(self.js("short('model-500m-variant-07', 16)"), "model-5…riant-07")
        self.assertEqual(self.js("short('🚀🚀🚀🚀🚀🚀', 5)"), "🚀🚀…🚀🚀")
        self.js(
            "seriesNames.push('falcon-500m-mixA-lr3e-4-cosine', 'falcon-500m-mixB-lr3e-4-cosine')"
        )
        self.assertEqual(self.js("short('falcon-500m-mixA-lr3e-4-cosine', 16)"), "falco…A-lr3e-4-…")
        self.assertEqual(self.js("short('falcon-500m-mixB-lr3e-4-cosine', 16)"), "falco…B-lr3e-4-…")
        self.assertEqual(self.js("short('model-500m-variant-07', 16)"), "model-5…riant-07")
        self.assertEqual(self.js("short('exactly-16-chars', 16)"), "exactly-16-chars")

    def test_tokens_that_nobody_told_are_not_shown_as_0(self):
        self.open("steps")
        self.assertEqual(self.js("chosen.axis"), "steps")
        disabled = "[...document.getElementById('axis').options].map((o) => o.disabled)"
        self.assertEqual(self.js(disabled), [True, True, False])
        figure = self.see_first_chart()
        self.js(f"{figure}.chart.canvas.focus()")
        self.press("ArrowRight")
        self.assertEqual(self.js("document.querySelector('#hover b').textContent"), "step 1")
        self.assertEqual(self.js("curveValues(curves[0])[1][0].slice(0, 2)"), ["1", "–"])
        self.assertRegex(self.column(11)[0], r"^\d+$")  # where the order holds from
        self.assertIn("step ", self.js("document.getElementById('leaderboard').rows[1].innerText"))
        self.assertRegex(
            self.js("document.getElementById('task').innerText"), r"step \d+ until the final order"
        )

    def test_series_with_other_tokens_at_a_step_have_them_beside_each_other(self):
        self.open("other_tokens")
        self.assertEqual(self.js("chosen.axis"), "tokens")
        self.assertEqual(
            self.js("curveValues(curves[0])[1][0].slice(0, 2)"), ["2,000", "10.3 B / 20.6 B"]
        )
        self.choose("axis", "steps")
        figure = self.see_first_chart()
        self.js(f"{figure}.chart.canvas.focus()")
        self.press("ArrowRight")
        self.assertEqual(
            self.js("document.querySelector('#hover b').textContent"),
            "step 2,000, 10.3 B / 20.6 B tokens",
        )

    def test_a_series_without_tokens_is_not_drawn_at_0(self):
        self.open("some_tokens")
        self.assertEqual(self.js("chosen.axis"), "steps")
        self.assertNotIn("0 B", self.js("curveValues(curves[0])[1].map((r) => r[1].slice(0, 3))"))
        self.assertTrue(self.js("document.getElementById('edge-note').hidden"))
        self.choose("axis", "tokens")
        note = "document.getElementById('edge-note')"
        self.assertIn("unknown", self.js(f"{note}.hidden ? '' : {note}.innerText"))

    def test_phases_are_shaded_on_every_axis(self):
        self.open("large")  # 10.31 B tokens every 2000 steps; the phases part at 206 B
        phases = "phasesOf(curves[0], axisOf(curves[0]))"
        for axis in ("tokens", "log"):
            self.choose("axis", axis)
            self.assertEqual(self.js(f"{phases}[0].to"), 206e9)
            self.assertEqual(self.js(f"{phases}[1].from"), 206e9)
        self.choose("axis", "steps")
        self.assertAlmostEqual(self.js(f"{phases}[0].to"), 206 / 10.31 * 2000)
        self.js("report.grids.early.max_step = 10000")
        self.assertEqual(self.js(f"{phases}[0].to"), 10000)
        self.choose("axis", "tokens")
        self.assertAlmostEqual(self.js(f"{phases}[0].to") / 51.55e9, 1)

    def test_ranks_have_a_task_and_a_group(self):
        self.open("large")
        ranks = "document.getElementById('ranks').innerText"
        self.assertIn("group 500m", self.js(ranks))
        self.choose("group", "all series")
        self.assertIn("Rank over training, all series", self.js(ranks))
        self.assertNotIn("Agreement", self.js(ranks), "which is of one group's series")
        self.choose("rank-task", "piqa")
        self.assertEqual(self.js("document.getElementById('task-select').value"), "piqa")
        self.choose("group", "500m")
        self.assertIn("Agreement with the reference", self.js(ranks))

    def test_ranks_follow_what_is_better(self):
        self.open("zero")  # lower is better there, and the science series scores higher
        self.assertTrue(self.js("rankGroups(curves[0]).length === 1"))
        ranks = self.js("ranksOver(curves[0], curves[0].series).map((c) => [...c.ranks.values()])")
        self.assertEqual(ranks[0], [1.5, 1.5], "equal scores share their ranks")
        self.assertEqual(ranks[-1], [2, 1])
        steps = self.js("ranksOver(curves[0], curves[0].series).map((c) => c.point.step)")
        self.assertEqual(len(steps), 19, "of 21, one has no value and one only a single series")

    def test_signal_and_noise_without_the_reports_own(self):
        self.open("zero")
        self.assertEqual(self.js("noisePoints()"), [], "one science series has no signal")
        self.assertIn("two science series", self.js("document.getElementById('noise').innerText"))
        last = "[[0.2, 0.4, 0.2, 0.4], [0.6, 0.8, 0.6, 0.8]]"
        made = (
            f"signalFromCurves({{series: {last}.map((list) => ({{mix: 'science', points:"
            "list.map((value, step) => ({step, value}))}))})"
        )
        # Means 0.3 and 0.7 about 0.5, deviations 0.1.
        self.assertAlmostEqual(self.js(made + ".signal"), 0.8)
        self.assertAlmostEqual(self.js(made + ".noise"), 0.2)

    def test_a_point_of_the_scatter_leads_to_its_task(self):
        self.open("large")
        self.js("document.getElementById('noise-chart').scrollIntoView({block: 'center'})")
        figure = "document.querySelector('#noise-chart figure').figure"
        self.browser.wait_until(f"{figure}.chart")
        index = "noisePoints().findIndex((p) => p.task === 'race')"
        x, y = self.js(
            f"(() => {{ const c = {figure}.chart, p = c.getDatasetMeta(0).data[{index}];"
            "const b = c.canvas.getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; })()"
        )
        self.click_at(x, y)
        title = "document.getElementById('task-title').textContent"
        self.browser.wait_until(f"{title} === 'Task race'")
        # The same by keys: the leftmost point is the least noise.
        self.js("document.getElementById('noise-chart').scrollIntoView({block: 'center'})")
        self.browser.wait_until(f"{figure}.chart")
        self.js(f"{figure}.chart.canvas.focus()")
        self.press("ArrowRight")
        self.press("Enter")
        least = self.js("noisePoints().sort((a, b) => a.noise - b.noise)[0].task")
        self.browser.wait_until(f"{title} === 'Task {least}'")

    def test_scatters_hold_all_their_points(self):
        # Chart.js takes data that it need not parse for sorted, and these are not.
        self.open("large")
        self.js("printMode(true)")
        outside = (
            "[...allFigures].filter((f) => f.chart.config.type === 'scatter').map((f) => {"
            "const { x, y } = f.chart.scales; return f.chart.data.datasets.flatMap((d) => d.data)"
            ".filter((p) => p.x < x.min || p.x > x.max || p.y < y.min || p.y > y.max).length; })"
        )
        self.assertEqual(self.js(outside), [0, 0])
        self.js("choose({task: 'arc_challenge'}); redrawFigures()")
        self.assertEqual(self.js(outside), [0, 0, 0], "difficulty and discrimination too")

    def test_pictures_have_title_legend_and_ground(self):
        self.open("large", scheme="dark")
        figure = self.see_first_chart()
        folder = self.folder / "downloads"
        self.browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        self.click("#charts figure figcaption button")
        name = folder / "arc_challenge-acc.png"
        deadline = time.monotonic() + 60
        while not name.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(png_size(name.read_bytes()), (1800, 1080))
        corner = (
            "new Promise((done) => { const i = new Image(); i.onload = () => { const c ="
            "document.createElement('canvas').getContext('2d'); c.drawImage(i, 0, 0);"
            "done([...c.getImageData(2, 2, 1, 1).data]); }; i.onerror = () => done('blocked');"
            f"i.src = pictureOf({figure}.what); }})"
        )
        self.browser.call("Page.setBypassCSP", enabled=True)
        self.addCleanup(self.browser.call, "Page.setBypassCSP", enabled=False)
        self.open("large", scheme="dark")
        self.see_first_chart()
        self.assertEqual(self.js(corner), [255, 255, 255, 255])
        self.click("#white")
        self.assertEqual(self.js(corner), [0, 0, 0, 0])

    def test_a_tool_takes_pictures_for_documents(self):
        output = self.folder / "made/picture.png"

        def take(page: str, *more: str) -> subprocess.CompletedProcess:
            command = [
                sys.executable,
                TOOLS / "screenshot.py",
                str(self.folder / page),
                "-o",
                output,
                *more,
            ]
            return subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)

        done = take("tiny.html", "--size", "640x480", "--scale", "2", "--scheme", "dark")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(png_size(output.read_bytes()), (1280, 960))
        for page, more in (
            ("no.html", []),
            ("tiny.html", ["--at", "#nowhere"]),
            ("tiny.html", ["--task", "nosuch"]),
            ("tiny.html", ["-o", "/proc/picture.png"]),
        ):
            failed = take(page, *more)
            self.assertEqual(failed.returncode, 2)
            self.assertRegex(failed.stderr, "o such file|nothing on the page|no task 'nosuch'")
            self.assertNotIn("Traceback", failed.stderr)


if __name__ == "__main__":
    run_tests()
