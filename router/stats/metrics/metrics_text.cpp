#include "router/stats/metrics/metrics_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "common/base/clean_text.h"

namespace tamada::router {
namespace {

// Prometheus wants UTF-8 and these three escaped; clean_text leaves no line breaks.
void add_escaped(std::string& out, std::string_view text) {
  for (const char sign : clean_text(text)) {
    if (sign == '\\' || sign == '"') out += '\\';
    out += sign;
  }
}

template <class Number>
void add_integer(std::string& out, Number value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
  out += '\n';
}

// The shortest text that reads back as the same number.
void add_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  for (const auto& [name, value] : pairs) add(name, value);
}

void Labels::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_ += name;
  text_ += "=\"";
  add_escaped(text_, value);
  text_ += '"';
}

Labels Labels::with(std::string_view name, std::string_view value) const {
  Labels more = *this;
  more.add(name, value);
  return more;
}

MetricsText::MetricsText(const MetricsQuery& query, std::size_t expected_bytes) : query_(query) {
  out_.reserve(expected_bytes);
}

bool MetricsText::begin(std::string_view prefix, std::string_view name, std::string_view type,
                        std::string_view help) {
  family_.assign(prefix);
  family_ += name;
  if (!query_.wants(family_)) return false;
  out_ += "# HELP ";
  out_ += family_;
  out_ += ' ';
  out_ += help;
  out_ += "\n# TYPE ";
  out_ += family_;
  out_ += ' ';
  out_ += type;
  out_ += '\n';
  return true;
}

void MetricsText::name(std::string_view suffix, const Labels& labels, std::string_view more) {
  out_ += family_;
  out_ += suffix;
  if (!labels.text().empty() || !more.empty()) {
    out_ += '{';
    out_ += labels.text();
    if (!labels.text().empty() && !more.empty()) out_ += ',';
    out_ += more;
    out_ += '}';
  }
  out_ += ' ';
}

void MetricsText::sample(const Labels& labels, std::uint64_t value) {
  name({}, labels, {});
  add_integer(out_, value);
}

void MetricsText::sample(const Labels& labels, std::int64_t value) {
  name({}, labels, {});
  add_integer(out_, value);
}

void MetricsText::sample(const Labels& labels, double value) {
  name({}, labels, {});
  add_double(out_, value);
  out_ += '\n';
}

void MetricsText::unavailable(const Labels& labels) {
  name({}, labels, {});
  out_ += "NaN\n";
}

void MetricsText::state(const Labels& labels, std::string_view state, std::uint64_t value) {
  out_ += family_;
  out_ += '{';
  out_ += labels.text();
  if (!labels.text().empty()) out_ += ',';
  out_ += "state=\"";
  out_ += state;
  out_ += "\"} ";
  add_integer(out_, value);
}

void MetricsText::histogram(const Labels& labels, std::span<const double> bounds,
                            std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    std::string bound = "le=\"";
    if (i < bounds.size()) {
      add_double(bound, bounds[i]);
    } else {
      bound += "+Inf";
    }
    bound += '"';
    name("_bucket", labels, bound);
    add_integer(out_, all);
  }
  name("_sum", labels, {});
  add_double(out_, sum);
  out_ += '\n';
  name("_count", labels, {});
  add_integer(out_, all);
}

}  // namespace tamada::router
