#include "common/patroni/dynamic/config_patch.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace tamada::patroni {

namespace {

bool merge(ConfigValue& document, const ConfigValue& patch) {  // NOLINT(misc-no-recursion)
  bool changed = false;
  for (const auto& [key, value] : patch.items()) {
    const auto old = document.find(key);
    if (value.is_null()) {
      if (old == document.end()) continue;
      changed = changed || !old->is_null();
      document.erase(old);
    } else if (old == document.end()) {
      document[key] = value;
      changed = true;
    } else if (value.is_object() && old->is_object()) {
      changed = merge(*old, value) || changed;
    } else if (value.is_object() || python_text(*old) != python_text(value)) {
      *old = value;
      changed = true;
    }
  }
  return changed;
}

// Whole sections that only the local file may have, with what people put into them.
constexpr std::array<std::string_view, 4> local_sections{"restapi", "ctl", "etcd3", "etcd"};

}  // namespace

PatchedConfig patch_config(ConfigValue document, const ConfigValue& patch) {
  PatchedConfig patched{std::move(document)};
  if (patched.document.is_object() && patch.is_object()) patched.changed = merge(patched.document, patch);
  return patched;
}

PatchedConfig replace_config(ConfigValue document, const ConfigValue& whole) {
  if (!whole.is_object() || python_text(document) == python_text(whole)) return {std::move(document)};
  return {whole, true};
}

Result<void> refuse_secrets(const ConfigValue& change) {
  if (!change.is_object()) return {};
  for (const std::string_view section : local_sections) {
    const auto found = change.find(section);
    if (found == change.end() || found->is_null()) continue;
    return fail(
        ErrorKind::denied,
        fmt::format("{}: no node reads this section from the shared configuration, where its secrets would "
                    "stand readable for everybody; write it into the configuration file of each node",
                    section));
  }
  const auto postgresql = change.find("postgresql");
  if (postgresql == change.end() || !postgresql->is_object()) return {};
  const auto authentication = postgresql->find("authentication");
  if (authentication == postgresql->end() || authentication->is_null()) return {};
  return fail(
      ErrorKind::denied,
      "postgresql.authentication: no node reads it from the shared configuration, where the passwords would "
      "stand in clear text in etcd. Change the password in PostgreSQL (ALTER ROLE), write it into "
      "postgresql.authentication of each node's own configuration file, and reload the nodes");
}

}  // namespace tamada::patroni
