// Header fields of an HTTP message, in the order they stood there. Names compare without regard to case.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::http {

// ASCII only: what RFC 9110 means by "case-insensitive".
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

struct Header {
  std::string name;
  std::string value;  // without leading and trailing blanks

  bool operator==(const Header&) const = default;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  // Appends; a repeated name stands twice.
  void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }

  // The first field of that name; valid until the headers change.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  // Whether a field that lists words with commas (Connection: keep-alive, Upgrade) has this one.
  [[nodiscard]] bool lists(std::string_view name, std::string_view word) const;

  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Header> fields_;
};

}  // namespace tamada::http
