// Answer: what a request is answered with, before it becomes HTTP. A value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tamada::agent {

// Patroni's content types; a client may look at them.
enum class Content {
  text,         // text/html, although it is a plain sentence
  json,         // application/json
  metrics,      // text/plain
  status_line,  // no headers and no body: all that a load balancer's check reads
};

struct Answer {
  int status = 200;
  Content content = Content::text;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  // besides the content type

  bool operator==(const Answer&) const = default;
};

[[nodiscard]] inline Answer text_answer(int status, std::string_view words) {
  return {status, Content::text, std::string(words)};
}
[[nodiscard]] inline Answer json_answer(int status, std::string body) {
  return {status, Content::json, std::move(body)};
}
[[nodiscard]] inline Answer status_line(int status) {
  return {status, Content::status_line, {}};
}
// Where Patroni sends its web server's error page: a short page that names the status and the words.
[[nodiscard]] Answer error_page(int status, std::string_view words);

}  // namespace tamada::agent
