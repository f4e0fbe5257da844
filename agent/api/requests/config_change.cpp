#include "agent/api/requests/config_change.h"

#include "agent/api/requests/python_value.h"

namespace tamada::agent {

// Recursion ends with the depth that read_body() allows.
bool patch_config(JsonBody& config, const JsonBody& patch) {  // NOLINT(misc-no-recursion)
  bool changed = false;
  for (const auto& [name, value] : patch.items()) {
    const auto found = config.find(name);
    if (value.is_null()) {
      if (found == config.end()) continue;
      changed = changed || !found->is_null();
      config.erase(found);
    } else if (found == config.end()) {
      config[name] = value;
      changed = true;
    } else if (value.is_object() && found->is_object()) {
      changed = patch_config(*found, value) || changed;
    } else if (value.is_object() || python_text(*found) != python_text(value)) {
      *found = value;
      changed = true;
    }
  }
  return changed;
}

bool is_same_config(const JsonBody& a, const JsonBody& b) {  // NOLINT(misc-no-recursion)
  if (a.size() != b.size()) return false;
  for (const auto& [name, value] : a.items()) {
    const auto other = b.find(name);
    if (other == b.end()) return false;
    const bool same = value.is_object() && other->is_object() ? is_same_config(value, *other)
                                                              : python_text(value) == python_text(*other);
    if (!same) return false;
  }
  return true;
}

std::string config_text(const JsonBody& config) {
  return config.dump(-1, ' ', true, JsonBody::error_handler_t::replace);
}

JsonBody parse_config(const std::string& text) {
  auto body = read_body(BodyNeed::optional, true, text);
  return body ? *std::move(body) : JsonBody::object();
}

std::optional<Answer> refuse_secrets(const JsonBody& config) {
  const auto postgresql = config.find("postgresql");
  if (postgresql == config.end() || !postgresql->is_object()) return std::nullopt;
  const auto secrets = postgresql->find("authentication");
  if (secrets == postgresql->end() || secrets->is_null()) return std::nullopt;
  return text_answer(
      400,
      "postgresql.authentication has no effect in the shared configuration, and would be readable in etcd; "
      "set it in the configuration file of each node");
}

}  // namespace tamada::agent
