"""The dashboard's page in a real Chromium: over a journal, and over a predictor that is told of traffic as it comes.

    python3 test_page.py PATH/TO/adaptivestream-predictor PATH/TO/adaptivestream [unittest arguments]

DASHBOARD_PICTURES=FOLDER keeps screenshots there.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit")]
import chromium  # noqa: E402
import test_dashboard  # noqa: E402
from fake_agent import FakeAgent  # noqa: E402

PROGRAM = COMMAND = ""
PICTURES = os.environ.get("DASHBOARD_PICTURES")
JOURNAL = HERE.parent / "data" / "journals" / "waves.jsonl"
NO_BROWSER = "no Chromium is here: apt-get install chromium, or set CHROMIUM to one"

DRAWN = "Number(document.body.dataset.drawn || 0)"
# Whether a chart shows more than one colour: pixels of its canvas that are drawn on.
PAINTED = """[...document.querySelectorAll('.charts figure canvas')].filter(canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 40) seen.add(data[i] >> 4 << 8 | data[i + 1] >> 4 << 4 | data[i + 2] >> 4);
  return seen.size >= 3; }).length"""


def keep(browser, name):
    if PICTURES:
        browser.picture(pathlib.Path(PICTURES, name + ".png"))


@unittest.skipUnless(chromium.find(), NO_BROWSER)
class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen([COMMAND, "dashboard", str(JOURNAL), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        cls.url = re.search(r"http://[^ ]+", cls.process.stdout.readline()).group(0)
        cls.browser = chromium.Chromium()
        cls.browser.open(cls.url)
        cls.browser.wait_for(DRAWN)

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.process.send_signal(signal.SIGINT)
        assert cls.process.wait(60) == 0
        cls.process.stdout.close()

    def tearDown(self):
        self.assertEqual(self.browser.errors, [])

    def test_it_shows_the_journal(self):
        told = self.browser.evaluate("fetch('/api/overview').then(answer => answer.json())")
        query = told["queries"][0]
        self.assertEqual(self.browser.evaluate("document.getElementById('sentence').textContent"), query["sentence"])
        self.assertIn(JOURNAL.name, self.browser.evaluate("document.getElementById('source').textContent"))
        batches = self.browser.evaluate("[...document.querySelectorAll('.tile')].find(tile => /^Batches/.test(tile.textContent)).querySelector('.value').textContent")
        self.assertEqual(batches, "%d of %d" % (query["last_hour"]["own_batches"], query["last_hour"]["shadow_batches"]))
        log = self.browser.evaluate("fetch('/api/details?query=%s').then(answer => answer.json())" % query["query"])["log"]
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#log tr').length"), len(log))
        self.assertGreater(len(log), 5)
        self.assertIn(log[0]["words"], self.browser.evaluate("document.querySelector('#log tr').textContent"))

    def test_every_chart_is_drawn_and_told(self):
        # All but the one of a forecast, which the journal may not have.
        self.assertGreaterEqual(self.browser.evaluate(PAINTED), 7)
        labels = self.browser.evaluate("[...document.querySelectorAll('.charts figure [role=img]')].map(chart => chart.getAttribute('aria-label'))")
        self.assertEqual(len(labels), 8)
        for label in labels:
            self.assertTrue(label and len(label) > 10, labels)

    def test_the_keyboard_reaches_everything(self):
        self.browser.evaluate("document.querySelector('#ranges [aria-checked=true]').focus()")
        before = self.browser.evaluate("location.hash + document.querySelector('#ranges [aria-checked=true]').textContent")
        drawn = self.browser.evaluate(DRAWN)
        self.browser.key("ArrowRight")
        self.browser.wait_for("location.hash + document.querySelector('#ranges [aria-checked=true]').textContent !== %s" % json.dumps(before))
        self.browser.wait_for(DRAWN + " > %d" % drawn)
        self.assertTrue(self.browser.evaluate("document.activeElement.getAttribute('role') === 'radio'"))
        self.browser.evaluate("document.querySelector('.tile').focus()")
        self.browser.key("Tab") # by the keyboard, so that the meaning shows
        self.assertNotEqual(self.browser.evaluate("getComputedStyle(document.activeElement.querySelector('.meaning')).display"), "none")
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('button, input, select')].filter(field => !field.textContent.trim() && !field.closest('label')).length"), 0)

    def test_a_stretch_is_drawn_over_and_left(self):
        browser = self.browser
        sum_of = "document.getElementById('range-sum').textContent"
        whole = browser.evaluate(sum_of)
        series = browser.evaluate("fetch('/api/series?query=%s&range=' + new URLSearchParams(location.hash.slice(1)).get('range')).then(answer => answer.json())"
                                  % browser.evaluate("document.getElementById('name').textContent"))
        self.assertIn("%d batch" % series["savings"]["own_batches"], whole)
        self.assertIn("95 of 100 up to", whole)
        browser.evaluate("document.getElementById('chart-waits').scrollIntoView({ block: 'center' })")
        box = json.loads(browser.evaluate("JSON.stringify(document.querySelector('#chart-waits .u-over').getBoundingClientRect())"))
        y, places = box["y"] + box["height"] / 2, [box["x"] + box["width"] * part for part in (0.5, 0.7)]
        for leave in ("double click", "Escape", "button"):
            drawn = browser.evaluate(DRAWN)
            browser.drag((places[0], y), (places[1], y))
            browser.wait_for("!document.getElementById('unzoom').hidden && %s > %d" % (DRAWN, drawn))
            asked = browser.evaluate("[...new URLSearchParams(location.hash.slice(1)).entries()]")
            part = dict(asked)
            self.assertTrue(2 <= int(part["to"]) - int(part["from"]) <= 0.3 * series["range_ms"] / 1000, asked)
            zoomed = browser.evaluate("fetch('/api/series?query=waves&range=%d&end=%d').then(answer => answer.json())".replace("waves", series["query"])
                                      % (int(part["to"]) - int(part["from"]), int(part["to"]) * 1000))
            self.assertLess(zoomed["savings"]["own_batches"], series["savings"]["own_batches"])
            browser.wait_for(sum_of + ".includes('%d batch')" % zoomed["savings"]["own_batches"])
            self.assertGreaterEqual(browser.evaluate(PAINTED), 6)
            if leave == "double click":
                browser.double_click(places[0], y)
            elif leave == "Escape":
                browser.key("Escape")
            else:
                browser.evaluate("document.getElementById('unzoom').click()")
            browser.wait_for("document.getElementById('unzoom').hidden")
            browser.wait_for(sum_of + " === " + json.dumps(whole))

    def test_light_dark_and_phone(self):
        colour = "getComputedStyle(document.body).backgroundColor"
        try:
            self.browser.scheme("light")
            light = self.browser.evaluate(colour)
            keep(self.browser, "light")
            self.browser.scheme("dark")
            self.assertNotEqual(self.browser.evaluate(colour), light)
            keep(self.browser, "dark")
            self.browser.evaluate("['', ''].forEach(() => document.getElementById('theme').click())") # auto, dark, light
            self.assertEqual(self.browser.evaluate(colour), light)
            self.browser.evaluate("document.getElementById('theme').click()")
            self.browser.size(390, 844, True)
            self.browser.wait_for("innerWidth === 390")
            self.browser.wait_for("document.documentElement.scrollWidth <= 390")
            keep(self.browser, "phone")
        finally:
            self.browser.scheme("light")
            self.browser.size(1400, 900)

    def test_nothing_can_be_changed(self):
        self.assertTrue(self.browser.evaluate("document.getElementById('change').hidden"))


@unittest.skipUnless(chromium.find(), NO_BROWSER)
class Live(unittest.TestCase):
    def tell(self, agents):
        while not self.over.wait(0.2):
            for agent in agents:
                agent.step()
                agent.predict()

    def test_it_moves_changes_and_connects_again(self):
        predictor = test_dashboard.Predictor()
        agents = [FakeAgent(predictor.port, test_dashboard.TOKEN, name, start_ms=int(time.time() * 1000) - 130000) for name in ("clicks", "orders")]
        for agent in agents:
            agent.step()
        self.over = threading.Event()
        telling = threading.Thread(target=self.tell, args=(agents,))
        telling.start()
        try:
            with chromium.Chromium() as browser:
                self.look(browser, predictor, agents[1])
                self.over.set()
                telling.join()
                self.assertEqual(browser.errors, [])
                self.restart(browser, predictor)
        finally:
            self.over.set()
            telling.join()
            for agent in agents:
                agent.close()
            predictor.stop()

    def look(self, browser, predictor, agent):
        browser.open("http://127.0.0.1:%d/#query=orders" % predictor.web)
        browser.wait_for(DRAWN)
        self.assertEqual(browser.evaluate("document.querySelectorAll('nav button').length"), 2)
        self.assertEqual(browser.evaluate("document.getElementById('name').textContent"), "orders")
        drawn = browser.evaluate(DRAWN)
        browser.wait_for(DRAWN + " >= %d" % (drawn + 3))
        self.assertGreaterEqual(browser.evaluate(PAINTED), 7)
        keep(browser, "live")
        # What the page says of batches is what /metrics says, at some moment: both grow.
        label = '{query="orders"}'

        def equal():
            shown = browser.evaluate("Number([...document.querySelectorAll('.tile')].find(tile => /^Batches/.test(tile.textContent)).querySelector('.value').firstChild.textContent)")
            return shown == predictor.samples()["adaptivestream_batches_total", label]
        test_dashboard.wait_for("page and metrics agree", equal)
        # A change, as a person makes it.
        browser.evaluate("(() => { const form = document.getElementById('change'); form.goal.value = 'cost'; form.token.value = '%s'; form.requestSubmit(); })()" % test_dashboard.TOKEN)
        browser.wait_for("/applies at the next wait/.test(document.getElementById('change-said').textContent)")
        test_dashboard.wait_for("the agent is told", lambda: any(change.get("goal") == "cost" for change in agent.changes))
        browser.wait_for("/goal cost, by page/.test(document.getElementById('changes').textContent)")
        browser.wait_for("/cost/.test(document.getElementById('settings').textContent)")
        # Somebody else changes the mode: the form follows, and what is sent from it next leaves the mode alone. The budget is no round one.
        subprocess.run([COMMAND, "set", "orders", "--mode", "monitoring"], check=True, timeout=60, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, XDG_RUNTIME_DIR=predictor.folder.name))
        browser.wait_for("document.getElementById('change').mode.value === 'monitoring'")
        self.submit_what_was_not_touched(browser, agent)
        subprocess.run([COMMAND, "set", "orders", "--mode", "active"], check=True, timeout=60, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, XDG_RUNTIME_DIR=predictor.folder.name))
        browser.wait_for("document.getElementById('change').mode.value === 'active'")
        self.freeze_and_release(browser, agent)

    def submit_what_was_not_touched(self, browser, agent):
        browser.evaluate("(() => { const form = document.getElementById('change'); form.budget.value = '0.93'; form.requestSubmit(); })()")
        test_dashboard.wait_for("the agent is told", lambda: any(change.get("budget") == 0.93 for change in agent.changes))
        self.assertEqual({key for key in agent.changes[-1] if key in ("mode", "goal", "budget")}, {"budget"})
        browser.wait_for("document.getElementById('change').budget.value === '0.93'")
        # The old values of a page that was not told yet are no wish: a change by others comes between filling and sending.
        browser.evaluate("(() => { const form = document.getElementById('change'); overview.queries.forEach(query => { query.config.mode = 'disabled'; });"
                         " form.goal.value = 'latency'; form.requestSubmit(); })()")
        test_dashboard.wait_for("the agent is told", lambda: any(change.get("goal") == "latency" for change in agent.changes))
        self.assertEqual({key for key in agent.changes[-1] if key in ("mode", "goal", "budget")}, {"goal"})

    def freeze_and_release(self, browser, agent):
        # One button freezes and releases.
        browser.wait_for("document.getElementById('freeze').textContent.startsWith('Freeze')")
        for mode, next_word in (("monitoring", "Release"), ("active", "Freeze")):
            browser.evaluate("document.getElementById('freeze').click()")
            test_dashboard.wait_for("the agent is told", lambda: agent.changes[-1].get("mode") == mode)
            browser.wait_for("/mode %s, by page/.test(document.querySelector('#changes li').textContent)" % mode)
            browser.wait_for("document.getElementById('freeze').textContent.startsWith('%s')" % next_word)

    def restart(self, browser, predictor):
        predictor.process.kill()
        predictor.process.wait()
        browser.wait_for("document.getElementById('link').className === 'link off'")
        again = subprocess.Popen([PROGRAM, "--port", "0", "--dashboard", "127.0.0.1:%d" % predictor.web], stderr=subprocess.DEVNULL)
        try:
            browser.wait_for("document.getElementById('link').className === 'link on'")
        finally:
            again.terminate()
            again.wait()


@unittest.skipUnless(chromium.find(), NO_BROWSER)
class Busy(unittest.TestCase):
    """What the page costs where a lot is to be drawn: 20 queries that tell five times a second, the chosen one for 15 minutes."""

    UPDATE_MS = 120  # of the fifth of a second until the next; a tenth of it is taken where docs/results.md was measured
    UPDATES = 6
    FRAMES = ("(() => { window.frames_ms = []; window.messages = 0; let last = performance.now(); const real = take; take = news => { messages++; real(news); };"
              " const next = now => { frames_ms.push(now - last); last = now; requestAnimationFrame(next); }; requestAnimationFrame(next); })()")

    def test_an_update_leaves_time_until_the_next(self):
        predictor = test_dashboard.Predictor()
        now_ms = int(time.time() * 1000)
        agents = [FakeAgent(predictor.port, test_dashboard.TOKEN, "query-%02d" % i, start_ms=now_ms - (900000 if i == 0 else 20000)) for i in range(20)]
        over = threading.Event()

        def tell():
            while not over.wait(0.2):
                for agent in agents:
                    agent.step()
        for agent in agents:
            agent.step()
            agent.predict()
        telling = threading.Thread(target=tell)
        telling.start()
        try:
            with chromium.Chromium() as browser:
                browser.open("http://127.0.0.1:%d/#query=query-00" % predictor.web)
                browser.wait_for(DRAWN)
                browser.call("Performance.enable", timeDomain="threadTicks")
                browser.evaluate(self.FRAMES)
                for length in (120, 900):
                    self.measure(browser, length)
                self.assertEqual(browser.errors, [])
        finally:
            over.set()
            telling.join()
            for agent in agents:
                agent.close()
            predictor.stop()

    def measure(self, browser, length):
        """The processor's time of the page's thread, which other programs on the machine do not lengthen; and frames, for the report."""
        browser.evaluate("location.hash = '#query=query-00&range=%d'" % length)
        browser.wait_for("%s >= %d" % (DRAWN, browser.evaluate(DRAWN) + 3)) # the first ones are compiled
        browser.evaluate("frames_ms = []; messages = 0")
        before, drawn = self.busy_s(browser), browser.evaluate(DRAWN)
        browser.wait_for("%s >= %d" % (DRAWN, drawn + self.UPDATES))
        used_ms = (self.busy_s(browser) - before) * 1000
        updates = browser.evaluate(DRAWN) - drawn
        frames = sorted(browser.evaluate("frames_ms"))
        # A frame holds one message's figures or one drawing of the charts.
        times = updates + browser.evaluate("messages")
        print("range %d s: %.1f ms of processor's time for each of %d new figures or charts; frames: median %.0f ms, 99th percentile %.0f ms, most %.0f ms"
              % (length, used_ms / times, times, frames[len(frames) // 2], frames[int(len(frames) * 0.99)], frames[-1]))
        self.assertLess(used_ms / times, self.UPDATE_MS)

    @staticmethod
    def busy_s(browser):
        return next(metric["value"] for metric in browser.call("Performance.getMetrics")["metrics"] if metric["name"] == "TaskDuration")


if __name__ == "__main__":
    PROGRAM, COMMAND = sys.argv[1:3]
    test_dashboard.PROGRAM, test_dashboard.COMMAND = PROGRAM, COMMAND
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
