#include "common/postgres/startup_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tamada::postgres {

struct StartupReplyScanner::Found {
  std::string collected;  // of the message that is arriving
  std::optional<CancelRequest> key;
  ErrorResponse error;
  std::string problem;
};

namespace {

constexpr std::size_t plain_header = 5;           // type and length
constexpr std::size_t authentication_header = 9;  // and the code

// What a server sends before its first ReadyForQuery.
constexpr std::string_view known_types = "RSNKvEZ";

// Authentication messages that want no answer; any other one does, also one that is not known here.
constexpr std::uint32_t authentication_ok = 0;
constexpr std::uint32_t authentication_sasl_final = 12;

constexpr std::uint32_t key_data_min = 8 + cancel_key_min;
constexpr std::uint32_t key_data_max = 8 + cancel_key_max;

}  // namespace

EncryptionAnswer classify_encryption_answer(std::byte answer) {
  switch (std::to_integer<char>(answer)) {
    case 'S':
      return EncryptionAnswer::tls;
    case 'G':
      return EncryptionAnswer::gss;
    case 'N':
      return EncryptionAnswer::refused;
    case 'E':
      return EncryptionAnswer::error;
    default:
      return EncryptionAnswer::garbage;
  }
}

void StartupReplyScanner::FoundDeleter::operator()(Found* found) const noexcept {
  delete found;
}

StartupReplyScanner::Found& StartupReplyScanner::found() {
  if (!found_) found_.reset(new Found);
  return *found_;
}

std::size_t StartupReplyScanner::feed(Bytes bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !finished()) {
    const Bytes rest = bytes.subspan(used);
    switch (part_) {
      case Part::header:
        used += take_header(rest);
        break;
      case Part::skip:
      case Part::collect:
        used += take_body(rest);
        break;
      case Part::old_error:
        used += take_old_error(rest);
        break;
    }
  }
  return used;
}

std::size_t StartupReplyScanner::take_header(Bytes bytes) {
  if (header_size_ == 0) {
    begin_message(bytes[0]);
    if (finished()) return 1;
  }
  const std::size_t wanted = header_[0] == std::byte{'R'} ? authentication_header : plain_header;
  const std::size_t start = header_size_;
  const std::size_t size = std::min(bytes.size(), wanted - start);
  std::copy_n(bytes.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(start));
  header_size_ = static_cast<std::uint8_t>(start + size);
  if (header_size_ == wanted) begin_body();
  return size;
}

void StartupReplyScanner::begin_message(std::byte type) {
  header_[0] = type;
  const char letter = std::to_integer<char>(type);
  if (known_types.find(letter) == std::string_view::npos) {
    fail(fmt::format("a message of type '{}' while a session starts, expected one of {}",
                     printable({&letter, 1}), known_types));
    return;
  }
  if (letter == 'E') {
    state_ = State::in_error;
  } else {
    server_talked_ = true;
  }
}

void StartupReplyScanner::begin_body() {
  const char type = std::to_integer<char>(header_[0]);
  const std::uint32_t length = read_u32(Bytes(header_).subspan(1));
  const auto wrong = [&](std::string_view expected) {
    fail(fmt::format("a message '{}' of length {}, expected {}", type, length, expected));
  };
  if (type == 'E') return begin_error(length);
  if (length < 4 || length > message_max) return wrong(fmt::format("4 to {}", message_max));
  body_left_ = length - 4;
  part_ = Part::skip;
  if (type == 'R') {
    if (length < 8) return wrong("at least 8");
    body_left_ = length - 8;
    const bool is_ok = read_u32(Bytes(header_).subspan(plain_header)) == authentication_ok;
    if (is_ok && length != 8) return wrong("8");
    authenticated_ = authenticated_ || is_ok;
    takes_sessions_ = true;
  } else if (type == 'Z') {
    if (length != 5) return wrong("5");
    if (!authenticated_) return fail("ReadyForQuery before AuthenticationOk");
  } else if (type == 'K') {
    if (length < key_data_min || length > key_data_max) {
      return wrong(fmt::format("{} to {}", key_data_min, key_data_max));
    }
    if (!authenticated_) return fail("BackendKeyData before AuthenticationOk");
    part_ = Part::collect;
  } else if (type == 'v') {
    version_negotiated_ = true;
  }
  if (body_left_ == 0) end_message();
}

void StartupReplyScanner::begin_error(std::uint32_t length) {
  // Only the first message can be in the old form: whoever sent anything else speaks protocol 3.
  const std::size_t longest = server_talked_ ? message_max : error_response_max;
  if (length >= 8 && length <= longest) {
    body_left_ = length - 4;
    part_ = Part::collect;
  } else if (!server_talked_ && is_old_error_start(Bytes(header_).subspan(1, 4))) {
    found().collected = as_text(Bytes(header_).subspan(1, 4));
    part_ = Part::old_error;
  } else {
    fail(fmt::format("an ErrorResponse of length {}, expected 8 to {}", length, longest));
  }
}

std::size_t StartupReplyScanner::take_body(Bytes bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size(), body_left_);
  if (part_ == Part::collect) {
    std::string& collected = found().collected;
    if (collected.size() < error_kept) {
      collected += as_text(bytes.first(std::min(size, error_kept - collected.size())));
    }
  }
  body_left_ -= static_cast<std::uint32_t>(size);
  if (body_left_ == 0) end_message();
  return size;
}

std::size_t StartupReplyScanner::take_old_error(Bytes bytes) {
  std::string& collected = found().collected;
  const std::string_view text = as_text(bytes).substr(0, old_error_max - collected.size());
  const auto end = text.find('\0');
  collected += text.substr(0, end);
  if (end != std::string_view::npos) {
    finish_error(parse_old_error_text(collected));
    return end + 1;
  }
  if (collected.size() == old_error_max) {
    fail(
        fmt::format("an error text without an end in {} bytes: \"{}\"", old_error_max, printable(collected)));
  }
  return text.size();
}

void StartupReplyScanner::end_message() {
  const char type = std::to_integer<char>(header_[0]);
  part_ = Part::header;
  header_size_ = 0;
  if (type == 'R') {
    const std::uint32_t code = read_u32(Bytes(header_).subspan(plain_header));
    if (code != authentication_ok && code != authentication_sasl_final) ++questions_;
  }
  if (type == 'Z') state_ = State::ready;
  if (type == 'E') finish_error(parse_error_fields(found().collected));
  if (type == 'K') {
    const std::string collected = std::move(found().collected);
    found().collected.clear();
    found().key = CancelRequest{read_u32(as_bytes(collected)), collected.substr(4)};
  }
}

void StartupReplyScanner::finish_error(ErrorResponse error) {
  Found& kept = found();
  kept.collected = std::string();
  kept.error = std::move(error);
  state_ = State::error;
}

void StartupReplyScanner::fail(std::string problem) {
  Found& kept = found();
  kept.collected = std::string();
  kept.problem = std::move(problem);
  state_ = State::garbage;
}

std::optional<CancelRequest> StartupReplyScanner::take_key() {
  if (!found_ || !found_->key) return std::nullopt;
  std::optional<CancelRequest> key = std::move(found_->key);
  found_->key.reset();
  if (part_ == Part::header && !finished()) found_.reset();
  return key;
}

const ErrorResponse& StartupReplyScanner::error() const {
  assert(state_ == State::error);
  return found_->error;
}

const std::string& StartupReplyScanner::problem() const {
  assert(state_ == State::garbage);
  return found_->problem;
}

}  // namespace tamada::postgres
