#include "common/http/message_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tamada::http {
namespace {

constexpr std::size_t start_kept = 16;

bool is_method_letter(char c) {
  return (c >= 'A' && c <= 'Z') || c == '-';
}

// Whether the bytes up to the one that llhttp stumbled over are the beginning of a method that it does not
// know, rather than of no HTTP at all. Only these count, so that it does not matter how the bytes were cut.
bool looks_like_method(std::string_view until_fault) {
  return !until_fault.empty() && std::all_of(until_fault.begin(), until_fault.end(), is_method_letter);
}

}  // namespace

// What llhttp calls, with the parser behind `data`.
struct MessageParser::Callbacks {
  static MessageParser& self(llhttp_t* parser) { return *static_cast<MessageParser*>(parser->data); }

  static bool in_trailer(const llhttp_t* parser) { return (parser->flags & F_TRAILING) != 0; }

  static int on_url(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    self(parser).target_.append(at, length);
    return 0;
  }
  static int on_status(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    self(parser).reason_.append(at, length);
    return 0;
  }
  static int on_field(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    if (in_trailer(parser)) return skipped(parser, at, length);
    self(parser).field_name_.append(at, length);
    return 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    if (in_trailer(parser)) return skipped(parser, at, length);
    self(parser).field_value_.append(at, length);
    return 0;
  }
  static int on_value_complete(llhttp_t* parser) noexcept {
    if (in_trailer(parser)) return skipped(parser, nullptr, 1);  // a line costs something, be it empty
    MessageParser& me = self(parser);
    while (!me.field_value_.empty() && (me.field_value_.back() == ' ' || me.field_value_.back() == '\t')) {
      me.field_value_.pop_back();
    }
    me.headers_.add(std::exchange(me.field_name_, {}), std::exchange(me.field_value_, {}));
    if (me.headers_.size() > me.limits_.max_fields) {
      me.fail(Fault::header_too_large, fmt::format("more than {} header fields", me.limits_.max_fields));
      return HPE_USER;
    }
    return 0;
  }
  // Chunk extensions and trailers mean nothing to us; a peer that sends them without end is refused.
  static int skipped(llhttp_t* parser, const char*, std::size_t length) noexcept {
    MessageParser& me = self(parser);
    me.trailing_bytes_ += length;  // as sent, however it was cut
    if (me.trailing_bytes_ <= me.limits_.max_header) return 0;
    me.fail(Fault::header_too_large,
            fmt::format("more than {} bytes of chunk extensions and trailers", me.limits_.max_header));
    return HPE_USER;
  }
  static int on_headers_complete(llhttp_t* parser) noexcept {
    MessageParser& me = self(parser);
    me.head_complete_ = true;
    if (parser->http_major != 1 || parser->http_minor > 1) {
      me.fail(Fault::unsupported_version, fmt::format("HTTP/{}.{}; expected HTTP/1.0 or HTTP/1.1",
                                                      parser->http_major, parser->http_minor));
      return -1;
    }
    // We never switch protocols: the wish is ignored, and what follows is parsed as HTTP.
    parser->upgrade = 0;
    const bool may_have_body = me.on_head();
    if (me.progress_ == Progress::failed) return -1;
    if (!may_have_body) return 1;
    if ((parser->flags & F_CHUNKED) == 0 && (parser->flags & F_CONTENT_LENGTH) != 0 &&
        parser->content_length > me.limits_.max_body && !me.streaming_) {
      me.fail(Fault::body_too_large, fmt::format("a body of {} bytes; at most {} are taken",
                                                 parser->content_length, me.limits_.max_body));
      return -1;
    }
    return 0;
  }
  static int on_body(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    MessageParser& me = self(parser);
    me.body_received_ += length;
    if (me.body_.size() + length > me.limits_.max_body) {
      me.fail(Fault::body_too_large, fmt::format("a body of more than {} bytes", me.limits_.max_body));
      return HPE_USER;
    }
    me.body_.append(at, length);
    return 0;
  }
  static int on_message_complete(llhttp_t* parser) noexcept {
    self(parser).progress_ = Progress::complete;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t set;
      llhttp_settings_init(&set);
      set.on_url = on_url;
      set.on_status = on_status;
      set.on_header_field = on_field;
      set.on_header_value = on_value;
      set.on_header_value_complete = on_value_complete;
      set.on_chunk_extension_name = skipped;
      set.on_chunk_extension_value = skipped;
      set.on_headers_complete = on_headers_complete;
      set.on_body = on_body;
      set.on_message_complete = on_message_complete;
      return set;
    }();
    return table;
  }
};

MessageParser::MessageParser(llhttp_type_t type, const MessageLimits& limits)
    : type_(type), limits_(limits), guard_(limits.max_header) {
  restart();
}

void MessageParser::restart() {
  llhttp_init(&llhttp_, type_, &Callbacks::settings());
  llhttp_.data = this;
  headers_ = {};
  target_.clear();
  reason_.clear();
  body_.clear();
  body_received_ = 0;
  progress_ = Progress::need_more;
  guard_ = HeaderGuard(limits_.max_header);
  start_.clear();
  head_fed_ = 0;
  field_name_.clear();
  field_value_.clear();
  trailing_bytes_ = 0;
  skip_ = false;
  head_complete_ = false;
  fault_ = Fault::none;
  fault_words_.clear();
}

void MessageParser::fail(Fault fault, std::string words) {
  progress_ = Progress::failed;
  if (fault_ != Fault::none) return;  // the first reason is the true one
  fault_ = fault;
  fault_words_ = std::move(words);
}

std::size_t MessageParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && progress_ == Progress::need_more) {
    if (head_complete_) {
      used += execute(bytes.substr(used));
      continue;
    }
    // llhttp is only handed what the guard has seen to be head, so that the two cannot disagree on its end.
    const HeaderGuard::Scan scan = guard_.scan(bytes.substr(used));
    const std::string_view head = bytes.substr(used, scan.used);
    if (start_.size() < start_kept) start_ += head.substr(0, start_kept - start_.size());
    used += execute(head);
    head_fed_ += head.size();
    if (progress_ == Progress::failed) break;
    if (progress_ == Progress::complete && skip_) {
      restart();
      continue;
    }
    if (scan.verdict == HeaderGuard::Verdict::complete && start_.starts_with("PRI * HTTP/2.0")) {
      fail(Fault::unsupported_version, "HTTP/2 without being asked; expected HTTP/1.0 or HTTP/1.1");
    } else if (scan.verdict == HeaderGuard::Verdict::complete && !head_complete_) {
      fail(Fault::malformed, "the head ended before it was complete");
    } else if (scan.verdict != HeaderGuard::Verdict::complete && scan.verdict != HeaderGuard::Verdict::more) {
      scan_fault(scan.verdict);
    }
  }
  return used;
}

std::size_t MessageParser::execute(std::string_view bytes) {
  const llhttp_errno_t error = llhttp_execute(&llhttp_, bytes.data(), bytes.size());
  if (error == HPE_OK) return bytes.size();
  if (progress_ == Progress::complete) {
    return static_cast<std::size_t>(llhttp_get_error_pos(&llhttp_) - bytes.data());
  }
  if (progress_ != Progress::failed) {
    const char* at = llhttp_get_error_pos(&llhttp_);
    llhttp_fault(error, head_fed_ + (at == nullptr ? 0 : static_cast<std::size_t>(at - bytes.data())));
  }
  return bytes.size();
}

void MessageParser::scan_fault(HeaderGuard::Verdict verdict) {
  switch (verdict) {
    case HeaderGuard::Verdict::bare_newline:
      return fail(Fault::malformed, "a line of the head does not end with CR LF");
    case HeaderGuard::Verdict::folded:
      return fail(Fault::malformed, "a header line begins with a blank");
    case HeaderGuard::Verdict::too_large:
      return fail(Fault::header_too_large, fmt::format("a head of more than {} bytes", limits_.max_header));
    case HeaderGuard::Verdict::more:
    case HeaderGuard::Verdict::complete:
      break;
  }
}

void MessageParser::llhttp_fault(llhttp_errno_t error, std::size_t position) {
  const char* reason = llhttp_get_error_reason(&llhttp_);
  const std::string why = reason == nullptr || *reason == '\0' ? llhttp_errno_name(error) : reason;
  if (type_ == HTTP_REQUEST && !start_.empty() && start_[0] == '\x16') {
    return fail(Fault::malformed, "this looks like TLS; this port speaks plain HTTP");
  }
  if (error == HPE_INVALID_VERSION) {
    return fail(Fault::unsupported_version, "expected HTTP/1.0 or HTTP/1.1");
  }
  const std::string_view until_fault = std::string_view(start_).substr(0, position + 1);
  if (type_ == HTTP_REQUEST && error == HPE_INVALID_METHOD && looks_like_method(until_fault)) {
    return fail(Fault::unknown_method, fmt::format("no method known here begins with {}", until_fault));
  }
  fail(Fault::malformed, type_ == HTTP_REQUEST ? fmt::format("not an HTTP/1 request: {}", why)
                                               : fmt::format("not an HTTP/1 answer: {}", why));
}

}  // namespace tamada::http
