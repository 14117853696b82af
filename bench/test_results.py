"""Tests of bench/results.py and bench/tables.py with made-up results, and of bench/run with
programs that only print. Nothing is timed. Run by `python3 -m unittest discover -s bench`."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import documents  # noqa: E402
import tables  # noqa: E402
from results import Goal, Results, Spread, family, load, spread  # noqa: E402


def program(name):
    """A program without an ending, as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


run = program("run")

MACHINE = {"cpu": "a cpu", "cores": 2, "kernel": "a kernel", "glibc": "glibc 2", "compiler": "cc",
           "thp": "madvise", "others": 0.1}


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

    def test_fewer_than_five_rounds_have_no_quartiles(self):
        self.assertEqual(spread([9, 1, 2, 3]), Spread(1, 2.5, 9))
        few, many = ([2 + index for index in range(count)] for count in (4, 5))
        shown = [printed(tables.print_summary, results_of(
            rounds("hot/typed", "arena", "ours", [1] * len(values)),
            rounds("hot/typed", "malloc", "peer", values))) for values in (few, many)]
        self.assertIn("[2.00-5.00]", shown[0])
        self.assertIn("(3.00-5.00)", shown[1])
        self.assertIsNone(spread([]))

    def test_family_is_the_name_without_the_setting(self):
        self.assertEqual(family("obstack, malloc raised"), "obstack")
        self.assertEqual(family("APR pools +thp"), "APR pools")
        self.assertEqual(family("std::pmr::monotonic"), "std::pmr::monotonic")
        self.assertEqual(family("LLVM, 512K, malloc raised"), "LLVM")
        self.assertEqual(family("mimalloc heap"), family("mimalloc"))

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


class Teardown(unittest.TestCase):
    """Three peers: one keeps the memory, one gives it back, one does as its malloc does."""

    def setUp(self):
        self.results = results_of(
            rounds("teardown/1M", "arena", "ours", [2], kept=1.0),
            rounds("teardown/1M", "malloc", "peer", [800], kept=1.2),
            rounds("teardown/1M", "bumpalo", "peer", [400], kept=0.2),
            rounds("teardown/1M", "bumpalo, malloc raised", "peer", [4], kept=1.0),
            rounds("teardown/1M", "obstack", "peer", [600], kept=0.0))

    def names(self, keeps):
        return [entry.peer for entry in self.results.ranked("teardown/1M", keeps=keeps)]

    def test_who_keeps_memory_is_measured(self):
        self.assertEqual(self.names(True), ["bumpalo, malloc raised", "malloc"])
        self.assertEqual(self.names(False), ["bumpalo", "obstack"])
        self.assertEqual(self.names(None), ["bumpalo, malloc raised", "obstack", "malloc"])

    def test_both_kinds_have_a_row(self):
        text = printed(tables.print_summary, self.results)
        self.assertRegex(text, r"teardown/1M +2.00 ns +200 .*bumpalo +300 obstack\n")
        self.assertRegex(text, r"teardown/1M kept +2.00 ns +2.00 .*bumpalo\* +400 malloc\n")
        text = documents.workloads(self.results)
        self.assertIn(", given back | 2.00 ns | 200 bumpalo | 300 obstack | - |\n", text)
        self.assertIn(", kept | 2.00 ns | 2.00 bumpalo* | 400 malloc | 400 |\n", text)

    def test_a_goal_can_be_about_a_peer_as_it_comes(self):
        outcome = self.results.outcome(Goal("teardown/1M", "plain", "bumpalo", 100, ""))
        self.assertEqual((outcome.value, outcome.reached), (200, True))


class Disturbances(unittest.TestCase):
    def test_a_malloc_that_gives_back_what_it_should_keep_is_said(self):
        series = [rounds("steady/destroy", "arena", "ours", [1], faults=0),
                  rounds("steady/destroy", "bumpalo", "peer", [9], faults=90000),
                  rounds("steady/destroy", "bumpalo, malloc raised", "peer", [8], faults=20)]
        self.assertNotIn("WARNING", printed(tables.print_notes, results_of(*series)))
        series.append(rounds("steady/destroy", "obstack, malloc raised", "peer", [8], faults=90000))
        text = printed(tables.print_notes, results_of(*series))
        self.assertIn("WARNING: steady/destroy: obstack, malloc raised has 90000 page faults", text)
        self.assertNotIn("bumpalo", text)

    def test_repeats_are_counted(self):
        series = rounds("hot/typed", "arena", "ours", [1, 1, 1])
        self.assertNotIn("repeated", printed(tables.print_notes, results_of(series)))
        series[0].update(repeats=2, disturbed=True)
        series[1].update(repeats=1, disturbed=False)
        text = " ".join(printed(tables.print_notes, results_of(series)).split())
        self.assertIn("2 of 3 measurements were repeated, 3 times in all; 1 stayed disturbed", text)

    def test_who_waited_for_the_core_was_disturbed(self):
        def figures(switches, waited, seconds=0.1):
            return {"switches": switches, "waited": waited, "seconds": seconds}
        self.assertFalse(run.disturbed("hot/typed", figures(0, 0.05)))  # it slept by itself
        self.assertFalse(run.disturbed("hot/typed", figures(30, 0.001)))
        self.assertTrue(run.disturbed("hot/typed", figures(30, 0.05)))
        self.assertFalse(run.disturbed("hot/typed", figures(30, 0.05, seconds=2)))
        self.assertFalse(run.disturbed("threads/large/2", figures(30, 0.05)))
        self.assertTrue(run.disturbed("threads/large/2", figures(30, 0.1)))


    def test_others_get_time_to_end(self):
        seen = [2.0, 1.0, 0.2, 0.0]
        with mock.patch.object(run, "others_running", lambda: seen.pop(0)), \
                contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(run.wait_for_others(20), 0.2)
            seen[:] = [3.0, 0.0]
            self.assertEqual(run.wait_for_others(0), 3.0)


class Rounds(unittest.TestCase):
    def test_ratios_that_are_goals_have_five_rounds(self):
        names = list(documents.ROWS) + [f"parse/{name}/{case}" for name in documents.PARSERS
                                        for case in ("fresh", "reused")]
        for goal in tables.GOALS:
            if goal.factor is None or goal.workloads.startswith("memory/"):
                continue  # bytes are the same each time
            matching = [name for name in names if re.fullmatch(goal.workloads, name)]
            self.assertTrue(matching, goal.workloads)
            for name in matching:
                plan = next(plan for plan in run.PLANS if re.fullmatch(plan.workloads, name))
                self.assertGreaterEqual(plan.rounds, 5, name)

    def test_none_has_fewer_than_three(self):
        self.assertGreaterEqual(min(plan.rounds for plan in run.PLANS), 3)


class Documents(unittest.TestCase):
    def setUp(self):
        self.results = results_of(
            rounds("hot/typed", "arena", "ours", [2]), rounds("hot/typed", "mimalloc", "peer", [8]),
            rounds("hot/typed", "mimalloc heap", "peer", [6]),
            rounds("hot/typed", "malloc", "peer", [12]),
            rounds("hot/typed", "malloc, malloc raised", "peer", [10]),
            rounds("hot/typed", "LLVM BumpPtrAllocator, 512K, malloc raised", "peer", [9]),
            rounds("hot/typed", "malloc, malloc +thp", "tuned", [3]),
            rounds("hot/typed", "register", "limit", [1]),
            rounds("memory/300KB", "arena", "ours", [1], payload=100, taken=200),
            rounds("memory/300KB", "mimalloc", "peer", [1], payload=100, taken=120),
            rounds("memory/300KB", "mimalloc heap", "peer", [1], payload=100, taken=110),
            rounds("parse/Lua", "fresh", "parser", [2]),
            rounds("parse/Lua", "reused", "parser", [3]),
            rounds("parse/Lua", "malloc", "parser", [6]),
            rounds("parse/Lua", "malloc, malloc raised", "parser", [5]))

    def test_the_better_form_of_a_peer_counts(self):
        self.assertIn("| an object of 32 bytes | 2.00 ns | - | 4.50* | - | - | 3.00 | 5.00* |\n",
                      documents.overview(self.results))
        self.assertIn("| 2.00 ns | 3.00 mimalloc heap | 4.50 LLVM BumpPtrAllocator* | 5.00* |\n",
                      documents.workloads(self.results))
        self.assertIn("| mimalloc | - | - | 1.10 | - | - | - |", documents.memory(self.results))
        self.assertIn("| Lua | 2.50*, 1.67* | -, - | -, - | - |", documents.parsers(self.results))

    def test_limits_and_huge_pages_have_tables(self):
        self.assertIn("| register | 1.00 ns | 2.00 |", documents.limits(self.results))
        self.assertIn("| malloc |\n", documents.on_huge_pages(self.results))
        self.assertIn("| 1.50 |\n", documents.on_huge_pages(self.results))

    def test_settings_of_one_program_have_one_size(self):
        sizes = [{"peer": peer, "bytes": 9, "executed": executed, "inlined": True}
                 for peer, executed in (("LLVM", 4.0), ("LLVM, 512K", 4.0), ("arena", 6.0))]
        self.assertEqual(documents.code(sizes).splitlines()[2:],
                         ["| this library | 9 | 6 | yes |", "| LLVM | 9 | 4 | yes |"])


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

    def test_short_tables_have_whole_names_without_the_setting(self):
        self.assertEqual([tables.without_setting(peer) for peer in (
            "std::pmr monotonic, malloc raised", "LLVM BumpPtrAllocator, 512K, malloc raised",
            "protobuf Arena, own first block")],
                         ["std::pmr monotonic*", "LLVM*", "protobuf Arena"])

    def test_memory_has_tables_of_its_own(self):
        results = results_of(
            rounds("hot/typed", "arena", "ours", [1]), rounds("hot/typed", "malloc", "peer", [2]),
            rounds("memory/map", "arena", "ours", [1], taken=66, payload=31),
            rounds("memory/map", "std", "peer", [1], taken=99, payload=31))
        text = printed(tables.print_matrix, results)
        times, _, memory = text.partition("Every peer: the memory")
        self.assertIn("malloc", times)
        self.assertNotIn("std", times.partition("typed")[2])
        self.assertRegex(memory, r"arena +66 B\nstd +1.50\n")
        text = printed(tables.print_summary, results)
        self.assertLess(text.index("Ratios: the memory"), text.index("memory/map"))
        self.assertLess(text.index("memory/map"), text.index("Ratios: the time"))

    def test_groups_with_other_peers_are_apart(self):
        results = results_of(rounds("hot/typed", "arena", "ours", [1]),
                             rounds("hot/typed", "malloc", "peer", [2]),
                             rounds("map/find", "arena", "ours", [1]),
                             rounds("map/find", "std", "peer", [2]))
        self.assertEqual(len(list(tables.blocks(results, tables.NOT_MEMORY))), 2)
        self.assertNotRegex(printed(tables.print_matrix, results), r"(std|malloc).* -")

    def test_limits_are_in_one_direction(self):
        results = results_of(rounds("hot/typed", "arena", "ours", [3]),
                             rounds("hot/typed", "register", "limit", [2]))
        text = printed(tables.report, results)
        self.assertRegex(text, r"hot/typed +limit: a bump in a register +<= 1.30 +1.50 +SHORT")
        self.assertRegex(text, r"hot/typed +3.00 ns +1.50\n")
        self.assertNotIn("0.67", text)
        self.assertIn("docs/performance.md", text)

    def test_parsers_are_compared_with_each_malloc(self):
        series = [rounds("parse/Lua", peer, "parser", [value]) for peer, value in (
            ("malloc", 6), ("malloc, malloc raised", 5), ("jemalloc", 4), ("fresh", 2))]
        text = printed(tables.print_parsers, results_of(*series))
        self.assertRegex(text, r"ours +malloc +jemalloc +mimalloc\n")
        self.assertRegex(text, r"Lua/fresh +2.00 ns +2.50\* +2.00 +-\n")

    def test_a_partial_run_does_not_list_what_it_left_out(self):
        series = rounds("hot/typed", "arena", "ours", [1]), rounds("hot/typed", "bumpalo", "peer", [2])
        missing = [{"peer": "B", "package": "libb-dev"}]
        self.assertNotIn("Not measured", printed(tables.report, results_of(
            *series, partial=True, missing=missing)))
        self.assertEqual(printed(tables.report, results_of(
            *series, missing=missing)).count("Not measured"), 2)

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

    def test_first_fills_name_the_mode_of_huge_pages(self):
        results = results_of(*(rounds(f"fresh/{case}", "arena", "ours", [1])
                               for case in ("20k", "1M", "8M")))
        self.assertIn("- fresh, THP madvise -", printed(tables.print_matrix, results))

    def test_missing_packages_are_one_line_to_type(self):
        packages = {"B": "libb-dev liba-dev", "C": "libb-dev", "D": None}
        missing = [{"peer": peer, "package": package} for peer, package in packages.items()]
        text = printed(tables.print_missing, missing)
        self.assertIn("B, C, D", text)
        self.assertIn("    apt-get install liba-dev libb-dev\n", text)

    def test_too_few_huge_pages_are_said(self):
        few = results_of(rounds("fresh/1M", "arena", "ours", [1], huge_kb=2048))
        enough = results_of(rounds("fresh/1M", "arena", "ours", [1], huge_kb=47104))
        self.assertIn("short of them", printed(tables.print_huge_pages, few))
        self.assertEqual("fresh/1M: 46 MiB of huge pages for 42.0 MiB of objects\n",
                         printed(tables.print_huge_pages, enough))


class CodeSize(unittest.TestCase):
    def test_programs_without_the_function_are_left_out(self):
        code_size = program("code-size")
        code_size.find_parts = lambda path: [(0, 1)] if "peer" in path.name else []
        entries = [{"peer": peer, "program": name, "kind": kind} for peer, name, kind in (
            ("arena", "bin/peer-arena", "ours"), ("arena", "bin/containers-arena", "ours"),
            ("obstack", "bin/peer-obstack", "peer"), ("obstack, 2M", "bin/peer-obstack", "peer"),
            ("register", "bin/limit", "limit"))]
        for peers in ([], ["arena", "obstack"]):
            chosen = code_size.choose(entries, peers, pathlib.Path("/"))
            self.assertEqual([entry["program"] for entry in chosen],
                             ["bin/peer-arena", "bin/peer-obstack"])
        for peers in (["register"], ["nosuch"]):
            with self.assertRaises(SystemExit):
                code_size.choose(entries, peers, pathlib.Path("/"))


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

    def run_all(self, *options, **env):
        programs = self.directory / "programs.json"
        programs.write_text(json.dumps({"found": self.found, "missing": []}), encoding="utf-8")
        self.output = self.directory / "new" / "results.json"
        return subprocess.run(
            [sys.executable, HERE / "run", "--programs", programs, "--output", self.output,
             "--rounds", "2", *options], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **env})

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

    def test_an_allocator_of_the_user_does_not_reach_a_program(self):
        self.add("malloc", "peer", 1e9, GLIBC_TUNABLES="glibc.malloc.mmap_max=0")
        fake = self.directory / "fake"
        fake.write_text(FAKE.replace("esac", "esac\nenv >>\"$0.env\""), encoding="utf-8")
        self.run_all("--only", "typed", GLIBC_TUNABLES="glibc.malloc.hugetlb=1", ARENA_TUNE="9",
                     MALLOC_ARENA_MAX="9", MIMALLOC_PAGE_RESET="9", BENCHMARK_FILTER="no", LANG="C")
        seen = set((self.directory / "fake.env").read_text(encoding="utf-8").split())
        self.assertEqual({line for line in seen if run.FOREIGN.fullmatch(line.partition("=")[0])},
                         {"GLIBC_TUNABLES=glibc.malloc.mmap_max=0"})
        self.assertIn("LANG=C", seen)

    def test_what_a_measurement_took_is_recorded(self):
        self.run_all("--only", "typed")
        entry = load(self.output)["measurements"][0]
        self.assertLessEqual({"seconds", "switches", "waited", "repeats", "disturbed"}, set(entry))
        done = subprocess.run([sys.executable, HERE / "run", "--markdown", self.output],
                              capture_output=True, text=True, check=True)
        self.assertIn("| an object of 32 bytes | 0.50 ns |", done.stdout)

    def test_a_partial_run_leaves_a_complete_one_alone(self):
        shutil.copytree(HERE, self.directory / "bench", ignore=shutil.ignore_patterns("*.cpp"))
        build = self.directory / "build/bench"
        build.mkdir(parents=True)
        (build / "results.json").write_text("complete", encoding="utf-8")
        self.found[0]["program"] = "../../fake"
        (build / "programs.json").write_text(json.dumps({"found": self.found, "missing": []}),
                                             encoding="utf-8")
        done = subprocess.run([sys.executable, self.directory / "bench/run", "--rounds", "1"],
                              capture_output=True, text=True, check=True)
        self.assertEqual((build / "results.json").read_text(encoding="utf-8"), "complete")
        self.assertTrue(load(build / "partial.json")["partial"])
        self.assertIn(f"Results are in {build / 'partial.json'}.", done.stderr)

    def test_what_matches_nothing_is_an_error_before_anything_is_written(self):
        for option, text in (("--only", "no workload matches 'nosuch'"),
                             ("--peers", "no allocator matches 'nosuch'")):
            done = self.run_all(option, "nosuch")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, f"bench/run: {text}\n")
            self.assertFalse(self.output.exists())

    def test_options_without_sense_are_refused(self):
        for option, value in (("--only", "("), ("--peers", "["), ("--rounds", "0"),
                              ("--timeout", "0"), ("--timeout", "nan")):
            done = self.run_all(option, value)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"argument {option}: '{value}'", done.stderr)

    def test_a_file_that_holds_no_results_is_named(self):
        wrong = self.directory / "wrong.json"
        for content in ("x", "3", "{}", '{"measurements": 3}', '{"date": 1, "machine": {}, '
                        '"missing": [], "measurements": [{}]}'):
            wrong.write_text(content, encoding="utf-8")
            done = subprocess.run([sys.executable, HERE / "run", "--table", wrong],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.stderr, f"bench/run: {wrong} holds no results of bench/run\n")
        done = subprocess.run([sys.executable, HERE / "run", "--markdown", "/nowhere.json"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "bench/run: /nowhere.json: No such file or directory\n")

    def test_a_missing_list_is_a_plain_message(self):
        done = subprocess.run([sys.executable, HERE / "run", "--programs", "/nowhere.json"],
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("Traceback", done.stderr)
        self.assertIn("/nowhere.json", done.stderr)


if __name__ == "__main__":
    unittest.main()
