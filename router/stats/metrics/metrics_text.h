// MetricsText: writes Prometheus' text format 0.0.4. Families one after the other, each with HELP and TYPE,
// its samples right behind; a family that the query does not want writes nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "router/stats/metrics/metrics_query.h"

namespace tamada::router {

// {a="b",c="d"} as text, escaped; made once for a row and used for all its samples.
class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);
  // The same with one more.
  [[nodiscard]] Labels with(std::string_view name, std::string_view value) const;
  void add(std::string_view name, std::string_view value);

  [[nodiscard]] const std::string& text() const { return text_; }  // without the braces

 private:
  std::string text_;
};

class MetricsText {
 public:
  // `query` must outlive it.
  MetricsText(const MetricsQuery& query, std::size_t expected_bytes);

  // Begins the family `prefix` + `name`. Returns false if it is not wanted; samples are then not to be added.
  bool begin(std::string_view prefix, std::string_view name, std::string_view type, std::string_view help);

  void sample(const Labels& labels, std::uint64_t value);
  void sample(const Labels& labels, std::int64_t value);
  void sample(const Labels& labels, std::uint32_t value) { sample(labels, std::uint64_t{value}); }
  void sample(const Labels& labels, bool value) { sample(labels, std::uint64_t{value ? 1U : 0U}); }
  void sample(const Labels& labels, double value);
  void unavailable(const Labels& labels);  // NaN
  // One state of many: name{labels,state="STATE"} value.
  void state(const Labels& labels, std::string_view state, std::uint64_t value);
  // `counts` has one more than `bounds`: what is above all of them. Not cumulative.
  void histogram(const Labels& labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void name(std::string_view suffix, const Labels& labels, std::string_view more);

  const MetricsQuery& query_;
  std::string out_;
  std::string family_;
};

}  // namespace tamada::router
