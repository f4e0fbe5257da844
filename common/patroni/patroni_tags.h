// A Patroni node's tags, as GET /patroni and GET /cluster show them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "common/json/json_reader.h"

namespace tamada::patroni {

// Bytes of a name that is believed: a member's, a cluster's, a tag's; also of a state, a role, a version. A
// longer one is none of Patroni's, whoever wrote it. (A host's name has at most 253.)
inline constexpr std::size_t name_max = json_name_max;
inline constexpr std::size_t tags_max = 100;

struct PatroniTags {
  // Every tag as Patroni compares it with ?tag_KEY=VALUE: text as it is, anything else as its lower-cased
  // text ("true", "1"). Lists and objects, which no such query can match, are left out.
  std::map<std::string, std::string, std::less<>> values;

  // The four that Patroni treats as flags, true as Python sees it: `noloadbalance: "false"` is a text that is
  // not empty, and so it is set, for Patroni and here.
  bool noloadbalance = false;
  bool nofailover = false;
  bool clonefrom = false;
  bool nosync = false;

  // Is there this tag with this value?
  [[nodiscard]] bool has(std::string_view key, std::string_view value) const {
    const auto found = values.find(key);
    return found != values.end() && found->second == value;
  }
  bool operator==(const PatroniTags&) const = default;
};

// The object that stands under `key`: at most tags_max tags, of at most name_max bytes each, name and value.
[[nodiscard]] PatroniTags read_tags(JsonFields& fields, const char* key);

}  // namespace tamada::patroni
