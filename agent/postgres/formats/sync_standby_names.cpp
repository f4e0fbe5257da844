#include "agent/postgres/formats/sync_standby_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

bool begins_identifier(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_identifier(char c) {
  return begins_identifier(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}
// The server's scanner takes bytes beyond ASCII as letters.
bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

struct Token {
  enum class Kind { name, quoted, number, comma, open, close, star };
  Kind kind;
  std::string text;
};

std::optional<Token> take_quoted(std::string_view& rest) {
  Token token{Token::Kind::quoted, {}};
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      token.text += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      token.text += '"';
      ++i;
    } else {
      rest.remove_prefix(i + 1);
      return token;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<Token>> tokens_of(std::string_view rest) {
  std::vector<Token> tokens;
  for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
    const char c = rest.front();
    std::size_t length = 1;
    if (c == '"') {
      auto token = take_quoted(rest);
      if (!token) return std::nullopt;
      tokens.push_back(std::move(*token));
      continue;
    }
    Token::Kind kind{};
    if (begins_identifier(c) || is_high(c)) {
      kind = Token::Kind::name;
      while (length < rest.size() && (continues_identifier(rest[length]) || is_high(rest[length]))) ++length;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      kind = Token::Kind::number;
      while (length < rest.size() && std::isdigit(static_cast<unsigned char>(rest[length])) != 0) ++length;
    } else if (c == ',') {
      kind = Token::Kind::comma;
    } else if (c == '(') {
      kind = Token::Kind::open;
    } else if (c == ')') {
      kind = Token::Kind::close;
    } else if (c == '*') {
      kind = Token::Kind::star;
    } else {
      return std::nullopt;
    }
    tokens.push_back({kind, std::string(rest.substr(0, length))});
    rest.remove_prefix(length);
  }
  return tokens;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::name && same_name(token.text, word);
}

using Iterator = std::vector<Token>::const_iterator;

// Names and commas in turn.
bool take_names(Iterator from, Iterator to, SyncStandbyNames& names) {
  if (from == to) return false;
  for (bool wants_name = true; from != to; ++from, wants_name = !wants_name) {
    if (!wants_name) {
      if (from->kind != Token::Kind::comma || from + 1 == to) return false;
    } else if (from->kind == Token::Kind::star) {
      names.has_star = true;
    } else if (is_word(*from, "first") || is_word(*from, "any")) {
      return false;  // a name like these has to be quoted
    } else if (from->kind == Token::Kind::name || from->kind == Token::Kind::quoted ||
               from->kind == Token::Kind::number) {
      names.names.push_back(from->text);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string quote_standby_name(std::string_view name) {
  const bool is_plain = !name.empty() && begins_identifier(name.front()) &&
                        std::all_of(name.begin(), name.end(), continues_identifier) &&
                        !same_name(name, "first") && !same_name(name, "any");
  if (is_plain) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string format_sync_standby_names(const SyncStandbyNames& names) {
  std::vector<std::string> sorted = names.names;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> words;
  if (names.has_star) words.emplace_back("*");
  for (const std::string& name : sorted) words.push_back(quote_standby_name(name));
  if (names.mode == SyncStandbyNames::Mode::off || words.empty()) return {};
  const std::string list = fmt::format("{}", fmt::join(words, ","));
  if (names.mode == SyncStandbyNames::Mode::quorum) return fmt::format("ANY {} ({})", names.count, list);
  return words.size() == 1 && names.count <= 1 ? list : fmt::format("{} ({})", names.count, list);
}

std::optional<SyncStandbyNames> parse_sync_standby_names(std::string_view text) {
  const auto tokens = tokens_of(text);
  if (!tokens) return std::nullopt;
  SyncStandbyNames names;
  if (tokens->empty()) return names;
  names.mode = SyncStandbyNames::Mode::priority;
  names.count = 1;
  auto from = tokens->begin();
  auto to = tokens->end();
  const auto is_counted = [&](std::size_t number_at) {
    return tokens->size() > number_at + 2 && (*tokens)[number_at].kind == Token::Kind::number &&
           (*tokens)[number_at + 1].kind == Token::Kind::open && tokens->back().kind == Token::Kind::close;
  };
  const bool has_word = is_word(*from, "first") || is_word(*from, "any");
  const std::size_t number_at = has_word ? 1 : 0;
  if (is_counted(number_at)) {
    const auto count = whole_number<std::uint32_t>((*tokens)[number_at].text);
    if (!count || *count == 0) return std::nullopt;
    names.count = *count;
    if (is_word(*from, "any")) names.mode = SyncStandbyNames::Mode::quorum;
    from += static_cast<std::ptrdiff_t>(number_at) + 2;
    --to;
  }
  if (!take_names(from, to, names)) return std::nullopt;
  return names;
}

bool names_standby(const SyncStandbyNames& names, std::string_view standby) {
  return std::any_of(names.names.begin(), names.names.end(),
                     [&](const std::string& name) { return same_name(name, standby); });
}

}  // namespace tamada::agent
