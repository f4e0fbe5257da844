#!/usr/bin/python3
"""Checks that each name that a C++ source brings into its scope by `using a::b;` is used in it.

Exits 1 with one line per breach, naming file, line and the name. Aliases (`using a = b;`) and `using namespace` are the
compiler's and clang-tidy's business.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
USING = re.compile(r"^\s*using (?:[\w:]+::)(\w+);", re.M)
COMMENT = re.compile(r"//.*")


def main() -> None:
    names = subprocess.run(["git", "ls-files", "-z", "--", "*.cpp"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    failed = False
    for name in filter(None, names.stdout.split("\0")):
        text = COMMENT.sub("", (ROOT / name).read_text())
        for found in USING.finditer(text):
            rest = text[:found.start()] + text[found.end():]
            if not re.search(rf"(?<!::)\b{found[1]}\b", rest):
                print(f"{name}:{text.count(chr(10), 0, found.start(1)) + 1}: nothing here uses {found[1]}: take the line out")
                failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
