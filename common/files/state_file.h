// StateFile: one file of a folder of state, replaced as a whole whenever what it holds has changed.
//
// Written beside, fsync, rename, fsync of the folder; a power failure leaves the old one or the new one.
// Reading at start blocks (nothing serves yet); making the text and writing it happen on the side thread.
// What fails is told, with its reason, and tried again with the next change and at retry(); when it went well
// again, that is told, too. Its loop's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/loop/side_thread.h"

namespace tamada {

class StateFile {
 public:
  // Makes the file's text. Runs on the side thread: it owns all it touches.
  using Text = std::function<std::string()>;
  // Why the file does not have what it should; none: it has it again.
  using OnUnwritten = std::function<void(const std::optional<Error>& why)>;

  // `name`: within the folder. `state` is asked, on the control loop, for what is to be written then.
  StateFile(loop::SideThread& side, const char* name, std::function<Text()> state, OnUnwritten on_unwritten);
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // The folder of the file; empty: none. The first call reads it: the text, where there is one, or why it
  // cannot be read. A later one with another folder (the setting changed) writes what is known there. Blocks
  // at the first call only.
  [[nodiscard]] Result<std::optional<std::string>> use_folder(const std::string& folder);

  // Something changed. Changes while one is being written go into the file together, after it.
  void save();

  // Writes what could not be written. Called every now and then.
  void retry();

  // Writes what is not written yet; from the call of `held` until release() nothing more is: the file is
  // another process's. What changed in between is written then. `held` is told why the file does not have
  // what it should, if so. It is not called after release().
  using Held = std::function<void(const std::optional<Error>& why)>;
  void hold(Held held);
  void release();

  [[nodiscard]] const std::string& path() const { return path_; }

  static constexpr std::size_t limit = std::size_t{8} << 20;  // of what is read, bytes

 private:
  void write();
  void written(const Result<void>& result);

  loop::SideThread& side_;
  const char* const name_;
  const std::function<Text()> state_;
  const OnUnwritten on_unwritten_;
  std::string path_;
  bool loaded_ = false;
  bool saving_ = false;
  bool changed_while_saving_ = false;
  std::optional<Error> unwritten_;  // the last write failed
  Held on_held_;                    // hold() was called, and waits for what is being written
  bool held_ = false;
  bool changed_while_held_ = false;
};

// Replaces `path` by `text`, durably. Blocks. Errors name the step: "write /var/lib/x/admin.json.new: no
// space left on device".
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace tamada
