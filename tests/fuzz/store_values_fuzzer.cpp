// The values of a cluster's keys in etcd, which any node, any version and any person writes. The first byte says which one.
#include <algorithm>
#include <string>

#include "common/patroni/cluster_keys.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada::patroni;
using tamada::fuzz::expect;

namespace {

void expect_line(const std::string& problem) {
  expect(problem.size() < 2500, "a problem stays short");
  expect(problem.find_first_of("\n\r\x1b") == std::string::npos, "a problem is one line");
}

// What was read can be written, and is then read as the same, without a problem.
template <class T>
void expect_round_trip(const Reading<T>& reading, std::string (*write)(const T&),
                       Reading<T> (*read)(std::string_view)) {
  expect_line(reading.problem);
  const auto again = read(write(reading.value));
  expect(again.problem.empty(), "what is written here has no problem");
  expect(again.value == reading.value, "a value survives being written and read");
}

void read_all_keys(std::string_view text) {
  const std::string prefix = "/service/patroni/";
  std::vector<StoredKey> keys;
  std::vector<KeyChange> changes;
  std::int64_t revision = 1;
  for (const char* name : {"leader", "initialize", "config", "history", "status", "optime/leader", "failover",
                           "sync", "failsafe", "members/a", "members/b/c"}) {
    ++revision;
    keys.push_back({prefix + name, std::string(text), revision, revision, 0});
    changes.push_back({false, keys.back()});
  }
  const auto at_once = ClusterKeys::from_range(prefix, keys, revision);
  expect(ClusterKeys(prefix).advanced(changes, revision) == at_once, "a range and its changes are the same");
  for (const std::string& problem : at_once.problems()) expect_line(problem);
  expect(at_once.is_locked(), "a leader key locks");
  expect(at_once.members().size() == 1, "one unreadable key harms no other");
  for (const auto& member : at_once.members()) {
    (void)member.key->value.address();
    (void)member.key->value.version_numbers();
    (void)member.key->value.tags.conflicts();
    (void)member.key->value.tags.shown();
    (void)member.key->value.tags.replicatefrom();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = tamada::fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      expect_round_trip(read_member_value(text), write_member_value, read_member_value);
      break;
    case 1: {
      auto reading = read_sync_value(text);
      expect(!reading.value.is_empty() || reading.value == SyncValue{}, "nobody's key has nothing in it");
      std::sort(reading.value.voters.begin(), reading.value.voters.end());
      const auto last = std::unique(reading.value.voters.begin(), reading.value.voters.end());
      reading.value.voters.erase(last, reading.value.voters.end());
      expect_round_trip(reading, write_sync_value, read_sync_value);
      break;
    }
    case 2: {
      auto reading = read_status_value(text);
      if (reading.value.slots && reading.value.slots->empty()) reading.value.slots.reset();  // is not written
      expect_round_trip(reading, write_status_value, read_status_value);
      break;
    }
    case 3:
      expect_round_trip(read_history_value(text), write_history_value, read_history_value);
      break;
    case 4:
      expect_round_trip(read_failover_value(text), write_failover_value, read_failover_value);
      break;
    case 5:
      expect_round_trip(read_failsafe_value(text), write_failsafe_value, read_failsafe_value);
      break;
    default:
      read_all_keys(text);
  }
  return 0;
}
