"""The tables of README.md and docs/performance.md, in Markdown, so that nobody copies a figure."""

import json
import pathlib

from results import family
from tables import amount, factor, star

# Workloads under the names that the documents have for them. A teardown has two rows: against
# peers that give the memory back, and against those that have kept it.
ROWS = {
    "hot/typed": "hot, 32 bytes of a known type",
    "hot/mixed8": "hot, mixed sizes, aligned to 8",
    "hot/mixed16": "hot, mixed sizes, aligned to 16",
    "request/5": "create, 5 objects, destroy",
    "request/50": "create, 50 objects, destroy",
    "request/500": "create, 500 objects, destroy",
    "fresh/20k": "first fill, 20 thousand",
    "fresh/1M": "first fill, 1 million",
    "fresh/8M": "first fill, 8 million",
    "steady/destroy": "8 million again and again, destroy",
    "steady/reset": "8 million again and again, reset",
    "teardown/1k": "destroy 1 thousand",
    "teardown/10k": "destroy 10 thousand",
    "teardown/1M": "destroy 1 million",
    "teardown/8M": "destroy 8 million",
    "growth/tokens": "one array to 100 MB",
    "growth/text": "one text to 100 MB",
    "growth/interleaved": "eight arrays to 100 MB",
    "calloc/small-fresh": "zeroed, 64 bytes, new memory",
    "calloc/small-reused": "zeroed, 64 bytes, used memory",
    "calloc/large-fresh": "zeroed, 4 MiB, new memory",
    "calloc/large-reused": "zeroed, 4 MiB, used memory",
    "scratch/20": "mark, 20 objects, rewind",
    "scratch/across": "mark, 10,000 objects, rewind",
    "scratch/scope": "a scratch scope, 20 objects",
    "array/push": "an array, pushed",
    "array/100": "100 pushed into a new array",
    "array/by-turns": "eight arrays that never move to 100 MB",
    "text/lines": "1,000 lines of text",
    "map/intern": "a map: a million identifiers of headers, 65 thousand different",
    "map/distinct": "a map: a million different",
    "map/find": "find all of them",
    "memory/map": "memory of the map, for each entry",
    "threads/small/2": "requests of 500, two threads",
    "threads/large/2": "1 million and destroy, two threads",
}
KEEPS = {False: ", given back", True: ", kept"}

OVERVIEW = {
    "hot/typed": "an object of 32 bytes",
    "request/50": "create, 50 objects, destroy",
    "fresh/20k": "first fill, 20 thousand",
    "fresh/8M": "first fill, 8 million",
    "steady/destroy": "again and again, 8 million",
    "teardown/1M": "destroy 1 million",
    "growth/tokens": "an array to 100 MB",
}
OVERVIEW_PEERS = {"bumpalo": "bumpalo", "LLVM": "LLVM BumpPtrAllocator",
                  "std::pmr": "std::pmr monotonic", "APR": "APR pool", "mimalloc": "mimalloc",
                  "malloc": "malloc"}

PARSERS = ("cJSON", "jansson", "expat", "libxml2", "cmark", "Lua")
MEMORY = {"1KB": "1 KB", "100KB": "100 KB", "300KB": "300 KB", "10MB": "10 MB",
          "10MB-known": "10 MB, created for it", "345MB": "345 MB"}
MEMORY_PEERS = ("LLVM BumpPtrAllocator", "std::pmr monotonic", "bumpalo", "mimalloc", "malloc")


def table(*rows):
    """Rows of cells, the first of which has the titles."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines) + "\n"


def named(entry):
    """A ratio with the peer's name; which of its settings it was, but for the star, is not said."""
    return f"{factor(entry.ratio.median)} {entry.peer.split(', ')[0]}{star(entry.peer)}"


def best_of(results, workload, name, keeps=None):
    """The ratio of the best setting of the family, or a dash."""
    for entry in results.ranked(workload, keeps=keeps) if workload in results.series else ():
        if family(entry.peer) == name:
            return factor(entry.ratio.median) + star(entry.peer)
    return "-"


def cases(results, names):
    """Workload, whether peers have to have kept the memory or None, and what the row is called."""
    for workload, name in names.items():
        if workload not in results.series or not results.value(workload, results.ours(workload)):
            continue
        kinds = {results.keeps(workload, peer) for peer in results.peers(workload, "peer")}
        for keeps in sorted(kinds - {None}) or [None]:
            yield workload, keeps, name + KEEPS.get(keeps, "")


def our_time(results, workload):
    return amount(workload, results.value(workload, results.ours(workload)).median)


def overview(results):
    rows = [["", "ours", *OVERVIEW_PEERS]]
    for workload, keeps, name in cases(results, OVERVIEW):
        rows.append([name, our_time(results, workload)]
                    + [best_of(results, workload, peer, keeps) for peer in OVERVIEW_PEERS.values()])
    return table(*rows)


def workloads(results):
    rows = [["", "ours", "best", "next", "malloc"]]
    for workload, keeps, name in cases(results, ROWS):
        ranked = [named(entry) for entry in results.ranked(workload, keeps=keeps)[:2]]
        rows.append([name, our_time(results, workload), *ranked, *["-"] * (2 - len(ranked)),
                     best_of(results, workload, "malloc", keeps)])
    return table(*rows)


def limits(results):
    rows = [["", "limit", "", "ours divided by it"]]
    for workload in results.workloads():
        limit = results.limit(workload) if results.ours(workload) else None
        if limit and limit.ratio:
            there = results.value(workload, limit.peer).median
            rows.append([ROWS.get(workload, workload), limit.peer, amount(workload, there),
                         factor(limit.ratio.median)])
    return table(*rows)


def on_huge_pages(results):
    tuned = {workload: results.peers(workload, "tuned") for workload in results.workloads()}
    peers = sorted(set().union(*tuned.values()))
    rows = [["", *map(family, peers)]]
    for workload in filter(tuned.get, tuned):
        ratios = [results.ratio(workload, peer) for peer in peers]
        rows.append([ROWS.get(workload, workload)]
                    + [factor(ratio.median) if ratio else "-" for ratio in ratios])
    return table(*rows)


def parsers(results):
    rows = [["", "malloc", "jemalloc", "mimalloc", "malloc, first parse"]]
    for name in PARSERS:
        both = [", ".join(best_of(results, f"parse/{name}/{case}", peer)
                          for case in ("fresh", "reused")) for peer in rows[0][1:4]]
        rows.append([name, *both, best_of(results, f"parse/{name}/first", "malloc")])
    return table(*rows)


def least_memory(results, workload, name):
    """Bytes taken for each byte asked for, by the setting that took least."""
    found = [results.memory(workload, peer) for peer in results.peers(workload, "ours", "peer")
             if family(peer) == name] if workload in results.series else []
    shares = [taken / payload for payload, taken in filter(None, found)]
    return factor(min(shares)) if shares else "-"


def memory(results):
    rows = [["", *MEMORY.values()]]
    for name in ("arena", *MEMORY_PEERS):
        rows.append(["this library" if name == "arena" else name]
                    + [least_memory(results, f"memory/{case}", name) for case in MEMORY])
    return table(*rows)


def code_size(path):
    """What bench/code-size has left beside the results, or nothing."""
    beside = pathlib.Path(path).with_name("code-size.json")
    return json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else []


def code(sizes):
    rows = [["", "bytes", "executed", "inlined"]]
    for entry in sorted(sizes, key=lambda entry: (entry["peer"] != "arena", entry["executed"])):
        if ", " not in entry["peer"]:
            name = "this library" if entry["peer"] == "arena" else entry["peer"]
            rows.append([name, str(entry["bytes"]), f"{entry['executed']:.0f}",
                         "yes" if entry["inlined"] else "no"])
    return table(*rows)


def provenance(results):
    facts = results.data["machine"]
    versions = [f"{entry['peer']} {entry['versions']}" for entry in results.data.get("programs", [])
                if entry.get("versions")]
    return (f"{results.data['date']}: {facts['cpu']}, {facts['cores']} cores; {facts['kernel']}; "
            f"transparent huge pages: {facts['thp']}; {facts['glibc']}; {facts['compiler']}; "
            + "; ".join(versions) + "\n")


def documents(results, sizes):
    parts = {"Machine": provenance(results), "README.md": overview(results),
             "docs/performance.md": workloads(results), "Limits": limits(results),
             "Peers on huge pages": on_huge_pages(results), "Parsers": parsers(results),
             "Memory": memory(results)}
    if sizes:
        parts["Code"] = code(sizes)
    return "\n".join(f"## {title}\n\n{text}" for title, text in parts.items())
