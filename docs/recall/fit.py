#!/usr/bin/env python3
"""Fits the weights and the calibration of recall (crates/pm-recall/src/tuning.rs), and draws docs/recall/reliability.png.

    for mode in minilm static none; do
        cargo run --release -p pm-recall --example eval -- $mode --dump /tmp/dump.$mode FOLDER ...
    done
    python3 -m pip install numpy scipy matplotlib
    python3 docs/recall/fit.py /tmp/dump.minilm /tmp/dump.static /tmp/dump.none

The dump holds the parts of each item's score as they are weighted now; what is fitted here are factors to these weights,
so that fitting again what was fitted gives factors near 1.

Weights: the softmax over all items of a project should give the right ones (ListNet, Cao et al. 2007, top-one form), each
set counting the same. Calibration: logistic regression of "this item is right" on score and log-sum-exp of all scores
(Platt 1999 with one more feature), over the first 20 items of each query and of the same query with its right
items taken away: a question that the project has no answer to. All figures printed are of held-out queries: five folds,
for conversations by conversation.
"""
import json, math, os, sys
from collections import Counter
import numpy as np
from scipy.optimize import minimize

FIRST = 20


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
    """Per query, with and without its right items: [score, log-sum-exp], right or not, weight, of the first items."""
    count = Counter(q[0] for q in queries)
    out = []
    for q in queries:
        score = q[4] @ factors
        for answered in (True, False):
            keep = np.ones(len(score), bool) if answered else ~q[3]
            z = score[keep]
            if len(z) == 0: continue
            order = np.argsort(-z)[:FIRST]
            x = np.c_[z[order], np.full(len(order), log_sum_exp(z))]
            out.append((x, q[3][keep][order].astype(float), 1 / count[q[0]], q))
    return out


def logistic(x, y, w):
    def loss(b):
        z = b[0] + x @ b[1:]
        p = 1 / (1 + np.exp(-z))
        value = (w * (np.logaddexp(0, z) - y * z)).sum() / w.sum()
        d = w * (p - y) / w.sum()
        return value, np.r_[d.sum(), x.T @ d]
    return minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x


def calibrate(ex):
    x = np.concatenate([e[0] for e in ex]); y = np.concatenate([e[1] for e in ex])
    w = np.concatenate([np.full(len(e[1]), e[2]) for e in ex])
    return logistic(x, y, w)


def probabilities(e, b):
    return 1 / (1 + np.exp(-(b[0] + e[0] @ b[1:])))


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
    projects = sorted({q[1] for q in queries if q[0].startswith("locomo")})
    def fold(n, q):
        return projects.index(q[1]) if q[1] in projects else n % 5
    return [fold(n, q) for n, q in enumerate(queries)]


def main():
    diagrams = {}
    for folder in sys.argv[1:]:
        queries, names = [], None
        for file in sorted(os.listdir(folder)):
            read_queries, names = read(os.path.join(folder, file)); queries += read_queries
        fixed = [n == "boost" or all(q[4][:, i].max(initial=0) == q[4][:, i].min(initial=0) == 0 for q in queries) for i, n in enumerate(names)]
        print(folder)
        show("as it is", queries, np.ones(len(names)))
        fold = folds(queries)
        held, held_factors = [], {}
        for k in sorted(set(fold)):
            train = [q for q, f in zip(queries, fold) if f != k]
            factors = fit_weights(train, fixed); b = calibrate(examples(train, factors))
            ex = examples(train, factors)
            c = logistic(np.array([[any_right(probabilities(e, b))] for e in ex]), np.array([float(e[1][:10].any()) for e in ex]), np.array([e[2] for e in ex]))
            for q, f in zip(queries, fold):
                if f == k:
                    held_factors[id(q)] = factors
                    for e in examples([q], factors):
                        p = probabilities(e, b)
                        held.append((q[0], p, e[1], 1 / (1 + math.exp(-(c[0] + c[1] * any_right(p)))), float(e[1][:10].any()), e))
        for name in dict.fromkeys(q[0] for q in queries):
            figures = [grade(q[3], q[4] @ held_factors[id(q)], q[5]) for q in queries if q[0] == name]
            print(f"  held out {name:12s} R@10 {100 * np.mean([f[0] for f in figures]):.1f}  nDCG@10 {100 * np.mean([f[1] for f in figures]):.1f}")
        count = Counter(h[0] for h in held)
        p = np.concatenate([h[1] for h in held]); y = np.concatenate([h[2] for h in held]); w = np.concatenate([np.full(len(h[1]), 1 / count[h[0]]) for h in held])
        error, rows = ece(p, y, w)
        conf = np.array([h[3] for h in held]); right = np.array([h[4] for h in held]); wc = np.array([1 / count[h[0]] for h in held])
        cerror, crows = ece(conf, right, wc)
        print(f"  held out: expected calibration error of relevance {error:.4f}, of confidence {cerror:.4f}")
        top = np.array([h[1][0] for h in held]); topy = np.array([h[2][0] for h in held])
        print(f"    of the first item alone {ece(top, topy, wc)[0]:.4f}")
        for name in count:
            m = [h for h in held if h[0] == name]
            mp, my = np.concatenate([h[1] for h in m]), np.concatenate([h[2] for h in m])
            answered = [h for h in m if h[5][3][3].any() and len(h[2]) and True]
            print(f"    {name}: relevance {ece(mp, my, np.ones(len(mp)))[0]:.4f}, confidence {ece(np.array([h[3] for h in m]), np.array([h[4] for h in m]), np.ones(len(m)))[0]:.4f}")
        diagrams[folder.rsplit(".", 1)[-1]] = (rows, crows, error, cerror)
        factors = fit_weights(queries, fixed)
        show("fitted on all", queries, factors)
        print("  factors: " + "  ".join(f"{n} {v:.3f}" for n, v in zip(names, factors)))
        for label, f in (("as it is", np.ones(len(names))), ("fitted", factors)):
            ex = examples(queries, f); b = calibrate(ex)
            c = logistic(np.array([[any_right(probabilities(e, b))] for e in ex]), np.array([float(e[1][:10].any()) for e in ex]), np.array([e[2] for e in ex]))
            print(f"  calibration, weights {label}: intercept {b[0]:.4f}  score {b[1]:.4f}  others {-b[2]:.4f}   confidence: {c[0]:.4f} + {c[1]:.4f} x log-odds")
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
