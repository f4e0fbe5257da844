"""Finds what can be changed in a source: comparisons, conditions, deadlines, one Change each.

A change is known by its file, the function it stands in and what it makes of what, so that lines may move around it.
"""
import re
from typing import NamedTuple

from tokens import Source

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&"}
COMPARES = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
SPAN = re.compile(r"\d[\d']*(?:ms|s|min|h)$")
# Where something stands: a function, a class. A row of a table is as good as a function, and better known by its name than
# by its place.
SCOPE = re.compile(r"^(?:[A-Za-z][^;=#\n]*?(?<![\w:])(?P<function>[\w:~]+)\((?P<first>[^,;)\n]*)[^;\n]*$"
                   r"|[ ]*\{(?P<row>RowId::\w+),|(?:  )?(?:class|struct) (?P<type>\w+)[^;\n]*\{$)", re.MULTILINE)
LONGEST = 50


def shortened(words: str) -> str:
    return words if len(words) <= 2 * LONGEST else words[:LONGEST] + "..." + words[-LONGEST:]


class Edit(NamedTuple):
    """Text in place of what stands in [start, end); `outer` is the range of the expression that it belongs to, of two of the same
    range the one with the smaller depth stands outside."""
    start: int
    end: int
    text: str
    outer: tuple[int, int]
    depth: int = 1


class Change(NamedTuple):
    number: int
    path: str
    scope: str
    words: str  # "a < b  ->  a <= b"
    first: int  # lines
    last: int
    edits: tuple[Edit, ...]

    @property
    def identity(self) -> str:
        return f"{self.path}: {self.scope}: {self.words}"


class Finder:
    def __init__(self, source: Source, first_number: int) -> None:
        self.source = source
        self.tokens = source.tokens
        self.number = first_number
        self.changes: list[Change] = []
        self.scopes = self.find_scopes()
        self.spans = {self.tokens[index - 2].text for index in range(2, len(self.tokens))
                      if SPAN.match(self.tokens[index].text) and self.tokens[index - 1].text == "="}
        self.seen: dict[str, int] = {}

    def find(self) -> list[Change]:
        for index, token in enumerate(self.tokens):
            if self.source.binding(index) != 0:
                self.swap(index)
            elif token.text in ("if", "while") and self.tokens[index + 1].text == "(":
                first, end = index + 2, self.source.partner[index + 1]
                semicolons = [at for at in self.source.top_level(first, end) if self.tokens[at].text == ";"]
                self.negate(semicolons[-1] + 1 if semicolons else first, end)
            elif token.text == "?":
                self.negate(self.source.before(index, 0), index)
            elif token.text == "return" and self.returns_bool(index):
                self.negate(index + 1, self.source.after(index + 1, 0))
            elif token.kind == "number" and SPAN.match(token.text) and token.text.strip("smhin") != "0":
                self.span(index, index + 1)
            elif token.text == "+" and self.tokens[index - 1].text in ("now_", "now"):
                self.setting(index)
        return self.changes

    def find_scopes(self) -> list[tuple[int, str]]:
        """Where each begins, and its name; functions of one name with what they take first."""
        found = [match for match in SCOPE.finditer(self.source.text)
                 if not (match["type"] and self.source.path.endswith(".cpp"))]
        names = [match["function"] for match in found]
        return [(match.start(), f"{name}({match['first']})" if name and names.count(name) > 1
                 else name or match["row"] or match["type"]) for match, name in zip(found, names)]

    def add(self, position: tuple[int, int], words: str, *edits: Edit) -> None:
        scope = "-"
        for start, name in self.scopes:
            if start <= position[0]:
                scope = name
        again = self.seen[f"{scope}: {words}"] = self.seen.get(f"{scope}: {words}", 0) + 1
        self.changes.append(Change(self.number, self.source.path, scope, words + (f"  #{again}" if again > 1 else ""),
                                   self.source.line(position[0]), self.source.line(position[1]), edits))
        self.number += 1

    def swap(self, index: int) -> None:
        source, sign = self.source, self.tokens[index]
        binding = source.binding(index)
        first, end = source.before(index, binding), source.after(index + 1, binding + 1)
        if first == index or end == index + 1:
            return
        outer = (self.tokens[first].start, self.tokens[end - 1].end)
        left, right = source.words(first, index), source.words(index + 1, end)
        left = left if len(left) <= LONGEST else "..." + left[-LONGEST:]
        right = right if len(right) <= LONGEST else right[:LONGEST] + "..."
        number = self.number
        if sign.text in COMPARES:
            texts = (f"(::tamada::mutation::{COMPARES[sign.text]}({number}, ", ",", "))")
        elif sign.text in ("==", "!="):
            texts = (f"(::tamada::mutation::on({number}) != (", sign.text, "))")
        elif sign.text == "&&":  # a ? b : false, and changed !a ? b : true
            texts = ("((bool(", f") != ::tamada::mutation::on({number})) ? bool(", f") : ::tamada::mutation::on({number}))")
        else:
            texts = ("((bool(", f") != ::tamada::mutation::on({number})) ? !::tamada::mutation::on({number}) : bool(", "))")
        self.add(outer, f"{left} {sign.text} {right}  ->  {SWAPS[sign.text]}",
                 Edit(outer[0], outer[0], texts[0], outer), Edit(sign.start, sign.end, texts[1], outer),
                 Edit(outer[1], outer[1], texts[2], outer))

    def negate(self, first: int, end: int) -> None:
        """A condition without && and ||, which are swapped instead; == and != are, too."""
        top = self.source.top_level(first, end)
        if not top or any(self.tokens[at].text in ("&&", "||", "==", "!=", "=", "?", ",") for at in top):
            return
        outer = (self.tokens[first].start, self.tokens[end - 1].end)
        words = self.source.words(first, end)
        if words in ("true", "false"):
            words = self.line_of(outer)
        self.add(outer, f"{shortened(words)}  ->  !", Edit(outer[0], outer[0], f"(::tamada::mutation::on({self.number}) != bool(", outer, 0),
                 Edit(outer[1], outer[1], "))", outer, 0))

    def returns_bool(self, index: int) -> bool:
        """Whether the function or lambda around a `return` gives a bool: it says so, or it is asked by an algorithm."""
        at = index - 1
        while at >= 0:
            text = self.tokens[at].text
            if text in (")", "]", "}") and at in self.source.partner:
                at = self.source.partner[at] - 1
                continue
            if text == "{" and at in self.source.partner:
                before = at - 1
                while self.tokens[before].text in ("const", "noexcept", "override"):
                    before -= 1
                if self.tokens[before].text == ")":
                    name = self.source.partner[before] - 1
                    if self.tokens[name].text == "]":
                        return True
                    if self.tokens[name].text not in ("if", "for", "while", "switch"):
                        line = self.source.text.rfind("\n", 0, self.tokens[name].start) + 1
                        return re.search(r"\bbool [\w:]+$", self.source.text[line:self.tokens[name].end]) is not None
            at -= 1
        return False

    def setting(self, index: int) -> None:
        """What is added to the time of now, where it is no constant that is changed at its own place."""
        end = index + 1
        while end < len(self.tokens) and (self.tokens[end].kind == "name" or self.tokens[end].text in (".", "->", "::", "(", "[")):
            end = self.source.partner.get(end, end) + 1
            if self.tokens[end].text == "<" and self.source.binding(end) == 0:  # what a template is given
                while self.tokens[end - 1].text != ">":
                    end += 1
        if end > index + 1 and self.tokens[end - 1].text not in self.spans:
            self.span(index + 1, end)

    def span(self, first: int, end: int) -> None:
        outer = (self.tokens[first].start, self.tokens[end - 1].end)
        double, zero = self.number, self.number + 1
        words = shortened(self.line_of(outer))
        value = self.source.words(first, end)
        edits = [Edit(outer[0], outer[0], f"::tamada::mutation::span({double}, {zero}, ", outer),
                 Edit(outer[1], outer[1], ")", outer), *self.declaration(first)]
        self.add(outer, f"{words}: {value}  ->  doubled", *edits)
        self.add(outer, f"{words}: {value}  ->  0", *edits)

    def line_of(self, outer: tuple[int, int]) -> str:
        """The code on the lines of a range."""
        text = self.source.text[self.source.text.rfind("\n", 0, outer[0]) + 1:outer[1]]
        text += self.source.text[outer[1]:].split("\n", 1)[0]
        return " ".join(re.sub(r"//[^\n]*", "", text).split())

    def declaration(self, index: int) -> list[Edit]:
        """A constant whose value is known at run time only is no constexpr."""
        while index > 0 and self.tokens[index - 1].text not in (";", "{", "}"):
            index -= 1
            if self.tokens[index].text == "constexpr":
                token = self.tokens[index]
                is_member = self.tokens[index - 1].text == "static"
                return [Edit(token.start, token.end, "inline const" if is_member else "const", (token.start, token.end))]
        return []


def rewritten(source: Source, changes: list[Change]) -> str:
    """The text with every change in it, each asked for by its number. Lines stay where they are."""
    edits = {edit for change in changes for edit in change.edits}

    def order(edit: Edit) -> tuple[int, int, int, int]:
        start, end = edit.outer
        if edit.start == edit.end == end:  # what ends here comes before what begins here; the inner one first
            return edit.start, 0, -start, -edit.depth
        if edit.start == edit.end:
            return edit.start, 1, -end, edit.depth
        return edit.start, 2, 0, 0

    pieces, at = [], 0
    for edit in sorted(edits, key=order):
        pieces += [source.text[at:edit.start], edit.text]
        at = edit.end
    return '#include "tests/mutation/mutation.h"\n#line 1\n' + "".join(pieces) + source.text[at:]
