#include <nlohmann/json.hpp>

#include "common/base/base64.h"
#include "common/etcd/codec.h"

namespace tamada::etcd {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) {
  // Whatever is no UTF-8 (a password, say) is replaced rather than thrown about.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json range_json(const std::string& key, Scope scope) {
  if (scope == Scope::key) return {{"key", base64_encode(key)}};
  // An empty prefix begins at the smallest key there is.
  return {{"key", base64_encode(key.empty() ? std::string(1, '\0') : key)},
          {"range_end", base64_encode(range_end_of_prefix(key))}};
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
        all.push_back({{"request_delete_range", range_json(one.key, one.scope)}});
        break;
      case Operation::Kind::range:
        all.push_back({{"request_range", range_json(one.key, one.scope)}});
        break;
    }
  }
  return all;
}

}  // namespace

std::string encode(const RangeRequest& request) {
  Json json = range_json(request.key, request.scope);
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

std::string encode(const RemoveRequest& request) {
  Operation remove{Operation::Kind::remove, request.key, {}, 0, request.scope};
  return encode(TxnRequest{request.conditions, {std::move(remove)}, {}});
}

std::string encode_lease_grant(std::int64_t ttl) {
  return text_of({{"TTL", std::to_string(ttl)}});
}

std::string encode_lease_keepalive(std::int64_t id) {
  return text_of({{"ID", std::to_string(id)}});
}

std::string encode_lease_revoke(std::int64_t id) {
  return text_of({{"ID", std::to_string(id)}});
}

std::string encode_time_to_live(std::int64_t id, bool keys) {
  Json json{{"ID", std::to_string(id)}};
  if (keys) json["keys"] = true;
  return text_of(json);
}

std::string encode_login(const std::string& user, const std::string& password) {
  return text_of({{"name", user}, {"password", password}});
}

std::string encode_watch(const std::string& key, Scope scope, std::int64_t start_revision) {
  Json create = range_json(key, scope);
  create["start_revision"] = std::to_string(start_revision);
  return text_of({{"create_request", create}});
}

}  // namespace tamada::etcd
