#!/usr/bin/python3
"""embed.py OUTPUT.cpp FOLDER FILE...: writes C++ that holds the bytes of the page's files (router/api/assets.h).

Files are named from FOLDER on: index.html becomes "/", ui/main.js "/ui/main.js". Each gets a content type by its ending and a strong ETag, a hash of
its bytes. Fails where an ending has no type here: a browser told to believe the type refuses a wrong one.
"""
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
LINE = 96  # bytes of a file in a line of C++


def literal(data):
    """The bytes as C++ string literals. Three octal digits always: what follows is never read as part of the number."""
    pieces = []
    for start in range(0, len(data), LINE):
        text = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in data[start:start + LINE])
        pieces.append(f'"{text}"')
    return "\n     ".join(pieces) or '""'


def entry(folder, name):
    path = folder / name
    kind = TYPES.get(path.suffix)
    if kind is None:
        sys.exit(f"embed.py: {path}: no content type for \"{path.suffix}\"; add it to TYPES")
    data = path.read_bytes()
    url = "/" if name == "index.html" else f"/{name}"
    etag = hashlib.sha256(data).hexdigest()[:24]
    return f'    {{"{url}", "{kind}", "\\"{etag}\\"",\n     std::string_view({literal(data)}, {len(data)})}},\n'


def main():
    output, folder, *names = sys.argv[1:]
    entries = "".join(entry(pathlib.Path(folder), name) for name in names)
    pathlib.Path(output).write_text(f"""// Made by scripts/embed.py.
#include "router/api/assets.h"

namespace tamada::router {{

std::span<const Asset> all_assets() {{
  static constexpr Asset assets[] = {{
{entries}  }};
  return assets;
}}

}}  // namespace tamada::router
""")


if __name__ == "__main__":
    main()
