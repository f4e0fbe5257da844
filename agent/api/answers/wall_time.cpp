#include "agent/api/answers/wall_time.h"

#include <fmt/format.h>

#include <algorithm>

namespace tamada::agent {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Takes what it was asked for from the front of a text, or notes that it was not there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(char letter) const { return !rest_.empty() && rest_.front() == letter; }
  [[nodiscard]] bool next_is_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!next_is_digit()) {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) { ok_ = take(word) && ok_; }
  // Of a second, after the point: any number of digits, of which six count.
  microseconds fraction() {
    if (!next_is_digit()) ok_ = false;
    int value = 0;
    int unit = 100'000;
    for (; next_is_digit(); rest_.remove_prefix(1), unit /= 10) value += (rest_.front() - '0') * unit;
    return microseconds(value);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<minutes> read_offset(Reader& reader) {
  while (reader.take(" ")) {
  }
  if (reader.take("Z") || reader.take("UTC") || reader.take("GMT")) return minutes(0);
  const bool west = reader.next_is('-');
  if (!reader.take("+") && !reader.take("-")) return std::nullopt;
  const int hours = reader.digits(2);
  const int rest = reader.at_end() ? 0 : (reader.take(":"), reader.digits(2));
  const minutes offset(hours * 60 + rest);
  if (offset >= minutes(24 * 60) || rest > 59) reader.expect("a smaller offset");
  return west ? -offset : offset;
}

std::string date_text(WallTime at, char between) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), between,
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

long long fraction_of(WallTime at) {
  return (at - std::chrono::floor<std::chrono::seconds>(at)).count();
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Reader reader(text);
  const int year = reader.digits(4);
  reader.expect("-");
  const auto month = static_cast<unsigned>(reader.digits(2));
  reader.expect("-");
  const auto day = static_cast<unsigned>(reader.digits(2));
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!reader.ok() || !date.ok()) return std::nullopt;

  Timestamp timestamp{std::chrono::sys_days(date), std::nullopt};
  if (reader.at_end()) return timestamp;
  if (!reader.take("T") && !reader.take("t")) reader.expect(" ");
  const int hour = reader.digits(2);
  reader.expect(":");
  const int minute = reader.digits(2);
  int second = 0;
  microseconds fraction(0);
  if (reader.take(":")) {
    second = reader.digits(2);
    if (reader.take(".") || reader.take(",")) fraction = reader.fraction();
  }
  timestamp.offset = read_offset(reader);
  if (!reader.ok() || !reader.at_end() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  timestamp.at += std::chrono::hours(hour) + minutes(minute) + std::chrono::seconds(second) + fraction -
                  timestamp.offset.value_or(minutes(0));
  return timestamp;
}

std::string iso_text(const Timestamp& timestamp) {
  const minutes offset = timestamp.offset.value_or(minutes(0));
  const WallTime local = timestamp.at + offset;
  const long long fraction = fraction_of(local);
  const minutes size = offset < minutes(0) ? -offset : offset;
  return fmt::format("{}{}{}{:02}:{:02}", date_text(local, 'T'),
                     fraction == 0 ? "" : fmt::format(".{:06}", fraction), offset < minutes(0) ? '-' : '+',
                     size.count() / 60, size.count() % 60);
}

std::string status_text(WallTime at) {
  return fmt::format("{}.{:06}+00:00", date_text(at, ' '), fraction_of(at));
}

std::string epoch_text(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{}.{:06}", seconds.time_since_epoch().count(), fraction_of(at));
}

}  // namespace tamada::agent
