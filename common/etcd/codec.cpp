#include "common/etcd/codec.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

#include "common/base/utf8.h"
#include "common/http/base64.h"

namespace tamada::etcd {
namespace {

using Json = nlohmann::json;
using http::base64_encode;

// Of what a server says in words; it is shown and logged.
constexpr std::size_t reason_max = 500;

std::string text_of(const Json& json) {
  // Whatever is no UTF-8 (a password, say) is replaced rather than thrown about.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

tl::unexpected<Error> bad(std::string_view name, std::string_view expected) {
  return fail(ErrorKind::invalid, fmt::format("etcd's answer: \"{}\" is not {}", name, expected));
}

Result<Json> parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(ErrorKind::invalid, "etcd's answer is not a JSON object");
  return json;
}

// Reads the members of one object; the first mistake stays, and everything after it reads as nothing.
class Reader {
 public:
  Reader(const Json& json, Result<void>& status) : json_(json), status_(status) {}

  template <class Number>
  Number number(const char* name) {
    const Json* member = find(name);
    if (member == nullptr) return 0;
    Number value = 0;
    // A JSON number is written out again: from_chars() then judges its range.
    const std::string text = member->is_string() ? member->get<std::string>() : member->dump();
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || (!member->is_string() && !member->is_number_integer())) {
      status_ = bad(name, "a whole number of 64 bits");
      return 0;
    }
    return value;
  }
  bool boolean(const char* name) {
    const Json* member = find(name);
    if (member == nullptr) return false;
    if (!member->is_boolean()) status_ = bad(name, "true or false");
    return member->is_boolean() && member->get<bool>();
  }
  std::string text(const char* name) {
    const Json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_string()) {
      status_ = bad(name, "a text");
      return {};
    }
    return member->get<std::string>();
  }
  std::string bytes(const char* name) {
    auto decoded = http::base64_decode(text(name));
    if (decoded) return std::move(*decoded);
    status_ = bad(name, "base64");
    return {};
  }
  // An empty object if it is not there.
  const Json& object(const char* name) {
    static const Json none = Json::object();
    const Json* member = find(name);
    if (member == nullptr) return none;
    if (!member->is_object()) status_ = bad(name, "an object");
    return member->is_object() ? *member : none;
  }
  const Json& array(const char* name) {
    static const Json none = Json::array();
    const Json* member = find(name);
    if (member == nullptr) return none;
    if (!member->is_array()) status_ = bad(name, "an array");
    return member->is_array() ? *member : none;
  }
  [[nodiscard]] bool has(const char* name) const { return json_.is_object() && json_.contains(name); }

 private:
  const Json* find(const char* name) const {
    if (!json_.is_object()) {
      if (status_) status_ = bad(name, "in an object");
      return nullptr;
    }
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  const Json& json_;
  Result<void>& status_;
};

ResponseHeader header_of(Reader& reader, Result<void>& status) {
  Reader header(reader.object("header"), status);
  return {header.number<std::uint64_t>("cluster_id"), header.number<std::uint64_t>("member_id"),
          header.number<std::int64_t>("revision"), header.number<std::uint64_t>("raft_term")};
}

KeyValue key_value_of(const Json& json, Result<void>& status) {
  Reader reader(json, status);
  KeyValue kv;
  kv.key = reader.bytes("key");
  kv.value = reader.bytes("value");
  kv.create_revision = reader.number<std::int64_t>("create_revision");
  kv.mod_revision = reader.number<std::int64_t>("mod_revision");
  kv.version = reader.number<std::int64_t>("version");
  kv.lease = reader.number<std::int64_t>("lease");
  return kv;
}

std::vector<KeyValue> key_values_of(Reader& reader, Result<void>& status) {
  std::vector<KeyValue> kvs;
  for (const Json& one : reader.array("kvs")) kvs.push_back(key_value_of(one, status));
  return kvs;
}

// Reads a whole reply with `read(reader, status)`.
template <class Read>
auto decode(const Json& json, Read read)
    -> Result<decltype(read(std::declval<Reader&>(), std::declval<Result<void>&>()))> {
  Result<void> status;
  Reader reader(json, status);
  auto reply = read(reader, status);
  if (!status) return tl::make_unexpected(status.error());
  return reply;
}

template <class Read>
auto decode(std::string_view text, Read read)
    -> Result<decltype(read(std::declval<Reader&>(), std::declval<Result<void>&>()))> {
  const auto json = parse(text);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, read);
}

// What the gateway puts around each message of a stream: {"result": ...} or {"error": ...}.
Result<Json> unwrapped(std::string_view text) {
  auto json = parse(text);
  if (!json) return json;
  const auto error = json->find("error");
  if (error != json->end() && error->is_object()) {
    auto rpc = decode(*error, [](Reader& reader, Result<void>&) {
      return RpcError{reader.number<int>("grpc_code"), reader.text("message")};
    });
    return tl::make_unexpected(rpc ? rpc->to_error() : rpc.error());
  }
  const auto result = json->find("result");
  if (result == json->end()) return json;
  if (!result->is_object()) return bad("result", "an object");
  return Json(*result);
}

void add_range(Json& json, const std::string& key, Scope scope) {
  // An empty prefix begins at the smallest key there is.
  json["key"] = base64_encode(key.empty() && scope == Scope::prefix ? std::string(1, '\0') : key);
  if (scope == Scope::prefix) json["range_end"] = base64_encode(range_end_of_prefix(key));
}

Json put_json(const std::string& key, const std::string& value, std::int64_t lease) {
  Json json{{"key", base64_encode(key)}, {"value", base64_encode(value)}};
  if (lease != 0) json["lease"] = std::to_string(lease);
  return json;
}

Json compare_json(const Compare& compare) {
  struct Names {
    const char* target;
    const char* member;
  };
  constexpr Names targets[] = {{"VERSION", "version"},
                               {"CREATE", "create_revision"},
                               {"MOD", "mod_revision"},
                               {"VALUE", "value"},
                               {"LEASE", "lease"}};
  constexpr const char* operators[] = {"EQUAL", "NOT_EQUAL", "GREATER", "LESS"};
  const Names& names = targets[static_cast<std::size_t>(compare.target)];
  Json json{{"key", base64_encode(compare.key)},
            {"target", names.target},
            {"result", operators[static_cast<std::size_t>(compare.op)]}};
  json[names.member] = compare.target == Compare::Target::value ? base64_encode(compare.value)
                                                                : std::to_string(compare.number);
  return json;
}

Json operations_json(const std::vector<Operation>& operations) {
  Json all = Json::array();
  for (const Operation& one : operations) {
    switch (one.kind) {
      case Operation::Kind::put:
        all.push_back({{"request_put", put_json(one.key, one.value, one.lease)}});
        break;
      case Operation::Kind::remove:
        all.push_back({{"request_delete_range", {{"key", base64_encode(one.key)}}}});
        break;
      case Operation::Kind::range:
        all.push_back({{"request_range", {{"key", base64_encode(one.key)}}}});
        break;
    }
  }
  return all;
}

}  // namespace

std::string encode(const RangeRequest& request) {
  Json json;
  add_range(json, request.key, request.scope);
  if (request.serializable) json["serializable"] = true;
  return text_of(json);
}

std::string encode(const PutRequest& request) {
  return text_of(put_json(request.key, request.value, request.lease));
}

std::string encode(const TxnRequest& request) {
  Json json{{"compare", Json::array()},
            {"success", operations_json(request.success)},
            {"failure", operations_json(request.failure)}};
  for (const Compare& one : request.compare) json["compare"].push_back(compare_json(one));
  return text_of(json);
}

std::string encode_lease_grant(std::int64_t ttl) {
  return text_of({{"TTL", std::to_string(ttl)}});
}

std::string encode_lease_keepalive(std::int64_t id) {
  return text_of({{"ID", std::to_string(id)}});
}

std::string encode_login(const std::string& user, const std::string& password) {
  return text_of({{"name", user}, {"password", password}});
}

std::string encode_watch(const std::string& key, Scope scope, std::int64_t start_revision) {
  Json create;
  add_range(create, key, scope);
  create["start_revision"] = std::to_string(start_revision);
  return text_of({{"create_request", create}});
}

Result<ResponseHeader> decode_header(std::string_view json) {
  return decode(json, [](Reader& reader, Result<void>& status) { return header_of(reader, status); });
}

Result<RangeReply> decode_range(std::string_view json) {
  return decode(json, [](Reader& reader, Result<void>& status) {
    RangeReply reply;
    reply.header = header_of(reader, status);
    reply.kvs = key_values_of(reader, status);
    return reply;
  });
}

Result<PutReply> decode_put(std::string_view json) {
  return decode(json,
                [](Reader& reader, Result<void>& status) { return PutReply{header_of(reader, status)}; });
}

Result<TxnReply> decode_txn(std::string_view json) {
  return decode(json, [](Reader& reader, Result<void>& status) {
    TxnReply reply;
    reply.header = header_of(reader, status);
    reply.succeeded = reader.boolean("succeeded");
    for (const Json& one : reader.array("responses")) {
      Reader response(one, status);
      if (!response.has("response_range")) continue;
      Reader range(response.object("response_range"), status);
      reply.ranges.push_back(key_values_of(range, status));
    }
    return reply;
  });
}

Result<LeaseReply> decode_lease(std::string_view text) {
  const auto json = unwrapped(text);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, [](Reader& reader, Result<void>& status) {
    LeaseReply reply;
    reply.header = header_of(reader, status);
    reply.id = reader.number<std::int64_t>("ID");
    reply.ttl = reader.number<std::int64_t>("TTL");
    return reply;
  });
}

Result<std::string> decode_token(std::string_view json) {
  auto token = decode(json, [](Reader& reader, Result<void>&) { return reader.text("token"); });
  if (token && token->empty()) return bad("token", "there");
  return token;
}

Result<WatchMessage> decode_watch(std::string_view text) {
  const auto json = unwrapped(text);
  if (!json) return tl::make_unexpected(json.error());
  return decode(*json, [](Reader& reader, Result<void>& status) {
    WatchMessage message;
    message.header = header_of(reader, status);
    message.created = reader.boolean("created");
    message.canceled = reader.boolean("canceled");
    message.cancel_reason = shortened(reader.text("cancel_reason"), reason_max);
    message.compact_revision = reader.number<std::int64_t>("compact_revision");
    for (const Json& one : reader.array("events")) {
      Reader event(one, status);
      const std::string type = event.text("type");
      if (!type.empty() && type != "PUT" && type != "DELETE") status = bad("type", "PUT or DELETE");
      message.events.push_back({type == "DELETE", key_value_of(event.object("kv"), status)});
    }
    return message;
  });
}

RpcError decode_error(int http_status, std::string_view body) {
  const auto json = parse(body);
  if (json) {
    // Unary calls answer {"error": "...", "message": "...", "code": 16}, streams {"error": {...}}.
    const auto nested = json->find("error");
    const bool in_stream = nested != json->end() && nested->is_object();
    auto error = decode(in_stream ? *nested : *json, [in_stream](Reader& reader, Result<void>&) {
      RpcError rpc{reader.number<int>(in_stream ? "grpc_code" : "code"), reader.text("message")};
      if (rpc.message.empty() && !in_stream) rpc.message = reader.text("error");
      return rpc;
    });
    if (error) error->message = shortened(error->message, reason_max);
    if (error && (error->code != 0 || !error->message.empty())) return *error;
  }
  // A proxy in between, or another server altogether. 404 is a gateway that does not know the path
  // (unimplemented); 5xx may pass by itself (unavailable).
  const int code = http_status == 404 ? 12 : http_status >= 500 ? 14 : 2;
  return {code, fmt::format("HTTP status {} without an error of etcd's", http_status)};
}

Result<std::string> prefix_of_version(std::string_view text) {
  auto version = decode(text, [](Reader& reader, Result<void>&) {
    // The cluster's version counts; while its members have not agreed yet ("not_decided"), the server's.
    const std::string cluster = reader.text("etcdcluster");
    return cluster.empty() || cluster == "not_decided" ? reader.text("etcdserver") : cluster;
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
