#include "common/http/proxy_preface.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "common/base/proxy_protocol.h"

namespace tamada::http {
namespace {

// Neither begins a request or a TLS handshake: no method is called PROXY, and a request has no NUL in it.
constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start{"\r\n\r\n\0", 5};

enum class Begins { yes, no, perhaps };

Begins begins_with(std::string_view bytes, std::string_view start) {
  const std::size_t size = std::min(bytes.size(), start.size());
  if (bytes.substr(0, size) != start.substr(0, size)) return Begins::no;
  return bytes.size() >= start.size() ? Begins::yes : Begins::perhaps;
}

}  // namespace

ProxyPreface::State ProxyPreface::feed(std::string_view bytes) {
  received_ += bytes;
  const Begins v1 = begins_with(received_, v1_start);
  const Begins v2 = begins_with(received_, v2_start);
  if (v1 == Begins::no && v2 == Begins::no) return State::done;
  if (v1 == Begins::perhaps || v2 == Begins::perhaps) return State::need_more;
  if (!expected_) {
    return refuse(fmt::format("a PROXY header from {}, expected HTTP; {} does not name this address",
                              peer_.to_string(), setting_));
  }
  const auto parsed = parse_proxy_header(std::as_bytes(std::span(received_.data(), received_.size())));
  if (std::holds_alternative<NeedMore>(parsed)) return State::need_more;
  if (const auto* error = std::get_if<Error>(&parsed)) return refuse(error->message);
  const auto& header = std::get<ProxyHeader>(parsed);
  client_ = header.source;
  received_.erase(0, header.size);
  return State::done;
}

ProxyPreface::State ProxyPreface::refuse(std::string words) {
  words_ = std::move(words);
  return State::refused;
}

}  // namespace tamada::http
