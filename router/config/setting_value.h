// The kinds of values a setting can have: from the text a person wrote to the C++ value, and back.
//
// Each parse_... answers with an Error whose message quotes what was found and says what was expected. The
// message is for the end of "file:line:column: path: ".
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/base/spelling.h"
#include "common/base/time.h"
#include "router/config/router_config.h"

namespace tamada::router {

// Without the white space around it: blanks, tabs, line ends.
std::string_view trimmed(std::string_view text);

Result<bool> parse_switch(std::string_view text);  // true false on off yes no
Result<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most);
Result<Duration> parse_span(std::string_view text, Duration least, Duration most, bool may_be_off);

// An address to listen on: an IP address (or * for all) and a port.
Result<HostPort> parse_bind(std::string_view text);

// "http://h:8008", "https://h", "h:8008": into the node's scheme and address.
Result<void> parse_api(std::string_view text, std::string_view default_scheme, std::uint16_t default_port,
                       NodeConfig& node);

// "etcd1", "etcd1:2379", "https://etcd1:2379", in the same form with the port.
Result<std::string> parse_etcd_host(std::string_view text);

// "leader", "replica", ..., "tag:key=value", or several with commas, into `policy.to`, its tag and
// `reserves`.
Result<void> parse_target(std::string_view text, ListenerPolicy& policy);
std::string format_target(const ListenerPolicy& policy);

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};

inline constexpr std::array<Word<Balance>, 4> balance_words{{{"leastconn", Balance::leastconn},
                                                             {"roundrobin", Balance::roundrobin},
                                                             {"random", Balance::random},
                                                             {"source", Balance::source}}};
inline constexpr std::array<Word<Ending>, 2> ending_words{{{"cut", Ending::cut}, {"drain", Ending::drain}}};
inline constexpr std::array<Word<bool>, 2> otherwise_words{{{"none", false}, {"leader", true}}};
inline constexpr std::array<Word<LogFormat>, 2> log_format_words{
    {{"text", LogFormat::text}, {"json", LogFormat::json}}};
inline constexpr std::array<Word<SessionLines>, 3> session_lines_words{
    {{"all", SessionLines::all}, {"failures", SessionLines::failures}, {"none", SessionLines::none}}};
inline constexpr std::array<Word<StandbyStatus>, 3> standby_status_words{
    {{"DOWN", StandbyStatus::down}, {"MAINT", StandbyStatus::maint}, {"DRAIN", StandbyStatus::drain}}};
inline constexpr std::array<std::string_view, 5> log_levels{"trace", "debug", "info", "warn", "error"};
inline constexpr std::array<std::string_view, 2> api_schemes{"http", "https"};

// `"laeder": expected leader or none (did you mean "leader"?)`
Error unknown_word(std::string_view text, std::span<const std::string_view> known);

template <class Enum, std::size_t n>
Result<Enum> parse_word(std::string_view text, const std::array<Word<Enum>, n>& words) {
  std::array<std::string_view, n> known;
  for (std::size_t i = 0; i < n; ++i) {
    if (words[i].text == text) return words[i].value;
    known[i] = words[i].text;
  }
  return tl::make_unexpected(unknown_word(text, known));
}

template <class Enum, std::size_t n>
std::string format_word(Enum value, const std::array<Word<Enum>, n>& words) {
  for (const auto& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

// "a", "b" or "c"
std::string listed(std::span<const std::string_view> words);

// The text as YAML: plain where that is safe, else in double quotes.
std::string as_yaml(std::string_view text);

// ` (did you mean "x"?)`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace tamada::router
