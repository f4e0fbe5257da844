#!/usr/bin/python3
"""Checks the documents: every relative link leads to a file of the checkout, every file or folder named in backquotes
with a slash exists, and every `make` target named exists. Documents that name files rot; this is what stops it.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")
NAMED = re.compile(r"`((?:common|router|tests|bench|config|docs|scripts|cmake)/[\w./*-]*)`")
MAKE = re.compile(r"`make ([a-z-]+)`")


def tracked(root):
    out = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in out.stdout.split()]


def exists(name):
    return any(ROOT.glob(name)) if "*" in name else (ROOT / name).exists()


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
    print("\n".join(found) if found else "documents: every link and every named file is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
