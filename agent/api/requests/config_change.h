// Changes of the shared configuration: PATCH and PUT /config. Pure.
//
// Values are compared by their texts, as Patroni does: "30" and 30 are no change, nor are true and "True".
#pragma once

#include <optional>
#include <string>

#include "agent/api/requests/json_body.h"

namespace tamada::agent {

// null takes a key out, an object is merged into the one that stands there, anything else replaces. Whether that changed
// something.
bool patch_config(JsonBody& config, const JsonBody& patch);
// Whether a whole configuration is the one that stands there.
[[nodiscard]] bool is_same_config(const JsonBody& a, const JsonBody& b);

// A configuration that etcd holds or is to hold, as compact text.
[[nodiscard]] std::string config_text(const JsonBody& config);
// As it was read; an empty object where it cannot be.
[[nodiscard]] JsonBody parse_config(const std::string& text);

// Settings that would have no effect there, and would lie open for everybody who reads etcd: passwords. 400 with the way
// that works.
[[nodiscard]] std::optional<Answer> refuse_secrets(const JsonBody& config);

}  // namespace tamada::agent
