#include "router/stats/haproxy/haproxy_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace tamada::router {
namespace {

// Programs read numbers in JSON as doubles, which are exact up to here.
constexpr std::uint64_t largest_exact = (std::uint64_t{1} << 53) - 1;

constexpr std::size_t bytes_per_value = 190;
constexpr std::array<std::string_view, 3> object_types{"Frontend", "Backend", "Server"};

struct TagWord {
  char letter;
  std::string_view word;
};
constexpr std::array<TagWord, 5> origins{
    {{'M', "Metric"}, {'S', "Status"}, {'K', "Key"}, {'C', "Config"}, {'P', "Product"}}};
constexpr std::array<TagWord, 12> natures{{{'G', "Gauge"},
                                           {'L', "Limit"},
                                           {'m', "Min"},
                                           {'M', "Max"},
                                           {'R', "Rate"},
                                           {'C', "Counter"},
                                           {'D', "Duration"},
                                           {'A', "Age"},
                                           {'T', "Time"},
                                           {'N', "Name"},
                                           {'O', "Output"},
                                           {'a', "Avg"}}};
constexpr std::array<TagWord, 4> scopes{
    {{'P', "Process"}, {'S', "Service"}, {'s', "System"}, {'C', "Cluster"}}};

template <std::size_t n>
std::string_view word_of(const std::array<TagWord, n>& words, char letter) {
  for (const TagWord& word : words) {
    if (word.letter == letter) return word.word;
  }
  return "Unknown";
}

void add_value(std::string& out, const HaproxyValue& value) {
  switch (value.type) {
    case HaproxyValue::Type::u32:
      fmt::format_to(std::back_inserter(out), R"({{"type":"u32","value":{}}})", value.number);
      break;
    case HaproxyValue::Type::u64:
      fmt::format_to(std::back_inserter(out), R"({{"type":"u64","value":{}}})",
                     std::min(value.number, largest_exact));
      break;
    case HaproxyValue::Type::s32:
      fmt::format_to(std::back_inserter(out), R"({{"type":"s32","value":{}}})", value.as_signed());
      break;
    case HaproxyValue::Type::text:
      out += R"({"type":"str","value":)";
      add_json_text(out, value.text);
      out += '}';
      break;
    case HaproxyValue::Type::empty:
      break;
  }
}

}  // namespace

void add_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char sign : text) {
    if (sign == '"' || sign == '\\') {
      out += '\\';
      out += sign;
    } else if (static_cast<unsigned char>(sign) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(sign));
    } else {
      out += sign;
    }
  }
  out += '"';
}

void add_json_tags(std::string& out, std::string_view tags) {
  fmt::format_to(std::back_inserter(out), R"("tags":{{"origin":"{}","nature":"{}","scope":"{}"}})",
                 word_of(origins, tags[0]), word_of(natures, tags[1]), word_of(scopes, tags[2]));
}

std::string render_haproxy_json(const StatsSnapshot& snapshot, const StatQuery& query,
                                const RenderOptions& options) {
  const HaproxyTable table = haproxy_table(snapshot, options);
  // What is the same in every row.
  std::array<std::string, column_count> middles;
  for (std::size_t i = 0; i < column_count; ++i) {
    std::string& middle = middles[i];
    middle = fmt::format(R"("field":{{"pos":{},"name":"{}"}},"processNum":1,)", i, haproxy_columns[i].name);
    add_json_tags(middle, haproxy_columns[i].tags);
    middle += R"(,"value":)";
  }
  std::string out;
  out.reserve(table.rows.size() * column_count * bytes_per_value * 2 / 3 + 16);
  out += '[';
  bool first_row = true;
  for (const HaproxyRow& row : table.rows) {
    if (!query.wants(row)) continue;
    const std::string head = fmt::format(R"({{"objType":"{}","proxyId":{},"id":{},)",
                                         object_types[static_cast<std::size_t>(row.kind)], row.iid, row.sid);
    out += first_row ? "[" : ",[";
    first_row = false;
    bool first = true;
    for (std::size_t i = 0; i < column_count; ++i) {
      if (!row.values[i].is_set()) continue;
      if (!first) out += ',';
      first = false;
      out += head;
      out += middles[i];
      add_value(out, row.values[i]);
      out += '}';
    }
    out += ']';
  }
  out += ']';
  return out;
}

std::string_view haproxy_json_schema() {
  return R"json({"$schema":"http://json-schema.org/draft-04/schema#","oneOf":[)json"
         R"json({"title":"Info","type":"array","items":{"$ref":"#/definitions/item"}},)json"
         R"json({"title":"Stat","type":"array","items":{"type":"array","items":{"allOf":[)json"
         R"json({"$ref":"#/definitions/item"},{"type":"object","properties":{)json"
         R"json("objType":{"enum":["Frontend","Backend","Listener","Server","Unknown"]},)json"
         R"json("proxyId":{"type":"integer","minimum":0},"id":{"type":"integer","minimum":0}},)json"
         R"json("required":["objType","proxyId","id"]}]}}},)json"
         R"json({"title":"Error","type":"object","properties":{"errorStr":{"type":"string"}},)json"
         R"json("required":["errorStr"]}],"definitions":{"item":{"type":"object","properties":{)json"
         R"json("field":{"type":"object","properties":{"pos":{"type":"integer","minimum":0},)json"
         R"json("name":{"type":"string"}},"required":["pos","name"]},)json"
         R"json("processNum":{"type":"integer","minimum":1},)json"
         R"json("tags":{"type":"object","properties":{)json"
         R"json("origin":{"enum":["Metric","Status","Key","Config","Product","Unknown"]},)json"
         R"json("nature":{"enum":["Gauge","Limit","Min","Max","Rate","Counter","Duration","Age",)json"
         R"json("Time","Name","Output","Avg","Unknown"]},)json"
         R"json("scope":{"enum":["Cluster","Process","Service","System","Unknown"]}},)json"
         R"json("required":["origin","nature","scope"]},)json"
         R"json("value":{"type":"object","oneOf":[)json"
         R"json({"properties":{"type":{"enum":["s32","s64","u32","u64"]},"value":{"type":"integer"}}},)json"
         R"json({"properties":{"type":{"enum":["str"]},"value":{"type":"string"}}}],)json"
         R"json("required":["type","value"]}},)json"
         R"json("required":["field","processNum","tags","value"]}}})json";
}

}  // namespace tamada::router
