#include "router/config/stats_user.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>

#include "common/base/utf8.h"

namespace tamada::router {

namespace {

// Where a hash comes from, for the end of an error message.
constexpr std::string_view how_to_make =
    "expected NAME:HASH, the hash as `mkpasswd`, `openssl passwd -6` or `htpasswd -nB NAME` print it";

// The kinds of crypt(5) that are accepted, and how many characters their last part has.
struct Scheme {
  std::string_view prefix;
  std::size_t digest;     // behind the last $; of bcrypt the salt as well
  std::string_view cost;  // what stands before the number that makes it slow; empty: it is not checked
  std::uint32_t cost_max;
};
constexpr std::array<Scheme, 8> schemes{{{"$y$", 43, "", 0},
                                         {"$gy$", 43, "", 0},
                                         {"$7$", 43, "", 0},
                                         {"$6$", 86, "$6$rounds=", 1'000'000},
                                         {"$5$", 43, "$5$rounds=", 1'000'000},
                                         {"$2b$", 53, "$2b$", 14},
                                         {"$2a$", 53, "$2a$", 14},
                                         {"$2y$", 53, "$2y$", 14}}};

// What people have in such files besides, so that the message can say why not.
struct Refused {
  std::string_view prefix;
  std::string_view what;
};
constexpr std::array<Refused, 6> refused{{{"$1$", "an MD5 hash, which is too weak"},
                                          {"$apr1$", "an MD5 hash, which is too weak"},
                                          {"{SHA}", "an unsalted SHA-1 hash, which is too weak"},
                                          {"$sha1$", "a SHA-1 hash, which is too weak"},
                                          {"$md5", "an MD5 hash, which is too weak"},
                                          {"$3$", "an NT hash, which is too weak"}}};

bool is_hash_text(std::string_view hash) {
  return std::all_of(hash.begin(), hash.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != ':' && c != ';' && c != '*' && c != '!' && c != '\\';
  });
}

// Why this hash cannot be used, or nothing.
std::string refused_hash(std::string_view hash) {
  if (hash == "*") return {};
  for (const Refused& each : refused) {
    if (hash.starts_with(each.prefix)) return std::string(each.what);
  }
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [&](const Scheme& each) { return hash.starts_with(each.prefix); });
  if (scheme == schemes.end()) return "plain text, or a kind of hash that is not known (DES is too weak)";
  if (!is_hash_text(hash) || hash.size() - hash.rfind('$') - 1 != scheme->digest) {
    return fmt::format("a {} hash that is cut or mistyped: its last part has {} characters", scheme->prefix,
                       scheme->digest);
  }
  if (scheme->cost.empty() || !hash.starts_with(scheme->cost)) return {};
  std::uint32_t cost = 0;
  std::from_chars(hash.data() + scheme->cost.size(), hash.data() + hash.size(), cost);
  if (cost <= scheme->cost_max) return {};
  return fmt::format("a cost of {}, with which signing in would take too long; at most {}", cost,
                     scheme->cost_max);
}

}  // namespace

Result<StatsUser> parse_stats_user(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos) {
    return fail(ErrorKind::invalid, fmt::format("no colon, so no hash; {}", how_to_make));
  }
  if (name.empty()) return fail(ErrorKind::invalid, fmt::format("no name; {}", how_to_make));
  constexpr std::size_t longest_name = 100;
  if (name.size() > longest_name) {
    return fail(ErrorKind::invalid, fmt::format("a name longer than {} bytes", longest_name));
  }
  for (std::size_t at = 0; at < name.size();) {
    const Utf8Char c = read_utf8(name.substr(at));
    if (!c.valid || is_control(c.code)) {
      return fail(ErrorKind::invalid, "a name with a control character or that is not UTF-8; expected text");
    }
    at += c.length;
  }
  const std::string_view hash = text.substr(colon + 1);
  if (const std::string why = refused_hash(hash); !why.empty()) {
    return fail(ErrorKind::invalid, fmt::format("user \"{}\": {}; {}", name, why, how_to_make));
  }
  return StatsUser{std::string(name), std::string(hash)};
}

UsersFile parse_users_file(std::string_view content) {
  UsersFile file;
  std::map<std::string, int, std::less<>> lines;  // of the names
  const auto refuse = [&](int number, std::string why) {
    if (file.bad.size() < UsersFile::bad_lines_max) {
      file.bad.push_back({number, std::move(why)});
    } else {
      ++file.bad_beyond;
    }
  };
  for (int number = 1; !content.empty(); ++number) {
    std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    auto user = parse_stats_user(line);
    if (!user) {
      refuse(number, user.error().message);
      continue;
    }
    const auto [line_of_name, is_new] = lines.emplace(user->name, number);
    if (is_new) {
      file.users.push_back(std::move(*user));
    } else {
      refuse(number,
             fmt::format("there is a user \"{}\" already, in line {}", user->name, line_of_name->second));
    }
  }
  return file;
}

}  // namespace tamada::router
