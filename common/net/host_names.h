// HostNames: the addresses of the hosts in use, looked up again and again. One look-up per name at a time, on
// the resolver's threads; nobody waits for one: find() answers with what is known.
//
// A name whose nodes are well is asked for every `interval` (each question may be many at the name server:
// both families, and every search domain of resolv.conf); one that has no address, or of whose nodes
// something is wrong, every second; and at once by refresh(), when something fails.
//
// Loop thread only; Loop and Resolver must outlive it. After destruction the callback does not run again; it
// is never called from inside a method.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/loop/timer.h"

namespace tamada {

class HostNames {
 public:
  // Each time the resolver has answered for a host; find() tells what.
  using Callback = std::function<void(const std::string& host)>;
  // Something is wrong with a node of this host, or not known yet.
  using IsUnwell = std::function<bool(const std::string& host)>;

  HostNames(loop::Loop& loop, loop::Resolver& resolver, Callback on_answer, IsUnwell is_unwell);
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;

  // The names to keep; new ones are looked up at once, others forgotten. IP literals are left out.
  void keep(const std::set<std::string>& hosts, Duration interval);

  // A connection failed: look up now, unless a look-up is on its way or one ended a moment ago.
  void refresh(const std::string& host);

  // What the resolver said last, port 0; empty: no address, no answer yet, or not kept.
  [[nodiscard]] const std::vector<Address>& find(const std::string& host) const;
  // Why there is none ("resolve pg1: no such name (EAI_NONAME)"); empty if there is one.
  [[nodiscard]] std::string why_none(const std::string& host) const;

  // Failures come in crowds (a poll every 100 ms, many sessions); the name server hears of them this often.
  static constexpr Duration least_between = 100ms;
  // How often a name is asked for that is not well; more often where `interval` is shorter.
  static constexpr Duration unwell_interval = 1s;

 private:
  struct Host {
    std::vector<Address> addresses;
    std::string error;
    TimePoint asked{};
    TimePoint answered{};
    loop::Lookup lookup;
  };
  void look_up(const std::string& name, Host& host);
  void on_timer();

  loop::Resolver& resolver_;
  Callback on_answer_;
  const IsUnwell is_unwell_;
  std::map<std::string, Host> hosts_;
  loop::Timer timer_;
  Duration interval_{};
};

}  // namespace tamada
