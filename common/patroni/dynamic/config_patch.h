// Changing the shared configuration as PATCH /config does. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/patroni/dynamic/python_value.h"

namespace tamada::patroni {

struct PatchedConfig {
  ConfigValue document;
  bool changed = false;  // false: nothing is to be written
};

// Objects are merged key by key, null takes a key away, anything else takes the place of what was there. A
// value whose text is that of the old one (python_text: true and "True") is no change, and the old one stays.
// Of anything but two objects: `document` as it is, unchanged. Recurses as deep as `patch` is, which its
// reader has bounded.
[[nodiscard]] PatchedConfig patch_config(ConfigValue document, const ConfigValue& patch);

// A whole configuration (PUT) instead of the former one. The same by text is no change.
[[nodiscard]] PatchedConfig replace_config(ConfigValue document, const ConfigValue& whole);

// Does the change write secrets into the shared configuration? They would stand in etcd for everybody to
// read, and no member would use them: the error names the key and where it belongs. Taking such a key away
// (null) is allowed.
[[nodiscard]] Result<void> refuse_secrets(const ConfigValue& change);

}  // namespace tamada::patroni
