#include "router/config/stats_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "router/config/setting_value.h"

namespace tamada::router {

namespace {

constexpr std::array<Word<SocketLevel>, 3> level_words{
    {{"user", SocketLevel::user}, {"operator", SocketLevel::operator_}, {"admin", SocketLevel::admin}}};
constexpr std::size_t longest_path = 107;  // sockaddr_un has 108 bytes, one of them ends it

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

bool is_loopback(const Address& ip) {
  return Network::parse("127.0.0.0/8")->contains(ip) || Network::parse("::1")->contains(ip);
}

Result<void> take_place(std::string_view place, StatsSocket& socket) {
  if (place.starts_with('/')) {
    if (place.size() > longest_path) {
      return fail(ErrorKind::invalid, fmt::format("a path of {} bytes; a socket's path has at most {}",
                                                  place.size(), longest_path));
    }
    socket.path = place;
    return {};
  }
  auto address = HostPort::parse(place, 0);
  const Address ip = address ? Address::from_ip(address->host, address->port).value_or(Address{}) : Address{};
  if (!ip.is_set()) {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\": expected the path of a socket, such as /run/tamada/admin.sock, or an address "
                    "such as 127.0.0.1:9999",
                    place));
  }
  if (!is_loopback(ip)) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": who reaches it needs no password, so only this machine may; expected an "
                            "address such as 127.0.0.1:9999 or [::1]:9999, or a path",
                            place));
  }
  socket.address = *address;
  return {};
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error == std::errc{} && end == text.data() + text.size() && mode != 0 && mode <= 0777) return mode;
  return fail(ErrorKind::invalid, fmt::format("mode \"{}\": expected octal digits such as 600 or 660", text));
}

}  // namespace

Result<StatsSocket> parse_stats_socket(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return fail(ErrorKind::invalid, "empty; expected the path of a socket");
  StatsSocket socket;
  if (const auto taken = take_place(words[0], socket); !taken) return tl::make_unexpected(taken.error());
  for (std::size_t i = 1; i < words.size(); i += 2) {
    constexpr std::array<std::string_view, 2> known{"level", "mode"};
    if (words[i] != "level" && words[i] != "mode") return tl::make_unexpected(unknown_word(words[i], known));
    if (i + 1 == words.size()) {
      return fail(
          ErrorKind::invalid,
          fmt::format("nothing behind \"{}\"; expected e.g. /run/tamada/admin.sock level admin mode 660",
                      words[i]));
    }
    if (words[i] == "level") {
      const auto level = parse_word(words[i + 1], level_words);
      if (!level) return tl::make_unexpected(level.error());
      socket.level = *level;
    } else {
      if (socket.path.empty()) return fail(ErrorKind::invalid, "mode has no meaning for an address");
      const auto mode = parse_mode(words[i + 1]);
      if (!mode) return tl::make_unexpected(mode.error());
      socket.mode = *mode;
    }
  }
  return socket;
}

std::string format_stats_socket(const StatsSocket& socket) {
  const std::string_view level = name_of(socket.level);
  if (socket.path.empty()) return fmt::format("{} level {}", socket.address.to_string(), level);
  return fmt::format("{} level {} mode {:o}", socket.path, level, socket.mode);
}

std::string_view name_of(SocketLevel level) {
  for (const auto& word : level_words) {
    if (word.value == level) return word.text;
  }
  return "";
}

}  // namespace tamada::router
