#include "common/net/host_names.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada {

HostNames::HostNames(loop::Loop& loop, loop::Resolver& resolver, Callback on_answer, IsUnwell is_unwell)
    : resolver_(resolver),
      on_answer_(std::move(on_answer)),
      is_unwell_(std::move(is_unwell)),
      timer_(loop, [this] { on_timer(); }) {}

void HostNames::on_timer() {
  // A round that comes a little early counts: the next one would be a whole round late.
  const TimePoint due = loop::boot_now() - interval_ + std::min(interval_, unwell_interval) / 2;
  for (auto& [name, host] : hosts_) {
    if (host.asked <= due || host.addresses.empty() || is_unwell_(name)) look_up(name, host);
  }
}

void HostNames::keep(const std::set<std::string>& hosts, Duration interval) {
  std::set<std::string> names;
  for (const std::string& host : hosts) {
    if (!Address::from_ip(host, 0)) names.insert(host);
  }
  std::erase_if(hosts_, [&](const auto& known) { return !names.contains(known.first); });
  for (const std::string& name : names) {
    const auto [host, is_new] = hosts_.try_emplace(name);
    if (is_new) look_up(name, host->second);
  }
  if (hosts_.empty()) {
    timer_.stop();  // literals only: nothing to do, so no timer wakes the loop
  } else if (!timer_.is_active() || interval != interval_) {
    timer_.start_repeating(std::min(interval, unwell_interval));
  }
  interval_ = interval;
}

void HostNames::refresh(const std::string& host) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || loop::boot_now() - found->second.answered < least_between) return;
  look_up(host, found->second);
}

const std::vector<Address>& HostNames::find(const std::string& host) const {
  static const std::vector<Address> none;
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? none : found->second.addresses;
}

std::string HostNames::why_none(const std::string& host) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || !found->second.addresses.empty()) return {};
  return found->second.error.empty() ? "resolve " + host + ": no answer yet" : found->second.error;
}

void HostNames::look_up(const std::string& name, Host& host) {
  if (host.lookup.is_pending()) return;
  host.asked = loop::boot_now();
  host.lookup = resolver_.resolve(name, [this, name](const loop::Resolver::Answer& answer) {
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) return;
    found->second.answered = loop::boot_now();
    found->second.addresses = answer ? *answer : std::vector<Address>{};
    found->second.error = answer ? std::string() : answer.error().message;
    on_answer_(name);
  });
}

}  // namespace tamada
