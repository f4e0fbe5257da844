// The kinds of answers on the statistics port, with the headers that each must have. Pure.
//
// Every answer forbids what a browser could make of it beyond what it is: no sniffing of types, no framing,
// no scripts or styles but our own files.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tamada::http {

// 200 with this body; never to be kept by a cache: it is about now.
[[nodiscard]] http::Response answer_with(std::string body, std::string_view content_type);
// {"error": "..."}
[[nodiscard]] http::Response json_error(int status, std::string_view words);
// {"done": "..."}
[[nodiscard]] http::Response json_done(std::string_view words);
// A line of text.
[[nodiscard]] http::Response text_answer(int status, std::string_view words);

// What stands in every answer.
void add_security_headers(http::Headers& headers);

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view text_type = "text/plain; charset=utf-8";
inline constexpr std::string_view html_type = "text/html; charset=utf-8";
inline constexpr std::string_view event_type = "text/event-stream";

}  // namespace tamada::http
