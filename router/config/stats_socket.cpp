#include "router/config/stats_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "common/config/setting_value.h"

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

// HAProxy's families of addresses (its configuration.txt, "bind").
struct Family {
  std::string_view prefix;
  enum class Kind { path, address, refused } kind;
  std::string_view why;  // of a refused one
};
constexpr std::array<Family, 10> families{{
    {"unix@", Family::Kind::path, ""},
    {"ipv4@", Family::Kind::address, ""},
    {"ipv6@", Family::Kind::address, ""},
    {"tcp@", Family::Kind::address, ""},
    {"tcp4@", Family::Kind::address, ""},
    {"tcp6@", Family::Kind::address, ""},
    {"abns@", Family::Kind::refused, "anybody on this machine could connect, whatever the mode"},
    {"fd@", Family::Kind::refused, "a descriptor cannot be inherited as a run-time socket"},
    {"sockpair@", Family::Kind::refused, "there is no master process here"},
    {"udp@", Family::Kind::refused, "commands come over streams"},
}};

Result<void> take_path(std::string_view path, StatsSocket& socket) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": expected a path that begins with a slash", path));
  }
  if (path.size() > longest_path) {
    return fail(ErrorKind::invalid,
                fmt::format("a path of {} bytes; a socket's path has at most {}", path.size(), longest_path));
  }
  socket.path = path;
  return {};
}

// HAProxy takes what stands behind the last colon for the port, also without brackets around an IPv6 address.
Result<HostPort> family_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.starts_with('[')) return HostPort::parse(text, 0);
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') == std::string_view::npos) return HostPort::parse(text, 0);
  return HostPort::parse(fmt::format("[{}]{}", host, text.substr(colon)), 0);
}

Result<void> take_address(std::string_view place, const Result<HostPort>& address, StatsSocket& socket) {
  const bool several_colons = place.find(':') != place.rfind(':');
  if (!address && several_colons) return tl::make_unexpected(address.error());  // it says how to write it
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

Result<void> take_place(std::string_view place, StatsSocket& socket) {
  if (place.starts_with('/')) return take_path(place, socket);
  for (const Family& family : families) {
    if (!place.starts_with(family.prefix)) continue;
    const std::string_view rest = place.substr(family.prefix.size());
    if (family.kind == Family::Kind::path) return take_path(rest, socket);
    if (family.kind == Family::Kind::address) return take_address(place, family_address(rest), socket);
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\": {}; expected a path or an address such as 127.0.0.1:9999", place, family.why));
  }
  return take_address(place, HostPort::parse(place, 0), socket);
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error == std::errc{} && end == text.data() + text.size() && mode != 0 && mode <= 0777) return mode;
  return fail(ErrorKind::invalid, fmt::format("mode \"{}\": expected octal digits such as 600 or 660", text));
}

Result<std::uint32_t> parse_id(std::string_view word, std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  constexpr std::uint32_t none = 0xffffffff;  // chown(2): leave it as it is
  if (error == std::errc{} && end == text.data() + text.size() && id != none) return id;
  return fail(ErrorKind::invalid, fmt::format("{} \"{}\": expected a number", word, text));
}

// The words that may stand behind the place, with how many words belong to each, itself included.
struct Keyword {
  std::string_view name;
  std::size_t words;
  enum class Deed { level, mode, user, group, uid, gid, nothing, refused } deed;
  std::string_view why = {};  // of a refused one
};
using Deed = Keyword::Deed;
constexpr std::array<Keyword, 19> keywords{{
    {"level", 2, Deed::level},
    {"mode", 2, Deed::mode},
    {"user", 2, Deed::user},
    {"group", 2, Deed::group},
    {"uid", 2, Deed::uid},
    {"gid", 2, Deed::gid},
    // It hands HAProxy's listening sockets to a successor; how the router restarts stands in
    // docs/operations.md.
    {"expose-fd", 2, Deed::nothing},
    {"process", 2, Deed::nothing},
    {"thread", 2, Deed::nothing},
    {"name", 2, Deed::nothing},
    {"id", 2, Deed::nothing},
    {"nice", 2, Deed::nothing},
    {"maxconn", 2, Deed::nothing},
    {"backlog", 2, Deed::nothing},
    {"severity-output", 2, Deed::refused, "answers carry no severity here; remove it"},
    {"accept-proxy", 1, Deed::refused, "a run-time socket reads no PROXY header; remove it"},
    {"accept-netscaler-cip", 2, Deed::refused, "a run-time socket reads no header; remove it"},
    {"ssl", 1, Deed::refused, "a run-time socket speaks no TLS; use the statistics port with stats.tls"},
    {"crt", 2, Deed::refused, "a run-time socket speaks no TLS; use the statistics port with stats.tls"},
}};

Result<void> refuse(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

// Two words of which each says whom the file belongs to.
Result<void> refuse_both(std::string_view name, std::string_view number) {
  return refuse(
      fmt::format("{} and {} both say whom the file belongs to; leave one of them out", name, number));
}

Result<void> obey(Deed deed, std::string_view name, std::string_view value, StatsSocket& socket) {
  if (deed == Deed::level) {
    const auto level = parse_word(value, level_words);
    if (!level) return tl::make_unexpected(level.error());
    socket.level = *level;
    return {};
  }
  if (socket.path.empty()) return refuse(fmt::format("{} has no meaning for an address", name));
  if (deed == Deed::user) {
    socket.user = value;
  } else if (deed == Deed::group) {
    socket.group = value;
  } else {
    const auto number = deed == Deed::mode ? parse_mode(value) : parse_id(name, value);
    if (!number) return tl::make_unexpected(number.error());
    if (deed == Deed::mode) socket.mode = *number;
    if (deed == Deed::uid) socket.uid = *number;
    if (deed == Deed::gid) socket.gid = *number;
  }
  if (!socket.user.empty() && socket.uid) return refuse_both("user", "uid");
  if (!socket.group.empty() && socket.gid) return refuse_both("group", "gid");
  return {};
}

Error unknown_keyword(std::string_view word) {
  std::vector<std::string_view> known;
  for (const Keyword& each : keywords) {
    if (each.deed != Deed::refused && each.deed != Deed::nothing) known.push_back(each.name);
  }
  return unknown_word(word, known);
}

}  // namespace

Result<StatsSocket> parse_stats_socket(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return fail(ErrorKind::invalid, "empty; expected the path of a socket");
  StatsSocket socket;
  if (const auto taken = take_place(words[0], socket); !taken) return tl::make_unexpected(taken.error());
  for (std::size_t at = 1; at < words.size();) {
    const auto keyword = std::find_if(keywords.begin(), keywords.end(),
                                      [&](const Keyword& each) { return each.name == words[at]; });
    if (keyword == keywords.end()) return tl::make_unexpected(unknown_keyword(words[at]));
    if (keyword->deed == Deed::refused) {
      return fail(ErrorKind::invalid, fmt::format("{}: {}", keyword->name, keyword->why));
    }
    if (at + keyword->words > words.size()) {
      return fail(
          ErrorKind::invalid,
          fmt::format("nothing behind \"{}\"; expected e.g. /run/tamada/admin.sock level admin mode 660",
                      words[at]));
    }
    const std::string_view value = words[at + 1];
    if (keyword->deed == Deed::nothing) {
      socket.without_effect.push_back(fmt::format("{} {}", keyword->name, value));
    } else if (const auto done = obey(keyword->deed, keyword->name, value, socket); !done) {
      return tl::make_unexpected(done.error());
    }
    at += keyword->words;
  }
  return socket;
}

std::string format_stats_socket(const StatsSocket& socket) {
  std::string text = socket.path.empty() ? socket.address.to_string() : socket.path;
  text += fmt::format(" level {}", name_of(socket.level));
  if (!socket.path.empty()) text += fmt::format(" mode {:o}", socket.mode);
  if (!socket.user.empty()) text += " user " + socket.user;
  if (!socket.group.empty()) text += " group " + socket.group;
  if (socket.uid) text += fmt::format(" uid {}", *socket.uid);
  if (socket.gid) text += fmt::format(" gid {}", *socket.gid);
  for (const std::string& words : socket.without_effect) text += " " + words;
  return text;
}

bool same_rights(const StatsSocket& a, const StatsSocket& b) {
  return a.mode == b.mode && a.user == b.user && a.group == b.group && a.uid == b.uid && a.gid == b.gid;
}

std::string_view name_of(SocketLevel level) {
  for (const auto& word : level_words) {
    if (word.value == level) return word.text;
  }
  return "";
}

}  // namespace tamada::router
