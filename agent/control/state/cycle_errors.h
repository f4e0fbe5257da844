// CycleErrors: what becomes of an exception that a part of a cycle throws, which nobody has expected (no memory, a mistake of
// ours). The decider hears of it, does not renew the lock, and gives it up when there are many, one after the other; and it
// gets the answer of an order that was not carried out, so that it waits for nothing. The agent itself goes on.
//
// On the control loop, whose callbacks must not throw.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "agent/ha/ha_events.h"
#include "agent/ha/ha_step.h"

namespace tamada::agent {

// What the decider is told of an order that was not carried out: nobody knows what came of it. None: it waits for no answer.
[[nodiscard]] std::optional<ha::HaEvent> answer_of_failed(const ha::Order& order, const std::string& why);

class CycleErrors {
 public:
  explicit CycleErrors(std::function<void(ha::HaEvent)> post) : post_(std::move(post)) {}

  // `what`: for people, as in "while the keys were read".
  template <class Work>
  void run(const char* what, const Work& work) const {
    try {
      work();
    } catch (const std::exception& error) {
      post_(ha::UnexpectedError{words(what, error)});
    }
  }
  // `work` carries the order out.
  template <class Work>
  void run(const ha::Order& order, const Work& work) const {
    try {
      work();
    } catch (const std::exception& error) {
      const std::string why = words("an order was carried out", error);
      post_(ha::UnexpectedError{why});
      if (auto answer = answer_of_failed(order, why)) post_(*std::move(answer));
    }
  }

 private:
  [[nodiscard]] static std::string words(const char* what, const std::exception& error);

  std::function<void(ha::HaEvent)> post_;
};

}  // namespace tamada::agent
