// postmaster.pid, whole and cut off anywhere: what a cut leaves is what the whole file says, or nothing.
#include "agent/postgres/formats/postmaster_pid.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada::agent;
using tamada::fuzz::expect;

namespace {

template <class Value>
void expect_same_or_none(const std::optional<Value>& part, const std::optional<Value>& whole) {
  expect(!part || part == whole, "a cut file says nothing else than the whole one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = tamada::fuzz::text_of(data, size);
  const PostmasterPid whole = parse_postmaster_pid(text);
  expect(!whole.pid || *whole.pid > 0, "a process has a positive number");
  expect(whole.pid || whole == PostmasterPid{}, "without a process there is nothing to know");
  const std::size_t step = 1 + size / 64;
  for (std::size_t cut = 0; cut < size; cut += step) {
    const PostmasterPid part = parse_postmaster_pid(text.substr(0, cut));
    expect_same_or_none(part.pid, whole.pid);
    expect_same_or_none(part.data_directory, whole.data_directory);
    expect_same_or_none(part.start_time, whole.start_time);
    expect_same_or_none(part.port, whole.port);
    expect_same_or_none(part.socket_directory, whole.socket_directory);
    expect_same_or_none(part.listen_address, whole.listen_address);
    expect_same_or_none(part.status, whole.status);
  }
  return 0;
}
