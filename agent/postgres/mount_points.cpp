#include "agent/postgres/mount_points.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

bool is_octal(std::string_view text) {
  return text.size() == 3 && text.find_first_not_of("01234567") == std::string_view::npos;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view digits = text.substr(std::min(i + 1, text.size()), 3);
    if (text[i] == '\\' && is_octal(digits)) {
      result += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

bool lists_mount_point(std::string_view mountinfo, std::string_view path) {
  while (const auto line = take_line(mountinfo)) {
    // The fifth field.
    std::string_view rest = line->text;
    for (int i = 0; i < 4; ++i) {
      const std::size_t blank = rest.find(' ');
      rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
    }
    if (!rest.empty() && unescaped(rest.substr(0, rest.find(' '))) == path) return true;
  }
  return false;
}

bool is_mount_point(const std::string& path) {
  std::ifstream file("/proc/self/mountinfo");
  std::stringstream text;
  if (file && text << file.rdbuf()) return lists_mount_point(text.str(), path);
  struct stat own {};
  struct stat parents {};
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return ::stat(path.c_str(), &own) == 0 && ::stat(parent.c_str(), &parents) == 0 &&
         own.st_dev != parents.st_dev;
}

}  // namespace tamada::agent
