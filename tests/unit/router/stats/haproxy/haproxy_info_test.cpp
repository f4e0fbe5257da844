#include "router/stats/haproxy/haproxy_info.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

#include "router/stats/haproxy/haproxy_html.h"
#include "tests/support/a_snapshot.h"
#include "tests/support/csv_lines.h"
#include "tests/support/golden_file.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

std::string show(const StatsSnapshot& snapshot, std::vector<std::string_view> words = {}) {
  return show_info(snapshot, words, {});
}

}  // namespace

TEST_CASE("`show info` of the example cluster is the golden file", "[haproxy_info]") {
  check_golden("tests/fixtures/stats/show_info.txt", show(a_snapshot()));
}

TEST_CASE("`show info` has exactly one colon a line, whatever the machine is called", "[haproxy_info]") {
  StatsSnapshot snapshot = a_snapshot();
  for (const char* host : {"router1", "", "a:b c\nd"}) {
    snapshot.process.host = host;
    for (const std::string& line : lines_of(show(snapshot))) {
      INFO(line);
      CHECK(std::count(line.begin(), line.end(), ':') == 1);
      CHECK(line.find(": ") != std::string::npos);
    }
  }
}

TEST_CASE("hatop finds every key that it insists on", "[haproxy_info]") {
  // As in hatop's HAPROXY_INFO_RE; it gives up where one does not match.
  const std::vector<std::string> patterns{
      R"(^Name:\s*(\S+))",       R"(^Version:\s*(\S+))",     R"(^Release_date:\s*(\S+))",
      R"(^Nbproc:\s*(\d+))",     R"(^Process_num:\s*(\d+))", R"(^Pid:\s*(\d+))",
      R"(^Uptime:\s*([\S ]+)$)", R"(^Maxconn:\s*(\d+))",     R"(^CurrConns:\s*(\d+))",
      R"(^Maxpipes:\s*(\d+))",   R"(^PipesUsed:\s*(\d+))",   R"(^Tasks:\s*(\d+))",
      R"(^Run_queue:\s*(\d+))",  R"(^node:\s*(\S+))"};
  StatsSnapshot snapshot = a_snapshot();
  snapshot.process.host.clear();
  const std::vector<std::string> lines = lines_of(show(snapshot));
  for (const std::string& pattern : patterns) {
    INFO(pattern);
    CHECK(std::any_of(lines.begin(), lines.end(),
                      [&](const std::string& line) { return std::regex_search(line, std::regex(pattern)); }));
  }
}

TEST_CASE("the keys of other tools are there", "[haproxy_info]") {
  const std::string text = "\n" + show(a_snapshot());
  for (const char* key :
       {"Uptime_sec",     "Idle_pct",           "Memmax_MB",    "Ulimit-n",       "Maxsock",
        "Hard_maxconn",   "CumConns",           "CumReq",       "MaxSslConns",    "CurrSslConns",
        "CumSslConns",    "PipesFree",          "ConnRate",     "ConnRateLimit",  "MaxConnRate",
        "SessRate",       "SessRateLimit",      "MaxSessRate",  "SslRate",        "CompressBpsIn",
        "CompressBpsOut", "CompressBpsRateLim", "ZlibMemUsage", "MaxZlibMemUsage"}) {
    INFO(key);
    CHECK(text.find("\n" + std::string(key) + ": ") != std::string::npos);
  }
}

TEST_CASE("`show info typed` and `json` say position, kind and type", "[haproxy_info]") {
  const std::vector<std::string> lines = lines_of(show(a_snapshot(), {"typed"}));
  CHECK(lines[0] == "0.Name.1:POS:str:Tamada");
  CHECK(std::find(lines.begin(), lines.end(), "8.Uptime_sec.1:MDP:u32:90100") != lines.end());
  const auto json = nlohmann::json::parse(show(a_snapshot(), {"json"}));
  CHECK(json[1]["field"] == nlohmann::json{{"pos", 1}, {"name", "Version"}});
  CHECK(json[1]["tags"] == nlohmann::json{{"origin", "Product"}, {"nature", "Output"}, {"scope", "Service"}});
  CHECK(json[1]["value"] == nlohmann::json{{"type", "str"}, {"value", "2.6.0+tamada-0.1.0"}});
  CHECK(show(a_snapshot(), {"desc"}).find("Pid: 812:\"process id\"\n") != std::string::npos);
}

TEST_CASE("the marks of HAProxy's page are found by the tools' expressions, inside one comment",
          "[haproxy_info]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.now = snapshot.process.started + std::chrono::seconds(3 * 86400 + 4 * 3600 + 5 * 60 + 6);
  const std::string marks = haproxy_marks(snapshot);
  std::smatch found;
  REQUIRE(std::regex_search(marks, found, std::regex("HAProxy version ([^,]+), released ([0-9/]+)")));
  CHECK(found[1] == "2.6.0+tamada-0.1.0");
  REQUIRE(std::regex_search(marks, found, std::regex(R"(<b>uptime = </b> (\d+)d (\d+)h(\d+)m(\d+)s)")));
  CHECK(found[0] == "<b>uptime = </b> 3d 4h05m06s");
  CHECK(marks.find("<b>pid = </b> 812 (process #1, nbproc = 1, nbthread = 2)<br>") != std::string::npos);
  CHECK(marks.starts_with("<!--"));
  CHECK(marks.find("-->") == marks.rfind("--"));
}
