// What etcd v3 is asked and what it answers, as plain values. Keys and values are bytes (the gateway's base64
// is gone). Revisions and lease ids are etcd's int64, its ids are uint64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"

namespace tamada::etcd {

struct ResponseHeader {
  std::uint64_t cluster_id = 0;
  std::uint64_t member_id = 0;
  std::int64_t revision = 0;
  std::uint64_t raft_term = 0;
};

struct KeyValue {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t version = 0;  // 1 at creation; 0 in the event of a deletion
  std::int64_t lease = 0;    // 0: none

  bool operator==(const KeyValue&) const = default;
};

// The key alone, or every key that begins with it (an empty one: all keys).
enum class Scope { key, prefix };

// The end of the range of all keys that begin with `prefix`: its last byte plus one, as etcd counts ("\0" for
// all keys from there on).
[[nodiscard]] std::string range_end_of_prefix(std::string_view prefix);

struct RangeRequest {
  std::string key;
  Scope scope = Scope::key;
  // Answered by the member from what it has, without asking the cluster: quick, perhaps old.
  bool serializable = false;
};

struct RangeReply {
  ResponseHeader header;
  std::vector<KeyValue> kvs;  // sorted by key
  TimePoint as_of{};          // when the request was sent: (if not serializable) true then or later
};

struct PutRequest {
  std::string key;
  std::string value;
  std::int64_t lease = 0;
};

struct PutReply {
  ResponseHeader header;
};

// One condition of a transaction.
struct Compare {
  enum class Target { version, create_revision, mod_revision, value, lease };
  enum class Operator { equal, not_equal, greater, less };
  std::string key;
  Target target = Target::version;
  Operator op = Operator::equal;
  std::string value;        // Target::value
  std::int64_t number = 0;  // the others

  [[nodiscard]] static Compare absent(std::string key);
  [[nodiscard]] static Compare value_is(std::string key, std::string value);
  [[nodiscard]] static Compare mod_revision_is(std::string key, std::int64_t revision);
  [[nodiscard]] static Compare lease_is(std::string key, std::int64_t lease);
};

// One step of a transaction.
struct Operation {
  enum class Kind { put, remove, range };
  Kind kind = Kind::put;
  std::string key;
  std::string value;
  std::int64_t lease = 0;
  Scope scope = Scope::key;  // of what is removed or read
};

struct TxnRequest {
  std::vector<Compare> compare;  // all must hold
  std::vector<Operation> success;
  std::vector<Operation> failure;
};

struct TxnReply {
  ResponseHeader header;
  bool succeeded = false;
  // Of each range step that was run, in order.
  std::vector<std::vector<KeyValue>> ranges;
  std::int64_t removed = 0;  // keys that were there, of all remove steps that were run
};

// Removes the key, or all that begin with it, if all conditions hold.
struct RemoveRequest {
  std::string key;
  Scope scope = Scope::key;
  std::vector<Compare> conditions;
};

struct RemoveReply {
  ResponseHeader header;
  bool conditions_held = false;
  std::int64_t removed = 0;  // keys that were there
};

struct LeaseReply {
  ResponseHeader header;
  std::int64_t id = 0;
  std::int64_t ttl = 0;  // seconds; 0 in the answer to a keep-alive: the lease is gone
  TimePoint as_of{};     // when the request was sent: the lease lasts at least until as_of + ttl
};

struct RevokeReply {
  ResponseHeader header;  // zeros where the lease was not there
  bool existed = false;   // in either case it does not exist any more
};

// What the cluster's leader believes of a lease.
struct TimeToLiveReply {
  ResponseHeader header;
  std::int64_t id = 0;
  std::int64_t ttl = 0;          // seconds left, rounded down; -1: there is no such lease
  std::int64_t granted_ttl = 0;  // seconds
  std::vector<std::string> keys;
  TimePoint as_of{};  // when the request was sent
};

// A member of the etcd cluster, as the member that was asked knows it.
struct ClusterMember {
  std::uint64_t id = 0;
  std::string name;  // empty: it has not started yet
  std::vector<std::string> peer_urls;
  std::vector<std::string> client_urls;
  bool is_learner = false;

  bool operator==(const ClusterMember&) const = default;
};

struct MemberListReply {
  ResponseHeader header;
  std::vector<ClusterMember> members;
};

struct Event {
  bool deleted = false;
  KeyValue kv;  // of a deletion: only key and mod_revision
};

struct WatchMessage {
  ResponseHeader header;
  bool created = false;
  bool canceled = false;
  std::string cancel_reason;
  std::int64_t compact_revision = 0;  // above 0: the watch began before what etcd still has
  std::vector<Event> events;          // empty in a progress message
};

}  // namespace tamada::etcd
