#include "router/stats/words.h"

namespace tamada::router {

std::string_view name_of(Target target) {
  switch (target) {
    case Target::leader:
      return "leader";
    case Target::replica:
      return "replica";
    case Target::any:
      return "any";
    case Target::sync:
      return "sync";
    case Target::async:
      return "async";
    case Target::standby_leader:
      return "standby-leader";
    case Target::tag:
      return "tag";
  }
  return "leader";
}

std::string_view name_of(Balance balance) {
  switch (balance) {
    case Balance::leastconn:
      return "leastconn";
    case Balance::roundrobin:
      return "roundrobin";
    case Balance::random:
      return "random";
    case Balance::source:
      return "source";
  }
  return "leastconn";
}

}  // namespace tamada::router
