// Two questions that code with callbacks has about an object, and the one answer to each.
//
// "Do I still exist, now that I have called somebody?" A Lifetime is a member of the object that asks:
//
//   const Lifetime::Watch watch(lifetime_);
//   callbacks_.on_bytes(bytes);
//   if (watch.is_over()) return;  // touch no member
//
// "Is it still there, now that what was posted arrives?" WeakHandles is a member of the object meant; what is
// posted takes a WeakHandle along instead of a pointer:
//
//   loop.post([handle = handles_.handle()] {
//     if (Session* session = handle.get()) session->on_answer();
//   });
//
// Threads: both belong to the thread of their object, where it is used and destroyed. A WeakHandle may be
// made, copied and destroyed on any thread, as long as the object is there when it is made; only get() is the
// object's thread's business, since nobody else can know that it stays there for the next line.
#pragma once

#include <memory>

namespace tamada::loop {

// One pointer in size; costs nothing but that while nobody watches.
class Lifetime {
 public:
  // On the stack, around a call. May be nested; the innermost goes first.
  class Watch {
   public:
    explicit Watch(Lifetime& lifetime) : lifetime_(lifetime), outer_(lifetime.innermost_) {
      lifetime.innermost_ = this;
    }
    ~Watch() {
      if (!over_) lifetime_.innermost_ = outer_;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    [[nodiscard]] bool is_over() const { return over_; }

   private:
    friend class Lifetime;
    Lifetime& lifetime_;
    Watch* outer_;
    bool over_ = false;
  };

  Lifetime() = default;
  ~Lifetime() { end(); }
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // For an object that was closed, stopped, or given another task, so that whoever is in the middle of the
  // old one must not go on: tells all watches there are. Those made afterwards know nothing of it.
  void end() {
    for (Watch* watch = innermost_; watch != nullptr; watch = watch->outer_) watch->over_ = true;
    innermost_ = nullptr;
  }

 private:
  Watch* innermost_ = nullptr;
};

template <class Object>
class WeakHandle {
 public:
  WeakHandle() = default;  // of nothing
  // The object's thread. Null once the object has gone, or its handles were ended.
  [[nodiscard]] Object* get() const { return place_ == nullptr ? nullptr : *place_; }

 private:
  template <class>
  friend class WeakHandles;
  explicit WeakHandle(std::shared_ptr<Object*> place) : place_(std::move(place)) {}
  std::shared_ptr<Object*> place_;
};

template <class Object>
class WeakHandles {
 public:
  explicit WeakHandles(Object& object) : place_(std::make_shared<Object*>(&object)) {}
  ~WeakHandles() { end(); }
  WeakHandles(const WeakHandles&) = delete;
  WeakHandles& operator=(const WeakHandles&) = delete;

  // Any thread, as long as this is there.
  [[nodiscard]] WeakHandle<Object> handle() const { return WeakHandle<Object>(place_); }
  // Handles lead nowhere from now on: for a destructor that still waits for somebody who may use them.
  void end() { *place_ = nullptr; }

 private:
  const std::shared_ptr<Object*> place_;
};

}  // namespace tamada::loop
