// SharedConfiguration: the cluster's configuration (the key /config) as it is in force here.
//
// A key that is gone, or that cannot be read, changes nothing: somebody may have wiped etcd, and what was known goes on. What is
// in force before the key was ever read comes from the copy of an earlier run (patroni.dynamic.json in the data directory), else
// from bootstrap.dcs of the node's own file. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/config/program_options.h"
#include "common/patroni/cluster_keys.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::agent {

class SharedConfiguration {
 public:
  // `copy`: the text of patroni.dynamic.json; empty: there is none. `bootstrap`: bootstrap.dcs.
  SharedConfiguration(const std::string& copy, const ConfigValue& bootstrap);

  // True: it is another one than before.
  bool take(const patroni::ClusterKeys& keys);

  [[nodiscard]] const ConfigValue& document() const { return document_; }
  [[nodiscard]] const patroni::DynamicSettings& settings() const { return read_.settings; }
  [[nodiscard]] const std::vector<patroni::DynamicFinding>& findings() const { return read_.findings; }
  [[nodiscard]] const std::vector<patroni::Unsupported>& unsupported() const { return read_.unsupported; }
  // As compact JSON: for the copy, and for the key where it is missing.
  [[nodiscard]] std::string text() const;

 private:
  bool use(ConfigValue document);

  ConfigValue document_ = ConfigValue::object();
  patroni::ReadDynamicSettings read_;
  std::int64_t revision_ = 0;  // of the key that was taken last
};

}  // namespace tamada::agent
