// The query of a URL ("a=1&b=x%20y") as names and values, and the decoding of %41. Pure.
//
// Lenient as browsers are: a '%' without two hexadecimal digits stands for itself, '+' in a query is a blank,
// a name without '=' has an empty value, empty parts are left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tamada {

// "%41" is 'A'. `plus_is_blank`: as in a query or a form.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_blank = false);

// In the order they stand there, decoded; a name may come twice.
using QueryFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] QueryFields parse_query(std::string_view query);

// The value of the first field of that name; valid as long as `fields`.
[[nodiscard]] std::optional<std::string_view> find_field(const QueryFields& fields, std::string_view name);

}  // namespace tamada
