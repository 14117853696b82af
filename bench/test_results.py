"""Tests of bench/results.py and bench/tables.py with made-up results, and of bench/run with
programs that only print. Nothing is timed. Run by `python3 -m unittest discover -s bench`."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import tables  # noqa: E402
from results import Goal, Results, Spread, family, load, spread  # noqa: E402

MACHINE = {"cpu": "a cpu", "cores": 2, "kernel": "a kernel", "glibc": "glibc 2", "compiler": "cc",
           "thp": "madvise", "load": 0.1}


def rounds(workload, peer, kind, values, **counters):
    return [{"workload": workload, "peer": peer, "kind": kind, "round": index, "ns": value,
             "faults": 1, "peak_kb": None, "counters": counters}
            for index, value in enumerate(values)]


def results_of(*series, failures=(), **more):
    measurements = [entry for entries in series for entry in entries]
    return Results({"date": "today", "machine": dict(MACHINE), "missing": [], "programs": [],
                    "failures": list(failures), "measurements": measurements, **more})


def printed(show, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        show(*arguments)
    return output.getvalue()


class Statistics(unittest.TestCase):
    def test_quartiles_are_inclusive(self):
        self.assertEqual(spread([5, 1, 4, 2, 3]), Spread(2, 3, 4))
        self.assertEqual(spread([7]), Spread(7, 7, 7))
        self.assertIsNone(spread([]))

    def test_family_is_the_name_without_the_setting(self):
        self.assertEqual(family("obstack, malloc raised"), "obstack")
        self.assertEqual(family("APR pools +thp"), "APR pools")
        self.assertEqual(family("std::pmr::monotonic"), "std::pmr::monotonic")

    def test_ratio_pairs_values_of_one_round(self):
        results = results_of(rounds("hot/typed", "arena", "ours", [1, 2, 10]),
                             rounds("hot/typed", "malloc", "peer", [3, 6, 30]))
        self.assertEqual(results.ratio("hot/typed", "malloc"), Spread(3, 3, 3))

    def test_rounds_without_a_partner_are_left_out(self):
        results = results_of(rounds("hot/typed", "arena", "ours", [1]),
                             rounds("hot/typed", "malloc", "peer", [3, 100]))
        self.assertEqual(results.ratio("hot/typed", "malloc").median, 3)


class Ranking(unittest.TestCase):
    def setUp(self):
        self.results = results_of(
            rounds("hot/typed", "arena", "ours", [2]),
            rounds("hot/typed", "bumpalo", "peer", [3]),
            rounds("hot/typed", "obstack", "peer", [10]),
            rounds("hot/typed", "obstack, malloc raised", "peer", [8]),
            rounds("hot/typed", "obstack, whole budget", "tuned", [1]),
            rounds("hot/typed", "register", "limit", [1.6]),
            rounds("hot/typed", "loop", "limit", [1.8]))

    def test_a_family_is_ranked_by_its_best_setting(self):
        ranked = [entry.peer for entry in self.results.ranked("hot/typed")]
        self.assertEqual(ranked, ["bumpalo", "obstack, malloc raised"])

    def test_the_lowest_limit_counts(self):
        limit = self.results.limit("hot/typed")
        self.assertEqual((limit.peer, limit.ratio.median), ("register", 1.25))

    def test_goals_take_the_best_that_matches(self):
        outcome = self.results.outcome(Goal("hot/typed", "peer", "(?!bumpalo).*", 3.0, ""))
        self.assertEqual((outcome.value, outcome.of), (4, "obstack, malloc raised"))
        self.assertTrue(outcome.reached)
        self.assertFalse(self.results.outcome(Goal("hot/typed", "peer", ".*", 1.6, "")).reached)
        self.assertTrue(self.results.outcome(Goal("hot/typed", "limit", "reg.*", 1.3, "")).reached)
        self.assertFalse(self.results.outcome(Goal("hot/typed", "limit", "reg.*", 1.2, "")).reached)

    def test_what_was_not_measured_has_no_outcome(self):
        self.assertIsNone(self.results.outcome(Goal("hot/typed", "peer", "APR.*", 1, "")))
        self.assertIsNone(self.results.outcome(Goal("fresh/1M", "peer", ".*", 1, "")))
        self.assertIsNone(self.results.outcome(Goal("hot/typed", "overhead", "", 1, "")))

    def test_a_peer_that_failed_is_not_ranked(self):
        failure = {"workload": "hot/typed", "peer": "bumpalo", "kind": "peer", "reason": "SIGSEGV"}
        results = results_of(rounds("hot/typed", "arena", "ours", [2]),
                             rounds("hot/typed", "bumpalo", "peer", [3]), failures=[failure])
        self.assertEqual(results.ranked("hot/typed"), [])
        self.assertIn("failed", printed(tables.print_matrix, results))


class OtherGoals(unittest.TestCase):
    def test_memory_is_compared_by_bytes_taken(self):
        results = results_of(rounds("memory/1KB", "arena", "ours", [5], payload=1000, taken=5000),
                             rounds("memory/1KB", "malloc", "peer", [5], payload=1000, taken=6000))
        self.assertEqual(results.ratio("memory/1KB", "malloc").median, 1.2)
        self.assertEqual(results.outcome(Goal("memory/1KB", "extra", "", 4096, "")).value, 4000)
        self.assertEqual(results.outcome(Goal("memory/1KB", "overhead", "", 9, "")).value, 5)

    def test_our_times_are_compared_with_each_other(self):
        results = results_of(rounds("threads/small/1", "arena", "ours", [2]),
                             rounds("threads/small/2", "arena", "ours", [1]))
        scaling = results.outcome(Goal("threads/small/2", "scaling", "threads/small/1", 1.9, ""))
        self.assertEqual((scaling.value, scaling.reached), (2, True))
        growth = results.outcome(Goal("threads/small/2", "growth", "threads/small/1", None, ""))
        self.assertEqual((growth.value, growth.reached), (0.5, None))

    def test_parsers_compare_malloc_with_each_way_to_use_an_arena(self):
        results = results_of(*(rounds("parse/cJSON", peer, "parser", [value]) for peer, value in (
            ("malloc", 6), ("fresh", 3), ("reused", 2), ("malloc-first", 9), ("arena-first", 10))))
        ratios = {name: results.ranked(name)[0].ratio.median for name in results.workloads()}
        self.assertEqual(ratios, {"parse/cJSON/first": 0.9, "parse/cJSON/fresh": 2,
                                  "parse/cJSON/reused": 3})

    def test_of_several_workloads_the_furthest_from_the_goal_counts(self):
        results = results_of(*(rounds(f"parse/{name}", peer, "parser", [value])
                               for name, peer, value in (("a", "malloc", 2), ("a", "fresh", 1),
                                                         ("b", "malloc", 3), ("b", "fresh", 4))))
        outcome = results.outcome(Goal("parse/.*/fresh", "peer", ".*", 1.0, ""))
        self.assertEqual((outcome.value, outcome.of, outcome.reached),
                         (0.75, "parse/b/fresh", False))


class Tables(unittest.TestCase):
    def test_numbers_are_short(self):
        values = (0.123, 9.994, 9.996, 99.96, 9999, 12345, 2.5e6)
        self.assertEqual([tables.factor(value) for value in values],
                         ["0.12", "9.99", "10.0", "100", "9999", "12k", "2.5M"])
        self.assertEqual(tables.amount("hot/typed", 0.361), "0.36 ns")
        self.assertEqual(tables.amount("teardown/8M", 1234567), "1.23 ms")
        self.assertEqual(tables.amount("memory/1KB", 980), "980 B")

    def test_long_names_keep_their_star(self):
        self.assertEqual(tables.short("obstack, malloc raised", 20), "obstack*")
        self.assertEqual(tables.short("LLVM BumpPtrAllocator, malloc raised", 10), "LLVM Bum~*")

    def test_everything_fits_a_hundred_columns(self):
        cases = [f"{group}/case-{index}" for group in ("hot", "fresh", "calloc", "teardown")
                 for index in range(5)]
        peers = [("arena", "ours", 1), ("register", "limit", 0.9), ("x" * 40, "peer", 12345678),
                 ("y" * 40 + ", malloc raised", "peer", 5)]
        results = results_of(*(rounds(case, peer, kind, [value] * 3, huge_kb=0)
                               for case in cases for peer, kind, value in peers))
        text = printed(tables.report, results)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertEqual(len(text.splitlines()), len(text.rstrip().splitlines()))

    def test_missing_packages_are_one_line_to_type(self):
        packages = {"B": "libb-dev liba-dev", "C": "libb-dev", "D": None}
        missing = [{"peer": peer, "package": package} for peer, package in packages.items()]
        text = printed(tables.print_missing, missing)
        self.assertIn("B, C, D", text)
        self.assertIn("    apt-get install liba-dev libb-dev\n", text)

    def test_too_few_huge_pages_are_said(self):
        few = results_of(rounds("fresh/1M", "arena", "ours", [1], huge_kb=2048))
        enough = results_of(rounds("fresh/1M", "arena", "ours", [1], huge_kb=30720))
        self.assertIn("short of them", printed(tables.print_huge_pages, few))
        self.assertNotIn("short of them", printed(tables.print_huge_pages, enough))


# Prints what Google Benchmark would: NAMES are its benchmarks, NS the time of each item.
FAKE = """#!/bin/sh
case "$*" in
*list_tests*) printf '%s\\n' $NAMES; exit ;;
*typed*) [ "${CRASH-}" ] && kill -SEGV $$; [ "${HANG-}" ] && exec sleep 60 ;;
*mixed8*) [ "${ERROR-}" ] && { echo '{"benchmarks": [{"error_occurred": true,
    "error_message": "no memory"}]}'; exit; } ;;
esac
echo '{"benchmarks": [{"name": "it", "threads": 1, "iterations": 9, "huge_kb": 4,
    "items_per_second": '"$RATE"'}]}'
"""


class Run(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        fake = self.directory / "fake"
        fake.write_text(FAKE, encoding="utf-8")
        fake.chmod(0o755)
        self.found = []
        self.add("arena", "ours", 2e9)

    def add(self, peer, kind, rate, names="hot/typed hot/mixed8/iterations:3/real_time", **env):
        env = {"RATE": f"{rate:f}", "NAMES": names, **env}
        self.found.append({"peer": peer, "program": "fake", "env": env, "kind": kind})

    def run_all(self, *options):
        programs = self.directory / "programs.json"
        programs.write_text(json.dumps({"found": self.found, "missing": []}), encoding="utf-8")
        self.output = self.directory / "new" / "results.json"
        return subprocess.run(
            [sys.executable, HERE / "run", "--programs", programs, "--output", self.output,
             "--rounds", "2", *options], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    def test_results_are_saved_and_printed(self):
        self.add("obstack", "peer", 1e9)
        self.add("cJSON", "parser", 1e6, "parse/cJSON/malloc parse/cJSON/fresh")
        done = self.run_all()
        self.assertEqual(done.returncode, 0, done.stderr)
        data = load(self.output)
        results = Results(data)
        self.assertEqual(results.workloads(), ["hot/typed", "hot/mixed8", "parse/cJSON/fresh"])
        self.assertEqual(results.ratio("hot/mixed8", "obstack"), Spread(2, 2, 2))
        self.assertEqual(data["measurements"][0]["counters"], {"huge_kb": 4})
        again = subprocess.run([sys.executable, HERE / "run", "--table", self.output],
                               capture_output=True, text=True, check=True)
        self.assertEqual(again.stdout, done.stdout)

    def test_failures_are_said_and_the_run_goes_on(self):
        self.add("crashing", "peer", 1e9, CRASH="1")
        self.add("hanging", "peer", 1e9, HANG="1")
        self.add("refusing", "peer", 1e9, ERROR="1")
        self.found.append({"peer": "absent", "program": "nothing", "env": {}, "kind": "peer"})
        done = self.run_all("--timeout", "1")
        self.assertEqual(done.returncode, 1, done.stderr)
        reasons = {(entry["workload"], entry["peer"]): entry["reason"]
                   for entry in load(self.output)["failures"]}
        self.assertEqual(reasons, {
            ("hot/typed", "crashing"): "killed by SIGSEGV", ("hot/mixed8", "refusing"): "no memory",
            ("hot/typed", "hanging"): "no end after 1 s",
            ("", "absent"): "cannot be started: No such file or directory"})
        self.assertIn("FAILED: crashing: killed by SIGSEGV, in hot/typed", done.stdout)

    def test_workloads_and_peers_can_be_chosen(self):
        self.add("obstack", "peer", 1e9)
        self.add("malloc", "peer", 1e8)
        self.assertEqual(self.run_all("--only", "typed", "--peers", "^mal").returncode, 0)
        chosen = {(entry["workload"], entry["peer"])
                  for entry in load(self.output)["measurements"]}
        self.assertEqual(chosen, {("hot/typed", "arena"), ("hot/typed", "malloc")})

    def test_a_missing_list_is_a_plain_message(self):
        done = subprocess.run([sys.executable, HERE / "run", "--programs", "/nowhere.json"],
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("Traceback", done.stderr)
        self.assertIn("/nowhere.json", done.stderr)


if __name__ == "__main__":
    unittest.main()
