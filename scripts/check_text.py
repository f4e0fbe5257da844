#!/usr/bin/env python3
"""Text is for people, code branches on values: finds code that looks into a sentence to decide something.

A sentence is what stands under one of the names below (an error's message, a fact's words, the reason why a node is not
offered, ...). Whether it is empty may be asked; what it says may not. Where a decision is wanted, the value that the
sentence was made from has to be carried along: an ErrorKind, an http::Failure's stage, a FactKind, a flag. Tests may
compare sentences: they check what people read.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SENTENCE = r"(?:message|words|sentence|reason|why\w*|no_leader_?|silence_words)(?:\(\))?"
LOOKS_INTO = re.compile(
    rf"\b{SENTENCE}\.(?:find|rfind|find_first_of|starts_with|ends_with|contains|compare)\((?!')"
    rf"|\b{SENTENCE} [!=]= \"(?!\")"
    rf"|\"[^\"]+\" [!=]= (?:\w+(?:\.|->))*{SENTENCE}\b")
# etcd's gateway tells some faults by their text only; this one file makes values of them.
PROTOCOL = {"common/etcd/rpc_error.cpp"}
# A kind of fact is an enum; only its table knows the names.
NAME_OF_FACT = re.compile(r"\bname_of\([^()]*\) [!=]= \"|\.(?:event|fact)(?:\(\))? [!=]= \"")


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z", "--", "common/*.cpp", "common/*.h", "router/*.cpp", "router/*.h", "agent/*.cpp",
                             "agent/*.h"],
                            cwd=ROOT, capture_output=True, text=True, check=True)
    found = []
    for name in sorted(set(filter(None, listed.stdout.split("\0"))) - PROTOCOL):
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            code = line.split("//", 1)[0]
            if LOOKS_INTO.search(code) or NAME_OF_FACT.search(code):
                found.append(f"{name}:{number}: decides by a text: {line.strip()}; carry the value it was made from")
    print("\n".join(found) if found else "text: no code looks into a sentence")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
