// Builders of rows for a table of settings (settings_table.h): one for each kind of value.
//
// `field` takes a Scope& (not auto&: the row's scope is read off it) and gives a reference to the value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/quantity.h"
#include "common/config/setting_value.h"
#include "common/config/settings_table.h"

namespace tamada::setting_rows {

using Texts = std::vector<std::string>;
inline constexpr Duration a_day = std::chrono::hours(24);
inline constexpr std::uint32_t a_million = 1'000'000;

template <class Function>
struct ArgumentOf : ArgumentOf<decltype(&Function::operator())> {};
template <class Answer, class Lambda, class Scope>
struct ArgumentOf<Answer (Lambda::*)(Scope&) const> {
  using type = Scope;
};
template <class Field>
using ScopeOf = typename ArgumentOf<Field>::type;

template <class Field>
SettingRow<ScopeOf<Field>> text(std::string path, std::string type, std::string meaning, Field field) {
  using Scope = ScopeOf<Field>;
  return {{std::move(path), std::move(type), std::move(meaning)},
          [field](Scope& scope, std::string_view value) -> Result<void> {
            field(scope) = std::string(value);
            return {};
          },
          nullptr,
          [field](const Scope& scope) {
            Scope copy = scope;
            return field(copy).empty() ? Texts{} : Texts{field(copy)};
          }};
}

template <class Scope>
SettingRow<Scope> file(SettingRow<Scope> row) {
  row.is_file = true;
  return row;
}

template <class Scope>
SettingRow<Scope> secret(SettingRow<Scope> row) {
  row.secret = true;
  return row;
}

// A row whose value is read by `parse` (text -> Result<Value>) and shown by `show` (Value -> text).
template <class Field, class Parse, class Show>
SettingRow<ScopeOf<Field>> value(std::string path, std::string type, std::string meaning, Field field,
                                 Parse parse, Show show) {
  using Scope = ScopeOf<Field>;
  return {{std::move(path), std::move(type), std::move(meaning)},
          [field, parse](Scope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope) = *parsed;
            return {};
          },
          nullptr,
          [field, show](const Scope& scope) {
            Scope copy = scope;
            return Texts{show(field(copy))};
          }};
}

template <class Field>
SettingRow<ScopeOf<Field>> duration(std::string path, std::string meaning, Field field, Duration least,
                                    Duration most = a_day) {
  return value(
      std::move(path), "duration", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, most, false); }, format_duration);
}

// 0 in the struct means off.
template <class Field>
SettingRow<ScopeOf<Field>> duration_or_off(std::string path, std::string meaning, Field field,
                                           Duration least) {
  return value(
      std::move(path), "duration or off", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, a_day, true); },
      [](Duration span) { return span == Duration::zero() ? "off" : format_duration(span); });
}

template <class Field>
SettingRow<ScopeOf<Field>> count(std::string path, std::string meaning, Field field, std::uint32_t least,
                                 std::uint32_t most) {
  return value(
      std::move(path), "number", std::move(meaning), field,
      [=](std::string_view text) { return parse_count(text, least, most); },
      [](std::uint32_t number) { return std::to_string(number); });
}

template <class Field>
SettingRow<ScopeOf<Field>> port(std::string path, std::string meaning, Field field) {
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
SettingRow<ScopeOf<Field>> on_off(std::string path, std::string meaning, Field field) {
  return value(std::move(path), "true or false", std::move(meaning), field, parse_switch,
               [](bool on) { return on ? "true" : "false"; });
}

template <class Field, class Words>
SettingRow<ScopeOf<Field>> word(std::string path, std::string meaning, Field field, const Words& words) {
  std::array<std::string_view, std::tuple_size_v<Words>> names;
  for (std::size_t i = 0; i < words.size(); ++i) names[i] = words[i].text;
  return value(
      std::move(path), listed(names), std::move(meaning), field,
      [words](std::string_view text) { return parse_word(text, words); },
      [words](auto chosen) { return format_word(chosen, words); });
}

// One of fixed words, kept as the word.
template <class Field, class Words>
SettingRow<ScopeOf<Field>> one_of(std::string path, std::string meaning, Field field, const Words& words) {
  return value(
      std::move(path), listed(words), std::move(meaning), field,
      [words](std::string_view text) -> Result<std::string> {
        if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
        return tl::make_unexpected(unknown_word(text, words));
      },
      [](const std::string& chosen) { return chosen; });
}

template <class Field, class Parse, class Show>
SettingRow<ScopeOf<Field>> list(std::string path, std::string type, std::string meaning, Field field,
                                Parse parse, Show show) {
  using Scope = ScopeOf<Field>;
  return {{std::move(path), "list of " + std::move(type), std::move(meaning), SettingForm::list},
          [field, parse](Scope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope).push_back(*parsed);
            return {};
          },
          [field](Scope& scope) { field(scope).clear(); },
          [field, show](const Scope& scope) {
            Scope copy = scope;
            Texts texts;
            for (const auto& item : field(copy)) texts.push_back(show(item));
            return texts;
          }};
}

template <class Field>
SettingRow<ScopeOf<Field>> networks(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "networks", std::move(meaning), field, Network::parse,
              [](const Network& network) { return network.text(); });
}

template <class Field>
SettingRow<ScopeOf<Field>> binds(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "address:port", std::move(meaning), field, parse_bind,
              [](const HostPort& bind) { return bind.to_string(); });
}

}  // namespace tamada::setting_rows
