// PeerNames: the addresses of the members' hosts. A name is looked up anew each time, but nobody waits long for a name server:
// where it does not answer within `patience`, what it said before counts.
//
// Loop thread only; Loop and Resolver must outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/loop/timer.h"

namespace tamada::agent {

class PeerNames {
 public:
  static constexpr Duration patience = 100ms;
  static constexpr std::size_t names_max = 100;

  PeerNames(loop::Loop& loop, loop::Resolver& resolver) : loop_(loop), resolver_(resolver) {}

  // A question in flight; destroying it cancels. Must not outlive the PeerNames.
  class Question {
   public:
    Question(PeerNames& names, std::string host, std::function<void(const std::vector<Address>&)> then);
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

   private:
    void answer(const std::vector<Address>& addresses);

    PeerNames& names_;
    const std::string host_;
    std::function<void(const std::vector<Address>&)> then_;
    loop::Timer patience_;
    loop::Lookup lookup_;
  };

  // `then` once, never from inside the call: the addresses, port 0; none: no address is known.
  [[nodiscard]] std::unique_ptr<Question> find(const std::string& host,
                                               std::function<void(const std::vector<Address>&)> then) {
    return std::make_unique<Question>(*this, host, std::move(then));
  }

 private:
  void remember(const std::string& host, const std::vector<Address>& addresses);
  [[nodiscard]] const std::vector<Address>* known(const std::string& host) const;

  loop::Loop& loop_;
  loop::Resolver& resolver_;
  std::map<std::string, std::vector<Address>> known_;
};

}  // namespace tamada::agent
