// Task: a function to be called once, later. Unlike std::function it takes callables that can only be moved,
// so that a file descriptor can travel in a capture and is closed if the task never runs.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace tamada::loop {

class Task {
 public:
  // Implicit, so that post([&] { ... }) reads as it should.
  template <class Function, class = std::enable_if_t<!std::is_same_v<std::decay_t<Function>, Task>>>
  // NOLINTNEXTLINE(google-explicit-constructor)
  Task(Function&& function)
      : callable_(std::make_unique<Callable<std::decay_t<Function>>>(std::forward<Function>(function))) {}

  void operator()() { callable_->call(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void call() = 0;
  };
  template <class Function>
  struct Callable final : Base {
    template <class Given>
    explicit Callable(Given&& given) : function(std::forward<Given>(given)) {}
    void call() override { function(); }
    Function function;
  };
  std::unique_ptr<Base> callable_;
};

}  // namespace tamada::loop
