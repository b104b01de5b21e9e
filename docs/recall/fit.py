#!/usr/bin/env python3
"""Fits the weights and the calibration of recall (crates/pm-recall/src/tuning.rs), and draws docs/recall/reliability.png.

    python3 docs/recall/small.py FOLDER ... /tmp/small
    for mode in minilm static none; do
        cargo run --release -p pm-recall --example eval -- $mode --dump /tmp/dump.$mode FOLDER ... /tmp/small/*
    done
    python3 -m pip install numpy scipy matplotlib
    python3 docs/recall/fit.py /tmp/dump.minilm /tmp/dump.static /tmp/dump.none

The dump holds the parts of each item's score as they are weighted now; what is fitted here are factors to these weights,
so that fitting again what was fitted gives factors near 1.

Weights: the softmax over all items of a project should give the right ones (ListNet, Cao et al. 2007, top-one form), each
set counting the same. Calibration: logistic regression of "this item is right" on score and log-sum-exp of all scores
(Platt 1999 with one more feature) and of what the answer would score that is not there, over the first 20 items of each query
and of the same query with its right items taken away: a question that the project has no answer to. It is fitted to small
projects too (small.py), which the weights are not. All figures printed are of held-out queries: five folds, for
conversations by conversation.
"""
import json, math, os, sys, zlib
from collections import Counter
import numpy as np
from scipy.optimize import minimize

FIRST = 20
# How much a set of small projects counts in the calibration: they are made of the others.
SMALL = 0.25


def read(path):
    """[(set, project, query id, gold rows, parts: rows x parts)], names of the parts."""
    queries, name = [], os.path.basename(path).removesuffix(".dump")
    with open(path, "rb") as f:
        while line := f.readline():
            head = json.loads(line)
            width = 1 + len(head["parts"])
            rows = np.frombuffer(f.read(4 * head["rows"] * width), "<f4").reshape(-1, width).astype(float)
            gold = np.isin(rows[:, 0].astype(int), head["gold"])
            queries.append((name, head["project"], head["id"], gold, rows[:, 1:], len(head["gold"])))
    return queries, head["parts"]


def fit_weights(queries, fixed, l2=1e-3):
    """Factors for the parts; those of `fixed` stay 1."""
    count = Counter(q[0] for q in queries)
    kept = []
    for q in queries:
        if q[3].any():
            order = np.argsort(-q[4].sum(1))[:150]
            rows = np.unique(np.r_[np.flatnonzero(q[3]), order])
            kept.append((q[4][rows], q[3][rows] / q[3].sum(), 1 / count[q[0]] / len(count)))
    x = np.concatenate([k[0] for k in kept]); y = np.concatenate([k[1] for k in kept])
    sizes = [len(k[1]) for k in kept]; starts = np.r_[0, np.cumsum(sizes)[:-1]]; segment = np.repeat(np.arange(len(kept)), sizes)
    weight = np.array([k[2] for k in kept]); free = ~np.array(fixed)

    def loss(w):
        full = np.ones(x.shape[1]); full[free] = w
        z = x @ full; high = np.maximum.reduceat(z, starts); e = np.exp(z - high[segment]); total = np.add.reduceat(e, starts)
        value = (weight * (high + np.log(total) - np.add.reduceat(y * z, starts))).sum()
        gradient = x.T @ ((e / total[segment] - y) * weight[segment])
        return value + l2 * ((w - 1) ** 2).sum(), gradient[free] + 2 * l2 * (w - 1)

    found = minimize(loss, np.ones(free.sum()), jac=True, method="L-BFGS-B")
    full = np.ones(x.shape[1]); full[free] = found.x
    return full


def large(queries):
    return [q for q in queries if not q[0].startswith("small-")]


def grade(gold, score, wanted):
    order = np.argsort(-score, kind="stable")[:10]
    hit = gold[order]
    ideal = sum(1 / math.log2(n + 2) for n in range(min(10, wanted)))
    return hit.sum() / wanted, (hit / np.log2(np.arange(len(hit)) + 2)).sum() / ideal


def show(label, queries, factors):
    for name in dict.fromkeys(q[0] for q in queries):
        figures = [grade(q[3], q[4] @ factors, q[5]) for q in queries if q[0] == name]
        print(f"  {label} {name:12s} R@10 {100 * np.mean([f[0] for f in figures]):.1f}  nDCG@10 {100 * np.mean([f[1] for f in figures]):.1f}")


def log_sum_exp(z):
    return z.max() + np.log(np.exp(z - z.max()).sum()) if len(z) else 0.0


def examples(queries, factors):
    """Per query, with and without its right items: scores, log-sum-exp of all, right or not, weight, of the first items."""
    count = Counter(q[0] for q in queries)
    out = []
    for q in queries:
        score = q[4] @ factors
        for answered in (True, False) if q[3].any() else (True,):
            keep = np.ones(len(score), bool) if answered else ~q[3]
            z = score[keep]
            if len(z) == 0: continue
            order = np.argsort(-z)[:FIRST]
            out.append((z[order], log_sum_exp(z), q[3][keep][order].astype(float), (SMALL if q[0].startswith("small-") else 1) / count[q[0]], q))
    return out


def features(e, nothing):
    return np.c_[e[0], np.full(len(e[0]), np.logaddexp(e[1], nothing))]


def logistic(x, y, w):
    def loss(b):
        z = b[0] + x @ b[1:]
        p = 1 / (1 + np.exp(-z))
        value = (w * (np.logaddexp(0, z) - y * z)).sum() / w.sum()
        d = w * (p - y) / w.sum()
        return value, np.r_[d.sum(), x.T @ d]
    return minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x


def calibrate(ex):
    """(what the answer would score that is not there, in whole steps; [intercept, of the score, of the others])."""
    y = np.concatenate([e[2] for e in ex]); w = np.concatenate([np.full(len(e[2]), e[3]) for e in ex])
    tried = []
    for nothing in range(0, 15):
        x = np.concatenate([features(e, nothing) for e in ex]); b = logistic(x, y, w); z = b[0] + x @ b[1:]
        tried.append(((w * (np.logaddexp(0, z) - y * z)).sum(), nothing, b))
    return min(tried, key=lambda t: t[0])[1:]


def probabilities(e, found):
    nothing, b = found
    return 1 / (1 + np.exp(-(b[0] + features(e, nothing) @ b[1:])))


def right(e):
    return float(e[2][:10].any())


def surely(ex, found):
    """Of [`any_right`]: what is added, what it is multiplied with."""
    return logistic(np.array([[any_right(probabilities(e, found))] for e in ex]), np.array([right(e) for e in ex]), np.array([e[3] for e in ex]))


def ece(p, y, w, bins=10):
    """Expected calibration error: mean distance between said and seen, in ten equal steps (Naeini et al. 2015)."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    total, rows = 0.0, []
    for n in range(bins):
        m = at == n
        if w[m].sum() > 0:
            said, seen = np.average(p[m], weights=w[m]), np.average(y[m], weights=w[m])
            rows.append((said, seen, w[m].sum() / w.sum())); total += abs(said - seen) * w[m].sum() / w.sum()
    return total, rows


def any_right(p):
    """Log-odds that at least one is right, were they independent."""
    q = 1 - np.prod(1 - p[:10])
    q = min(max(q, 1e-6), 1 - 1e-6)
    return math.log(q / (1 - q))


def folds(queries):
    """One query stays in one fold, in whatever projects it is asked; those of a conversation together."""
    talks = {q[2]: q[1] for q in queries if q[0].startswith("locomo")}
    numbers = {talk: n for n, talk in enumerate(sorted(set(talks.values())))}
    return [numbers[talks[q[2]]] if "locomo" in q[0] else zlib.crc32(q[2].encode()) % 5 for q in queries]


def main():
    diagrams = {}
    for folder in sys.argv[1:]:
        queries, names = [], None
        for file in sorted(os.listdir(folder)):
            read_queries, names = read(os.path.join(folder, file)); queries += read_queries
        fixed = [n == "boost" or all(q[4][:, i].max(initial=0) == q[4][:, i].min(initial=0) == 0 for q in queries) for i, n in enumerate(names)]
        print(folder)
        show("as it is", large(queries), np.ones(len(names)))
        for part in (n for n, is_fixed in zip(names, fixed) if n == "boost" or not is_fixed):
            show(f"without {part:9s}", large(queries), np.array([float(n != part) for n in names]))
        fold = folds(queries)
        held, held_factors = [], {}
        for k in sorted(set(fold)):
            train = [q for q, f in zip(queries, fold) if f != k]
            factors = fit_weights(large(train), fixed); ex = examples(train, factors); b = calibrate(ex); c = surely(ex, b)
            for q, f in zip(queries, fold):
                if f == k:
                    held_factors[id(q)] = factors
                    for e in examples([q], factors):
                        p = probabilities(e, b)
                        held.append((q[0], p, e[2], 1 / (1 + math.exp(-(c[0] + c[1] * any_right(p)))), right(e)))
        for name in dict.fromkeys(q[0] for q in large(queries)):
            figures = [grade(q[3], q[4] @ held_factors[id(q)], q[5]) for q in queries if q[0] == name]
            print(f"  held out {name:12s} R@10 {100 * np.mean([f[0] for f in figures]):.1f}  nDCG@10 {100 * np.mean([f[1] for f in figures]):.1f}")
        for part in (large(held), [h for h in held if h[0].startswith("small-")]):
            count = Counter(h[0] for h in part)
            p = np.concatenate([h[1] for h in part]); y = np.concatenate([h[2] for h in part]); w = np.concatenate([np.full(len(h[1]), 1 / count[h[0]]) for h in part])
            error, rows = ece(p, y, w)
            wc = np.array([1 / count[h[0]] for h in part])
            cerror, crows = ece(np.array([h[3] for h in part]), np.array([h[4] for h in part]), wc)
            top = ece(np.array([h[1][0] for h in part]), np.array([h[2][0] for h in part]), wc)[0]
            print(f"  held out: expected calibration error of relevance {error:.4f}, of the first item alone {top:.4f}, of confidence {cerror:.4f}")
            for name in count:
                m = [h for h in part if h[0] == name]
                mp, my = np.concatenate([h[1] for h in m]), np.concatenate([h[2] for h in m]); one = np.ones(len(m))
                first = ece(np.array([h[1][0] for h in m]), np.array([h[2][0] for h in m]), one)[0]
                print(f"    {name}: relevance {ece(mp, my, np.ones(len(mp)))[0]:.4f}, first {first:.4f}, confidence {ece(np.array([h[3] for h in m]), np.array([h[4] for h in m]), one)[0]:.4f}")
            diagrams.setdefault(folder.rsplit(".", 1)[-1], (rows, crows, error, cerror))
        factors = fit_weights(large(queries), fixed)
        show("fitted on all", large(queries), factors)
        print("  factors: " + "  ".join(f"{n} {v:.3f}" for n, v in zip(names, factors)))
        for label, f in (("as it is", np.ones(len(names))), ("fitted", factors)):
            ex = examples(queries, f); nothing, b = calibrate(ex); c = surely(ex, (nothing, b))
            print(f"  calibration, weights {label}: intercept {b[0]:.3f}  score {b[1]:.3f}  others {-b[2]:.3f}  nothing {nothing}   confidence: {c[0]:.3f} + {c[1]:.3f} x log-odds")
    draw(diagrams)


def draw(diagrams):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), constrained_layout=True)
    for axis, title, part in ((axes[0], "relevance of an item", 0), (axes[1], "confidence of a context", 1)):
        axis.plot([0, 1], [0, 1], color="#999999", linewidth=1, zorder=0)
        for (label, value), colour in zip(diagrams.items(), ("#0b6e4f", "#c1553b", "#3a5a98")):
            rows = value[part]
            axis.plot([r[0] for r in rows], [r[1] for r in rows], marker="o", markersize=4, color=colour, label=f"{label}  (ECE {value[2 + part]:.3f})")
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="what was said", ylabel="how often it was so", title=title, aspect="equal")
        axis.legend(frameon=False, loc="upper left"); axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reliability.png"), dpi=110)


if __name__ == "__main__":
    main()
