#include "common/http/kept_response.h"

#include "common/http/header.h"

namespace tamada::http {
namespace {

constexpr std::string_view stays_open = "Connection: keep-alive\r\n\r\n";
constexpr std::string_view closes = "Connection: close\r\n\r\n";

}  // namespace

KeptResponse::KeptResponse(const Response& response) : status_(response.status) {
  const bool with_body = may_have_body(status_);
  Headers headers = response.headers;
  if (with_body) headers.add("Content-Length", std::to_string(response.body.size()));
  bytes_ = response_head(status_, headers);
  bytes_.resize(bytes_.size() - 2);  // the empty line comes behind one more field
  fields_size_ = bytes_.size();
  head_size_ = fields_size_ + stays_open.size();
  bytes_.reserve(head_size_ + response.body.size());
  bytes_ += stays_open;
  if (with_body) bytes_ += response.body;
}

std::string KeptResponse::bytes(bool keep_alive, bool with_body) const {
  std::string bytes;
  bytes.reserve(with_body ? bytes_.size() : head_size_);
  bytes.append(bytes_, 0, fields_size_);
  bytes += keep_alive ? stays_open : closes;
  if (with_body) bytes += body();
  return bytes;
}

}  // namespace tamada::http
