#!/usr/bin/env python3
"""Makes small projects of large ones, for what fit.py cannot learn from large ones alone: how sure one may be of the best
of three items.

    python3 docs/recall/small.py FOLDER [FOLDER ...] OUT

For each folder it writes OUT/small-NAME: for some of its queries, projects of 1 to 100 items, one with a right item among
them, one of the same set without any, and one of items of another set. The same on every run.
"""
import json, os, random, sys

SIZES, QUERIES = (1, 2, 4, 8, 16, 32, 100), 20


def read(folder, name):
    with open(os.path.join(folder, name)) as f:
        return [json.loads(line) for line in f]


def main():
    *folders, out = sys.argv[1:]
    sets = [(os.path.basename(os.path.normpath(f)), read(f, "items.jsonl"), read(f, "queries.jsonl")) for f in folders]
    chance = random.Random(1)
    for at, (name, items, queries) in enumerate(sets):
        foreign = [item for n, (_, others, _) in enumerate(sets) if n != at for item in others]
        to = os.path.join(out, f"small-{name}"); os.makedirs(to, exist_ok=True)
        with open(os.path.join(to, "items.jsonl"), "w") as kept, open(os.path.join(to, "queries.jsonl"), "w") as asked:
            for size in SIZES:
                for query in chance.sample(queries, QUERIES):
                    own = [item for item in items if item["project"] == query["project"]]
                    right = [item for item in own if item["id"] in query["gold"]]
                    wrong = [item for item in own if item["id"] not in query["gold"]]
                    for label, chosen in (
                        ("with", chance.sample(right, 1) + chance.sample(wrong, size - 1)),
                        ("without", chance.sample(wrong, size)),
                        ("foreign", chance.sample(foreign, size)),
                    ):
                        project = f"{query['id']}-{size}-{label}"
                        for n, item in enumerate(chosen):
                            # Keys are those of their set: in another they may stand for other items.
                            kept.write(json.dumps(item | {"project": project, "id": f"{n}"}) + "\n")
                        gold = ["0"] if label == "with" else []
                        asked.write(json.dumps(query | {"project": project, "gold": gold}) + "\n")


if __name__ == "__main__":
    main()
