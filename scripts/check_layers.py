#!/usr/bin/python3
"""Checks which folder may include which: the arrows of docs/architecture.md only go down.

Reads every #include line under common/ and router/ and the library headers that are reserved to one folder.
Exits 1 with one line per breach, naming file, line, what was found and what is allowed.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder -> the folders it may include from, besides itself.
MAY_INCLUDE = {
    "common/base": [],
    "common/wire": ["common/base"],
    "common/loop": ["common/base"],
    "common/http": ["common/wire", "common/loop", "common/base"],
    "common/etcd": ["common/http", "common/loop", "common/base"],
    "router/core": ["common/wire", "common/base"],
    "router/config": ["router/core", "common/base"],
    "router/stats": ["router/core", "common/base"],
    "router/serve": ["router/stats", "router/config", "router/core", "common/http", "common/loop", "common/wire",
                     "common/base"],
    "router/shell": ["router/serve", "router/stats", "router/core", "router/config", "common/etcd", "common/http", "common/loop",
                     "common/wire", "common/base"],
    "router": ["router/shell", "router/config", "common/loop", "common/base"],  # main.cpp
}

# Library header (prefix) -> the folders that may include it. The core stays free of I/O, clocks and logs.
RESERVED = {
    "uv.h": ["common/loop"],
    "llhttp.h": ["common/http"],
    "crypt.h": ["router/serve"],
    "openssl/": ["common/http", "router/serve", "router/shell"],  # outside http only to compare secrets
    "yaml-cpp/": ["router/config"],
    "spdlog/": ["router/shell"],
    "CLI/": ["router/shell"],
    "nlohmann/": ["common/wire", "common/http", "common/etcd", "router/stats", "router/serve", "router/shell"],
    "thread": ["common/loop", "router/serve", "router/shell"],
    "mutex": ["common/loop", "router/serve", "router/shell"],
}

# Words that have no place in the pure folders.
PURE = ["common/base", "common/wire", "router/core", "router/stats"]
IMPURE_WORDS = re.compile(r"\b(boot_now|clock_gettime|gettimeofday|system_clock::now|steady_clock::now|getenv)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def breaches(path):
    folder = folder_of(path)
    place = path.relative_to(ROOT)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if folder in PURE and IMPURE_WORDS.search(line.split("//")[0]):
            yield f"{place}:{number}: {folder} is pure; it is handed the time and the environment"
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        if quote == '"':
            wanted = "/".join(target.split("/")[:2])
            allowed = MAY_INCLUDE.get(folder, []) + [folder]
            if "/" not in target:
                yield f'{place}:{number}: "{target}": write the path from the root of the checkout'
            elif wanted not in allowed:
                yield f"{place}:{number}: {folder} may not include {wanted}; allowed: {', '.join(allowed)}"
        for prefix, folders in RESERVED.items():
            hit = target.startswith(prefix) if prefix.endswith("/") else target == prefix
            if hit and folder not in folders:
                yield f"{place}:{number}: <{target}> is reserved to {', '.join(folders)}"


def main():
    files = sorted(p for top in ("common", "router") for p in (ROOT / top).rglob("*") if p.suffix in (".h", ".cpp"))
    unknown = {folder_of(p) for p in files} - MAY_INCLUDE.keys()
    found = [f"{name}: not in scripts/check_layers.py; add what it may include" for name in sorted(unknown)]
    found += [line for path in files for line in breaches(path)]
    found += [f"{p.relative_to(ROOT)}: #pragma once is missing"
              for p in files if p.suffix == ".h" and "#pragma once" not in p.read_text()]
    print("\n".join(found) if found else f"layers: {len(files)} files, every include goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
