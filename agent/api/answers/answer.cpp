#include "agent/api/answers/answer.h"

#include <fmt/format.h>

namespace tamada::agent {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    switch (letter) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

}  // namespace

Answer error_page(int status, std::string_view words) {
  return text_answer(status,
                     fmt::format("<html><body><h1>{}</h1><p>{}</p></body></html>\n", status, escaped(words)));
}

}  // namespace tamada::agent
