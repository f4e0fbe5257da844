#include "agent/guard/protocol/file_names.h"

#include <cstddef>
#include <cstdint>

namespace tamada::guard {

namespace {

// FNV-1a, 64 bits: short names for paths of any length, since a socket's path has 107 bytes at most.
std::uint64_t digest(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 1099511628211U;
  }
  return hash;
}

class Name {
 public:
  void add(std::string_view text) {
    for (const char letter : text) name_[used_++] = letter;
  }
  void add_digest(std::string_view text) {
    const std::uint64_t hash = digest(text);
    for (int shift = 60; shift >= 0; shift -= 4) name_[used_++] = "0123456789abcdef"[(hash >> shift) & 15U];
  }
  [[nodiscard]] const FileName& name() const { return name_; }

 private:
  FileName name_{};
  std::size_t used_ = 0;
};

}  // namespace

FileName lock_file_name(std::string_view data_directory) {
  Name name;
  name.add("guard-");
  name.add_digest(data_directory);
  name.add(".lock");
  return name.name();
}

FileName socket_file_name(std::string_view data_directory, std::string_view node) {
  Name name;
  name.add("guard-");
  name.add_digest(data_directory);
  name.add("-");
  name.add_digest(node);
  name.add(".sock");
  return name.name();
}

}  // namespace tamada::guard
