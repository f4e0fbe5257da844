#include "agent/cluster/lock_record.h"

#include <nlohmann/json.hpp>

#include <optional>

#include "common/json/json_reader.h"

namespace tamada::agent {

std::string write_lock_record(const LockRecord& record) {
  const nlohmann::ordered_json json{{"key", record.key},
                                    {"lease", record.lease},
                                    {"next_lease", record.next_lease},
                                    {"create_revision", record.create_revision},
                                    {"ttl", record.ttl}};
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<LockRecord> parse_lock_record(std::string_view text) {
  const auto json = parse_json_object("lock file", text, {.size = 4096, .values = 20, .depth = 2});
  if (!json) return tl::make_unexpected(json.error());
  std::optional<Error> error;
  JsonFields fields(*json, "lock file: ", error);
  LockRecord record;
  record.key = fields.text("key");
  record.lease = fields.signed_number("lease");
  record.next_lease = fields.signed_number("next_lease");
  record.create_revision = fields.signed_number("create_revision");
  record.ttl = fields.signed_number("ttl");
  if (record.create_revision < 0) fields.refuse("create_revision", "below 0");
  if (record.ttl < 0) fields.refuse("ttl", "below 0");
  if (error) return tl::make_unexpected(std::move(*error));
  return record;
}

}  // namespace tamada::agent
