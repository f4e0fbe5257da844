#include "router/stats/haproxy/haproxy_csv.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "router/stats/haproxy/haproxy_names.h"
#include "tests/support/a_snapshot.h"
#include "tests/support/csv_lines.h"
#include "tests/support/golden_file.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

// As in HAProxy: no column is ever moved. Old versions are the beginning of it.
constexpr std::string_view header =
    "# "
    "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,"
    "weight,act,"
    "bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_"
    "max,"
    "check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,"
    "req_rate,"
    "req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,"
    "qtime,ctime,"
    "rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_"
    "health,"
    "agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,"
    "dcon,dses,"
    "wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,"
    "eint,"
    "idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_"
    "status,"
    "agg_check_status,srid,sess_other,h1sess,h2sess,h3sess,req_other,h1req,h2req,h3req,proto,priv_idle_cur,"
    "reqbin,"
    "reqbout,resbin,resbout,cache_hint_hits,-,";

// What a statistics listener that is asked now and then has counted.
StatsListenerCounters a_port() {
  StatsListenerCounters port;
  port.connections = 3;
  port.connections_max = 9;
  port.max_connections = 1000;
  port.accepted = 1'201;
  port.requests = 1'199;
  port.denied = 2;
  port.bad = 1;
  port.in_bytes = 98'000;
  port.out_bytes = 5'400'000;
  port.by = {0, 1'190, 4, 5, 0, 0};
  port.rate = 1;
  port.rate_max = 4;
  port.request_rate = 1;
  port.request_rate_max = 5;
  return port;
}

RenderOptions with_port() {
  RenderOptions options;
  options.port = a_port();
  return options;
}

std::vector<CsvRow> rows_of(const StatsSnapshot& snapshot, const StatQuery& query = {},
                            const RenderOptions& options = with_port()) {
  return csv_rows(render_csv(snapshot, query, options));
}

std::vector<std::string> names(const std::vector<CsvRow>& rows) {
  std::vector<std::string> found;
  for (const CsvRow& row : rows) found.push_back(row.at("pxname") + "/" + row.at("svname"));
  return found;
}

std::string show(const StatsSnapshot& snapshot, std::vector<std::string_view> words,
                 const RenderOptions& options = with_port()) {
  return show_stat(snapshot, words, options);
}

// A node whose name breaks formats that are written without care.
StatsSnapshot a_hostile_snapshot() {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.configured_name = "a,\"b\"\nwrite,FRONTEND,";
  snapshot.nodes[1].view.configured_name = "bad\xFFutf\x80";
  snapshot.nodes[1].check.status = "L4CON";
  snapshot.nodes[1].check.words = "said \"no\", twice\r\nand more";
  snapshot.listeners[0].routes[1].eligible = false;
  return snapshot;
}

}  // namespace

TEST_CASE("the CSV's header is HAProxy's, to the last comma", "[haproxy_csv]") {
  const std::string text = render_csv(a_snapshot(), {}, {});
  CHECK(text.substr(0, text.find('\n')) == header);
  CHECK(column_count == 119);
}

TEST_CASE("every line of the CSV has as many fields as its header, and ends in a comma", "[haproxy_csv]") {
  for (const StatsSnapshot& snapshot : {a_snapshot(), a_hostile_snapshot()}) {
    const std::vector<std::string> lines = lines_of(render_csv(snapshot, {}, with_port()));
    REQUIRE(lines.size() == 1 + 2 * (snapshot.nodes.size() + 2) + 2);
    for (const std::string& line : lines) {
      CHECK(csv_fields(line).size() == column_count + 2);  // the column "-", and what follows the last comma
      CHECK(line.ends_with("-,"));
    }
  }
}

TEST_CASE("the CSV of the example cluster is the golden file", "[haproxy_csv]") {
  check_golden("tests/fixtures/stats/haproxy.csv", render_csv(a_snapshot(), {}, with_port()));
}

TEST_CASE("each listener is a proxy with a frontend, its nodes and a backend; the page's own comes last",
          "[haproxy_csv]") {
  CHECK(names(rows_of(a_snapshot())) ==
        std::vector<std::string>{"write/FRONTEND", "write/first", "write/second", "write/third",
                                 "write/BACKEND", "read/FRONTEND", "read/first", "read/second", "read/third",
                                 "read/BACKEND", "stats/FRONTEND", "stats/BACKEND"});
  CHECK(rows_of(a_snapshot(), {}, {}).size() == 10);
}

TEST_CASE("iid and sid tell rows apart, and the type tells what they are", "[haproxy_csv]") {
  std::set<std::string> seen;
  for (const CsvRow& row : rows_of(a_snapshot())) {
    CHECK(seen.insert(row.at("iid") + "/" + row.at("type") + "/" + row.at("sid")).second);
    CHECK(row.at("pid") == "1");
    CHECK((row.at("sid") == "0") == (row.at("type") != "2"));
  }
}

TEST_CASE("a column has a value only in rows that have it in HAProxy", "[haproxy_csv]") {
  const StatsSnapshot snapshot = a_hostile_snapshot();
  RenderOptions options = with_port();
  options.show_addresses = true;
  const HaproxyTable table = haproxy_table(snapshot, options);
  for (const HaproxyRow& row : table.rows) {
    for (std::size_t i = 0; i < column_count; ++i) {
      const bool may = (haproxy_columns[i].rows & (1U << static_cast<unsigned>(row.kind))) != 0;
      INFO(row.proxy << "/" << row.name << " " << haproxy_columns[i].name);
      CHECK((may || !row.values[i].is_set()));
    }
  }
}

TEST_CASE("what is HTTP's is empty for a TCP proxy", "[haproxy_csv]") {
  for (const CsvRow& row : rows_of(a_snapshot())) {
    const bool http = row.at("pxname") == "stats";
    CHECK(row.at("mode") == (http ? "http" : "tcp"));
    for (const char* column : {"hrsp_1xx", "hrsp_2xx", "hrsp_5xx", "hrsp_other", "req_tot", "cache_hits"}) {
      CHECK(row.at(column).empty() != http);
    }
  }
}

TEST_CASE("what has no limit has none in the CSV", "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  CHECK(rows_of(snapshot)[1].at("slim").empty());
  CHECK(rows_of(snapshot)[1].at("qlimit").empty());
  CHECK(rows_of(snapshot)[5].at("slim") == "9000");  // the read listener has no limit but the process's
  snapshot.listeners[0].node_max_connections = 80;
  CHECK(rows_of(snapshot)[1].at("slim") == "80");
}

TEST_CASE("clients that wait count as sessions of the frontend and as the backend's queue", "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.listeners[0].held = 5;  // besides 2 queued
  const std::vector<CsvRow> rows = rows_of(snapshot);
  CHECK(rows[0].at("scur") == "55");
  CHECK(rows[4].at("scur") == "48");
  CHECK(rows[4].at("qcur") == "7");
}

TEST_CASE("a server that never had a session says -1 seconds, as in HAProxy", "[haproxy_csv]") {
  const std::vector<CsvRow> rows = rows_of(a_snapshot());
  CHECK(rows[1].at("lastsess") == "0");
  CHECK(rows[2].at("lastsess") == "-1");
}

TEST_CASE("a listener without a fit node has a backend that is DOWN and an open frontend", "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.listeners[0].routes[0].eligible = false;
  const std::vector<CsvRow> rows = rows_of(snapshot);
  CHECK(rows[0].at("status") == "OPEN");
  CHECK(rows[4].at("status") == "DOWN");
  CHECK(rows[4].at("act") == "0");
}

TEST_CASE("a listener that was taken out is STOP, one that has no descriptors left is PAUSED",
          "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.listeners[0].configured = false;
  snapshot.listeners[1].paused = true;
  CHECK(rows_of(snapshot)[0].at("status") == "STOP");
  CHECK(rows_of(snapshot)[5].at("status") == "PAUSED");
}

TEST_CASE("hostile names are quoted, on one line and valid UTF-8", "[haproxy_csv]") {
  const std::string text = render_csv(a_hostile_snapshot(), {}, with_port());
  const std::vector<CsvRow> rows = csv_rows(text);
  CHECK(rows[1].at("svname") == "a,\"b\" write,FRONTEND,");
  CHECK(text.find("write,\"a,\"\"b\"\" write,FRONTEND,\",") != std::string::npos);
  CHECK(rows[2].at("svname") == "bad\xEF\xBF\xBDutf\xEF\xBF\xBD");
}

TEST_CASE("what the last check found has no comma and no quote, for tools that just split", "[haproxy_csv]") {
  CHECK(rows_of(a_hostile_snapshot())[2].at("last_chk") == "said 'no'; twice  and more");
}

TEST_CASE("names that would be the same are told apart", "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[1].view.configured_name = "first";
  snapshot.listeners[1].name = "stats";
  CHECK(server_names(snapshot) == std::vector<std::string>{"first", "first#2", "third"});
  CHECK(proxy_names(snapshot) == std::vector<std::string>{"write", "stats#2"});
}

TEST_CASE("addresses and algorithms are told only where they are asked for", "[haproxy_csv]") {
  CHECK(rows_of(a_snapshot())[1].at("addr").empty());
  CHECK(rows_of(a_snapshot())[4].at("algo").empty());
  RenderOptions options;
  options.show_addresses = true;
  const std::vector<CsvRow> rows = rows_of(a_snapshot(), {}, options);
  CHECK(rows[1].at("addr") == "10.0.0.1:5432");
  CHECK(rows[3].at("addr") == "[2001:db8::3]:5432");
  CHECK(rows[4].at("algo") == "leastconn");
}

TEST_CASE("`show stat` picks by number, by type and by name", "[haproxy_csv]") {
  const StatsSnapshot snapshot = a_snapshot();
  CHECK(names(csv_rows(show(snapshot, {"2", "4", "-1"}))) ==
        std::vector<std::string>{"read/first", "read/second", "read/third"});
  CHECK(names(csv_rows(show(snapshot, {"write", "4", "2"}))) == std::vector<std::string>{"write/second"});
  CHECK(names(csv_rows(show(snapshot, {"-1", "1", "-1"}))) ==
        std::vector<std::string>{"write/FRONTEND", "read/FRONTEND", "stats/FRONTEND"});
  CHECK(names(csv_rows(show(snapshot, {"1", "6", "1"}))) ==
        std::vector<std::string>{"write/first", "write/BACKEND"});
  CHECK(csv_rows(show(snapshot, {"99", "-1", "-1"})).empty());
  CHECK(names(csv_rows(show(snapshot, {"stats", "-1", "-1"}))).size() == 2);
  CHECK(show(snapshot, {"nosuch", "4", "-1"}) == "No such proxy.\n");
  CHECK(show(snapshot, {"stats", "-1", "-1"}, {}) == "No such proxy.\n");
}

TEST_CASE("`show stat typed` says one value a line, and `desc` what it is", "[haproxy_csv]") {
  const std::vector<std::string> lines = lines_of(show(a_snapshot(), {"typed"}));
  const auto has = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  CHECK(lines[0] == "F.1.0.0.pxname.1:KNS:str:write");
  CHECK(has("S.1.1.7.stot.1:MCP:u64:33612"));
  CHECK(has("S.1.2.55.lastsess.1:MAP:s32:-1"));
  CHECK(has("B.2.0.17.status.1:SGP:str:UP"));
  CHECK(show(a_snapshot(), {"typed", "desc"}).find(":str:write:\"name of the proxy: the listener\"\n") !=
        std::string::npos);
}

TEST_CASE("a node of a later entry of the listener's list is a backup server", "[haproxy_csv]") {
  StatsSnapshot snapshot = a_snapshot();
  ListenerStats& read = snapshot.listeners[1];
  read.has_reserves = true;
  read.routes[0].backup = read.routes[0].spare = true;
  read.routes[2].backup = true;
  for (const CsvRow& row : rows_of(snapshot)) {
    if (row.at("pxname") != "read" || row.at("type") == "0") continue;
    const std::string counts =
        row.at("svname") + " " + row.at("status") + " " + row.at("act") + "/" + row.at("bck");
    if (row.at("svname") == "first") CHECK(counts == "first UP 0/1");
    if (row.at("svname") == "second") CHECK(counts == "second UP 1/0");
    if (row.at("svname") == "third") CHECK(counts == "third DRAIN 0/1");
    if (row.at("svname") == "BACKEND") CHECK(counts == "BACKEND UP 1/1");
  }
}
