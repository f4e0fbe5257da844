#include "common/http/response_parser.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace tamada::http {
namespace {

constexpr int max_interim_answers = 10;

}  // namespace

bool ResponseParser::on_head() {
  const int status = llhttp_.status_code;
  if (status < 100 || status > 999) {
    fail(Fault::malformed, fmt::format("the status {} is not a number of three digits", status));
    return false;
  }
  if (status < 200) {
    skip_ = true;
    if (status == 101) fail(Fault::malformed, "the server switches protocols unasked (status 101)");
    if (++interim_answers_ > max_interim_answers) {
      fail(Fault::malformed, fmt::format("more than {} interim answers", max_interim_answers));
    }
    return false;
  }
  response_ = {};
  response_.status = status;
  response_.reason = reason_;
  response_.minor_version = llhttp_.http_minor;
  response_.keep_alive = llhttp_should_keep_alive(&llhttp_) != 0;
  response_.headers = headers_;
  return !expectation_.to_head && status != 204 && status != 304;
}

void ResponseParser::finish() {
  if (progress() != Progress::need_more) return;
  if (!begun()) return fail(Fault::truncated, "the server closed the connection without an answer");
  if (!head_complete()) return fail(Fault::truncated, "the answer ended inside its headers");
  if (llhttp_finish(&llhttp_) == HPE_OK || progress() == Progress::complete) {
    progress_ = Progress::complete;
    return;
  }
  if ((llhttp_.flags & F_CHUNKED) != 0) {
    return fail(Fault::truncated,
                fmt::format("the chunked body ended after {} bytes without its last chunk", body_received_));
  }
  fail(Fault::truncated, fmt::format("the body ended after {} of {} bytes", body_received_,
                                     body_received_ + llhttp_.content_length));
}

Response ResponseParser::take() {
  assert(head_complete());
  Response response = std::move(response_);
  if (!expectation_.streaming) response.body = std::move(body_);
  return response;
}

std::string ResponseParser::take_body() {
  return std::exchange(body_, {});
}

Error ResponseParser::error() const {
  switch (fault()) {
    case Fault::header_too_large:
    case Fault::body_too_large:
      return {ErrorKind::too_large, fault_words()};
    case Fault::truncated:
      return {ErrorKind::closed, fault_words()};
    case Fault::none:
    case Fault::malformed:
    case Fault::unknown_method:
    case Fault::unsupported_version:
      break;
  }
  return {ErrorKind::invalid, fault_words()};
}

}  // namespace tamada::http
