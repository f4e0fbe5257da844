// Writer and Reader: the fields of a message of the guard, one after another in bytes. Both ends are on one
// machine, so numbers are as they lie in memory; texts are their length, their bytes and a NUL byte.
//
// One function describes the fields of a struct for both directions:
//
//   template <class Archive> void describe(Archive& archive, LockEpoch& epoch) {
//     archive.field(epoch.lease);
//     archive.field(epoch.create_revision);
//   }
//
// No heap, no exception: the guard's memory is locked, and it must not run out of any. What does not fit, or
// is not there, makes the archive bad, and whatever follows has no effect; a bad message is used by nobody.
// Bytes behind the last field are ignored, so that a later version may append fields.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "common/base/time.h"

namespace tamada::guard {

class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}

  template <std::integral Number>
  void field(const Number& number) {
    put(&number, sizeof number);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void field(const Enum& value, Enum /*last*/) { field(static_cast<std::uint8_t>(value)); }
  void field(const TimePoint& at) { field(static_cast<std::int64_t>(at.time_since_epoch().count())); }
  void field(std::string_view text) {
    field(static_cast<std::uint32_t>(text.size()));
    put(text.data(), text.size());
    field(std::uint8_t{0});
  }

  [[nodiscard]] bool is_good() const { return good_; }
  // Empty when it did not fit.
  [[nodiscard]] std::span<const std::byte> written() const {
    return good_ ? std::span<const std::byte>(out_).first(used_) : std::span<const std::byte>();
  }

 private:
  void put(const void* from, std::size_t size) {
    good_ = good_ && size <= out_.size() - used_;
    if (!good_ || size == 0) return;
    std::memcpy(out_.data() + used_, from, size);
    used_ += size;
  }

  std::span<std::byte> out_;
  std::size_t used_ = 0;
  bool good_ = true;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}

  template <std::integral Number>
  void field(Number& number) {
    if constexpr (std::is_same_v<Number, bool>) {
      std::uint8_t byte = 0;
      field(byte);
      good_ = good_ && byte <= 1;
      if (good_) number = byte == 1;
    } else {
      if (const std::byte* at = take(sizeof number)) std::memcpy(&number, at, sizeof number);
    }
  }
  // `last`: the greatest value that there is.
  template <class Enum>
  requires std::is_enum_v<Enum>
  void field(Enum& value, Enum last) {
    std::uint8_t byte = 0;
    field(byte);
    good_ = good_ && byte <= static_cast<std::uint8_t>(last);
    if (good_) value = static_cast<Enum>(byte);
  }
  void field(TimePoint& at) {
    std::int64_t ticks = 0;
    field(ticks);
    if (good_) at = TimePoint(Duration(ticks));
  }
  // Points into the message, where a NUL byte follows it; the text itself has none but in a list of texts.
  void field(std::string_view& text) {
    std::uint32_t size = 0;
    field(size);
    const std::byte* at = take(size);
    std::uint8_t end = 1;
    field(end);
    good_ = good_ && end == 0;
    if (good_) text = {reinterpret_cast<const char*>(at), size};
  }

  // For what a field's type does not say: the message is not what it should be.
  void expect(bool holds) { good_ = good_ && holds; }
  [[nodiscard]] bool is_good() const { return good_; }

 private:
  const std::byte* take(std::size_t size) {
    good_ = good_ && size <= in_.size();
    if (!good_) return nullptr;
    const std::byte* at = in_.data();
    in_ = in_.last(in_.size() - size);
    return at;
  }

  std::span<const std::byte> in_;
  bool good_ = true;
};

}  // namespace tamada::guard
