"""The tables that bench/run prints, and the goals that the results are held against."""

import re
import shlex
import textwrap

from results import AT_LEAST, QUARTILES_FROM, Goal, family, is_raised

WIDTH = 100
BUSY = 0.5  # other processes running, from which on they disturb the figures
NAME = 37  # columns for a name in the large table
SHORT = 19  # and for one in the others
MEMORY, NOT_MEMORY = r"memory/.*", r"(?!memory/|parse/).*"  # workloads whose values are bytes, times
OBJECT = 44  # bytes of an object in fresh/*, on average; a counter `payload` is more exact

# Against peers, our time has to be so much shorter than that of the best peer whose name matches;
# against limits it may be no more than so many times the limit.
C_OR_CPP = r"(?!bumpalo).*"
HUGE = r"mapped huge pages"
GOALS = (
    Goal("hot/typed", "peer", "bumpalo.*", 1.4, "bumpalo"),
    Goal("hot/typed", "peer", C_OR_CPP, 3.0, "best of C and C++"),
    Goal("hot/typed", "limit", "register", 1.3, "limit: a bump in a register"),
    Goal("hot/mixed8", "peer", "bumpalo.*", 1.0, "bumpalo"),
    Goal("hot/mixed8", "peer", C_OR_CPP, 1.8, "best of C and C++"),
    Goal("hot/mixed8", "limit", "register", 1.5, "limit: a bump in a register"),
    Goal("hot/mixed16", "peer", C_OR_CPP, 1.2, "best of C and C++"),
    Goal("request/50", "peer", ".*", 1.2, "best of all"),
    Goal("fresh/20k", "peer", ".*", 1.3, "best of all"),
    Goal("fresh/1M", "peer", ".*", 5.0, "best of all"),
    Goal("fresh/1M", "limit", HUGE, 1.5, "limit: mapped huge pages"),
    Goal("fresh/8M", "peer", ".*", 5.0, "best of all"),
    Goal("fresh/8M", "limit", HUGE, 1.5, "limit: mapped huge pages"),
    Goal("steady/destroy", "peer", "APR.*", 2.5, "APR"),
    Goal("steady/destroy", "peer", "(?!APR).*", 8.0, "best of the rest"),
    Goal("steady/destroy", "limit", ".*", 1.3, "limit"),
    Goal("teardown/1M", "plain", "malloc", 100, "malloc as it comes"),
    Goal("teardown/8M", "growth", "teardown/10k", None, "times ours at 10k"),
    Goal("growth/tokens", "peer", ".*", 1.5, "best of all"),
    Goal("growth/text", "peer", ".*", 1.5, "best of all"),
    Goal("map/intern", "peer", ".*", 1.0, "best of all"),
    Goal("map/distinct", "peer", ".*", 1.0, "best of all"),
    Goal("parse/cJSON/fresh", "peer", "malloc", 2.5, "malloc"),
    Goal("parse/jansson/fresh", "peer", "malloc", 1.6, "malloc"),
    Goal("parse/cmark/fresh", "peer", "malloc", 1.2, "malloc"),
    Goal("parse/.*/fresh", "peer", ".*", 1.0, "best malloc, all parsers"),
    Goal("parse/cJSON/reused", "peer", "malloc", 3.0, "malloc"),
    Goal("parse/jansson/reused", "peer", "malloc", 1.9, "malloc"),
    Goal("parse/cmark/reused", "peer", "malloc", 1.35, "malloc"),
    Goal("memory/1KB", "extra", "", 4096, "bytes taken beyond the payload"),
    Goal("memory/10MB", "overhead", "", 1.03, "taken / payload"),
    Goal("memory/345MB", "overhead", "", 1.03, "taken / payload"),
    Goal("memory/map", "peer", ".*", 1.0, "least of all"),
    Goal("threads/small/2", "scaling", "threads/small/1", 1.9, "throughput of one thread"),
    Goal("threads/large/2", "scaling", "threads/large/1", 1.9, "throughput of one thread"),
    Goal("threads/large/2", "limit", HUGE, 1.05, "limit: memory of two threads"),
)


def digits_of(number):
    return 2 if number < 9.995 else 1 if number < 99.95 else 0


def factor(number):
    """A ratio in at most five characters."""
    if number >= 1e4:
        return f"{number / 1e3:.0f}k" if number < 1e6 else f"{number / 1e6:.1f}M"
    return f"{number:.{digits_of(number)}f}"


def amount(workload, value):
    """A value with its unit in at most seven characters."""
    units = ("B", "KB", "MB", "GB") if workload.startswith("memory/") else ("ns", "us", "ms", "s")
    index = 0
    while value >= 999.5 and index < 3:
        value /= 1000
        index += 1
    digits = 0 if units[index] == "B" else digits_of(value)
    return f"{value:.{digits}f} {units[index]}"


def short(peer, width):
    """The name in so many columns; a star stands for a raised malloc."""
    name, raised, _ = peer.partition(", malloc raised")
    star = "*" if raised else ""
    room = width - len(star)
    return (name if len(name) <= room else name[:room - 1] + "~") + star


def star(peer):
    return "*" if is_raised(peer) else ""


def without_setting(peer):
    """A name that fits the short tables, with its star: of a long one the first word."""
    name = peer.split(", ")[0]
    if len(name + star(peer)) > SHORT:
        name = name.split()[0]
    return short(name, SHORT - len(star(peer))) + star(peer)


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


def wrapped(text):
    print(textwrap.fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False))


# --- What has to be known before the figures

def print_notes(results):
    data, facts = results.data, results.data["machine"]
    heading("Machine and run")
    wrapped("; ".join(str(facts[key]) for key in ("cpu", "kernel", "glibc", "compiler"))
            + f"; {facts['cores']} cores; huge pages: {facts['thp']}; {data['date']}")
    versions = [f"{entry['peer']} {entry['versions']}" for entry in data.get("programs", [])
                if entry.get("versions")]
    if versions:
        wrapped("Versions: " + "; ".join(versions))
    print_huge_pages(results)
    if facts.get("others", 0) > BUSY:
        wrapped(f"The machine was busy: {facts['others']:.1f} other processes were running at the "
                "start. Times of single programs may be wrong; repeat the run when it is idle.")
    print_disturbances(data["measurements"])
    print_given_back(results)
    print_failures(data.get("failures", []))
    if not data.get("partial"):
        print_missing(data["missing"])
    if data.get("interrupted"):
        print("The run was interrupted: what follows is incomplete.")


def print_disturbances(measurements):
    repeats = sum(entry.get("repeats", 0) for entry in measurements)
    repeated = sum(entry.get("repeats", 0) > 0 for entry in measurements)
    left = sum(entry.get("disturbed", False) for entry in measurements)
    if repeats:
        wrapped(f"Others ran on the cores that were measured on: {repeated} of {len(measurements)} "
                f"measurements were repeated, {repeats} times in all; {left} stayed disturbed.")


def print_given_back(results):
    for workload, peer, faults in results.given_back():
        wrapped(f"WARNING: {workload}: {peer} has {faults:.0f} page faults in a round, so its "
                "malloc gives memory back, and its figure is not of one that keeps all.")


def print_failures(failures):
    places = {}
    for failure in failures:
        key = failure["peer"], failure["reason"]
        places.setdefault(key, []).append(failure["workload"] or "all workloads")
    for (peer, reason), workloads in places.items():
        wrapped(f"FAILED: {peer}: {reason}, in {', '.join(workloads)}")


def print_missing(missing):
    if missing:
        wrapped("Not measured, because not installed: "
                + ", ".join(entry["peer"] for entry in missing))
    packages = sorted({name for entry in missing for name in (entry.get("package") or "").split()})
    if packages:
        # One line, however long, so that it can be copied.
        print("    apt-get install " + shlex.join(packages))


def objects_of(case):
    number = re.match(r"(\d+)([kM]?)", case)
    return int(number[1]) * {"": 1, "k": 1000, "M": 1000000}[number[2]] if number else 0


def print_huge_pages(results):
    """How much of the fills of fresh/* lay in huge pages. The kernel may be short of them."""
    for workload in results.workloads("fresh/.*"):
        ours = results.ours(workload)
        got = results.counter(workload, ours, "huge_kb")
        if got is None:
            continue
        payload = results.counter(workload, ours, "payload")
        wanted = (payload or objects_of(workload.split("/")[1]) * OBJECT) / 1024
        line = f"{workload}: {got / 1024:.0f} MiB of huge pages for {wanted / 1024:.1f} MiB of objects"
        if got < wanted / 2 and wanted >= 4096:
            line += ": the kernel was short of them, so ours is slower here than it should be"
        wrapped(line)


# --- Every peer in every workload

def columns_of(results, pattern):
    """The workloads of each group, with the width of their columns."""
    groups = {}
    for workload in results.workloads(pattern):
        group, _, case = workload.partition("/")
        groups.setdefault(group, []).append((workload, max(len(case), 7) + 1))
    return groups.values()


def blocks(results, pattern):
    """Lists of columns that fit beside the names; a group stays together, and apart from groups
    that have other peers."""
    row, room, seen = [], WIDTH - NAME, set()
    for columns in columns_of(results, pattern):
        width = sum(width for _, width in columns)
        peers = set().union(*(results.peers(workload, "peer") for workload, _ in columns))
        if row and (width > room or peers and seen.isdisjoint(peers)):
            yield row
            row, room, seen = [], WIDTH - NAME, set()
        row, room, seen = row + columns, room - width, seen | peers
    if row:
        yield row


def cell(results, workload, peer):
    series = results.get(workload, peer)
    if not series:
        return "-"
    if series.failure:
        return "failed"
    if peer == results.ours(workload):
        return amount(workload, results.value(workload, peer).median)
    ratio = results.ratio(workload, peer)
    return factor(ratio.median) if ratio else "?"


def rows_of(results, block):
    """Kind and name of each peer that has a figure in the block, in the order of the table."""
    kinds = ("ours", "adapter", "peer", "tuned")
    found = {(kinds.index(results.get(workload, peer).kind), peer)
             for workload, _ in block for peer in results.peers(workload, *kinds)}
    return [(kinds[rank], peer)
            for rank, peer in sorted(found, key=lambda row: (row[0], row[1].lower()))]


def title_of(results, group, width):
    """The name of a group; first fills depend on who gets huge pages without asking."""
    title = f"{group}, THP {results.data['machine']['thp']}" if group == "fresh" else group
    return title if len(title) + 3 <= width else group


def print_block(results, block):
    groups = {}
    for workload, width in block:
        group = workload.split("/")[0]
        groups[group] = groups.get(group, 0) + width
    titles = [" " + f" {title_of(results, group, width)} ".center(width - 1, "-")
              for group, width in groups.items()]
    print("\n" + " " * NAME + "".join(titles).rstrip())
    print(" " * NAME + "".join(workload.partition("/")[2].rjust(width)
                               for workload, width in block))
    for kind, peer in rows_of(results, block):
        label = f"tuned: {family(peer)}" if kind == "tuned" else peer
        print(short(label, NAME - 1).ljust(NAME)
              + "".join(cell(results, workload, peer).rjust(width) for workload, width in block))


def print_matrix(results):
    if results.workloads(NOT_MEMORY):
        heading("Every peer: its time divided by ours")
        wrapped("Medians over the rounds. Above 1, ours is faster. Of ours, the time for one item. "
                "A star: on a malloc that keeps all memory. Tuned: on one that also asks for huge "
                "pages, as no program's does unless its user sees to it; that counts nowhere else. "
                "A dash: it cannot do this, or this setting makes no difference there, or it was "
                "not asked for.")
    for block in blocks(results, NOT_MEMORY):
        print_block(results, block)
    if results.workloads(MEMORY):
        heading("Every peer: the memory that it takes from the system, divided by what ours takes")
        wrapped("Above 1, ours takes less. Of ours, the bytes; memory/map is bytes for each entry.")
    for block in blocks(results, MEMORY):
        print_block(results, block)


MALLOCS = ("malloc", "jemalloc", "mimalloc")


def print_parsers(results):
    """Parsers are compared with mallocs only, each by its best setting."""
    names = [name for name in results.workloads("parse/.*") if results.value(name, results.ours(name))]
    if not names:
        return
    heading("Parsers: their time on each malloc, divided by that on an arena")
    wrapped("fresh: an arena for each parse; reused: one arena, reset; first: one parse in a new "
            "process. Each malloc by its best setting.")
    print(" " * 20 + "ours".rjust(9) + "".join(name.rjust(10) for name in MALLOCS))
    for workload in names:
        best = {family(entry.peer): entry for entry in results.ranked(workload)}
        cells = [factor(best[name].ratio.median) + star(best[name].peer) if name in best else "-"
                 for name in MALLOCS]
        print(workload.partition("/")[2].ljust(20)
              + cell(results, workload, results.ours(workload)).rjust(9)
              + "".join(text.rjust(10) for text in cells))


# --- Goals and the summary

def print_goal(goal, outcome):
    show = (lambda number: f"{number:.0f} B") if goal.measure == "extra" else factor
    sign = ">=" if goal.measure in AT_LEAST else "<="
    wanted = f"{sign} {show(goal.factor)}" if goal.factor else ""
    verdict = {True: "reached", False: "SHORT", None: ""}[outcome.reached]
    by = "" if goal.text.startswith(outcome.of) else without_setting(outcome.of)
    print(f"{goal.workloads.replace('.*', '*'):21}{goal.text:31}{wanted:>9}{show(outcome.value):>9}"
          f"  {verdict:8}{by}".rstrip())


def print_goals(results):
    outcomes = [(goal, results.outcome(goal)) for goal in GOALS]
    partial = results.data.get("partial")
    if partial and not any(outcome for _, outcome in outcomes):
        return
    heading("Goals")
    wrapped("Peers: their time (memory/*: bytes) divided by ours. Limits: our time divided by theirs.")
    for goal, outcome in outcomes:
        if outcome:
            print_goal(goal, outcome)
    if any(outcome and outcome.reached is False for _, outcome in outcomes):
        wrapped("Why some are SHORT: docs/performance.md, \"Where we lose\".")
    absent = [f"{goal.workloads.replace('.*', '*')} ({goal.text})"
              for goal, outcome in outcomes if not outcome]
    if absent and not partial:
        wrapped("Not measured: " + ", ".join(absent))


def range_of(ratios, spread):
    """Quartiles, or in other brackets the smallest and the largest of a few."""
    before, after = "()" if len(ratios) >= QUARTILES_FROM else "[]"
    return f"{before}{factor(spread.low)}-{factor(spread.high)}{after}"


def ranked_cells(results, workload, keeps):
    """The best peer with its range, and the one after it."""
    ranked = results.ranked(workload, keeps=keeps)
    cells = ["", ""]
    if ranked:
        ratios = range_of(results.ratios(workload, ranked[0].peer), ranked[0].ratio)
        cells[0] = (f"{factor(ranked[0].ratio.median):>5} {ratios:11} "
                    f"{without_setting(ranked[0].peer)}")
    if len(ranked) > 1:
        cells[1] = f"{factor(ranked[1].ratio.median)} {without_setting(ranked[1].peer)}"
    return cells


def cases_of(results, workload):
    """Its name with whom to compare: a teardown with who gives memory back, then with who keeps
    it, where both were seen."""
    kinds = {results.keeps(workload, peer) for peer in results.peers(workload, "peer")}
    if not {True, False} <= kinds:
        return [(workload, None)]
    return [(workload, False), (workload + " kept", True)]


def print_row(results, workload, label, keeps):
    ours = results.ours(workload)
    value = cell(results, workload, ours) if ours else "-"
    limit = results.limit(workload) if ours else None
    bound = factor(limit.ratio.median) if limit and limit.ratio else ""
    best, second = ranked_cells(results, workload, keeps) if ours else ("", "")
    print(f"{label:20}{value:>8}{bound:>6}  {best:37} {second}".rstrip())


def print_summary(results):
    for pattern, what in ((MEMORY, "the memory"), ("(?!memory/).*", "the time")):
        workloads = results.workloads(pattern)
        if not workloads:
            continue
        heading(f"Ratios: {what} of the best peers divided by ours")
        if pattern != MEMORY:
            wrapped("Medians over the rounds with (quartiles), of fewer than five rounds with [the "
                    "smallest and the largest]; limit is our time divided by that of the limit. A "
                    "teardown is compared with peers that give memory back, then with those that "
                    "have kept it.")
        bound = "limit" if pattern != MEMORY else ""
        print(f"{'':20}{'ours':>8}{bound:>6}  {'best peer':37} next")
        for workload in workloads:
            for label, keeps in cases_of(results, workload):
                print_row(results, workload, label, keeps)


def report(results):
    """Everything, the shortest table last: it is what stays on the screen."""
    print_notes(results)
    if results.workloads():
        print_matrix(results)
        print_parsers(results)
        print_goals(results)
        print_summary(results)
