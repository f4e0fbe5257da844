#include "router/config/router_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace tamada::router {

Result<void> parse_api(std::string_view text, std::string_view default_scheme, std::uint16_t default_port,
                       NodeConfig& node) {
  node.api_scheme = default_scheme;
  const std::string_view whole = text;
  for (const std::string_view scheme : api_schemes) {
    const std::string prefix = std::string(scheme) + "://";
    if (!text.starts_with(prefix)) continue;
    node.api_scheme = scheme;
    text.remove_prefix(prefix.size());
    if (text.ends_with('/')) text.remove_suffix(1);
  }
  if (text.find("://") != std::string_view::npos || text.find('/') != std::string_view::npos) {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\": expected host:port, http://host:port or https://host:port, without a path",
                    whole));
  }
  auto address = HostPort::parse(text, default_port);
  if (!address) return tl::make_unexpected(address.error());
  node.api = *address;
  return {};
}

Result<std::string> parse_etcd_host(std::string_view text) {
  NodeConfig parts;
  const bool has_scheme = text.find("://") != std::string_view::npos;
  auto parsed = parse_api(text, "http", 2379, parts);
  if (!parsed) return tl::make_unexpected(parsed.error());
  return has_scheme ? parts.api_url() : parts.api.to_string();
}

namespace {

constexpr std::array<Word<Target>, 6> target_words{{{"leader", Target::leader},
                                                    {"replica", Target::replica},
                                                    {"any", Target::any},
                                                    {"sync", Target::sync},
                                                    {"async", Target::async},
                                                    {"standby-leader", Target::standby_leader}}};

Result<Preference> parse_preference(std::string_view text) {
  if (!text.starts_with("tag:")) {
    std::array<std::string_view, target_words.size() + 1> known;
    for (std::size_t i = 0; i < target_words.size(); ++i) {
      known[i] = target_words[i].text;
      if (text == target_words[i].text) return Preference{target_words[i].value, {}, {}};
    }
    known.back() = "tag:key=value";
    return tl::make_unexpected(unknown_word(text, known));
  }
  const std::string_view tag = text.substr(4);
  const auto equals = tag.find('=');
  // A tag in Patroni's YAML has no white space around it either, unless somebody put it into quotes.
  const std::string_view key = trimmed(tag.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : trimmed(tag.substr(equals + 1));
  if (key.empty() || value.empty()) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\": expected tag:key=value", text));
  }
  Preference entry{Target::tag, std::string(key), std::string(value)};
  // As Patroni compares: a YAML boolean in lower case, any other text as it is.
  if (entry.tag_value == "True" || entry.tag_value == "TRUE") entry.tag_value = "true";
  if (entry.tag_value == "False" || entry.tag_value == "FALSE") entry.tag_value = "false";
  return entry;
}

std::string format_preference(const Preference& entry) {
  if (entry.to == Target::tag) return fmt::format("tag:{}={}", entry.tag_key, entry.tag_value);
  return format_word(entry.to, target_words);
}

}  // namespace

Result<void> parse_target(std::string_view text, ListenerPolicy& policy) {
  std::vector<Preference> entries;
  std::vector<std::string> parts = split_list(text);
  if (parts.empty()) parts.emplace_back();
  for (const std::string& part : parts) {
    auto entry = parse_preference(part);
    if (!entry) return tl::make_unexpected(entry.error());
    if (std::find(entries.begin(), entries.end(), *entry) != entries.end()) {
      return fail(ErrorKind::invalid, fmt::format("\"{}\" stands there twice; expected each once", part));
    }
    entries.push_back(*std::move(entry));
  }
  policy.to = entries.front().to;
  policy.tag_key = entries.front().tag_key;
  policy.tag_value = entries.front().tag_value;
  policy.reserves.assign(entries.begin() + 1, entries.end());
  return {};
}

std::string format_target(const ListenerPolicy& policy) {
  std::string text;
  for (const Preference& entry : policy.preferences()) {
    if (!text.empty()) text += ", ";
    text += format_preference(entry);
  }
  return text;
}

}  // namespace tamada::router
