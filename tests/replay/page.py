"""Tests the page that arena-replay --html makes: what it shows is what the trace says, it can be used with
keys and with a mouse, and it can be read on a telephone and in the dark.

usage: page.py ARENA-REPLAY WORK
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

from make import (ACQUIRED, ADOPT, DESTROY, FRAME, RESET, STACK, TIME, alloc, create, event, mark, resize,
                  rewind, text, trace)

replay = work = browser = None
WICKED = b'</script><b id="in">&amp;\xff\xc3\x28"\\\n<!--'


class Known:
    """A trace, and next to it what it says, summed up in another way than by the program."""

    def __init__(self):
        self.events = [event(FRAME, text(name)) for name in (b"main", b"parse", b"intern", b"parse")]
        self.events += [event(STACK, 2, 1, 0), event(STACK, 3, 2, 3, 0)]
        self.micros = self.allocations = self.bytes = 0
        self.used, self.reserved, self.names = [], [], []
        self.peak_used = self.peak_reserved = 0
        self.made = {}

    def add(self, *events):
        self.events += events

    def note(self):
        self.peak_used = max(self.peak_used, sum(self.used))
        self.peak_reserved = max(self.peak_reserved, sum(self.reserved))

    def create(self, name, capacity):
        self.add(create(name, capacity=capacity, stack=1))
        self.used.append(0)
        self.reserved.append(capacity)
        self.names.append(name)
        self.note()
        return len(self.used) - 1

    def alloc(self, arena, size, stack):
        self.add(alloc(arena, size, size, stack=stack))
        self.allocations += 1
        self.bytes += size
        self.used[arena] += (size + 7) // 8 * 8
        bytes_of = self.made.setdefault(self.names[arena], {})
        bytes_of.setdefault(stack, []).append(size)
        self.note()

    def wait(self, micros):
        self.add(event(TIME, micros))
        self.micros += micros

    def acquire(self, arena, size):
        self.add(event(ACQUIRED, arena, size))
        self.reserved[arena] += size
        self.note()

    def bytes_at(self, stack, name=None):
        return sum(sum(made.get(stack, [])) for of, made in self.made.items() if name in (None, of))


def known():
    """Two trees, of which one is rewound and adopts the other, and an arena with a wicked name."""
    told = Known()
    tree = told.create(b"tree", 65536)
    wicked = told.create(WICKED, 4096)
    for i in range(200):
        if i == 100:
            told.add(mark(tree, 0))
            at_mark = told.used[tree]
        told.wait(1000)
        told.alloc(tree, 24 + i % 3, 1)
    told.wait(5000)
    told.add(rewind(tree, 0))
    told.used[tree] = at_mark
    told.acquire(wicked, 16384)
    for _ in range(12):
        told.wait(500)
        told.alloc(wicked, 1000, 2)
    other = told.create(b"tree", 32768)
    told.alloc(other, 5000, 2)
    told.add(event(ADOPT, tree, other))
    told.used[tree] += told.used[other]
    told.reserved[tree] += told.reserved[other]
    told.used[other] = told.reserved[other] = 0
    told.alloc(tree, 100, 1)
    told.add(resize(tree, 0, 100, 0, 200))  # in place
    told.used[tree] += 200 - 104
    told.note()
    told.wait(20000)
    told.add(event(RESET, wicked), event(DESTROY, wicked), event(DESTROY, tree))
    return told


def long_one(count=120000, peak_at=77777):
    """Small ups and downs, and one peak that lasts for one event."""
    told = Known()
    told.create(b"long", 1 << 20)
    told.add(mark(0, 0))
    size_at_peak = 500000
    for i in range(count):
        told.add(alloc(0, size_at_peak if i == peak_at else 64 + i % 512, 8, stack=1), rewind(0, 0))
        if i % 10 == 0:
            told.add(event(TIME, 25))
    return told, size_at_peak


def page_of(told, name):
    path = work / f"{name}.trace"
    path.write_bytes(trace(told.events))
    page = work / f"{name}.html"
    subprocess.run([replay, "--html", page, path], check=True, timeout=120)
    return page


def start_browser(profile):
    options = Options()
    for word in ("headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
                 "disable-component-update disable-sync").split():
        options.add_argument("--" + word)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("chromedriver"), options=options)


def screen(width, scheme="light"):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def find(selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def find_all(selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


def script(words, *arguments):
    return browser.execute_script(words, *arguments)


def exactly(number):
    return f"{number:,}"


def settled():
    """Waits until what was asked for is drawn."""
    browser.execute_async_script("const done = arguments[0];"
                                 "requestAnimationFrame(() => requestAnimationFrame(() => done()));")


class Page(unittest.TestCase):
    told = page = None

    @classmethod
    def setUpClass(cls):
        cls.told = known()
        cls.page = page_of(cls.told, "page")

    def setUp(self):
        self.open(self.page)

    def tearDown(self):
        self.assertEqual(browser.get_log("browser"), [])

    def open(self, page, width=1280, scheme="light"):
        screen(width, scheme)
        browser.get(page.as_uri())
        settled()

    def shown_range(self):
        settled()
        data = find("#range")
        return float(data.get_attribute("data-low")), float(data.get_attribute("data-high"))

    def press(self, *keys):
        find("#plot").send_keys(*keys)
        settled()

    def column(self, table, index):
        return [row.find_elements(By.TAG_NAME, "td")[index].text for row in find_all(f"#{table} tbody tr")]

    def choose(self, select, label):
        script("const [select, label] = arguments;"
               "select.value = [...select.options].find((option) => option.text.startsWith(label)).value;"
               "select.dispatchEvent(new Event('change'));", find(select), label)


class Shows(Page):
    def figure(self, name):
        return [part.text.replace("\u00a0", " ") for part in find_all(f'[data-figure="{name}"] dd')]

    def test_figures(self):
        told = self.told
        self.assertEqual(self.figure("arenas"), ["3", "of 2 names"])
        self.assertEqual(self.figure("allocations"), [exactly(told.allocations)])
        self.assertEqual(self.figure("bytes handed out")[1], exactly(told.bytes) + " B")
        self.assertEqual(self.figure("peak used")[1], exactly(told.peak_used) + " B")
        self.assertEqual(self.figure("peak reserved")[1], exactly(told.peak_reserved) + " B")
        self.assertEqual(self.figure("duration")[1], exactly(told.micros) + " \u00b5s")

    def test_names(self):
        names = dict(zip(self.column("names", 0), zip(*(self.column("names", i) for i in (2, 3, 8, 9, 10)))))
        self.assertEqual(names.pop("tree"), ("2", "202", "1", "0", "1"))
        (wicked, figures), = names.items()
        self.assertEqual(wicked, '</script><b id="in">&amp;\ufffd\ufffd("\\\u240a<!--')
        self.assertEqual(figures, ("1", "12", "0", "1", "0"))
        self.assertEqual(find_all("#in"), [])

    def test_blocks(self):
        blocks = dict(zip(self.column("blocks", 0), zip(*(self.column("blocks", i) for i in (1, 2, 3)))))
        self.assertEqual(blocks.pop("tree"), ("2", "2", "0"))
        self.assertEqual(list(blocks.values()), [("2", "2", "0")])

    def test_sizes(self):
        sizes = {row.find_elements(By.TAG_NAME, "td")[0].text.replace("\u00a0", " "): row for row in
                 find_all("#sizes tbody tr")}
        self.assertIn("200", sizes["16 to 31 B"].text.split())
        self.assertIn("12", sizes["512 to 1,023 B"].text.split())
        self.choose("#sizes-filter", "</script>")
        self.assertEqual(len(find_all("#sizes tbody tr")), 1)

    def test_sites(self):
        told = self.told
        self.assertEqual(self.column("sites", 0), ["intern", "parse"])
        self.assertEqual([cell.get_attribute("title").replace("\u00a0", " ")
                          for cell in find_all("#sites td:nth-child(2) span")],
                         [exactly(told.bytes_at(stack)) + " B" for stack in (2, 1)])

    def test_nothing_is_from_elsewhere(self):
        self.assertEqual(script("return performance.getEntriesByType('resource').length"), 0)
        self.assertNotRegex(self.page.read_text("utf-8"), r"(src|href)=\"?(https?:)?//")

    def test_empty(self):
        self.open(page_of(Known(), "empty"))
        self.assertEqual(self.figure("arenas")[0], "0")
        self.assertIn("no arenas", find("main").text)


class Zooms(Page):
    def setUp(self):
        super().setUp()
        self.whole = self.shown_range()

    def test_keys(self):
        self.assertEqual(self.whole, (0, self.told.micros))
        self.press("+")
        low, high = self.shown_range()
        self.assertEqual((low, high), (self.told.micros / 4, self.told.micros * 3 / 4))
        self.press(Keys.ARROW_RIGHT)
        self.assertGreater(self.shown_range()[0], low)
        self.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        self.assertLess(self.shown_range()[0], low)
        self.press("0")
        self.assertEqual(self.shown_range(), self.whole)
        self.press("+", "+", "-")
        self.assertEqual(self.shown_range(), (low, high))
        self.press(Keys.HOME)
        self.assertEqual(self.shown_range(), self.whole)

    def test_drag(self):
        ActionChains(browser).move_to_element_with_offset(find("#plot svg"), -100, 0).click_and_hold() \
            .move_by_offset(300, 0).release().perform()
        low, high = self.shown_range()
        self.assertGreater(low, 0)
        self.assertLess(high, self.told.micros)
        find("#whole").click()
        self.assertEqual(self.shown_range(), self.whole)

    def test_wheel(self):
        origin = ScrollOrigin.from_element(find("#plot svg"))
        ActionChains(browser).scroll_from_origin(origin, 0, -300).perform()
        low, high = self.shown_range()
        self.assertGreater(low, 0)
        self.assertLess(high, self.told.micros)
        ActionChains(browser).scroll_from_origin(origin, 0, 300).perform()
        ActionChains(browser).scroll_from_origin(origin, 0, 300).perform()
        self.assertEqual(self.shown_range(), self.whole)

    def test_buttons(self):
        find("#zoom-in").click()
        low, _ = self.shown_range()
        self.assertGreater(low, 0)
        find("#earlier").click()
        self.assertLess(self.shown_range()[0], low)
        find("#zoom-out").click()
        self.assertEqual(self.shown_range(), self.whole)

    def test_events(self):
        find("input[value=events]").click()
        self.assertEqual(self.shown_range(), (0, len(self.told.events) + 2))

    def test_values_by_key(self):
        self.press("p")
        self.assertIn(exactly(self.told.peak_used), find(".row-values").text)
        self.assertIn(exactly(self.told.peak_used), find("#spoken").get_attribute("textContent"))
        self.press(Keys.ESCAPE)
        self.assertEqual(find("#moment").text, "")
        self.press(Keys.SHIFT + Keys.ARROW_RIGHT)  # where the arenas are made
        self.assertIn("used 0 B, reserved 69,632 B", find(".row-values").text)
        self.press(Keys.SHIFT + Keys.ARROW_RIGHT)
        self.assertIn("used 24 B", find(".row-values").text)

    def test_falls(self):
        self.press("p", Keys.SHIFT + Keys.ARROW_RIGHT)
        falls = json.loads(script("return JSON.stringify(data.histories[0].falls)"))
        self.assertEqual([fall[2] for fall in falls], ["rewind", "reset", "destroy"])
        self.assertEqual(falls[1][3], 12000)

    def test_what_is_kept_of_a_long_trace(self):
        told, peak = long_one()
        page = page_of(told, "long")
        self.assertLess(page.stat().st_size, 1000000)
        self.open(page)
        count = script("return histories[0].lines.used.count")
        self.assertLess(count, 20000)
        self.assertGreater(count, 2000)
        self.press("p")
        self.assertIn(f"used {exactly(peak)} B", find(".row-values").text)
        self.assertIn(exactly(peak), find('[data-figure="peak used"]').text)
        self.press(*"++++++++++")
        low, high = self.shown_range()
        self.assertLess(high - low, 1000)
        self.assertIn(exactly(peak), find(".row-values").text)


class Tables(Page):
    def test_sort(self):
        self.assertEqual(find("#names th[aria-sort]").text, "peak used")
        find("#names th:nth-child(1) button").click()
        self.assertEqual(find("#names th:nth-child(1)").get_attribute("aria-sort"), "ascending")
        first = self.column("names", 0)
        find("#names th:nth-child(1) button").click()
        self.assertEqual(find("#names th:nth-child(1)").get_attribute("aria-sort"), "descending")
        self.assertEqual(self.column("names", 0), first[::-1])

    def test_sort_sites(self):
        find("#sites th:nth-child(4) button").click()
        self.assertEqual(self.column("sites", 3), ["201", "13"])
        find("#sites th:nth-child(4) button").click()
        self.assertEqual(self.column("sites", 3), ["13", "201"])

    def test_filter(self):
        self.choose("#sites-filter", "</script>")
        self.assertEqual(self.column("sites", 0), ["intern"])
        self.assertEqual(self.column("sites", 3), ["12"])
        self.choose("#sites-filter", "all arenas")
        self.assertEqual(len(self.column("sites", 0)), 2)

    def test_unfold(self):
        button = find("#sites .unfold")
        self.assertEqual(button.get_attribute("aria-expanded"), "false")
        button.send_keys(Keys.ENTER)
        self.assertEqual(self.column("sites", 0), ["intern", "parse", "main", "parse"])
        self.assertEqual(script("return document.activeElement.textContent"), "intern")
        find("#sites .unfold").send_keys(Keys.ENTER)
        self.assertEqual(len(self.column("sites", 0)), 2)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Looks(Page):
    def colour(self, selector, what):
        return script("return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, what)

    def test_nothing_overflows(self):
        for width in (390, 320, 768, 1280):
            self.open(self.page, width)
            while find_all("#sites .unfold[aria-expanded=false]"):
                find("#sites .unfold[aria-expanded=false]").click()
            self.assertLessEqual(script("return document.scrollingElement.scrollWidth"), width)
            self.assertLessEqual(script("return innerWidth"), width)

    def test_dark(self):
        light = self.colour("html", "backgroundColor")
        screen(1280, "dark")
        self.assertNotEqual(self.colour("html", "backgroundColor"), light)

    def test_contrast(self):
        for scheme in ("light", "dark"):
            screen(1280, scheme)
            paper = self.colour("html", "backgroundColor")
            for selector, what, least in (("body", "color", 7), (".soft", "color", 4.5), (".tick", "fill", 4.5),
                                          (".inner", "fill", 3), (".outer", "stroke", 3), (".fall", "fill", 3)):
                self.assertGreaterEqual(contrast(self.colour(selector, what), paper), least, (scheme, selector))

    def test_all_is_reached_by_tab(self):
        self.press("+")
        find("body").click()
        reached = set()
        for _ in range(60):
            ActionChains(browser).send_keys(Keys.TAB).perform()
            active = browser.switch_to.active_element
            reached.add(active.get_attribute("id") or active.get_attribute("class") or active.text)
            outline = script("return getComputedStyle(document.activeElement).outlineStyle")
            self.assertIn(outline, ("solid", "none") if active.tag_name == "body" else ("solid",))
        for what in ("plot", "zoom-in", "zoom-out", "earlier", "later", "whole", "one-scale", "sizes-filter",
                     "sites-filter", "unfold", "peak used"):
            self.assertIn(what, reached)

    def test_what_a_screen_reader_hears(self):
        plot = find("#plot")
        for attribute in ("aria-labelledby", "aria-describedby"):
            self.assertTrue(find("#" + plot.get_attribute(attribute)).text)
        for button in find_all("button"):
            self.assertTrue(button.get_attribute("aria-label") or button.get_attribute("textContent") or
                            not button.is_displayed())

    def test_printing(self):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.assertEqual(self.colour(".controls", "display"), "none")
        self.assertFalse(script("return document.scrollingElement.scrollWidth > innerWidth"))
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def main():
    global replay, work, browser
    replay, work = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        try:
            browser = start_browser(profile)
        except WebDriverException as error:
            print(f"skipped: chromium does not start: {error.msg}")
            sys.exit(77)
        try:
            good = unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()
        finally:
            browser.quit()
            time.sleep(0.5)  # it still writes into its profile
    sys.exit(not good)


if __name__ == "__main__":
    main()
