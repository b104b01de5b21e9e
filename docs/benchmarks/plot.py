#!/usr/bin/env python3
"""Draws docs/benchmarks/growth-*.png from growth.json, fits the laws of growth, and writes the tables of growth.md.

    cargo build --release -p pm-server -p pm-bench
    target/release/pm-bench growth --out docs/benchmarks/growth.json
    python3 -m pip install numpy scipy matplotlib
    python3 docs/benchmarks/plot.py

A law is y = a + b n^c. Its three numbers are those whose logarithm comes nearest to that of what was seen, by least squares
(each size counts the same, however large its figure); a and b are not negative. Where one number for all sizes is off by at
most 25 %, it is the law. Beside it stands the furthest that a figure lies from its law. Five sizes, or four, and three
numbers: it describes what was seen and tells nothing of what lies beyond.
"""
import json, os
import numpy as np
from scipy.optimize import least_squares

HERE = os.path.dirname(os.path.abspath(__file__))
GREEN, RED, BLUE, GREY = "#0b6e4f", "#c1553b", "#3a5a98", "#777777"
BEGIN, END = "<!-- Written by plot.py: begin -->", "<!-- Written by plot.py: end -->"


def fit(n, y):
    """(a, b, c), and by how much of itself a figure is off at most."""
    n, y = np.asarray(n, float), np.asarray(y, float)
    flat = np.exp(np.log(y).mean())
    if np.abs(flat / y - 1).max() <= 0.25:
        return (flat, 0.0, 0.0), np.abs(flat / y - 1).max()
    law = lambda p: np.exp(p[0]) + np.exp(p[1]) * n ** p[2]
    tried = []
    for c in (0.3, 0.6, 1.0, 1.3):
        b = max((y[-1] - y[0]) / n[-1] ** c, 1e-12)
        start = [np.log(y.min() * 0.9), np.log(b), c]
        bounds = ([-30, -40, 0.05], [20, 20, 2.5])
        tried.append(least_squares(lambda p: np.log(law(p)) - np.log(y), np.clip(start, *bounds), bounds=bounds))
    best = min(tried, key=lambda found: found.cost)
    return (np.exp(best.x[0]), np.exp(best.x[1]), best.x[2]), np.abs(law(best.x) / y - 1).max()


def column(rows, path):
    """The figure at "a.b" of each row."""
    out = []
    for row in rows:
        for name in path.split("."):
            row = row[name]
        out.append(row)
    return out


def number(value):
    """Three digits that count."""
    if isinstance(value, int): return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def formula(law, name="n"):
    a, b, c = law
    return f"{a:.3g}" if b == 0 else f"{a:.3g} + {b:.3g} {name}^{c:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(number(v) if not isinstance(v, str) else v for v in row) + " |" for row in rows])


LAWS = [
    ("recall, p50, ms", "sizes", "items", "recall_ms.p50"),
    ("recall, p99, ms", "sizes", "items", "recall_ms.p99"),
    ("store, p50, ms", "sizes", "items", "store_ms.p50"),
    ("index, MB", "sizes", "items", "index_mb"),
    ("resident, MB", "sizes", "items", "resident_mb"),
    ("first recall, p50, ms", "cold", "items", "first_ms.p50"),
    ("resident after the start, MB", "projects", "projects", "idle.resident_mb"),
]


def laws(report):
    """{name: ((a, b, c), off at most)} of what was measured."""
    out = {}
    for name, part, size, path in LAWS:
        if part in report:
            out[name] = (size, *fit(column(report[part], size), column(report[part], path)))
    return out


def latency(row, name):
    return [row[name]["p50"], row[name]["p99"], row[name]["most"]]


def tables(report, found):
    """The text between the marks of growth.md."""
    machine, out = report["machine"], []
    out.append(f"{machine['cores']} cores ({machine['model']}), shared with the clients; load {machine['load_before']} before the run. "
               f"`fdatasync` after 4 KiB: p50 {number(machine['fdatasync_ms']['p50'])} ms, p99 {number(machine['fdatasync_ms']['p99'])} ms."
               + (" **A quick run: shows that it works, nothing else.**" if report["quick"] else ""))
    out.append("### The laws\n\n" + table(["figure", "law", "a figure is off by at most"],
               [[name, "does not grow: " + formula(p) if p[1] == 0 else formula(p, size), f"{100 * off:.0f} %"] for name, (size, p, off) in found.items()]))
    if "sizes" in report and "cold" in report:
        def at(name, n):
            part, size = next((p, s) for known, p, s, _ in LAWS if known == name)
            a, b, c = found[name][1]
            return f"{float(f'{a + b * n ** c:.2g}'):,g}" if n <= max(column(report[part], size)) else "not measured"
        out.append("### What to expect\n\nBy these laws, of a project of so many items.\n\n" + table(
            ["items", "recall p50 ms", "p99", "store p50 ms", "memory of its index, MB", "first recall after a start, ms"],
            [[n, *(at(name, n) for name in ("recall, p50, ms", "recall, p99, ms", "store, p50, ms", "index, MB", "first recall, p50, ms"))] for n in (1_000, 10_000, 100_000, 1_000_000)]))
    if "sizes" in report:
        out.append("### Items in one project\n\n![latency against items](growth-items.png)\n\n" + table(
            ["items", "recall p50 ms", "p99", "store p50 ms", "p99", "resident MB", "index MB", "filled, items/s"],
            [[r["items"], *latency(r, "recall_ms")[:2], *latency(r, "store_ms")[:2], r["resident_mb"], r["index_mb"], r["filled_per_second"]] for r in report["sizes"]]))
    if "projects" in report:
        out.append("### Projects\n\n![memory against items and projects](growth-memory.png)\n\n" + table(
            ["projects", "start ms, median", "the first", "most", "resident after it, MB", "any project p50 ms", "p99", "hot project p50 ms", "p99", "resident MB", "most", "index MB"],
            [[r["projects"], r["start_ms"]["median"], r["start_ms"]["first"], r["start_ms"]["most"], r["idle"]["resident_mb"], *latency(r, "any_ms")[:2], *latency(r, "hot_ms")[:2], r["asked"]["resident_mb"], r["peak_mb"], r["asked"]["index_mb"]] for r in report["projects"]]))
    if "million" in report:
        m = report["million"]
        out.append(f"### {m['items']:,} items in {m['projects']:,} projects\n\nFilled with {number(m['filled_per_second'])} items/s by 16 clients, {number(m['filling_peak_mb'])} MB resident at most.\n\n" + table(
            ["`INDEX_MEMORY_MB`", "start ms, median", "the first", "most", "resident after it, MB", "any project p50 ms", "p99", "hot project p50 ms", "p99", "resident MB, at most", "at most wanted", "memory kept"],
            [[b["index_memory_mb"], b["start_ms"]["median"], b["start_ms"]["first"], b["start_ms"]["most"], b["idle"]["resident_mb"], *latency(b, "any_ms")[:2], *latency(b, "hot_ms")[:2], b["peak_mb"], round((b["index_memory_mb"] + 60) * 1.048576),
              "yes" if b["peak_mb"] <= (b["index_memory_mb"] + 60) * 1.048576 else "no"] for b in m["budgets"]]))
    if "clients" in report:
        out.append("### Clients\n\n![clients](growth-clients.png)\n\n" + table(
            ["clients", "recalls/s", "p50 ms", "p99", "stores/s", "p50 ms", "p99"],
            [[r["clients"], r["recall"]["per_second"], *latency(r["recall"], "ms")[:2], r["store"]["per_second"], *latency(r["store"], "ms")[:2]] for r in report["clients"]]))
    if "cold" in report:
        out.append("### Cold recall\n\n![cold recall](growth-cold.png)\n\n" + table(
            ["items", "first recall p50 ms", "most", "beside a warm client p50", "most", "warm, alone p50", "p99", "most", "meanwhile p50", "p99", "most", "busy core p50", "p99", "most"],
            [[r["items"], r["first_ms"]["p50"], r["first_ms"]["most"], r["first_beside_ms"]["p50"], r["first_beside_ms"]["most"], *latency(r, "alone_ms"), *latency(r, "meanwhile_ms"), *latency(r, "busy_core_ms")] for r in report["cold"]]))
    return "\n\n".join(out)


def main():
    with open(os.path.join(HERE, "growth.json")) as f:
        report = json.load(f)
    found = laws(report)
    for name, (size, p, off) in found.items():
        print(f"{name} = {formula(p, size)}   (off by at most {100 * off:.0f} %)")
    path = os.path.join(HERE, "growth.md")
    with open(path) as f:
        text = f.read()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(path, "w") as f:
        f.write(before + BEGIN + "\n" + tables(report, found) + "\n" + END + after)
    draw(report, found)


def draw(report, found):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    def axes(count, height=3.9):
        figure, out = plt.subplots(1, count, figsize=(5.2 * count, height), constrained_layout=True, squeeze=False)
        for axis in out[0]:
            axis.spines[["top", "right"]].set_visible(False); axis.grid(which="major", color="#e5e5e5", linewidth=0.7); axis.set_axisbelow(True)
        return figure, out[0]

    def finish(figure, all_axes, name):
        for axis in all_axes:
            axis.legend(frameon=False, fontsize=9)
        figure.savefig(os.path.join(HERE, name), dpi=90); plt.close(figure)

    def line(axis, rows, size, path, label, colour, style="-"):
        axis.plot(column(rows, size), column(rows, path), marker="o", markersize=4, color=colour, linestyle=style, label=label)

    def law(axis, name, colour):
        part, size = next((p, s) for n, p, s, _ in LAWS if n == name)
        _, (a, b, c), _ = found[name]
        n = np.geomspace(min(column(report[part], size)), max(column(report[part], size)), 200)
        axis.plot(n, a + b * n ** c, color=colour, linewidth=4, alpha=0.2, label=formula((a, b, c)))

    def log(axis, x, y, title):
        axis.set(xscale="log", yscale="log", xlabel=x, ylabel=y, title=title)
        # Whole decades, so that each has a label, and those as one would write them.
        low, high = axis.get_ylim()
        axis.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}"); axis.yaxis.set_minor_formatter("")

    if "sizes" in report:
        rows = report["sizes"]; figure, (recall, store) = axes(2)
        for axis, what, title in ((recall, "recall", "recall"), (store, "store", "store, durable")):
            line(axis, rows, "items", f"{what}_ms.p99", "p99", RED, "--"); line(axis, rows, "items", f"{what}_ms.p50", "p50", GREEN)
            law(axis, f"{what}, p50, ms", GREEN); log(axis, "items in the project", "ms", f"{title}, one client")
        # The same scale: what does not grow should look so.
        low, high = zip(recall.get_ylim(), store.get_ylim())
        for axis in (recall, store):
            axis.set_ylim(min(low), max(high))
        finish(figure, (recall, store), "growth-items.png")
    if "sizes" in report and "projects" in report:
        figure, (items, projects) = axes(2)
        line(items, report["sizes"], "items", "resident_mb", "resident", BLUE); line(items, report["sizes"], "items", "index_mb", "index", GREEN)
        law(items, "index, MB", GREEN); log(items, "items in one project", "MB", "memory, one project, all loaded")
        rows = report["projects"]
        line(projects, rows, "projects", "peak_mb", "resident, at most", BLUE)
        line(projects, rows, "projects", "idle.resident_mb", "resident after the start", GREY); line(projects, rows, "projects", "asked.index_mb", "indexes", GREEN)
        projects.axhline(64 * 1.048576, color=GREEN, linewidth=1, linestyle=":", label="budget of the indexes")
        log(projects, "projects of 10 items", "MB", "memory, INDEX_MEMORY_MB=64")
        finish(figure, (items, projects), "growth-memory.png")
    if "clients" in report:
        rows = report["clients"]; figure, (rate, wait) = axes(2)
        for what, colour in (("recall", GREEN), ("store", BLUE)):
            line(rate, rows, "clients", f"{what}.per_second", what, colour)
            line(wait, rows, "clients", f"{what}.ms.p50", f"{what} p50", colour); line(wait, rows, "clients", f"{what}.ms.p99", f"{what} p99", colour, "--")
        log(rate, "clients", "requests a second", "throughput"); log(wait, "clients", "ms", "latency")
        for axis in (rate, wait):
            axis.set_xticks(column(rows, "clients"), [str(n) for n in column(rows, "clients")]); axis.minorticks_off()
        finish(figure, (rate, wait), "growth-clients.png")
    if "cold" in report:
        rows = report["cold"]; figure, (first, warm) = axes(2)
        line(first, rows, "items", "first_beside_ms.p50", "beside a warm client", RED, "--"); line(first, rows, "items", "first_ms.p50", "nothing else asked", GREEN)
        law(first, "first recall, p50, ms", GREEN); log(first, "items of the cold project", "ms", "first recall after a start, p50")
        for what, label, colour in (("alone", "nothing loaded", GREY), ("meanwhile", "while an index is loaded", GREEN), ("busy_core", "while another process keeps a core busy", RED)):
            line(warm, rows, "items", f"{what}_ms.p99", f"{label}, p99", colour, "--"); line(warm, rows, "items", f"{what}_ms.p50", f"{label}, p50", colour)
        log(warm, "items of the cold project", "ms", "recall of a warm project of 1,000 items")
        # Room for the legend.
        warm.set_ylim(top=max(1000, warm.get_ylim()[1]))
        finish(figure, (first, warm), "growth-cold.png")


if __name__ == "__main__":
    main()
