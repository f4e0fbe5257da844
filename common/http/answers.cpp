#include "common/http/answers.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "common/http/responder.h"

namespace tamada::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

http::Response json_words(int status, std::string_view key, std::string_view words) {
  http::Response response =
      answer_with(Json{{key, words}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", json_type);
  response.status = status;
  return response;
}

}  // namespace

void add_security_headers(http::Headers& headers) {
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Referrer-Policy", "same-origin");
  headers.add("Content-Security-Policy", std::string(content_policy));
}

http::Response answer_with(std::string body, std::string_view content_type) {
  http::Response response;
  response.headers = {{"Content-Type", std::string(content_type)}, {"Cache-Control", "no-store"}};
  add_security_headers(response.headers);
  response.body = std::move(body);
  return response;
}

http::Response json_error(int status, std::string_view words) {
  return json_words(status, "error", words);
}

http::Response json_done(std::string_view words) {
  return json_words(200, "done", words);
}

http::Response text_answer(int status, std::string_view words) {
  http::Response response = answer_with(std::string(words) + "\n", text_type);
  response.status = status;
  return response;
}

}  // namespace tamada::http
