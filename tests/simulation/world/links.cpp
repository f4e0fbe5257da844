#include "tests/simulation/world/links.h"

namespace tamada::simulation {

std::string etcd_place(std::size_t member) {
  return "etcd" + std::to_string(member);
}

void Links::heal_all() {
  cut_.clear();
  loss_ = 0;
  set_delay(300us, 2ms);
}

void Links::set_delay(Duration least, Duration most) {
  least_ = least;
  most_ = most;
}

bool Links::loses(const std::string& from, const std::string& to, Random& random) const {
  return is_cut(from, to) || (loss_ > 0 && random.chance(loss_, 1000));
}

EtcdRoute Links::route(const std::string& from, std::size_t member) {
  EtcdRoute route;
  route.member = member;
  route.there = delay();
  route.back = delay();
  route.request_lost = loses(from, etcd_place(member));
  route.answer_lost = loses(etcd_place(member), from);
  return route;
}

}  // namespace tamada::simulation
