#!/usr/bin/python3
"""make mutate: changes the agent's mind in one place at a time, and tells which changes no test finds.

    mutate.py [--files PATTERN] [--jobs N] [--sample N] [--histories N] [--again] [--list]

One build of a copy of the checkout holds all changes; TAMADA_MUTANT chooses one when a program starts. Each is tried with the
unit tests of its folder, then with a thousand simulated histories. What nothing finds has to stand in harmless.txt with its
reason. Exit code 1: something else was not found, harmless.txt is not right any more, or less than 90 % were found.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import sys
import time
from pathlib import Path

from changes import Change
from copies import COPY, LOG, ROOT, BuildError, build, find_changes
from trials import Result, Trials

HARMLESS = Path(__file__).resolve().parent / "harmless.txt"
RESULTS = COPY / "results.json"
WANTED = 0.9


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


def read_harmless() -> dict[str, str]:
    """Identity -> reason. An identity begins a line, its reason stands indented below it."""
    reasons: dict[str, str] = {}
    identity = ""
    for line in HARMLESS.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            identity = line.strip()
            if identity in reasons:
                raise ValueError(f"harmless.txt: twice: {identity}")
            reasons[identity] = ""
        else:
            reasons[identity] = f"{reasons[identity]} {line.strip()}".strip()
    for identity, reason in reasons.items():
        if not reason:
            raise ValueError(f"harmless.txt: no reason: {identity}")
    return reasons


def wrong_entries(reasons: dict[str, str], changes: list[Change]) -> list[str]:
    known = {change.identity for change in changes}
    return [f"harmless.txt: no change of the sources is this one any more: {identity}"
            for identity in reasons if identity not in known]


def selected(changes: list[Change], options: argparse.Namespace, earlier: dict[str, list[str]]) -> list[Change]:
    if options.files:
        pattern = options.files if any(sign in options.files for sign in "*?[") else f"*{options.files}*"
        changes = [change for change in changes if fnmatch.fnmatch(change.path, pattern)]
    if options.again:
        changes = [change for change in changes if not earlier.get(change.identity, [""])[0]]
    if options.sample and len(changes) > options.sample:
        changes = [changes[index * len(changes) // options.sample] for index in range(options.sample)]
    return changes


def try_all(trials: Trials, changes: list[Change], jobs: int, earlier: dict[str, list[str]]) -> dict[str, Result]:
    """Identity -> what found it. Kept in RESULTS as they come, for --again."""
    results = {change.identity: Result("", "") for change in changes}
    waiting = changes
    for stage in trials.stages:
        say(f"{len(waiting)} changes, with {stage.words}")
        told, tried, left = time.monotonic(), 0, []
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(stage.attempt, change): change for change in waiting}
            for done in concurrent.futures.as_completed(running):
                change, result, tried = running[done], done.result(), tried + 1
                if result is None:
                    left.append(change)
                else:
                    results[change.identity] = result
                earlier[change.identity] = list(result or Result("", ""))
                if time.monotonic() - told > 20:
                    told = time.monotonic()
                    say(f"{tried} of {len(waiting)} tried, {tried - len(left)} found")
                    RESULTS.write_text(json.dumps(earlier, indent=1))
        say(f"{len(waiting) - len(left)} of {len(waiting)} found by {stage.words}")
        RESULTS.write_text(json.dumps(earlier, indent=1))
        waiting = sorted(left)
    return results


def table(tried: list[Change], results: dict[str, Result], reasons: dict[str, str], left_out: list[Change]) -> str:
    heads = ["file", "changes", "by tests", "by simulation", "harmless", "not found", "left out"]
    rows: dict[str, collections.Counter[str]] = {}
    for change in tried:
        how = results[change.identity].how or ("harmless" if change.identity in reasons else "not found")
        rows.setdefault(change.path, collections.Counter()).update(["changes", how if how in heads else f"by {how}"])
    for change in left_out:
        rows.setdefault(change.path, collections.Counter()).update(["left out"])
    rows = {path: rows[path] for path in sorted(rows)}
    rows["all"] = sum(rows.values(), collections.Counter())
    lines = [f"{heads[0]:<38}" + "".join(f"{head:>15}" for head in heads[1:])]
    for path, counts in rows.items():
        lines.append(f"{path:<38}" + "".join(f"{counts[head]:>15}" for head in heads[1:]))
    return "\n".join(lines)


def judge(trials: Trials, tried: list[Change], results: dict[str, Result], reasons: dict[str, str]) -> list[str]:
    """What is wrong, a line each."""
    wrong = []
    for change in tried:
        result = results[change.identity]
        if result.how and change.identity in reasons:
            wrong.append(f"harmless.txt: it is found by the {result.how} ({result.words}): {change.identity}")
        elif not result.how and change.identity not in reasons:
            reach = "" if trials.reaches(change) else " (nothing comes to this place)"
            wrong.append(f"not found{reach}: line {change.first}: {change.identity}")
    found = sum(bool(results[change.identity].how) for change in tried)
    if tried and found < WANTED * len(tried):
        wrong.append(f"less than {WANTED:.0%} were found: {found} of {len(tried)}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="", help="a part of the path, or a pattern like */decider_*.cpp")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--sample", type=int, default=0, help="so many changes, spread evenly over all")
    parser.add_argument("--histories", type=int, default=1000, help="so many are simulated; 0: only the unit tests are tried")
    parser.add_argument("--again", action="store_true", help="only what the runs before did not find")
    parser.add_argument("--list", action="store_true", help="only tells which changes there are")
    options = parser.parse_args()

    found = find_changes()
    changes = [change for _, of_file in found.values() for change in of_file]
    if options.list:
        print("\n".join(f"{change.number} {change.path}:{change.first} {change.identity}" for change in changes))
        return 0
    reasons = read_harmless()
    say(f"{len(changes)} changes in {len(found)} files; building them (all of its output: {LOG.relative_to(ROOT)})")
    try:
        numbers = build(found, options.jobs)
        say(f"built, {len(numbers)} that do not compile left out; running everything once without a change")
        trials = Trials(options.histories)
    except (BuildError, RuntimeError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 1
    times = ", ".join(f"{program.name} {program.usual.seconds:.1f} s" for program in trials.programs)
    earlier = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    wanted = selected(changes, options, earlier)
    left_out = [change for change in wanted if change.number in numbers]
    tried = [change for change in wanted if change.number not in numbers]
    say(f"trying {len(tried)} changes; {times}")
    results = try_all(trials, tried, options.jobs, earlier)

    wrong = wrong_entries(reasons, changes) + judge(trials, tried, results, reasons)
    count = sum(bool(result.how) for result in results.values())
    print(table(tried, results, reasons, left_out))
    for change in left_out:
        print(f"left out, since it does not compile: line {change.first}: {change.identity}")
    print("\n".join(wrong) if wrong else "mutate: every change was found, or is known to be harmless")
    print(f"mutate: {count} of {len(tried)} changes found ({100 * count / max(1, len(tried)):.1f} %), {len(left_out)} left out")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
