#include "agent/control/state/shared_configuration.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "common/json/json_reader.h"

namespace tamada::agent {

SharedConfiguration::SharedConfiguration(const std::string& copy, const ConfigValue& bootstrap) {
  const auto read = copy.empty() ? Result<ConfigValue>(ConfigValue::object())
                                 : parse_ordered_json_object("patroni.dynamic.json", copy);
  use(!copy.empty() && read ? *read : bootstrap);
}

bool SharedConfiguration::use(ConfigValue document) {
  if (!document.is_object()) document = ConfigValue::object();
  const bool is_new = document != document_;
  document_ = std::move(document);
  read_ = patroni::read_dynamic_settings(document_, read_.settings);
  return is_new;
}

bool SharedConfiguration::take(const patroni::ClusterKeys& keys) {
  const auto& key = keys.config();
  if (!key || !key->problem.empty() || key->mod_revision == revision_) return false;
  auto read = parse_ordered_json_object("/config", key->value);
  if (!read) return false;
  revision_ = key->mod_revision;
  return use(*std::move(read));
}

std::string SharedConfiguration::text() const {
  return document_.dump(-1, ' ', true, ConfigValue::error_handler_t::replace);
}

}  // namespace tamada::agent
