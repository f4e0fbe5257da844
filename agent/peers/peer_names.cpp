#include "agent/peers/peer_names.h"

#include <utility>

namespace tamada::agent {

PeerNames::Question::Question(PeerNames& names, std::string host,
                              std::function<void(const std::vector<Address>&)> then)
    : names_(names),
      host_(std::move(host)),
      then_(std::move(then)),
      patience_(names.loop_,
                [this] {
                  if (const auto* const before = names_.known(host_)) answer(*before);
                }),
      lookup_(names.resolver_.resolve(host_, [this](const loop::Resolver::Answer& found) {
        if (found) {
          names_.remember(host_, *found);
          return answer(*found);
        }
        const auto* const before = names_.known(host_);
        answer(before != nullptr ? *before : std::vector<Address>());
      })) {
  patience_.start(patience);
}

void PeerNames::Question::answer(const std::vector<Address>& addresses) {
  patience_.stop();
  const auto then = std::exchange(then_, nullptr);
  if (!then) return;
  const std::vector<Address> copy = addresses;  // `this`, and what is known, may go in the call
  then(copy);
}

void PeerNames::remember(const std::string& host, const std::vector<Address>& addresses) {
  if (known_.size() >= names_max && !known_.contains(host)) known_.clear();
  known_[host] = addresses;
}

const std::vector<Address>* PeerNames::known(const std::string& host) const {
  const auto found = known_.find(host);
  return found == known_.end() ? nullptr : &found->second;
}

}  // namespace tamada::agent
