#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

#include "common/base/base64.h"
#include "common/base/utf8.h"
#include "common/etcd/codec.h"
#include "common/json/json_reader.h"

namespace tamada::etcd {
namespace {

using Json = nlohmann::json;

constexpr const char* what = "etcd's answer";
// Etcd refuses requests above 1.5 MB, but an answer to a range may hold many values. A key takes six.
constexpr JsonLimits limits{.size = std::size_t{16} << 20, .values = 500'000};
// Of what a server says in words; it is shown and logged.
constexpr std::size_t reason_max = 500;

std::string short_text(JsonFields& fields, const char* key) {
  return shortened(fields.raw_text(key), reason_max);
}

// Calls `read(fields)` for each object of a list, if it is there.
template <class Read>
void each_of(JsonFields& fields, const char* key, Read read) {
  const Json* list = fields.list(key);
  if (list == nullptr) return;
  for (const Json& one : *list) {
    if (!one.is_object()) return fields.refuse(key, one, "objects in it");
    JsonFields inner = fields.inside(key, one);
    read(inner);
  }
}

std::vector<std::string> texts_of(JsonFields& fields, const char* key) {
  std::vector<std::string> texts;
  const Json* list = fields.list(key);
  if (list == nullptr) return texts;
  for (const Json& one : *list) {
    if (!one.is_string()) {
      fields.refuse(key, one, "texts in it");
      return {};
    }
    texts.push_back(shortened(one.get<std::string>(), reason_max));
  }
  return texts;
}

ResponseHeader header_of(JsonFields& fields) {
  const Json* object = fields.object("header");
  if (object == nullptr) return {};
  JsonFields header = fields.inside("header", *object);
  return {header.unsigned_number("cluster_id"), header.unsigned_number("member_id"),
          header.signed_number("revision"), header.unsigned_number("raft_term")};
}

KeyValue key_value_of(JsonFields& fields) {
  KeyValue kv;
  kv.key = fields.bytes("key");
  kv.value = fields.bytes("value");
  kv.create_revision = fields.signed_number("create_revision");
  kv.mod_revision = fields.signed_number("mod_revision");
  kv.version = fields.signed_number("version");
  kv.lease = fields.signed_number("lease");
  return kv;
}

std::vector<KeyValue> key_values_of(JsonFields& fields) {
  std::vector<KeyValue> kvs;
  each_of(fields, "kvs", [&](JsonFields& one) { kvs.push_back(key_value_of(one)); });
  return kvs;
}

// Reads a whole reply with `read(fields)`.
template <class Read>
auto decode(const Json& json, Read read) -> Result<decltype(read(std::declval<JsonFields&>()))> {
  std::optional<Error> error;
  JsonFields fields(json, fmt::format("{}: ", what), error);
  auto reply = read(fields);
  if (error) return tl::make_unexpected(*std::move(error));
  return reply;
}

template <class Read>
auto decode(std::string_view text, Read read) -> Result<decltype(read(std::declval<JsonFields&>()))> {
  const auto json = parse_json_object(what, text, limits);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, read);
}

// What the gateway puts around each message of a stream: {"result": ...} or {"error": ...}.
Result<Json> unwrapped(std::string_view text) {
  auto json = parse_json_object(what, text, limits);
  if (!json) return json;
  const auto error = json->find("error");
  if (error != json->end() && error->is_object()) {
    auto rpc = decode(*error, [](JsonFields& fields) {
      return RpcError{static_cast<int>(fields.signed_number("grpc_code")), fields.raw_text("message")};
    });
    return tl::make_unexpected(rpc ? rpc->to_error() : rpc.error());
  }
  const auto result = json->find("result");
  if (result == json->end()) return json;
  if (result->is_object()) return Json(*result);
  return fail(ErrorKind::invalid,
              fmt::format("{}: result: found {}, expected an object", what, describe_json(*result)));
}

TxnReply txn_of(JsonFields& fields) {
  TxnReply reply;
  reply.header = header_of(fields);
  reply.succeeded = fields.flag("succeeded");
  each_of(fields, "responses", [&](JsonFields& response) {
    if (const Json* range = response.object("response_range")) {
      JsonFields inner = response.inside("response_range", *range);
      reply.ranges.push_back(key_values_of(inner));
    }
    if (const Json* removed = response.object("response_delete_range")) {
      JsonFields inner = response.inside("response_delete_range", *removed);
      reply.removed += inner.signed_number("deleted");
    }
  });
  return reply;
}

}  // namespace

Result<ResponseHeader> decode_header(std::string_view json) {
  return decode(json, header_of);
}

Result<RangeReply> decode_range(std::string_view json) {
  return decode(json, [](JsonFields& fields) {
    RangeReply reply;
    reply.header = header_of(fields);
    reply.kvs = key_values_of(fields);
    return reply;
  });
}

Result<PutReply> decode_put(std::string_view json) {
  return decode(json, [](JsonFields& fields) { return PutReply{header_of(fields)}; });
}

Result<TxnReply> decode_txn(std::string_view json) {
  return decode(json, txn_of);
}

Result<RemoveReply> decode_remove(std::string_view json) {
  return decode(json, [](JsonFields& fields) {
    const TxnReply reply = txn_of(fields);
    return RemoveReply{reply.header, reply.succeeded, reply.removed};
  });
}

Result<LeaseReply> decode_lease(std::string_view text) {
  const auto json = unwrapped(text);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, [](JsonFields& fields) {
    LeaseReply reply;
    reply.header = header_of(fields);
    reply.id = fields.signed_number("ID");
    reply.ttl = fields.signed_number("TTL");
    return reply;
  });
}

Result<RevokeReply> decode_revoke(std::string_view json) {
  return decode(json, [](JsonFields& fields) { return RevokeReply{header_of(fields), true}; });
}

Result<TimeToLiveReply> decode_time_to_live(std::string_view json) {
  return decode(json, [](JsonFields& fields) {
    TimeToLiveReply reply;
    reply.header = header_of(fields);
    reply.id = fields.signed_number("ID");
    reply.ttl = fields.signed_number("TTL");
    reply.granted_ttl = fields.signed_number("grantedTTL");
    for (const std::string& key : texts_of(fields, "keys")) {
      auto bytes = base64_decode(key);
      if (!bytes) fields.refuse("keys", "found a text that is none, expected base64");
      if (bytes) reply.keys.push_back(*std::move(bytes));
    }
    return reply;
  });
}

Result<MemberListReply> decode_member_list(std::string_view json) {
  return decode(json, [](JsonFields& fields) {
    MemberListReply reply;
    reply.header = header_of(fields);
    each_of(fields, "members", [&](JsonFields& one) {
      reply.members.push_back({one.unsigned_number("ID"), one.name("name"), texts_of(one, "peerURLs"),
                               texts_of(one, "clientURLs"), one.flag("isLearner")});
    });
    return reply;
  });
}

Result<std::string> decode_token(std::string_view json) {
  return decode(json, [](JsonFields& fields) {
    std::string token = fields.raw_text("token");
    if (token.empty()) fields.refuse("token", "missing, expected text");
    return token;
  });
}

Result<WatchMessage> decode_watch(std::string_view text) {
  const auto json = unwrapped(text);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, [](JsonFields& fields) {
    WatchMessage message;
    message.header = header_of(fields);
    message.created = fields.flag("created");
    message.canceled = fields.flag("canceled");
    message.cancel_reason = short_text(fields, "cancel_reason");
    message.compact_revision = fields.signed_number("compact_revision");
    each_of(fields, "events", [&](JsonFields& event) {
      const std::string type = event.raw_text("type");
      if (!type.empty() && type != "PUT" && type != "DELETE") {
        event.refuse("type", *event.any("type"), "PUT or DELETE");
      }
      Event& told = message.events.emplace_back();
      told.deleted = type == "DELETE";
      const Json* kv = event.object("kv");
      if (kv == nullptr) return;
      JsonFields inner = event.inside("kv", *kv);
      told.kv = key_value_of(inner);
    });
    return message;
  });
}

RpcError decode_error(int http_status, std::string_view body) {
  const auto json = parse_json_object(what, body, limits);
  if (json) {
    // Unary calls answer {"error": "...", "message": "...", "code": 16}, streams {"error": {...}}.
    const auto nested = json->find("error");
    const bool in_stream = nested != json->end() && nested->is_object();
    auto error = decode(in_stream ? *nested : *json, [in_stream](JsonFields& fields) {
      RpcError rpc{static_cast<int>(fields.signed_number(in_stream ? "grpc_code" : "code")),
                   short_text(fields, "message")};
      if (rpc.message.empty() && !in_stream) rpc.message = short_text(fields, "error");
      return rpc;
    });
    if (error && (error->code != 0 || !error->message.empty())) return *error;
  }
  // A proxy in between, or another server altogether. 404 is a gateway that does not know the path
  // (unimplemented); 5xx may pass by itself (unavailable).
  const int code = http_status == 404 ? 12 : http_status >= 500 ? 14 : 2;
  return {code, fmt::format("HTTP status {} without an error of etcd's", http_status)};
}

Result<std::string> prefix_of_version(std::string_view text) {
  auto version = decode(text, [](JsonFields& fields) {
    // The cluster's version counts; while its members have not agreed yet ("not_decided"), the server's.
    const std::string cluster = fields.raw_text("etcdcluster");
    return cluster.empty() || cluster == "not_decided" ? fields.raw_text("etcdserver") : cluster;
  });
  if (!version) return version;
  int major = 0;
  int minor = 0;
  const char* end = version->data() + version->size();
  const auto [dot, error] = std::from_chars(version->data(), end, major);
  if (error != std::errc{} || dot == end || *dot != '.' ||
      std::from_chars(dot + 1, end, minor).ec != std::errc{} || major < 3) {
    return fail(ErrorKind::invalid,
                fmt::format("the version \"{}\" is none of etcd from 3.0 on", version->substr(0, 40)));
  }
  if (major > 3 || minor >= 4) return "/v3";
  return minor == 3 ? "/v3beta" : "/v3alpha";
}

}  // namespace tamada::etcd
