// "did you mean": the known word nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tamada {

// The known word with the fewest letters changed, added, left out or swapped; empty if none is near enough
// (more than a third of the word wrong) to be a likely slip.
std::string nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace tamada
