#include "agent/guard/protocol/report.h"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

#include "agent/guard/protocol/request.h"

namespace tamada::guard {
namespace {

Report a_report() {
  Report report;
  report.request = 12;
  report.outcome = Outcome::failed;
  report.code = 28;
  GuardStatus& status = report.status;
  status.guard = 99;
  status.abilities = {12, true, false};
  status.fence = {FenceStanding::fired, {5, 6}, TimePoint(1000us), TimePoint(900us)};
  status.process = {ProcessKind::postmaster, 4711, 123456, true, false};
  status.last_end = {EndKind::not_started,
                     {ProcessKind::tool, 4712, 77, false, true},
                     2,
                     LaunchStage::directory,
                     TimePoint(5us)};
  status.is_sweeping = true;
  status.left = 3;
  status.promotion = {PromotionStage::failed, {5, 6}, 30};
  status.watchdog = {WatchdogStanding::unusable, 25, 19};
  report.version = "1.2.3";
  return report;
}

std::vector<std::byte> bytes_of(const Report& report) {
  std::vector<std::byte> buffer(longest_report);
  const auto bytes = encode(report, buffer);
  REQUIRE_FALSE(bytes.empty());
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("a report is read as it was written", "[report]") {
  const std::vector<std::byte> bytes = bytes_of(a_report());
  const auto read = decode_report(bytes);
  REQUIRE(read.has_value());
  CHECK(read->request == 12);
  CHECK(read->outcome == Outcome::failed);
  CHECK(read->code == 28);
  CHECK(read->version == "1.2.3");
  CHECK(read->status == a_report().status);
}

TEST_CASE("a report that is cut anywhere, or of another version, is none", "[report]") {
  std::vector<std::byte> bytes = bytes_of(a_report());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size << " of " << bytes.size());
    CHECK_FALSE(decode_report(std::span(bytes).first(size)).has_value());
  }
  bytes[0] = std::byte{9};
  CHECK_FALSE(decode_report(bytes).has_value());
}

TEST_CASE("what a later version appends to a report is ignored", "[report]") {
  std::vector<std::byte> bytes = bytes_of(a_report());
  bytes.push_back(std::byte{1});
  CHECK(decode_report(bytes).has_value());
}

TEST_CASE("the deadline fires before the lease ends, and one in the past at once", "[report]") {
  FenceState fence;
  fence.lease_end = TimePoint(10s);
  CHECK(fence.fires_at() == TimePoint(9500ms));
  fence.lease_end = TimePoint{};
  CHECK(fence.fires_at() == TimePoint{});
}

}  // namespace
}  // namespace tamada::guard
