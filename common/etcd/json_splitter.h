// JsonSplitter: finds the JSON objects in a stream of bytes that may cut or join them anywhere. Pure.
//
// Etcd's watch is one endless answer with one object after another, with or without blanks between. Only
// braces and strings are looked at; whether an object is JSON inside, its parser says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tamada::etcd {

class JsonSplitter {
 public:
  // `max_object`: bytes of one object; a longer one is an error, so that a stream without end costs no more.
  explicit JsonSplitter(std::size_t max_object) : max_object_(max_object) {}

  // Appends the objects that became complete. Errors (invalid: something else than an object stands there;
  // too_large) end it: it must not be fed again.
  Result<void> feed(std::string_view bytes, std::vector<std::string>& objects);

  // Bytes of an object that is not complete yet.
  [[nodiscard]] std::size_t pending() const { return object_.size(); }

 private:
  std::size_t max_object_;
  std::string object_;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace tamada::etcd
