// Builders of rows for the table of settings (settings.h): one for each kind of value. Only the
// settings_*.cpp files, which hold the rows, include this.
//
// `field` takes a SettingScope& and gives a reference to the value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/quantity.h"
#include "router/config/setting_value.h"
#include "router/config/settings.h"

namespace tamada::router {

// The rows of each part of the table, in the order of the documentation.
void add_cluster_settings(std::vector<Setting>& rows);
void add_listener_settings(std::vector<Setting>& rows);
void add_stats_settings(std::vector<Setting>& rows);
void add_process_settings(std::vector<Setting>& rows);

namespace setting_rows {

using Texts = std::vector<std::string>;
inline constexpr Duration a_day = std::chrono::hours(24);
inline constexpr std::uint32_t a_million = 1'000'000;

template <class Field>
Setting text(std::string path, std::string type, std::string meaning, Field field) {
  return {std::move(path),
          std::move(type),
          std::move(meaning),
          [field](SettingScope& scope, std::string_view value) -> Result<void> {
            field(scope) = std::string(value);
            return {};
          },
          nullptr,
          [field](const SettingScope& scope) {
            SettingScope copy = scope;
            return field(copy).empty() ? Texts{} : Texts{field(copy)};
          }};
}

inline Setting file(Setting row) {
  row.is_file = true;
  return row;
}

inline Setting secret(Setting row) {
  row.secret = true;
  return row;
}

// A row whose value is read by `parse` (text -> Result<Value>) and shown by `show` (Value -> text).
template <class Field, class Parse, class Show>
Setting value(std::string path, std::string type, std::string meaning, Field field, Parse parse, Show show) {
  return {std::move(path),
          std::move(type),
          std::move(meaning),
          [field, parse](SettingScope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope) = *parsed;
            return {};
          },
          nullptr,
          [field, show](const SettingScope& scope) {
            SettingScope copy = scope;
            return Texts{show(field(copy))};
          }};
}

template <class Field>
Setting duration(std::string path, std::string meaning, Field field, Duration least, Duration most = a_day) {
  return value(
      std::move(path), "duration", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, most, false); }, format_duration);
}

// 0 in the struct means off.
template <class Field>
Setting duration_or_off(std::string path, std::string meaning, Field field, Duration least) {
  return value(
      std::move(path), "duration or off", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, a_day, true); },
      [](Duration span) { return span == Duration::zero() ? "off" : format_duration(span); });
}

template <class Field>
Setting count(std::string path, std::string meaning, Field field, std::uint32_t least, std::uint32_t most) {
  return value(
      std::move(path), "number", std::move(meaning), field,
      [=](std::string_view text) { return parse_count(text, least, most); },
      [](std::uint32_t number) { return std::to_string(number); });
}

template <class Field>
Setting port(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "port", std::move(meaning), field,
      [](std::string_view text) -> Result<std::uint16_t> {
        auto number = parse_count(text, 1, 65535);
        if (!number) return tl::make_unexpected(number.error());
        return static_cast<std::uint16_t>(*number);
      },
      [](std::uint16_t number) { return std::to_string(number); });
}

template <class Field>
Setting on_off(std::string path, std::string meaning, Field field) {
  return value(std::move(path), "true or false", std::move(meaning), field, parse_switch,
               [](bool on) { return on ? "true" : "false"; });
}

template <class Field, class Words>
Setting word(std::string path, std::string meaning, Field field, const Words& words) {
  std::array<std::string_view, std::tuple_size_v<Words>> names;
  for (std::size_t i = 0; i < words.size(); ++i) names[i] = words[i].text;
  return value(
      std::move(path), listed(names), std::move(meaning), field,
      [words](std::string_view text) { return parse_word(text, words); },
      [words](auto chosen) { return format_word(chosen, words); });
}

// One of fixed words, kept as the word.
template <class Field, class Words>
Setting one_of(std::string path, std::string meaning, Field field, const Words& words) {
  return value(
      std::move(path), listed(words), std::move(meaning), field,
      [words](std::string_view text) -> Result<std::string> {
        if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
        return tl::make_unexpected(unknown_word(text, words));
      },
      [](const std::string& chosen) { return chosen; });
}

template <class Field, class Parse, class Show>
Setting list(std::string path, std::string type, std::string meaning, Field field, Parse parse, Show show) {
  return {std::move(path),
          "list of " + std::move(type),
          std::move(meaning),
          [field, parse](SettingScope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope).push_back(*parsed);
            return {};
          },
          [field](SettingScope& scope) { field(scope).clear(); },
          [field, show](const SettingScope& scope) {
            SettingScope copy = scope;
            Texts texts;
            for (const auto& item : field(copy)) texts.push_back(show(item));
            return texts;
          }};
}

template <class Field>
Setting networks(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "networks", std::move(meaning), field, Network::parse,
              [](const Network& network) { return network.text(); });
}

template <class Field>
Setting binds(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "address:port", std::move(meaning), field, parse_bind,
              [](const HostPort& bind) { return bind.to_string(); });
}

}  // namespace setting_rows
}  // namespace tamada::router
