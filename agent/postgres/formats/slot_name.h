// The replication slot of a member, from the member's name. The one place where this is done: Patroni's members
// derive the same name for themselves and for others.
#pragma once

#include <string>
#include <string_view>

namespace tamada::agent {

// PostgreSQL takes lower-case letters, digits and underscores, at most 63 (manual, "Querying and Manipulating
// Replication Slots"). Letters become lower-case; '-' and '.' become '_'; any other character becomes 'u' and the
// decimal number of its code point with at least four digits ("ü" is "u0252"); what is longer is cut. Different
// members may have the same slot then ("pg-1", "PG_1"): who makes slots has to notice. Bytes that are no UTF-8
// count as U+FFFD. Beyond ASCII only the letters of Latin-1, Greek and Cyrillic are made lower-case here, where
// Python knows all of Unicode's.
[[nodiscard]] std::string slot_name_of_member(std::string_view member);

// Could the server have such a slot?
[[nodiscard]] bool is_slot_name(std::string_view name);

}  // namespace tamada::agent
