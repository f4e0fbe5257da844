"""What is found in a source, how it is known, and what the copies hold. Compiles nothing."""
from pathlib import Path

import pytest

import mutate
from changes import Change, Finder, rewritten
from tokens import Source


def changes_of(text: str, path: str = "agent/ha/x.cpp") -> list[Change]:
    return Finder(Source(path, text), 1).find()


def words_of(text: str) -> list[str]:
    return [change.words for change in changes_of(text)]


def copy_of(text: str) -> str:
    return rewritten(Source("x.cpp", text), changes_of(text)).split("#line 1\n")[1].replace("::tamada::mutation::", "")


class TestOperators:
    def test_operands_end_where_an_operator_binds_less(self) -> None:
        assert words_of("const bool x = a + 1 < f(b, c) && !d->e || g == h;") == [
            "a + 1 < f(b, c)  ->  <=", "a + 1 < f(b, c) && !d->e  ->  ||", "a + 1 < f(b, c) && !d->e || g == h  ->  &&",
            "g == h  ->  !="]

    def test_templates_references_comments_and_strings_compare_nothing(self) -> None:
        assert not words_of('std::optional<A<int>> x(B&& b);  // a < b\n/* c == d */ f("e && f", \'<\', R"(g > h)");\n'
                            "#if A == B\n#endif\nstd::vector<int> operator<(C&& c);")

    def test_a_lambda_is_an_operand_with_operators_of_its_own(self) -> None:
        assert words_of("const bool x = any_of(a, [](int b) { return b > c; }) && d;") == [
            "b > c  ->  !", "b > c  ->  >=", "any_of(a, [](int b) { return b > c; }) && d  ->  ||"]

    def test_a_block_before_an_operand_is_no_part_of_it(self) -> None:
        assert words_of("void f() {\n  for (;;) {\n  }\n  a = b{1} == c;\n}")[-1] == "b{1} == c  ->  !="


class TestConditions:
    def test_a_condition_is_negated_unless_its_operator_is_changed(self) -> None:
        assert words_of("void f() {\n  if (a) return;\n  while (b < c) d();\n  if (e == f) g();\n  h = i ? j : k;\n}") == [
            "a  ->  !", "b < c  ->  !", "b < c  ->  <=", "e == f  ->  !=", "i  ->  !"]

    def test_a_declaration_in_a_condition_is_left_alone(self) -> None:
        assert words_of("void f() {\n  if (auto a = b()) c();\n  if (const auto d = e(); d) g();\n}") == ["d  ->  !"]

    def test_only_a_return_of_bool_is_turned_round(self) -> None:
        assert words_of("bool f() {\n  return g;\n}\nint h() {\n  return i;\n}") == ["g  ->  !"]
        assert words_of("bool f() {\n  if (a) return false;\n  return true;\n}") == [
            "a  ->  !", "if (a) return false;  ->  !", "return true;  ->  !"]


class TestSpans:
    def test_a_span_is_doubled_and_is_nothing(self) -> None:
        assert words_of("constexpr Duration wait = 5s;  // long\nx = now_ + wait;") == [
            "constexpr Duration wait = 5s;: 5s  ->  doubled", "constexpr Duration wait = 5s;: 5s  ->  0"]

    def test_so_is_a_setting_that_is_added_to_now(self) -> None:
        assert words_of("x = now_ + cluster_.ttl;") == ["x = now_ + cluster_.ttl;: cluster_.ttl  ->  doubled",
                                                        "x = now_ + cluster_.ttl;: cluster_.ttl  ->  0"]

    def test_its_constant_is_known_at_run_time(self) -> None:
        assert copy_of("constexpr Duration wait = 5s;") == "const Duration wait = span(1, 2, 5s);"
        assert copy_of("struct A {\n  static constexpr Duration wait = 5s;\n};") == (
            "struct A {\n  static inline const Duration wait = span(1, 2, 5s);\n};")


class TestCopies:
    def test_what_has_the_same_range_is_nested(self) -> None:
        assert copy_of("if (a < b) c();") == "if ((on(1) != bool((less(2, a , b))))) c();"

    def test_lines_stay_where_they_are(self) -> None:
        text = "void f() {\n  if (a &&\n      b) c();\n}\n"
        assert copy_of(text).count("\n") == text.count("\n")


class TestIdentity:
    def test_lines_may_move(self) -> None:
        text = "void A::f(int b) {\n  if (b == 0) c();\n  if (b == 0) d();\n}\n"
        ours = [change.identity for change in changes_of(text)]
        assert ours == ["agent/ha/x.cpp: A::f: b == 0  ->  !=", "agent/ha/x.cpp: A::f: b == 0  ->  !=  #2"]
        assert [change.identity for change in changes_of("\n// more\n\n" + text)] == ours

    def test_functions_of_one_name_are_told_apart(self) -> None:
        assert [change.scope for change in changes_of("void f(A a) {\n  x = a == b;\n}\nvoid f(C c) {\n  x = c == b;\n}\n")] == [
            "f(A a)", "f(C c)"]


class TestHarmless:
    @pytest.fixture
    def harmless(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(mutate, "HARMLESS", tmp_path / "harmless.txt")
        return tmp_path / "harmless.txt"

    def test_entries_have_reasons(self, harmless: Path) -> None:
        harmless.write_text("# why\nx.cpp: f: a == b  ->  !=\n  nobody asks,\n  ever\n")
        assert mutate.read_harmless() == {"x.cpp: f: a == b  ->  !=": "nobody asks, ever"}
        harmless.write_text("x.cpp: f: a == b  ->  !=\n")
        with pytest.raises(ValueError, match="no reason"):
            mutate.read_harmless()

    def test_an_entry_that_is_no_change_any_more_is_wrong(self) -> None:
        ours = changes_of("void f() {\n  if (a) b();\n}\n")
        assert not mutate.wrong_entries({ours[0].identity: "why"}, ours)
        assert mutate.wrong_entries({"agent/ha/x.cpp: f: c  ->  !": "why"}, ours)


def test_every_entry_of_the_repository_is_a_change() -> None:
    changes = [change for _, of_file in mutate.find_changes().values() for change in of_file]
    assert len(changes) >= 150
    assert len({change.identity for change in changes}) == len(changes)
    assert not mutate.wrong_entries(mutate.read_harmless(), changes)
