#include "common/etcd/json_splitter.h"

#include <fmt/format.h>

#include <utility>

namespace tamada::etcd {

Result<void> JsonSplitter::feed(std::string_view bytes, std::vector<std::string>& objects) {
  for (const char c : bytes) {
    if (depth_ == 0) {
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
      if (c != '{') {
        return fail(ErrorKind::invalid, fmt::format("byte {:#04x} between JSON objects; expected an object",
                                                    static_cast<unsigned char>(c)));
      }
    }
    if (object_.size() == max_object_) {
      return fail(ErrorKind::too_large, fmt::format("a JSON object of more than {} bytes", max_object_));
    }
    object_ += c;
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      ++depth_;
    } else if (c == '}' && --depth_ == 0) {
      objects.push_back(std::exchange(object_, {}));
    }
  }
  return {};
}

}  // namespace tamada::etcd
