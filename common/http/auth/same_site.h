// Whether a request that wants to change something was sent by a page of ours (or by no page at all), rather
// than by somebody else's page in a browser that is signed in here. Pure.
//
// Browsers say where a request comes from: Sec-Fetch-Site (Fetch Metadata; all current ones), Origin (RFC
// 6454; with every POST, PUT and DELETE), Referer (older ones). A page cannot forge these. Programs such as
// curl send none of them, and nobody else's credentials either. This stands beside the token that goes with a
// cookie (sign_in.h), not instead of it: Basic credentials, too, are sent by a browser without being asked.
#pragma once

#include <optional>
#include <string>

#include "common/http/message.h"

namespace tamada::http {

// Empty if the request may change something; else why not, in a sentence.
[[nodiscard]] std::optional<std::string> foreign_site(const http::Request& request);

}  // namespace tamada::http
