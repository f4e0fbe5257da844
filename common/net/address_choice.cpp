#include "common/net/address_choice.h"

#include <algorithm>

namespace tamada {

AddressChoice::AddressChoice(std::string_view host, std::uint16_t port) : port_(port) {
  if (auto literal = Address::from_ip(host, port)) {
    literal_ = true;
    current_ = *literal;
    listed_ = {*literal};
  }
}

Address AddressChoice::current() const {
  return current_;
}

void AddressChoice::resolved(const std::vector<Address>& addresses) {
  if (literal_) return;
  listed_.clear();
  for (const Address& address : addresses) {
    if (address.is_set() && !is_listed(address)) listed_.push_back(address.with_port(port_));
  }
  if (listed_.empty() || trusted_ || (current_.is_set() && is_listed(current_))) return;
  use(listed_.front());
}

bool AddressChoice::answered(const Address& address, std::string_view who) {
  if (literal_ || !current_.is_set() || !(address.same_ip(current_))) return false;
  const bool by_another = !who.empty() && !who_.empty() && who != who_;
  if (!who.empty()) who_ = who;
  // Another node lives here now. Where the name leads elsewhere, ours is there.
  if (by_another && !is_listed(current_)) {
    trusted_ = false;
    if (!listed_.empty()) use(listed_.front());
    return true;
  }
  // Once failed and not listed, an answer does not make it ours again: it may be anybody's by now.
  if (is_listed(current_)) trusted_ = true;
  return by_another;
}

void AddressChoice::choose(const Address& address) {
  if (!literal_ && address.is_set()) use(address.with_port(port_));
}

void AddressChoice::failed(const Address& address) {
  if (literal_ || !current_.is_set() || !address.same_ip(current_)) return;
  trusted_ = false;
  if (listed_.empty()) return;
  const auto here =
      std::find_if(listed_.begin(), listed_.end(), [&](const Address& one) { return one.same_ip(current_); });
  if (here == listed_.end()) {
    use(listed_.front());
  } else if (listed_.size() > 1) {
    use(here + 1 == listed_.end() ? listed_.front() : *(here + 1));
  }
}

std::size_t AddressChoice::count() const {
  if (!current_.is_set()) return 0;
  return listed_.size() + (is_listed(current_) ? 0 : 1);
}

bool AddressChoice::is_listed(const Address& address) const {
  return std::any_of(listed_.begin(), listed_.end(),
                     [&](const Address& one) { return one.same_ip(address); });
}

void AddressChoice::use(const Address& address) {
  if (address.same_ip(current_)) return;
  current_ = address;
  trusted_ = false;
  who_.clear();
}

}  // namespace tamada
