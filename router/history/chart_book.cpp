#include "router/history/chart_book.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tamada::router {
namespace {

// A counter that went back was cleared in between.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

double seconds_of(Duration span) {
  return std::chrono::duration<double>(span).count();
}

std::uint64_t per_second(std::uint64_t amount, double seconds) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(amount) / seconds));
}

}  // namespace

void ChartBook::take(Book& book, const ListenerSample& sample, double seconds) {
  book.rates.rate =
      static_cast<std::uint32_t>(per_second(grown(book.last.accepted, sample.accepted), seconds));
  book.rates.rate_max = std::max(book.rates.rate_max, book.rates.rate);
  book.rates.up_rate = per_second(grown(book.last.up_bytes, sample.up_bytes), seconds);
  book.rates.down_rate = per_second(grown(book.last.down_bytes, sample.down_bytes), seconds);

  std::map<NodeId, Route> routes;
  for (const auto& [node, total] : sample.routes) {
    Route route = book.routes[node];
    route.rates.rate = static_cast<std::uint32_t>(per_second(grown(route.total, total), seconds));
    route.rates.rate_max = std::max(route.rates.rate_max, route.rates.rate);
    route.total = total;
    routes[node] = route;
  }
  book.routes = std::move(routes);
}

void ChartBook::close_point(Book& book, double seconds) {
  const auto average = [&](std::uint64_t before, std::uint64_t now) {
    return static_cast<double>(grown(before, now)) / seconds;
  };
  book.point.new_per_s = average(book.at_step.accepted, book.last.accepted);
  book.point.up_per_s = average(book.at_step.up_bytes, book.last.up_bytes);
  book.point.down_per_s = average(book.at_step.down_bytes, book.last.down_bytes);
  book.points.push_back(book.point);
  if (book.points.size() > chart_points) book.points.pop_front();
  book.point = {book.last.sessions, book.last.waiting, 0, 0, 0};
  book.at_step = book.last;
}

void ChartBook::sample(const std::vector<ListenerSample>& listeners, TimePoint now) {
  if (sampled_ && now <= *sampled_) return;
  std::map<ListenerId, Book> before = std::exchange(books_, {});
  for (const ListenerSample& sample : listeners) {
    Book& book = books_[sample.listener];
    if (sampled_) {
      // One that came since the last sample counts from zero.
      book = std::move(before[sample.listener]);
      take(book, sample, seconds_of(now - *sampled_));
    } else {
      book.at_step = sample;
      for (const auto& [node, total] : sample.routes) book.routes[node].total = total;
    }
    book.last = sample;
    book.point.sessions = std::max(book.point.sessions, sample.sessions);
    book.point.waiting = std::max(book.point.waiting, sample.waiting);
  }
  sampled_ = now;
  if (!step_began_) step_began_ = now;
  // Samples come a little early or late: the nearest one ends the step.
  const Duration length = now - *step_began_;
  if (length < chart_step - chart_step / 20) return;
  for (auto& [listener, book] : books_) close_point(book, seconds_of(length));
  step_began_ = end_ = now;
}

void ChartBook::clear_maxima() {
  for (auto& [listener, book] : books_) {
    book.rates.rate_max = 0;
    for (auto& [node, route] : book.routes) route.rates.rate_max = 0;
  }
}

ListenerRates ChartBook::rates(ListenerId listener) const {
  const auto known = books_.find(listener);
  return known == books_.end() ? ListenerRates{} : known->second.rates;
}

RouteRates ChartBook::rates(ListenerId listener, NodeId node) const {
  const auto known = books_.find(listener);
  if (known == books_.end()) return {};
  const auto route = known->second.routes.find(node);
  return route == known->second.routes.end() ? RouteRates{} : route->second.rates;
}

std::vector<ChartPoint> ChartBook::points(ListenerId listener) const {
  const auto known = books_.find(listener);
  if (known == books_.end()) return {};
  return {known->second.points.begin(), known->second.points.end()};
}

}  // namespace tamada::router
