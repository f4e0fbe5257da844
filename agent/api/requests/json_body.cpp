#include "agent/api/requests/json_body.h"

#include "common/json/json_reader.h"

namespace tamada::agent {

OrAnswer<JsonBody> read_body(BodyNeed need, bool has_content_length, std::string_view body) {
  const bool optional = need == BodyNeed::optional;
  if (optional && body.empty()) return JsonBody::object();
  if (!has_content_length) return refuse(error_page(411, "Content-Length is missing"));
  // The bounded reader checks; it loses the order of the keys, so what it has taken is read once more.
  const auto checked = parse_json_object("the request", body);
  if (!checked) return refuse(error_page(400, checked.error().message));
  if (checked->empty() && !optional) return refuse(error_page(400, "the request: found an empty object"));
  JsonBody object = JsonBody::parse(body, nullptr, false);
  if (!object.is_object()) return refuse(error_page(400, "the request: not JSON"));
  return object;
}

}  // namespace tamada::agent
