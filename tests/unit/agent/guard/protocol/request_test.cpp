#include "agent/guard/protocol/request.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

using namespace std::string_view_literals;

namespace tamada::guard {
namespace {

Request a_start() {
  Request request;
  request.kind = RequestKind::start;
  request.id = 7;
  request.epoch = {-5, 42};
  request.until = TimePoint(123456789us);
  request.reason = DisarmReason::paused;
  request.pid = 4711;
  request.start_time = 1ULL << 40U;
  request.signal = 15;
  request.needs_lock = true;
  request.unarmed = true;
  request.launch.kind = ProcessKind::postmaster;
  request.launch.program = "/usr/lib/postgresql/15/bin/postgres";
  request.launch.arguments = {3, "postgres\0-D\0/data\0"sv};
  request.launch.environment = {2, "LC_ALL=C\0\0"sv};
  request.launch.directory = "/data";
  request.launch.output = LaunchOutput::file;
  request.launch.output_file = "/log";
  request.launch.open_files = 1024;
  request.path = "/usr/lib/tamada-guard";
  request.timeout = 25;
  return request;
}

std::vector<std::byte> bytes_of(const Request& request) {
  std::vector<std::byte> buffer(longest_request);
  const auto bytes = encode(request, buffer);
  REQUIRE_FALSE(bytes.empty());
  return {bytes.begin(), bytes.end()};
}

bool is_read(const Request& request) {
  return decode_request(bytes_of(request)).has_value();
}

TEST_CASE("a request is read as it was written", "[request]") {
  const std::vector<std::byte> bytes = bytes_of(a_start());
  const auto read = decode_request(bytes);
  REQUIRE(read.has_value());
  CHECK(*read == a_start());
  Request hello;
  hello.id = 1;
  CHECK(*decode_request(bytes_of(hello)) == hello);
}

TEST_CASE("texts of a request end with a NUL byte, for execve", "[request]") {
  const std::vector<std::byte> bytes = bytes_of(a_start());
  const auto read = decode_request(bytes);
  REQUIRE(read.has_value());
  CHECK(std::string(read->launch.program.data()) == "/usr/lib/postgresql/15/bin/postgres");
  CHECK(std::string(read->path.data()) == "/usr/lib/tamada-guard");
}

TEST_CASE("a request that is cut anywhere is none", "[request]") {
  const std::vector<std::byte> bytes = bytes_of(a_start());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size << " of " << bytes.size());
    CHECK_FALSE(decode_request(std::span(bytes).first(size)).has_value());
  }
}

TEST_CASE("what a later version appends to a request is ignored", "[request]") {
  std::vector<std::byte> bytes = bytes_of(a_start());
  bytes.resize(bytes.size() + 9, std::byte{255});
  const auto read = decode_request(bytes);
  REQUIRE(read.has_value());
  CHECK(*read == a_start());
}

TEST_CASE("a request of another version, of an unknown kind, or without a number is none", "[request]") {
  std::vector<std::byte> bytes = bytes_of(a_start());
  bytes[0] = std::byte{9};
  CHECK_FALSE(decode_request(bytes).has_value());
  bytes = bytes_of(a_start());
  bytes[2] = std::byte{static_cast<std::uint8_t>(last_request_kind) + 1};
  CHECK_FALSE(decode_request(bytes).has_value());
  Request request = a_start();
  request.id = 0;
  CHECK_FALSE(is_read(request));
}

TEST_CASE("a truth value is 0 or 1", "[request]") {
  std::vector<std::byte> bytes = bytes_of(a_start());
  Request other = a_start();
  other.needs_lock = false;
  const std::vector<std::byte> with_other = bytes_of(other);
  std::size_t place = 0;
  while (bytes[place] == with_other[place]) ++place;
  bytes[place] = std::byte{2};
  CHECK_FALSE(decode_request(bytes).has_value());
}

TEST_CASE("texts that hide a NUL byte, and lists that are counted wrongly, make no request", "[request]") {
  const auto with = [](auto change) {
    Request request = a_start();
    change(request);
    return is_read(request);
  };
  CHECK(with([](Request&) {}));
  CHECK_FALSE(with([](Request& r) { r.launch.program = "a\0b"sv; }));
  CHECK_FALSE(with([](Request& r) { r.launch.directory = "a\0b"sv; }));
  CHECK_FALSE(with([](Request& r) { r.launch.output_file = "a\0b"sv; }));
  CHECK_FALSE(with([](Request& r) { r.path = "a\0b"sv; }));
  CHECK_FALSE(with([](Request& r) { r.launch.arguments.count = 2; }));
  CHECK_FALSE(with([](Request& r) { r.launch.arguments.count = 4; }));
  CHECK_FALSE(with([](Request& r) { r.launch.arguments = {1, "no end"}; }));
  CHECK_FALSE(with([](Request& r) { r.launch.environment = {1, ""}; }));
  CHECK_FALSE(with([](Request& r) { r.launch.environment = {0, "\0"sv}; }));
}

TEST_CASE("a request that does not fit is not written", "[request]") {
  const std::string variable = "A=" + std::string(longest_request, 'x') + '\0';
  Request request = a_start();
  request.launch.environment = {1, variable};
  std::vector<std::byte> buffer(longest_request);
  CHECK(encode(request, buffer).empty());
  std::array<std::byte, 8> small{};
  CHECK(encode(a_start(), small).empty());
}

}  // namespace
}  // namespace tamada::guard
