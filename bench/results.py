"""The results of bench/run: reading them, and what both bench/run and bench/plot derive from them.

A *workload* has a value for each *peer* and round: nanoseconds per item, or for memory/* the bytes
taken from the system. A peer's *ratio* is its value divided by ours in the same round, so above 1
ours is better. `NAME, VARIANT` and `NAME +thp` are *settings* of one *family*, NAME, and its best
setting is what a family is judged by; so are two ways to use one library.
"""

import json
import re
import statistics
from collections import namedtuple

Spread = namedtuple("Spread", "low median high")
Ranked = namedtuple("Ranked", "peer ratio")
Goal = namedtuple("Goal", "workloads measure against factor text")
Outcome = namedtuple("Outcome", "value of reached")

# What parse/NAME measures under each last part of a benchmark's name: the comparisons that it takes
# part in, as whom. One run with malloc is what both ways to use an arena are compared with; another
# malloc in its place takes part in the same.
PARSES = {
    "malloc": (("fresh", "malloc", "peer"), ("reused", "malloc", "peer")),
    "fresh": (("fresh", "arena", "ours"),),
    "reused": (("reused", "arena", "ours"),),
    "malloc-first": (("first", "malloc", "peer"),),
    "arena-first": (("first", "arena", "ours"),),
}


# From so many values on a spread has quartiles; of fewer the smallest and the largest tell more.
QUARTILES_FROM = 5

# A library that can be used in two ways is one family.
WAYS = {"mimalloc heap": "mimalloc"}

# A teardown that leaves less than this part of the memory in place has given some of it back.
KEPT = 0.8

# Page faults in a round from which on a malloc that should keep all does not: 1 % of the pages.
FAULTS = 900


def spread(values):
    """The median between the quartiles, or between the ends; None if there are no values."""
    values = list(values)
    if len(values) < QUARTILES_FROM:
        return Spread(min(values), statistics.median(values), max(values)) if values else None
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def family(peer):
    """The name without what is said about the setting."""
    name = re.sub(r"(, .*|\s*\+thp.*)$", "", peer)
    return WAYS.get(name, name)


def is_raised(peer):
    """Whether it is measured on a malloc that is to give nothing back."""
    return "malloc raised" in peer or "+thp" in peer


def comparisons(workload, peer, kind):
    """Each workload, peer and kind that a measurement counts for."""
    if kind != "parser":
        return [(workload, peer, kind)]
    part, comma, setting = peer.partition(", ")
    base, first, _ = part.partition("-first")
    if part in PARSES:
        roles = PARSES[part]
    elif first:
        roles = (("first", base, "peer"),)
    else:
        roles = (("fresh", part, "peer"), ("reused", part, "peer"))
    return [(f"{workload}/{case}", name + comma + setting, role) for case, name, role in roles]


def value_of(measurement):
    if measurement["workload"].startswith("memory/"):
        return measurement["counters"].get("taken")
    return measurement["ns"]


class Series:
    """What one peer did in one workload."""

    def __init__(self, kind):
        self.kind = kind
        self.values = {}
        self.counters = {}
        self.failure = None

    def add(self, measurement):
        value = value_of(measurement)
        if value is not None:
            self.values[measurement["round"]] = value
        for name, count in measurement["counters"].items():
            self.counters.setdefault(name, []).append(count)


# What a goal can be about, where more is better.
AT_LEAST = ("peer", "plain", "scaling")


class Results:
    def __init__(self, data):
        self.data = data
        self.series = {}
        for measurement in data["measurements"]:
            for series in self._all_of(measurement):
                series.add(measurement)
        # What failed in any round has no figures at all: half of a comparison is none.
        for failure in filter(lambda entry: entry["workload"], data.get("failures", [])):
            for series in self._all_of(failure):
                series.failure = failure["reason"]
                series.values.clear()
                series.counters.clear()

    def _all_of(self, entry):
        for workload, peer, kind in comparisons(entry["workload"], entry["peer"], entry["kind"]):
            yield self.series.setdefault(workload, {}).setdefault(peer, Series(kind))

    def workloads(self, pattern=".*"):
        """In the order of the run; then parsers by name, in as far as they can use an arena."""
        names = [name for name in self.series if re.fullmatch(pattern, name)]
        parses = [name for name in names if name.startswith("parse/")]
        return ([name for name in names if name not in parses]
                + sorted(name for name in parses if self.ours(name)))

    def peers(self, workload, *kinds):
        return [name for name, series in self.series[workload].items() if series.kind in kinds]

    def get(self, workload, peer):
        return self.series.get(workload, {}).get(peer)

    def ours(self, workload):
        """Our name in this workload; of several settings the plain one."""
        return min(self.peers(workload, "ours"), key=len, default=None)

    def value(self, workload, peer):
        series = self.get(workload, peer)
        return spread(series.values.values()) if series else None

    def counter(self, workload, peer, name):
        series = self.get(workload, peer)
        values = series.counters.get(name) if series else None
        return statistics.median(values) if values else None

    def ratios(self, workload, peer, base=None):
        """The peer's values divided by ours, or by those of `base`, round by round."""
        above = self.get(workload, peer)
        below = self.get(workload, base or self.ours(workload))
        if not above or not below:
            return []
        return [value / below.values[index] for index, value in above.values.items()
                if below.values.get(index)]

    def ratio(self, workload, peer, base=None):
        return spread(self.ratios(workload, peer, base))

    def keeps(self, workload, peer):
        """Whether a teardown leaves the memory in place; None where that was not measured."""
        kept = self.counter(workload, peer, "kept")
        return None if kept is None else kept >= KEPT

    def ranked(self, workload, pattern=".*", kinds=("peer",), keeps=None):
        """The best setting of each family whose name matches, the fastest family first; of
        settings that keep memory or give it back only those, if so asked."""
        best = {}
        for peer in self.peers(workload, *kinds):
            ratio = self.ratio(workload, peer)
            name = family(peer)
            if not ratio or not re.fullmatch(pattern, name, re.IGNORECASE):
                continue
            if keeps is not None and self.keeps(workload, peer) != keeps:
                continue
            if name not in best or ratio.median < best[name].ratio.median:
                best[name] = Ranked(peer, ratio)
        return sorted(best.values(), key=lambda entry: entry.ratio.median)

    def limit(self, workload, pattern=".*"):
        """The lowest limit whose name matches, with ours divided by it: nearer to 1 is better."""
        found = self.ranked(workload, pattern, kinds=("limit",))
        if not found:
            return None
        return Ranked(found[0].peer, self.ratio(workload, self.ours(workload), found[0].peer))

    def given_back(self):
        """Workload, peer and page faults in a round of those that should have kept all memory."""
        for workload in self.workloads("steady/.*"):
            for peer in filter(is_raised, self.peers(workload, "peer", "tuned")):
                faults = self.counter(workload, peer, "faults")
                if faults is not None and faults > FAULTS:
                    yield workload, peer, faults

    def memory(self, workload, peer):
        """Bytes asked for and bytes taken from the system, or None."""
        figures = tuple(self.counter(workload, peer, name) for name in ("payload", "taken"))
        return None if None in figures or not figures[0] else figures

    def outcome(self, goal):
        """What a goal is about, measured; of several workloads the one that is furthest from it."""
        at_least = goal.measure in AT_LEAST
        found = []
        for workload in self.workloads(goal.workloads):
            value, of = getattr(self, "_goal_" + goal.measure)(workload, goal.against)
            if value is not None:
                found.append((value, workload if goal.workloads != workload else of))
        if not found:
            return None
        value, of = min(found) if at_least else max(found)
        if goal.factor is None:
            return Outcome(value, of, None)
        return Outcome(value, of, value >= goal.factor if at_least else value <= goal.factor)

    def _goal_peer(self, workload, against):
        found = self.ranked(workload, against)
        return (found[0].ratio.median, found[0].peer) if found else (None, "")

    def _goal_plain(self, workload, against):
        """A peer as it comes, and not the best of its settings."""
        ratio = self.ratio(workload, against)
        return (ratio.median if ratio else None), against

    def _goal_limit(self, workload, against):
        found = self.limit(workload, against)
        return (found.ratio.median, found.peer) if found and found.ratio else (None, "")

    def _goal_overhead(self, workload, _):
        figures = self.memory(workload, self.ours(workload))
        return (figures[1] / figures[0] if figures else None), ""

    def _goal_extra(self, workload, _):
        figures = self.memory(workload, self.ours(workload))
        return (figures[1] - figures[0] if figures else None), ""

    def _goal_growth(self, workload, against):
        """Our time here divided by our time in the workload `against`."""
        here = self.value(workload, self.ours(workload))
        there = self.value(against, self.ours(against)) if against in self.series else None
        return (here.median / there.median if here and there else None), ""

    def _goal_scaling(self, workload, against):
        growth, _ = self._goal_growth(workload, against)
        return (1 / growth if growth else None), ""


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        known = {"date", "machine", "missing", "measurements"} <= set(data)
        for entry in data["measurements"] if known else ():
            known = known and {"workload", "peer", "kind", "round", "ns", "counters"} <= set(entry)
    except (ValueError, TypeError):
        known = False
    if not known:
        raise ValueError(f"{path} holds no results of bench/run")
    return data
