// DataDirectory: the folder with the server's data, as a whole: what is in it, setting it aside, putting a clone in its
// place, removing it.
//
// **It never removes the only copy by itself**: whatever removes data wants a RemovePermission, which says who allowed
// it. A server must not be running in it, and nobody else be working on it: the caller has seen to that (the guard's
// state, postmaster.pid).
//
// A folder that can be renamed is renamed. One that cannot (a mount point; a parent folder that is not ours) keeps its
// place, and its contents are moved inside of it, within the same file system. A symbolic link stays, and what it
// leads to is worked on. Blocks on the disk, some calls for long; one thread at a time. Errors name path and step, and
// what can be done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace tamada::agent {

enum class DataState {
  missing,         // no such folder
  empty,           // nothing but files whose names begin with a dot, and lost+found
  foreign,         // something is in it, but neither PG_VERSION nor pg_control: not ours to touch
  control_broken,  // a server's folder without pg_control, or with one that is cut off (agent-cases.md, row 30)
  unreadable,      // it cannot be looked at: nothing is known
  valid,           // whether the values in pg_control are right, pg_controldata says
};
[[nodiscard]] const char* name_of(DataState state);

struct DataLook {
  DataState state = DataState::unreadable;
  std::optional<int> major;  // of PG_VERSION: 15
  std::string problem;       // of control_broken, foreign and unreadable, for people
};

// Who allowed that data is removed. Made where the decision is, and handed down.
class RemovePermission {
 public:
  enum class Why {
    configured,    // remove_data_directory_on_rewind_failure, ..._on_diverged_timelines
    asked_for,     // an operator's reinitialize
    own_leftover,  // what this agent made itself and nobody has used: an unfinished clone, a failed bootstrap
  };
  explicit RemovePermission(Why why) : why_(why) {}
  [[nodiscard]] Why why() const { return why_; }

 private:
  Why why_;
};

class DataDirectory {
 public:
  // As written in the configuration: a slash at the end, "." and "..", and a relative path are put right.
  explicit DataDirectory(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] DataLook look() const;

  // It keeps its place: contents are moved, not the folder.
  [[nodiscard]] bool is_fixed() const;

  // Where a clone, or a new cluster, is made before it is put in place: beside it, or inside where it is fixed. On the
  // same file system.
  [[nodiscard]] std::string clone_path() const;
  // Removes what an earlier try left there.
  [[nodiscard]] Result<void> clear_clone(const RemovePermission& permission) const;
  // Puts what is at clone_path() in place of this folder, which must be missing or empty. After a crash in the middle
  // it can be called again; until it is through, the folder is not `valid`.
  [[nodiscard]] Result<void> put_clone_in_place() const;

  // Moves the data away to PATH.failed (inside, where it is fixed), with what pg_wal and the tablespaces lead to, each
  // to its own NAME.failed. One such copy is kept: an earlier one is removed first, which wants `previous`; without
  // it, an earlier copy is an error of kind denied. Nothing is done where the folder is missing or empty.
  [[nodiscard]] Result<void> set_aside(const std::optional<RemovePermission>& previous) const;
  [[nodiscard]] std::string aside_path() const;

  // Removes all that is in it but a clone and a copy that were made inside, and what the server keeps where pg_wal and
  // the tablespaces lead to; the folders themselves stay.
  [[nodiscard]] Result<void> remove(const RemovePermission& permission) const;

  // After a program that was given the folder missing or empty, and failed: removes what it left, a server's files or
  // others. Only for who knows that nothing was in it before.
  [[nodiscard]] Result<void> remove_leftover() const;

  // Is any of it elsewhere: does pg_wal or a tablespace lead out of it?
  [[nodiscard]] bool has_links() const { return !links().empty(); }

  // Bytes that this account may still write on its file system.
  [[nodiscard]] Result<std::uint64_t> free_space() const;
  // Bytes that it takes there, with what pg_wal leads to; a file that vanishes meanwhile does not count.
  [[nodiscard]] Result<std::uint64_t> used_space() const;

 private:
  [[nodiscard]] std::string real_path() const;
  [[nodiscard]] std::vector<std::string> links() const;

  std::string path_;
};

// "/data/" and "/a/../data" are "/data"; a relative path begins in the working directory.
[[nodiscard]] std::string normalised_path(const std::string& path);

}  // namespace tamada::agent
