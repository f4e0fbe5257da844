// The rows of `bootstrap`.
#include "agent/config/setting_rows.h"

namespace tamada::agent::rows {

namespace {
using C = AgentConfig;
}  // namespace

void add_bootstrap_settings(std::vector<Setting>& rows) {
  rows.push_back(map(
      "bootstrap.dcs", "settings",
      "becomes the shared configuration when the cluster is made, and is not read again",
      [](C & c) -> auto& { return c.bootstrap.dcs; }));
  rows.push_back(text(
      "bootstrap.method", "how the first data directory is made: initdb, or a section of this name",
      [](C & c) -> auto& { return c.bootstrap.method; }));
  rows.push_back(options(
      "bootstrap.initdb", "of initdb", [](C & c) -> auto& { return c.bootstrap.initdb; }));
  rows.push_back(command(
      "bootstrap.post_init", "the same as post_bootstrap",
      [](C & c) -> auto& { return c.bootstrap.post_bootstrap; }));
  rows.push_back(command(
      "bootstrap.post_bootstrap", "called once with a connection string when the cluster has been made",
      [](C & c) -> auto& { return c.bootstrap.post_bootstrap; }));
  rows.push_back(texts(
      "bootstrap.pg_hba", "lines", "added to the pg_hba.conf that initdb made",
      [](C & c) -> auto& { return c.bootstrap.pg_hba; }, "\n"));
}

}  // namespace tamada::agent::rows
