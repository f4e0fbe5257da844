"""C++ sources as tokens: enough of the language to find operators and what stands on both sides of them.

Comments, strings and preprocessor lines are no tokens of interest. The sources are formatted by clang-format, which is used here:
a `<` with spaces around it compares, one without belongs to a template.
"""
import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*)"""
    r"""|(?P<string>R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<number>\d[\w.]*(?:'\w+)*)"""
    r"""|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign><=>|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""", re.DOTALL | re.MULTILINE | re.VERBOSE)

OPEN = {"(": ")", "[": "]", "{": "}"}
CLOSE = {close: opening for opening, close in OPEN.items()}

# How tightly an operator binds, of those that end an operand here.
BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4}
ENDS = {",", ";", "?", ":", "=", "return", "+=", "-=", "*=", "/=", "|=", "&=", "else"}


class Token(NamedTuple):
    text: str
    kind: str
    start: int
    end: int


class Source:
    """A file's text and tokens. Ranges of tokens are half open."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tokens: list[Token] = []
        for match in TOKEN.finditer(text):
            if match.lastgroup != "skip" and match.group("skip") is None:
                kind = next(k for k in ("string", "number", "name", "sign") if match.group(k) is not None)
                self.tokens.append(Token(match.group(), kind, match.start(), match.end()))
        self.partner = self._partners()

    def _partners(self) -> dict[int, int]:
        """Of each bracket the other one."""
        partner: dict[int, int] = {}
        waiting: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind != "sign":
                continue
            if token.text in OPEN:
                waiting.append(index)
            elif token.text in CLOSE:
                opening = waiting.pop()
                if OPEN[self.tokens[opening].text] != token.text:
                    raise ValueError(f"{self.path}: brackets do not match at {self.line(token.start)}")
                partner[opening], partner[index] = index, opening
        return partner

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def binding(self, index: int) -> int:
        """How tightly the operator at a token binds; 0: it is none of BINDING."""
        token = self.tokens[index]
        if token.kind != "sign" or token.text not in BINDING:
            return 0
        is_apart = self.text[token.start - 1].isspace() and self.text[token.end:token.end + 1].isspace()
        return BINDING[token.text] if is_apart else 0

    def before(self, index: int, binding: int) -> int:
        """The first token of the operand that ends before a token; it holds no operator that binds less than `binding`."""
        first = index
        while first > 0 and not self._ends(first - 1, binding, CLOSE):
            first = self.partner.get(first - 1, first - 1)
        return first

    def after(self, index: int, binding: int) -> int:
        """The token after the operand that begins at a token; it holds no operator that binds less than `binding`."""
        end = index
        while end < len(self.tokens) and not self._ends(end, binding, OPEN):
            end = self.partner.get(end, end) + 1
        return end

    def _ends(self, index: int, binding: int, skipped: dict[str, str]) -> bool:
        token = self.tokens[index]
        if token.kind == "string":
            return False
        if index in self.partner:
            if token.text not in skipped:
                return True
            # A block before an operand is another statement; the braces of a lambda or of a value follow something.
            return skipped is CLOSE and token.text == "}" and not self._is_value(self.partner[index])
        own = self.binding(index)
        return token.text in ENDS or (own != 0 and own < binding)

    def _is_value(self, opening: int) -> bool:
        before = self.tokens[opening - 1]
        return before.kind == "name" and before.text not in ("else", "const")

    def top_level(self, first: int, end: int) -> list[int]:
        """The tokens of a range that stand in no brackets of it."""
        found = []
        while first < end:
            found.append(first)
            first = self.partner[first] if self.tokens[first].text in OPEN and first in self.partner else first
            first += 1
        return found

    def words(self, first: int, end: int) -> str:
        """The tokens of a range as one line."""
        if first >= end:
            return ""
        text = self.text[self.tokens[first].start:self.tokens[end - 1].end]
        return " ".join(re.sub(r"//[^\n]*", "", text).split())
