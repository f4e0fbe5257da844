#!/usr/bin/python3
"""tidy.py [JOBS [SOURCE ...]]: clang-tidy over these sources, or every one of common/, router/ and agent/.

The sources of a folder are looked at as one, by a source that includes them all: reading the headers and searching them is
most of what a source costs, and is done once for the folder so. Where the compiler has something to say (two sources may
have a helper of the same name, each for itself), those that it names are looked at apart from the others. A finding has its
own file and line either way.

Exits 1 after printing every finding. misc-unused-using-decls would look only into the file it is given: check_using.py
stands in for it.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("common", "router", "agent")
DATABASE = ROOT / "build/debug/compile_commands.json"
COMMAND = ["clang-tidy-14", "--quiet", f"--config-file={ROOT}/.clang-tidy", "--extra-arg=-Wno-unknown-warning-option",
           "--extra-arg=-Wno-shadow",  # the compiler looks for these, source by source
           f"--header-filter=^{re.escape(str(ROOT))}/({'|'.join(FOLDERS)})/"]
# A finding of the compiler, not of a check, with the file that it is in.
COMPILERS = re.compile(r"^(/[^:]+):\d+:\d+: .*\[clang-diagnostic-", re.M)
# What clang-tidy says of how much it has left out.
NOISE = re.compile(r"^(\d+ warnings?( and \d+ errors?)? generated\.|\d+ errors? generated\.|Suppressed .*|Use -header-filter.*|)$")


def groups(sources: list[str]) -> list[tuple[str, str, list[str]]]:
    """Sources that are compiled in the same way, as (folder of the command, command, sources); the largest first."""
    found = collections.defaultdict(list)
    for entry in json.loads(DATABASE.read_text()):
        if entry["file"] in sources:
            command = entry["command"].replace(entry["file"], "").split(" -o ")[0]
            found[(os.path.dirname(entry["file"]), entry["directory"], command)].append(entry["file"])
    missing = set(sources) - {source for group in found.values() for source in group}
    if missing:
        sys.exit("tidy.py: no target compiles " + ", ".join(sorted(missing)))
    return sorted(((directory, command, group) for (_, directory, command), group in found.items()), key=lambda g: -len(g[2]))


def look(directory: str, command: str, sources: list[str]) -> tuple[bool, str]:
    """Whether clang-tidy has nothing to say, and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        joined = pathlib.Path(folder, "joined.cpp")
        joined.write_text("".join(f'#include "{source}"\n' for source in sources))
        entry = {"directory": directory, "command": f"{command} -c {joined}", "file": str(joined)}
        pathlib.Path(folder, "compile_commands.json").write_text(json.dumps([entry]))
        done = subprocess.run([*COMMAND, "-p", folder, str(joined)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
    named = {found[1] for found in COMPILERS.finditer(done.stdout)}
    if named and len(sources) > 1:
        apart = [source for source in sources if source in named] or sources[:1]
        together = [source for source in sources if source not in apart]
        if not together:
            together, apart = apart[:1], apart[1:]
        parts = [look(directory, command, part) for part in (together, apart)]
        return all(well for well, _ in parts), "".join(text for _, text in parts)
    return done.returncode == 0, "".join(line + "\n" for line in done.stdout.splitlines() if not NOISE.match(line))


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count()
    wanted = sys.argv[2:] or [f"{folder}/*.cpp" for folder in FOLDERS]
    named = subprocess.run(["git", "ls-files", "-z", "--", *wanted], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    sources = [str(ROOT / name) for name in named.stdout.split("\0") if name]
    if not sources:
        sys.exit("tidy.py: git names no such source here")
    subprocess.run(["cmake", "--preset", "debug"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    well = True
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for nothing_said, text in pool.map(lambda group: look(*group), groups(sources)):
            well = well and nothing_said
            print(text, end="", flush=True)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
