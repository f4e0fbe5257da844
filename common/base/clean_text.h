// Text from the network (node names, users, databases) made fit for line-based formats.
#pragma once

#include <string>
#include <string_view>

namespace tamada {

// Valid UTF-8 on one line: bytes that are no UTF-8 become U+FFFD, control characters a space. Quoting what is
// special in a format is left to the format.
[[nodiscard]] std::string clean_text(std::string_view text);

// clean_text, and without what a naive reader of CSV trips over: commas become semicolons, double quotes
// single ones.
[[nodiscard]] std::string plain_text(std::string_view text);

}  // namespace tamada
