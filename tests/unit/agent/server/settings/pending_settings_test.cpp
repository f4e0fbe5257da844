// parse_pending(): which settings wait for a restart.
#include "agent/server/settings/pending_settings.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

namespace {

using Row = std::vector<std::optional<std::string>>;

postgres::Answer answer(std::vector<Row> rows) {
  return std::vector<postgres::ResultSet>{
      {{"name", "vartype", "unit", "current_setting", "pending_restart", "setting", "boot_val"},
       std::move(rows),
       "SELECT"}};
}

}  // namespace

TEST_CASE("the command line counts as it would be given now", "[pending_settings]") {
  const Settings given{
      {"max_connections", "200"}, {"wal_level", "replica"}, {"track_commit_timestamp", "off"}};
  const auto pending =
      parse_pending(answer({
                        Row{"max_connections", "integer", std::nullopt, "100", "f", "100", "100"},
                        Row{"shared_buffers", "integer", "8kB", "128MB", "t", "1GB", "16384"},
                        Row{"shared_preload_libraries", "string", std::nullopt, "a", "t", std::nullopt, ""},
                        Row{"track_commit_timestamp", "bool", std::nullopt, "off", "t", "on", "off"},
                        Row{"wal_level", "enum", std::nullopt, "replica", "f", "replica", "replica"},
                    }),
                    given);
  REQUIRE(pending);
  CHECK(*pending == std::vector<patroni::PendingRestart>{{"max_connections", "100", "200"},
                                                         {"shared_buffers", "128MB", "1GB"},
                                                         {"shared_preload_libraries", "a", ""}});
}

TEST_CASE("another form of answer is an error", "[pending_settings]") {
  CHECK_FALSE(parse_pending(answer({Row{"a", "integer", std::nullopt}}), {}));
}
