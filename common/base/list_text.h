// A list that is written in one text with commas between its items.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tamada {

// Its items in order, empty ones too, as they stand: "a,,b" has three. An empty text is one empty item, as libpq counts
// the hosts of a connection string.
[[nodiscard]] std::vector<std::string> list_items(std::string_view list);

}  // namespace tamada
