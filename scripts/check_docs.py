#!/usr/bin/python3
"""Checks the documents: every relative link leads to a file of the checkout, every file or folder named in backquotes
with a slash exists, and every `make` target named exists. docs/operations.md must name every event of the router's log
with its keys, and every reason and phase of a session's end, and nothing else; docs/statistics.md every metric of ours
with its type and labels. Documents rot; this is what stops it.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")
NAMED = re.compile(r"`((?:common|router|agent|tests|bench|config|docs|scripts|cmake|docker|packaging)/[\w./*-]*)`")
MADE_BY_USERS = {"docker/stack.env"}
MAKE = re.compile(r"`make ([a-z-]+)`")

OPERATIONS = ROOT / "docs/operations.md"
STATISTICS = ROOT / "docs/statistics.md"
METRICS = ROOT / "tests/fixtures/stats/metrics.txt"  # kept what the router tells by a unit test
# A literal of this shape in the router is an event of the log; after write() its keys follow.
EVENT = re.compile(r'"([a-z_]+\.[a-z_]+)"')
WRITE = re.compile(r'\b(?:write|write_joined|log_line)\((?:[^;"]|\n)*"([a-z_]+\.[a-z_]+)",([^;]*);')
# Keys that stand in a list of their own, for more than one write().
LISTED = re.compile(r"\binitializer_list<LogField> fields = \{([^;]*)\};")
# A step of a fail-over's record that is no event of the log, and what events were called by former versions, whose files
# are still read (router/cluster/fact.cpp).
NOT_LOGGED = {"node.unanswered", "node.smell", "node.recycled"}
# What the statistics thread lets the control loop write; its keys are StatsDesk::record()'s.
RECORD = re.compile(r'\b(?:record|denied)\((?:[^;"]|\n)*?"([a-z]+\.[a-z_]+)"')
KEY = re.compile(r'\{"([a-z_]+)",')
# How a session ended, and where: the word and HAProxy's letter.
REASON = re.compile(r"""\bRow\{EndReason::\w+, EndedBy::\w+, "([a-z-]+)", '(\w)'""")
PHASE = re.compile(r"""PhaseRow\{"([a-z-]+)", '(\w)'""")


def tracked(root):
    out = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in out.stdout.split()]


def exists(name):
    return name in MADE_BY_USERS or (any(ROOT.glob(name)) if "*" in name else (ROOT / name).exists())


def tables(page):
    """The tables of a page by the words of their first head cell: {"event": [[cell, ...], ...]}."""
    found, rows = {}, None
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            rows = None
        elif rows is None:
            rows = found.setdefault(cells[0], [])
        elif not set(line) <= set("|-: "):
            rows.append(cells)
    return found


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


def differences(what, code, page, place=OPERATIONS):
    place = place.relative_to(ROOT)
    return ([f"{place}: {what} {name} of the code is missing" for name in sorted(code - page)] +
            [f"{place}: {what} {name} is none of the code's" for name in sorted(page - code)])


def check_metrics():
    golden = METRICS.read_text()
    labels = {}
    for name, inside in re.findall(r"^(tamada_\w+)(?:\{(.*)\})? ", golden, re.M):
        labels.setdefault(name, set()).update(set(re.findall(r'(\w+)="', inside)) - {"le"})
    told = {f"{name} ({kind}; {', '.join(sorted(labels.get(name + '_count', labels.get(name, set()))))})"
            for name, kind in re.findall(r"^# TYPE (tamada_\S+) (\S+)$", golden, re.M)}
    written = {f"{named(row[0])[0]} ({row[1]}; {', '.join(sorted(named(row[2])))})"
               for row in tables(STATISTICS)["metric"]}
    return differences("metric", told, written, STATISTICS)


def check_events():
    texts = ("config", "stats")  # what these hold are names of settings, and of what is shown
    sources = [path.read_text() for path in sorted([*ROOT.glob("router/*/**/*.cpp"), *ROOT.glob("common/log/*.cpp")])
               if path.relative_to(ROOT).parts[1] not in texts]
    settings = {name for path in ROOT.glob("router/config/*.cpp") for name in EVENT.findall(path.read_text())}
    events = {name for source in sources for name in EVENT.findall(source)} - settings - NOT_LOGGED
    keys = {name: set() for name in events}
    for source in sources:
        for name, fields in WRITE.findall(source):
            keys[name] |= set(KEY.findall(fields))
            if re.search(r"\bfields\b", fields):
                keys[name] |= {key for listed in LISTED.findall(source) for key in KEY.findall(listed)}
        for name in RECORD.findall(source):
            keys[name] |= {"by", "from", "why"}

    page = tables(OPERATIONS)
    rows = {named(row[0])[0]: row for row in page["event"]}
    found = differences("event", events, set(rows))
    for name in sorted(events & set(rows)):
        written = set(named(rows[name][2]))
        if name == "session.end":  # has a table of its own
            written = {key for row in page["key"] for key in named(row[0])}
        # Without a write() of its own it is a fact: these have a sentence, and mostly a node.
        expected = keys[name] or {"why"} | (written & {"node"})
        found += differences(f"key of {name}", expected, written)
    for what, pattern, letter in (("why", REASON, 2), ("phase", PHASE, 1)):
        code = {f"{word} {sign}" for source in sources for word, sign in pattern.findall(source)}
        found += differences(what, code, {f"{word} {sign}" for row in page[what] for word in named(row[0])
                                          for sign in row[letter].split(" or ")})
    return found


def main():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    found = []
    for page in tracked(ROOT):
        for number, line in enumerate(page.read_text().splitlines(), 1):
            place = f"{page.relative_to(ROOT)}:{number}"
            for target, _ in LINK.findall(line):
                if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                    found.append(f"{place}: the link to {target} leads nowhere")
            found += [f"{place}: {name} does not exist" for name in NAMED.findall(line) if not exists(name)]
            found += [f"{place}: there is no `make {name}`" for name in MAKE.findall(line) if name not in targets]
    found += check_events() + check_metrics()
    print("\n".join(found) if found else "documents: every link, named file, event of the log and metric is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
