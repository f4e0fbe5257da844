// UvPtr: how this folder holds a libuv handle, so that every wrapper can promise:
//
//   After close()/destruction returns, no callback of this object runs again. Both may be called from inside
//   one of its callbacks.
//
// A Block is a struct on the heap with the members
//   uv_xxx_t handle;      whose `data` points back at the Block
//   Owner* owner;         null once the owner has let go: a late libuv callback finds nobody
// and whatever the callbacks need (the callable itself, buffers). It stays alive until libuv has closed the
// handle, one turn later: so the callable that is just running is not destroyed under its own feet.
//
// If uv_xxx_init() fails the Block must be deleted plainly, never closed. Only this header calls uv_close().
#pragma once

#include <uv.h>

#include <memory>

namespace tamada::loop {

template <class Block>
struct CloseThenDelete {
  void operator()(Block* block) const noexcept {
    block->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&block->handle),
             [](uv_handle_t* handle) noexcept { delete static_cast<Block*>(handle->data); });
  }
};

template <class Block>
using UvPtr = std::unique_ptr<Block, CloseThenDelete<Block>>;

}  // namespace tamada::loop
