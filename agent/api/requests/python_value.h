// How Python sees a JSON value: Patroni compares settings by their texts, and takes some values for true. Pure.
#pragma once

#include <optional>
#include <string>

#include "agent/api/requests/json_body.h"

namespace tamada::agent {

// str(): "True" for true, "None" for null, a text as it is, a list as ['a', 1].
[[nodiscard]] std::string python_text(const JsonBody& value);
// bool(): false for null, false, 0, and what is empty.
[[nodiscard]] bool python_truth(const JsonBody& value);
// A switch in Patroni's words: on, true, yes, 1 and their opposites, in any case. None: another value.
[[nodiscard]] std::optional<bool> python_switch(const JsonBody& value);

}  // namespace tamada::agent
