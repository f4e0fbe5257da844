// Basic authentication (RFC 7617): what a request shows, and whether it is what is expected. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/http/header.h"

namespace tamada::http {

struct BasicCredentials {
  std::string user;
  std::string password;

  bool operator==(const BasicCredentials&) const = default;
};

// Of the field Authorization. None: it is not there. Empty ones: it is there, and holds no Basic credentials.
[[nodiscard]] std::optional<BasicCredentials> basic_credentials_of(const Headers& headers);

// Takes as long for a wrong password as for the right one; by their digests, so that not even its length shows.
[[nodiscard]] bool same_password(std::string_view a, std::string_view b);

enum class BasicCheck {
  absent,  // no credentials were shown: 401 with a challenge
  wrong,   // others, or another scheme: 401 with a challenge, and worth counting
  right,
};
[[nodiscard]] BasicCheck check_basic(const Headers& headers, const BasicCredentials& expected);

// The value of WWW-Authenticate that makes a browser ask. `realm`: without quotes and backslashes.
[[nodiscard]] std::string basic_challenge(std::string_view realm);

}  // namespace tamada::http
