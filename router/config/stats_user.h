// StatsUser: somebody who may sign in on the statistics page, with the hash of the password.
//
// Hashes are those of crypt(3) that are still strong: what mkpasswd, `openssl passwd -6` and `htpasswd -B`
// print and HAProxy's `userlist` takes. Nothing here ever puts a hash, or what may be a password, into an
// error message. Pure: common/http/auth/password_hash.h compares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tamada::router {

struct StatsUser {
  std::string name;
  std::string hash;  // "*": nobody can sign in as this one, as in shadow(5)
  bool operator==(const StatsUser&) const = default;
};

// "dba:$6$salt$hash". Plain text, DES and MD5 are refused, and so is a cost that would take minutes.
Result<StatsUser> parse_stats_user(std::string_view text);

struct UsersFile {
  struct BadLine {
    int number = 0;  // counted from 1
    std::string message;
  };
  std::vector<StatsUser> users;  // of the good lines
  std::vector<BadLine> bad;      // at most bad_lines_max
  std::size_t bad_beyond = 0;    // how many more there are
  static constexpr std::size_t bad_lines_max = 20;
};

// A file such as htpasswd -B makes: a user a line; empty lines and lines that begin with # do not count. A
// name that stands there already is a bad line, too.
UsersFile parse_users_file(std::string_view content);

}  // namespace tamada::router
