// Presence: lets a member function notice, after it has called somebody, that its own object was destroyed
// (or closed) meanwhile. A live object has one as a member; guards may be nested.
//
//   const Presence::Guard guard(presence_);
//   listener_.on_bytes(bytes);
//   if (guard.gone()) return;  // touch no member
#pragma once

namespace tamada::http {

class Presence {
 public:
  class Guard {
   public:
    explicit Guard(Presence& presence) : presence_(presence), outer_(presence.innermost_) {
      presence.innermost_ = this;
    }
    ~Guard() {
      if (!gone_) presence_.innermost_ = outer_;
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    [[nodiscard]] bool gone() const { return gone_; }

   private:
    friend class Presence;
    Presence& presence_;
    Guard* outer_;
    bool gone_ = false;
  };

  Presence() = default;
  ~Presence() { end(); }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // What the guards wait for: the object is destroyed, or was closed and is not to be gone on with.
  void end() {
    for (Guard* guard = innermost_; guard != nullptr; guard = guard->outer_) guard->gone_ = true;
    innermost_ = nullptr;
  }

 private:
  Guard* innermost_ = nullptr;
};

}  // namespace tamada::http
