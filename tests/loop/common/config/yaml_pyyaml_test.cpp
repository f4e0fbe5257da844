// Our reading of YAML 1.1 against PyYAML's own, which Patroni reads its configuration with.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "common/config/yaml_scalar.h"
#include "common/config/yaml_tree.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

// The lines that pyyaml_answers.py prints. Runs in the repository's root.
std::vector<std::string> pyyaml(const std::string& what, const std::string& content) {
  const TemporaryFolder folder;
  std::ofstream(folder / "content") << content;
  const std::string command =
      "/usr/bin/python3 tests/loop/common/config/pyyaml_answers.py " + what + " " + (folder / "content");
  FILE* out = ::popen(command.c_str(), "r");
  REQUIRE(out != nullptr);
  std::string text;
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), out)) > 0;) {
    text.append(buffer.data(), got);
  }
  REQUIRE(::pclose(out) == 0);
  return lines_of(text);
}

bool is_beyond_64_bits(const std::string& integer) {
  errno = 0;
  (void)std::strtoll(integer.c_str(), nullptr, 10);
  return errno == ERANGE;
}

bool is_same(double ours, const std::string& theirs) {
  const double value = std::strtod(theirs.c_str(), nullptr);
  return std::isnan(ours) ? std::isnan(value) : ours == value;
}

// Is it what PyYAML says ("integer 5")?
bool agrees(const YamlScalar& ours, const std::string& theirs) {
  const std::string kind = theirs.substr(0, theirs.find(' '));
  const std::string value = kind == theirs ? "" : theirs.substr(kind.size() + 1);
  switch (ours.kind) {
    case YamlScalar::Kind::null:
      return theirs == "null";
    case YamlScalar::Kind::boolean:
      return theirs == (ours.boolean ? "boolean true" : "boolean false");
    case YamlScalar::Kind::integer:
      if (!ours.integer) return kind == "refused" || (kind == "integer" && is_beyond_64_bits(value));
      return theirs == fmt::format("integer {}", *ours.integer);
    case YamlScalar::Kind::real:
      if (!ours.real) return kind == "refused" || value == "inf" || value == "-inf" || is_same(0, value);
      return kind == "real" && is_same(*ours.real, value);
    case YamlScalar::Kind::text:
      return kind == "text";
  }
  return false;
}

const std::vector<std::string>& table() {
  static const std::vector<std::string> texts{
      // booleans and their neighbours
      "yes", "Yes", "YES", "yEs", "y", "Y", "no", "No", "NO", "nO", "n", "N", "true", "True", "TRUE", "tRue",
      "false", "False", "FALSE", "on", "On", "ON", "oN", "off", "Off", "OFF", "ofF", "yess", "truely", "offf",
      // null
      "~", "null", "Null", "NULL", "nULL", "none", "None", "nil", "~~", "",
      // whole numbers
      "0", "1", "-1", "+1", "-0", "+0", "00", "01", "0123", "-0123", "+017", "08", "09", "0o17", "0O17",
      "019", "1_000", "1__0", "_1", "1_", "0_", "0_7", "0_8", "-_1", "0b1", "0b101_01", "-0b11", "0b", "0b_",
      "0b2", "0B1", "0x1F", "0xff_ff", "0x", "0x_", "0xg", "0X1F", "-0x10", "+0x10", "0x_1",
      "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
      "18446744073709551615", "0xffffffffffffffff", "0x7fffffffffffffff", "-0x8000000000000000",
      "0777777777777777777777", "99999999999999999999999999", "7713000000000000000", "1:30", "1:3", "1:60",
      "1:59:59", "-1:30", "+1:30", "0:30", "01:30", "190:20:30", "1:2:3:4:5", "1_0:30", "1:3_0", "1:300",
      "1:", ":30", "1::30", "12:30:45", "5432:5433", "127:0:0:1", "99999999999999999999:30",
      "1:00:00:00:00:00:00:00:00:00:00:00:00:00:00",
      // real numbers
      "1.5", "-1.5", "+1.5", "1.", "-1.", ".5", "-.5", "+.5", ".", "..", "._5", ".5_0", "1_0.5", "1._5",
      "1e3", "1E3", "1.0e3", "1.0e+3", "1.0E-3", "1.e+3", "1.0e+", "1.0e", ".5e+1", ".5e1", "-.5e+1", "1e+3",
      "1.5.2", "0.1", "00.1", "09.5", "0x1.8", ".inf", ".Inf", ".INF", "-.inf", "+.inf", ".iNF", "inf",
      "-inf", "+.INF", ".nan", ".NaN", ".NAN", "-.nan", "nan", ".Nan", "1:30.5", "0:30.5", "-1:30.5",
      "1:60.5", "1:30.", "1:30._", "1.5:30", "1:30.5e+1", "1.0e+999", "1.0e-999", "0.1234567890123456789",
      "123456789.123456789e+10", "4.9e-324", "1.7976931348623157e+308", "179769313486231580.0e+292",
      "2.2250738585072014e-308",
      // text that looks like something
      "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "10.0.0.1", "10.0.0.1:5432",
      "1.2.3", "::1", "[::1]", "-", "+", "--", "-x", "1s", "10MB", "30min", "16kB", "a:b", "a b", "=", "<<",
      "1 000", "1,5", "0.0.0.0/0", "1-2", "e3", "e", "E+3", "0e+1", "0.e+1", "true ", " true", "tag:a=b",
      "@daily", "%p", "0x1p3", "1L", "0b1.0", "0_.5", "0_:5", "1_:5.", "Infinity", "NaN", "yes,no", "15.4",
      "v1", "1.e", "1.e5", "1e"};
  return texts;
}

// Words of the table with letters changed, added and taken away: near what means something.
std::vector<std::string> mutated(std::size_t count) {
  constexpr std::string_view letters = "0123456789__..::++--eExXbBoafFnNtysruli~ ";
  std::mt19937 random(20261129);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::vector<std::string> texts;
  while (texts.size() < count) {
    std::string text = table()[below(table().size())];
    for (std::size_t change = 0; change <= below(3); ++change) {
      const char letter = letters[below(letters.size())];
      const std::size_t at = below(text.size() + 1);
      const std::size_t what = below(3);
      if (what == 0 || at == text.size()) {
        text.insert(at, 1, letter);
      } else if (what == 1) {
        text[at] = letter;
      } else {
        text.erase(at, 1);
      }
    }
    texts.push_back(text);
  }
  return texts;
}

void compare(const std::vector<std::string>& texts) {
  const auto answers = pyyaml("scalars", nlohmann::json(texts).dump());
  REQUIRE(answers.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (agrees(resolve_plain(texts[i]), answers[i])) continue;
    FAIL_CHECK("\"" << texts[i] << "\" is for PyYAML: " << answers[i]);
  }
}

std::string words_of(const YamlNode& node) {
  const YamlScalar scalar = scalar_of(node);
  switch (scalar.kind) {
    case YamlScalar::Kind::null:
      return "null";
    case YamlScalar::Kind::boolean:
      return scalar.boolean ? "boolean true" : "boolean false";
    case YamlScalar::Kind::integer:
      return fmt::format("integer {}", scalar.integer.value());
    case YamlScalar::Kind::real:
      return fmt::format("real {}", scalar.real.value());
    case YamlScalar::Kind::text:
      return "text " + nlohmann::json(node.text).dump(-1, ' ', true);
  }
  return "";
}

void write(const YamlNode& node, const std::string& path, std::string& out) {
  if (node.kind == YamlNode::Kind::map) {
    out += fmt::format("{} map {}\n", path, node.entries.size());
    for (const auto& [key, value] : node.entries) write(value, path + "/" + key.text, out);
  } else if (node.kind == YamlNode::Kind::list) {
    out += fmt::format("{} list {}\n", path, node.items.size());
    for (std::size_t i = 0; i < node.items.size(); ++i)
      write(node.items[i], fmt::format("{}/{}", path, i), out);
  } else {
    out += fmt::format("{} {}\n", path, words_of(node));
  }
}

constexpr const char* document = R"(# Every way to write something that Patroni's users have.
scope: demo
namespace: /service/
name: "on"
restapi: &api
  listen: 0.0.0.0:8008
  connect_address: '10.0.0.1:8008'
  verify_client: no
  http_extra_headers:
    'X-Frame-Options': 'SAMEORIGIN'
ctl:
  <<: *api
  insecure: off
etcd3:
  hosts: [e1:2379, "e2:2379", 'e3:2379']
  protocol: !!str http
  password: ! 'it''s'
bootstrap:
  dcs:
    ttl: 30
    loop_wait: 0xA
    retry_timeout: 1:30
    maximum_lag_on_failover: 1_048_576
    standby_cluster: ~
    postgresql: &pg
      use_pg_rewind: yes
      parameters: &parameters
        wal_level: replica
        hot_standby: "on"
        max_connections: 0100
        checkpoint_completion_target: 0.9
        archive_command: "test ! -f /archive/%f \
          && cp %p /archive/%f"
        log_line_prefix: '%m [%p]
          %q'
        search_path: '"$user", public'
        empty:
        quoted_empty: ''
  initdb:
  - encoding: UTF8
  - data-checksums
  - locale: ß.UTF-8
postgresql:
  parameters:
    wal_level: logical
    <<: [*parameters, {wal_level: minimal, shared_buffers: 128MB, hot_standby: off}]
    port: 5432
  copy: *pg
  pg_hba: [host all all 0.0.0.0/0 md5, "local all all trust"]
  create_replica_methods:
    - basebackup
  basebackup:
    - verbose
    - max-rate: '100M'
  callbacks: {on_start: /bin/true, on_stop: "/bin/false"}
  pre_promote: |
    first line
      second, further in
  custom_conf: >-
    folded
    into one

    but for this
tags:
    nofailover: false
    noloadbalance: "false"
    clonefrom: True
    failover_priority: 1
    replicatefrom: null
    anything: 1e3
    list: [1, 1.5, .5, 0x1f, "0x1f", ~, "~"]
    nested: {a: {b: [{c: d}]}}
)";

}  // namespace

TEST_CASE("a table of plain scalars means what it means to PyYAML", "[yaml_pyyaml]") {
  compare(table());
}

TEST_CASE("so do ten thousand texts that nearly mean something", "[yaml_pyyaml]") {
  compare(mutated(10'000));
}

TEST_CASE("a whole file of Patroni's is the same tree with the same types", "[yaml_pyyaml]") {
  std::vector<ConfigError> errors;
  const YamlDocument ours = parse_yaml(document, "patroni.yml", errors, {true, true});
  INFO(format_errors(errors, "it cannot be read"));
  REQUIRE(errors.empty());
  std::string written;
  write(ours.root, "", written);
  // PyYAML's numbers in hexadecimal, ours as people read them.
  std::vector<std::string> theirs = pyyaml("document", document);
  for (std::string& line : theirs) {
    if (const auto real = line.find(" real "); real != std::string::npos) {
      line = fmt::format("{} real {}", line.substr(0, real), std::strtod(line.c_str() + real + 6, nullptr));
    }
  }
  CHECK(lines_of(written) == theirs);
}
