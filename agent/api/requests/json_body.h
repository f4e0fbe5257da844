// JsonBody: the JSON object that a request brought, or what the request is answered with instead. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

#include "agent/api/answers/answer.h"
#include "common/base/result.h"

namespace tamada::agent {

// A value, or the answer that ends the request.
template <class T>
using OrAnswer = tl::expected<T, Answer>;
[[nodiscard]] inline tl::unexpected<Answer> refuse(Answer answer) {
  return tl::make_unexpected(std::move(answer));
}

// In the order in which it was written: of several faults Patroni answers the first.
using JsonBody = nlohmann::ordered_json;

enum class BodyNeed { mandatory, optional };
// 411 where a mandatory body has no Content-Length; 400 where it is no JSON object, an empty one, or one with a key that is
// given twice. An optional one may be missing, or empty: {}.
[[nodiscard]] OrAnswer<JsonBody> read_body(BodyNeed need, bool has_content_length, std::string_view body);

}  // namespace tamada::agent
